import { setImmediate as turn } from 'node:timers/promises';
import { CorollaryError, Item, integer, item, Query, reference, Store, text } from 'corollary';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { fc } from './support/chance.js';
import { rawly } from './support/raw-database.js';
import { statementsOf } from './support/statements.js';
import type * as tasks from './tasks/loading.js';

@item('continent')
class Continent extends Item {
  @text() declare name: string;
}
@item('country')
class Country extends Item {
  @text() declare name: string;
  @reference(() => Continent) declare continent: Continent;
}
@item('city')
class City extends Item {
  @text() declare name: string;
  @reference(() => Country) declare country: Country;
  @reference(() => City, { nullable: true }) declare twin: City | null;
  @reference({ nullable: true }) declare about: Item | null;
}
/** Its hook refuses some, and counts. */
@item('moody')
class Moody extends Item {
  static refused: number | undefined;
  static activated: number[] = [];
  @integer() declare mood: number;
  override activate(): void {
    Moody.activated.push(this.mood);
    if (this.mood === Moody.refused) throw new RangeError(`mood ${this.mood}`);
  }
}
@item('keeper')
class Keeper extends Item {
  @reference(() => Moody) declare moody: Moody;
}

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('loading.ts');
});

const types = [Continent, Country, City, Moody, Keeper];

beforeEach(() => {
  Moody.refused = undefined;
  Moody.activated = [];
});

/** A store of so many cities in so many countries in three continents, and where it lies. Nothing is in memory. */
function world({ cities = 30, countries = 10 } = {}): { readonly store: Store; readonly place: string } {
  const place = aStoreDirectory();
  const made = aStore({ types }, place);
  fill(made, cities, countries);
  made.close();
  return { store: aStore({ types }, place), place };
}

function fill(store: Store, cities: number, countries: number): void {
  const continents = store.createMany(
    Continent,
    rows(3, (name) => ({ name })),
    { items: true },
  );
  const lands = store.createMany(
    Country,
    rows(countries, (name, i) => ({ name, continent: continents[i % 3]! })),
    {
      items: true,
    },
  );
  store.createMany(
    City,
    rows(cities, (name, i) => ({ name, country: lands[i % countries]! })),
  );
}

function rows<R>(count: number, make: (name: string, i: number) => R): R[] {
  return Array.from({ length: count }, (_, i) => make(`n${i}`, i));
}

/** The code of what a function throws. */
function outcome(work: () => unknown): string {
  try {
    work();
    return 'fine';
  } catch (error) {
    return (error as CorollaryError).code;
  }
}

const namesOf = (cities: Iterable<City>) => [...cities].map((city) => city.country.name);

describe('references of items that came in one answer', () => {
  test('are read together: two statements for a thousand cities', () => {
    const { store } = world({ cities: 1000, countries: 250 });
    expect(statementsOf(() => namesOf(store.query(City)))).toHaveLength(2);
  });

  test('are read together along chains, a statement for each step', () => {
    const { store } = world({ cities: 1000, countries: 250 });
    const walk = () =>
      store
        .query(City)
        .all()
        .map((city) => city.country.continent.name);
    expect(statementsOf(walk)).toHaveLength(3);
  });

  test('are read a thousand items at a time', () => {
    const { store } = world({ cities: 2500, countries: 2500 });
    expect(statementsOf(() => namesOf(store.query(City)))).toHaveLength(1 + 3);
  });

  test('are not read before one is asked for', () => {
    const { store } = world();
    expect(statementsOf(() => store.query(City).all())).toHaveLength(1);
  });

  test('are read singly for items that came singly', () => {
    const { store } = world();
    const ids = store
      .query(City)
      .pluck((c) => c.storeId)
      .limit(3)
      .all();
    expect(statementsOf(() => namesOf(ids.map((id) => store.get(City, id))))).toHaveLength(6);
  });

  test('are read together for pages, and for plucked references', () => {
    const { store } = world();
    expect(statementsOf(() => namesOf(store.query(City).page({ size: 20 }).items))).toHaveLength(2);
    const other = aStore({ types }, store.check().isSound ? world().place : '');
    const plucked = () =>
      other
        .query(City)
        .pluck((c) => c.country)
        .all()
        .map((country) => country.name);
    expect(statementsOf(plucked)).toHaveLength(2);
  });

  test('of any type are read with a statement for each type', () => {
    const place = aStoreDirectory();
    const made = aStore({ types }, place);
    fill(made, 10, 5);
    const things = [...made.query(Continent), ...made.query(Country)];
    made
      .query(City)
      .all()
      .forEach((city, i) => {
        city.about = things[i % things.length]!;
      });
    made.close();
    const store = aStore({ types }, place);
    const read = () =>
      store
        .query(City)
        .all()
        .map((city) => city.about?.storeId);
    expect(statementsOf(read)).toHaveLength(3);
  });

  test('that are null are null', () => {
    const { store } = world();
    expect(
      statementsOf(() =>
        store
          .query(City)
          .all()
          .map((city) => city.twin),
      ),
    ).toHaveLength(1);
  });

  test('are read together in each store of a tree', () => {
    const place = aStoreDirectory();
    const made = aStore({ types }, place);
    fill(made, 20, 10);
    fill(made.substores.create('a'), 20, 10);
    made.close();
    const store = aStore({ types }, place);
    const cities = store.tree.query(City).all();
    expect(statementsOf(() => namesOf(cities))).toHaveLength(2);
  });

  test('are read again after the substore was closed to make room', () => {
    const place = aStoreDirectory();
    const made = aStore({ types, maxOpenSubstores: 1 }, place);
    fill(made.substores.create('a'), 20, 10);
    fill(made.substores.create('b'), 20, 10);
    made.close();
    const store = aStore({ types, maxOpenSubstores: 1 }, place);
    const cities = store.at('a').query(City).all();
    store.at('b').count(City);
    expect(new Set(namesOf(cities)).size).toBe(10);
  });

  test('show what another handle has changed meanwhile', () => {
    const { store, place } = world();
    const cities = store.query(City).all();
    namesOf(cities);
    const other = aStore({ types }, place);
    const [first, second] = other.query(Country).limit(2).all();
    first!.name = 'new';
    other.query(City, (c) => c.country.eq(second!)).update({ country: first! });
    store.refresh();
    expect(namesOf(cities).slice(0, 3)).toEqual(['new', 'new', 'n2']);
  });

  test('are read in a transaction as it has left them, and as before after its rollback', () => {
    const { store } = world();
    const cities = store.query(City).all();
    const attempt = () =>
      store.transact(() => {
        const made = store.create(Country, { name: 'made', continent: store.query(Continent).first()! });
        store.query(City).update({ country: made });
        store.query(Country).update({ name: 'changed' });
        expect(new Set(namesOf(cities))).toEqual(new Set(['changed']));
        throw new Error('undo');
      });
    expect(attempt).toThrow('undo');
    expect(namesOf(cities).slice(0, 3)).toEqual(['n0', 'n1', 'n2']);
  });

  test('do not bring back what was deleted', () => {
    const { store } = world();
    const cities = store.query(City).all();
    store.query(City, (c) => c.name.eq('n3')).delete();
    expect(namesOf(cities)).toHaveLength(30);
    expect(cities[3]!.isStored).toBe(false);
  });

  test('that point to nothing fail for their own item only', () => {
    const { store, place } = world();
    store.close();
    rawly(place, (database) => database.exec(`DELETE FROM item_country_v1 WHERE name = 'n4'`));
    const cities = aStore({ types }, place).query(City).all();
    const code = (city: City) => outcome(() => city.country.name);
    expect(cities.slice(0, 10).map(code)).toEqual(rows(10, (_, i) => (i === 4 ? 'NOT_FOUND' : 'fine')));
  });

  // Whoever the hook had given the object held another one than those who came later.
  test('whose activate threw once are the same objects when it does not', () => {
    const seen: Item[] = [];
    let isBroken = false;
    @item('watched')
    class Watched extends Item {
      @text() declare name: string;
      override activate(): void {
        if (!isBroken) return;
        seen.push(this);
        throw new RangeError('broken');
      }
    }
    const place = aStoreDirectory();
    const other = aStore({}, place).create(Watched, { name: 'a' });
    const store = aStore({}, place);
    isBroken = true;
    expect(() => store.get(Watched, other.storeId)).toThrow('broken');
    other.name = 'b';
    expect(() => store.query(Watched).all()).toThrow('broken');
    isBroken = false;
    const found = store.get(Watched, other.storeId);
    expect(seen.map((one) => one === found)).toEqual([true, true]);
    expect(found.name).toBe('b');
    found.name = 'c';
    expect((seen[0] as Watched).name).toBe('c');
  });

  test('whose activate throws fail for their own item only, and are tried again at the next read', () => {
    const place = aStoreDirectory();
    const made = aStore({ types }, place);
    for (const mood of [0, 1, 2]) made.create(Keeper, { moody: made.create(Moody, { mood }) });
    made.close();
    Moody.refused = 1;
    Moody.activated = [];
    const [first, second, third] = aStore({ types }, place).query(Keeper).all();
    expect(first!.moody.mood).toBe(0);
    expect(Moody.activated).toEqual([0, 1, 2]);
    expect(() => second!.moody).toThrow('mood 1');
    expect(third!.moody.mood).toBe(2);
    Moody.refused = undefined;
    expect(second!.moody.mood).toBe(1);
    expect(Moody.activated).toEqual([0, 1, 2, 1, 1]);
  });

  test('throw what activate threw, and call it once', () => {
    const place = aStoreDirectory();
    const made = aStore({ types }, place);
    for (const mood of [0, 1]) made.create(Keeper, { moody: made.create(Moody, { mood }) });
    made.close();
    Moody.refused = 0;
    Moody.activated = [];
    const [first] = aStore({ types }, place).query(Keeper).all();
    expect(() => first!.moody).toThrow('mood 0');
    expect(Moody.activated).toEqual([0, 1]);
  });

  test('are the same whether they are read together or each alone, in whatever order', () => {
    const edges = fc.array(fc.record({ to: fc.option(fc.nat(19), { nil: null }), country: fc.nat(4) }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(edges, fc.infiniteStream(fc.nat()), (graph, random) => {
        const place = aStoreDirectory();
        const made = Store.open(place, { types });
        fill(made, graph.length, 5);
        const cities = made.query(City).all();
        graph.forEach(({ to }, i) => {
          cities[i]!.twin = to === null ? null : cities[to % cities.length]!;
        });
        made.close();
        using together = Store.open(place, { types });
        using alone = Store.open(place, { types });
        const one = together.query(City).all();
        const ids = one.map(({ storeId }) => storeId);
        const read = (city: City) => [city.country.name, city.twin?.storeId, city.twin?.twin?.country.continent.name];
        for (const pick of random.take(30)) {
          const at = pick % ids.length;
          expect(read(one[at]!)).toEqual(read(alone.get(City, ids[at]!)));
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('preload', () => {
  test('reads references with the answer, in every way of reading items', () => {
    const ways: readonly ((query: Query<City>) => Iterable<City>)[] = [
      (query) => query.all(),
      (query) => [...query],
      (query) => [query.first()!],
      (query) => [query.where((c) => c.name.eq('n1')).one()],
      (query) => [...query.pages(40)].flat(),
      (query) => query.page({ size: 10 }).items,
    ];
    const after = ways.map((way) => {
      const { store } = world();
      const cities = [...way(store.query(City).preload((c) => c.country))];
      return statementsOf(() => namesOf(cities)).length;
    });
    expect(after).toEqual(ways.map(() => 0));
  });

  test('takes several references, each with a statement of its own', () => {
    const { store } = world();
    const query = store.query(City).preload(
      (c) => c.country,
      (c) => c.about,
      (c) => c.country,
    );
    expect(statementsOf(() => query.all())).toHaveLength(2);
    expect(query.toJSON().preload).toEqual([
      { source: 0, name: 'country' },
      { source: 0, name: 'about' },
    ]);
  });

  test('works in a tree, for the items of every store', () => {
    const store = aStore({ types });
    fill(store.substores.create('a'), 20, 10);
    fill(store.substores.create('b'), 20, 10);
    const place = store.at('a').root;
    const cities = place.tree
      .query(City)
      .preload((c) => c.country)
      .all();
    expect(cities).toHaveLength(40);
    expect(statementsOf(() => namesOf(cities))).toEqual([]);
  });

  test('means nothing to a count, a sum, an update or a deletion', () => {
    const { store } = world();
    const query = store.query(City).preload((c) => c.country);
    expect(query.count()).toBe(30);
    expect(query.exists()).toBe(true);
    expect(query.update({ name: 'x' })).toBe(30);
    expect(query.delete()).toBe(30);
  });

  test('leaves what points to nothing to whoever reads it', () => {
    const { store, place } = world();
    store.close();
    rawly(place, (database) => database.exec(`DELETE FROM item_country_v1 WHERE name = 'n4'`));
    const cities = aStore({ types }, place)
      .query(City)
      .preload((c) => c.country)
      .all();
    expect(cities[3]!.country.name).toBe('n3');
    expect(codeOf(() => cities[4]!.country)).toBe('NOT_FOUND');
  });

  test('takes references only, and queries of items', () => {
    const { store } = world();
    const query = store.query(City);
    // @ts-expect-error a text is no reference
    expect(codeOf(() => query.preload((c) => c.name))).toBe('BAD_QUERY');
    expect(codeOf(() => query.preload((c) => c.self))).toBe('BAD_QUERY');
    expect(codeOf(() => query.preload((c) => c.country).pluck((c) => c.name))).toBe('BAD_QUERY');
    expect(codeOf(() => query.pluck((c) => c.name).preload((c) => c.country))).toBe('BAD_QUERY');
    expect(codeOf(() => query.preload(() => undefined as never))).toBe('BAD_QUERY');
    let column: never;
    store.query(Country, (k) => {
      column = k.continent as never;
      return k.name.eq('x');
    });
    expect(codeOf(() => query.preload(() => column))).toBe('BAD_QUERY');
  });

  test('goes through JSON, which is trusted in nothing', () => {
    const { store } = world();
    const json = JSON.parse(JSON.stringify(store.query(City).preload((c) => c.country)));
    const cities = Query.fromJSON<City>(store, json).all();
    expect(statementsOf(() => namesOf(cities))).toEqual([]);
    const wrong: unknown[] = [
      'country',
      [null],
      [{ source: 0, name: 'name' }],
      [{ source: 0, name: 'self' }],
      [{ source: 0, name: '__proto__' }],
      [{ source: 1, name: 'country' }],
      [{ source: 0, name: 'country', more: 1 }],
      Array.from({ length: 10_001 }, () => ({ source: 0, name: 'country' })),
    ];
    const codes = wrong.map((preload) => codeOf(() => Query.fromJSON(store, { ...json, preload })));
    expect(codes).toEqual(wrong.map(() => 'BAD_QUERY'));
  });

  test('does not change what a cursor continues', () => {
    const { store } = world();
    const { next } = store.query(City).page({ size: 10 });
    const { items } = store
      .query(City)
      .preload((c) => c.country)
      .page({ size: 10, after: next });
    expect(items[0]?.name).toBe('n10');
  });

  test('keeps in memory what was preloaded, as long as it is referred to', async () => {
    const place = aStoreDirectory();
    const child = program.start('--expose-gc');
    await child.call('plant', place, 2);
    expect(await child.call('readLater', place, true)).toBe(false);
    expect(await child.call('readLater', place, false)).toBe(true);
    expect(await child.call('letGo', place)).toBe(true);
  });
});

describe('limitLoads', () => {
  test('throws at the first reference too many that is read alone', () => {
    const { store } = world();
    const ids = store
      .query(City)
      .pluck((c) => c.storeId)
      .limit(5)
      .all();
    const work = () => namesOf(ids.map((id) => store.get(City, id)));
    const error = refusal(() => store.limitLoads(3, work));
    expect(error).toMatchObject({ code: 'TOO_MANY_LOADS', type: 'city', attribute: 'country' });
    expect(error?.message).toContain('query.preload(c => c.country)');
    expect(store.limitLoads(3, work)).toHaveLength(5); // three of them are in memory by now
  });

  test('does not count what is read together, preloaded, in memory, or got by id', () => {
    const { store } = world();
    expect(store.limitLoads(0, () => namesOf(store.query(City)))).toHaveLength(30);
    const [id] = store.query(City).pluck((c) => c.storeId);
    expect(store.limitLoads(0, () => store.get(City, id!).country.name)).toBe('n0');
  });

  test('covers the stores below, and not those beside or above', () => {
    const place = aStoreDirectory();
    const made = aStore({ types }, place);
    fill(made, 3, 3);
    fill(made.substores.create('a'), 3, 3);
    fill(made.substores.create('b'), 3, 3);
    made.close();
    const root = aStore({ types }, place);
    const one = (store: Store) => () => store.query(City).first()!.country.name;
    expect(codeOf(() => root.limitLoads(0, one(root.at('a'))))).toBe('TOO_MANY_LOADS');
    expect(root.at('b').limitLoads(0, one(root.at('a')))).toBe('n0');
    expect(root.at('b').limitLoads(0, one(root))).toBe('n0');
  });

  test('nests: a load counts for each limit around it', () => {
    const { store } = world();
    const cities = store
      .query(City)
      .pluck((c) => c.storeId)
      .limit(4)
      .all()
      .map((id) => () => store.get(City, id).country);
    const work = () =>
      store.limitLoads(2, () => {
        cities[0]!();
        store.limitLoads(1, cities[1]!);
        cities[2]!();
      });
    expect(codeOf(work)).toBe('TOO_MANY_LOADS');
  });

  test('is over when the function is, also when it throws', () => {
    const { store } = world();
    const fail = () => {
      throw new RangeError('mine');
    };
    expect(() => store.limitLoads(0, fail)).toThrow('mine');
    expect(store.query(City).first()!.country.name).toBe('n0');
  });

  test('refuses asynchronous functions, generators, what is no function and no number', () => {
    const { store } = world();
    const codes = [
      // @ts-expect-error an async function
      refusal(() => store.limitLoads(1, async () => 1)),
      // @ts-expect-error a promise
      refusal(() => store.limitLoads(1, () => turn())),
      refusal(() => store.limitLoads(1, function* () {})),
      // @ts-expect-error no function
      refusal(() => store.limitLoads(1)),
      refusal(() => store.limitLoads(-1, () => 1)),
      refusal(() => store.limitLoads(0.5, () => 1)),
    ].map((error) => error?.code);
    expect(codes).toEqual([
      ...['ASYNC_TRANSACTION', 'ASYNC_TRANSACTION', 'ASYNC_TRANSACTION'],
      ...['INVALID_VALUE', 'INVALID_VALUE', 'INVALID_VALUE'],
    ]);
  });

  test('is refused by a closed store', () => {
    const { store } = world();
    store.close();
    expect(codeOf(() => store.limitLoads(1, () => 1))).toBe('STORE_CLOSED');
    expect(new CorollaryError('TOO_MANY_LOADS', '').retry).toBe(false);
  });
});
