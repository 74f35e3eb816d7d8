import { and, count, max, optional, Query, referrers, Store, sum } from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../support/a-refusal.js';
import { aStore, aStoreDirectory } from '../support/a-store.js';
import { contentsOf, tablesOf } from '../support/on-disk.js';
import { City, Country, fillWorld, Ghost, Mayor, Review, types, type World } from './world.js';

let store: Store;
let world: World;
let place: string;
beforeEach(() => {
  place = aStoreDirectory();
  store = aStore({ types }, place);
  world = fillWorld(store);
});

type Asked = (of: Store) => unknown;
const KINDS: [string, Asked][] = [
  [
    'items',
    (of) =>
      of
        .query(City, (c) => c.country.to.code.eq('FR'))
        .all()
        .map(({ name }) => name),
  ],
  [
    'plucked',
    (of) =>
      of
        .query(City)
        .pluck((c) => c.twin.to.name)
        .all(),
  ],
  [
    'plucked references',
    (of) =>
      of
        .query(City)
        .pluck((c) => c.twin)
        .all()
        .map((twin) => twin?.name),
  ],
  [
    'selected',
    (of) =>
      of
        .query(City)
        .select((c) => ({ n: c.name, l: c.country.to.name, r: referrers(c, Review, (r) => r.city).count() }))
        .all(),
  ],
  [
    'joined',
    (of) =>
      of
        .query([City, optional(Mayor)], (c, m) => m.city.eq(c))
        .all()
        .map(([c, m]) => [c.name, m?.name]),
  ],
  [
    'grouped',
    (of) =>
      of
        .query(City)
        .groupBy((c) => c.country)
        .select((c) => ({ k: c.country.to.code, n: count(), s: sum(c.tax) }))
        .having(() => count().gte(1))
        .all(),
  ],
  [
    'first per',
    (of) =>
      of
        .query(Review)
        .orderBy((r) => r.stars.desc())
        .firstPer((r) => r.city)
        .all()
        .map(({ words }) => words),
  ],
  [
    'distinct',
    (of) =>
      of
        .query(City)
        .pluck((c) => c.population)
        .distinct()
        .all(),
  ],
  ['counted', (of) => [of.count(City), of.query(City).exists(), of.query(City).max((c) => c.name)]],
  [
    'paged',
    (of) =>
      [
        ...of
          .query(City)
          .orderBy((c) => c.population.desc())
          .pages(2),
      ]
        .flat()
        .map(({ name }) => name),
  ],
  [
    'json',
    (of) =>
      of
        .query(City, (c) => c.notes.at('colour').eq('blue'))
        .pluck((c) => c.notes.at('size'))
        .all(),
  ],
  [
    'in',
    (of) =>
      of
        .query(City, (c) => c.self.in(of.query(Review, (r) => r.stars.gt(3)).pluck((r) => r.city)))
        .pluck((c) => c.name)
        .all(),
  ],
];

describe.each(KINDS)('%s', (_, asked) => {
  test('of a closed store is STORE_CLOSED', () => {
    store.close();
    expect(codeOf(() => asked(store))).toBe('STORE_CLOSED');
  });

  test('of a read-only store is as of any', () => {
    const expected = asked(store);
    store.close();
    expect(asked(aStore({ types, readOnly: true }, place))).toEqual(expected);
  });

  test('of a second handle is the same, and follows the first one', () => {
    const second = aStore({ types }, place);
    expect(asked(second)).toEqual(asked(store));
    world.nice.set({ name: 'Nizza', population: 1, notes: { colour: 'blue' } });
    store.create(Review, { stars: 5, words: 'sunny', city: world.nice });
    world.bonn.delete();
    expect(asked(second)).toEqual(asked(store));
  });

  test('of a substore and a tree of one is the same', () => {
    const sub = store.substores.create('sub');
    fillWorld(sub);
    expect(asked(sub)).toEqual(asked(store));
  });

  test('inside a transaction sees what it wrote, and after a rollback nothing of it', () => {
    const before = asked(store);
    let inside: unknown;
    expect(() =>
      store.transact(() => {
        const lille = store.create(City, {
          name: 'Lille',
          population: 9,
          country: world.fr,
          notes: { colour: 'blue' },
          twin: world.bonn,
        });
        store.create(Review, { stars: 5, words: 'flat', city: lille });
        inside = asked(store);
        try {
          store.transact(() => {
            store.create(Review, { stars: 5, words: 'undone', city: world.camp });
            world.paris.name = 'undone';
            expect(asked(store)).not.toEqual(before);
            throw new Error('inner');
          });
        } catch {}
        expect(asked(store)).toEqual(inside);
        throw new Error('outer');
      }),
    ).toThrow('outer');
    expect(inside).not.toEqual(before);
    expect(asked(store)).toEqual(before);
  });

  test('writes nothing', () => {
    store.close();
    const before = contentsOf(place);
    const again = Store.open(place, { types });
    asked(again);
    again.close();
    expect(Object.keys(contentsOf(place))).toEqual(Object.keys(before));
  });
});

describe('a type never stored', () => {
  const empty = (): Store => aStore({ types: [] });

  test('is empty everywhere, and gets no table', () => {
    const at = aStoreDirectory();
    const bare = Store.open(at);
    const ghosts = bare.query(Ghost);
    expect(ghosts.all()).toEqual([]);
    expect(ghosts.count()).toBe(0);
    expect(ghosts.exists()).toBe(false);
    expect(ghosts.first()).toBeUndefined();
    expect(
      ghosts
        .where((g) => g.city.to.country.to.name.eq('x'))
        .orderBy((g) => g.city.to.name.asc())
        .all(),
    ).toEqual([]);
    expect(ghosts.select((g) => ({ g, n: g.city.to.name })).all()).toEqual([]);
    expect(
      ghosts
        .groupBy((g) => g.name)
        .select((g) => ({ g: g.name, n: count() }))
        .all(),
    ).toEqual([]);
    expect(ghosts.select((g) => ({ n: count(), m: max(g.name) })).all()).toEqual([{ n: 0, m: null }]);
    expect(ghosts.firstPer((g) => g.name).all()).toEqual([]);
    expect(
      ghosts
        .pluck((g) => g.name)
        .distinct()
        .all(),
    ).toEqual([]);
    expect(ghosts.page({ size: 1 })).toEqual({ items: [], next: undefined });
    expect(bare.query([Ghost, City], (g, c) => g.city.eq(c)).all()).toEqual([]);
    expect(bare.query([City, optional(Ghost)], (c, g) => g.city.eq(c)).count()).toBe(0);
    expect(bare.query(City, (c) => referrers(c, Ghost, (g) => g.city).notExists()).all()).toEqual([]);
    expect(ghosts.update({ size: 1 })).toBe(0);
    expect(ghosts.delete()).toBe(0);
    expect(ghosts.explain().plan.join()).toContain('ghost');
    bare.close();
    expect(tablesOf(at).filter((name) => /ghost|city/.test(String(name)))).toEqual([]);
  });

  test('may stand in any part of a query of one that is', () => {
    const city = store.query(City);
    expect(city.where((c) => referrers(c, Ghost, (g) => g.city).exists()).count()).toBe(0);
    expect(city.where((c) => referrers(c, Ghost, (g) => g.city).notExists()).count()).toBe(5);
    expect(
      city
        .orderBy((c) =>
          referrers(c, Ghost, (g) => g.city)
            .count()
            .desc(),
        )
        .all(),
    ).toHaveLength(5);
    expect(
      city
        .groupBy((c) => referrers(c, Ghost, (g) => g.city).count())
        .pluck(() => count())
        .all(),
    ).toEqual([5]);
    expect(city.firstPer((c) => referrers(c, Ghost, (g) => g.city).count()).all()).toHaveLength(1);
    expect(
      city
        .pluck((c) => referrers(c, Ghost, (g) => g.city).count())
        .distinct()
        .all(),
    ).toEqual([0]);
    expect(city.where((c) => c.self.in(store.query(Ghost).pluck((g) => g.city))).count()).toBe(0);
    expect(city.where((c) => c.self.notIn(store.query(Ghost).pluck((g) => g.city))).count()).toBe(5);
    expect(city.where((c) => c.name.in(store.query(Ghost).pluck((g) => max(g.name)))).count()).toBe(0);
    expect(store.query([City, Ghost], (c, g) => g.city.eq(c)).delete()).toBe(0);
    expect(
      store
        .query([City, Ghost], (c, g) => g.city.eq(c))
        .groupBy((c) => c.name)
        .pluck(() => count())
        .all(),
    ).toEqual([]);
    expect(
      store
        .query([City, Ghost], (c, g) => g.city.eq(c))
        .pluck(() => count())
        .all(),
    ).toEqual([0]);
    expect(store.query([City, Ghost], (c, g) => g.city.eq(c)).sum((_, g) => g.size)).toBe(0);
  });

  test('is unknown to JSON where the program has no class', () => {
    const json = JSON.parse(JSON.stringify(store.query(Ghost))) as unknown;
    expect(codeOf(() => Query.fromJSON(empty(), json))).toBe('UNKNOWN_TYPE');
  });
});

describe('items that change while a query is read', () => {
  test('are skipped when deleted, in joins and projections of items too', () => {
    const seen: unknown[] = [];
    for (const city of store.query(City)) {
      seen.push(city.name);
      if (city === world.paris) store.query(City, (c) => c.name.in(['Nice', 'Bonn'])).delete();
    }
    expect(seen).toEqual(['Paris', 'Lyon', 'Camp']);
  });

  test('may be created without being seen', () => {
    let steps = 0;
    for (const city of store.query(City)) {
      steps += 1;
      store.create(City, { name: `${city.name} 2`, country: world.de });
    }
    expect([steps, store.count(City)]).toEqual([5, 10]);
  });

  test('are one object however they were read', () => {
    const [row] = store
      .query([City, Country], (c, k) => c.country.eq(k))
      .select((c, k) => ({ c, k, twin: c.twin }))
      .where((c) => c.name.eq('Lyon'))
      .all();
    expect([row?.c, row?.k, row?.twin]).toEqual([world.lyon, world.fr, world.paris]);
    expect(row?.c).toBe(world.lyon);
    expect(row?.twin).toBe(world.paris);
  });

  test('are read again when another handle has changed them', () => {
    const second = aStore({ types }, place);
    const paris = second.query(City, { name: 'Paris' }).one();
    world.paris.population = 5;
    expect(second.query([City, Country], (c, k) => and(c.country.eq(k), c.population.eq(5))).one()[0]).toBe(paris);
    expect(paris.population).toBe(5);
  });
});

describe('preload', () => {
  const cold = () => {
    store.close();
    return aStore({ types }, place);
  };

  test('reads paths, several references, and those of joined types', () => {
    const again = cold();
    const rows = again
      .query([City, Country], (c, k) => c.country.eq(k))
      .preload(
        (c) => c.twin.to.country.to.continent,
        (_, k) => k.continent,
        (c) => c.about,
      )
      .all();
    expect(
      again.limitLoads(0, () =>
        rows.map(([c, k]) => [c.twin?.country.continent?.name, k.continent?.name, c.about?.storeId]),
      ),
    ).toHaveLength(5);
  });

  test('loops over an answer load together without it, also over joins and selected items', () => {
    const again = cold();
    expect(
      again.limitLoads(1, () =>
        again
          .query(City)
          .all()
          .map((c) => c.country.continent?.name),
      ),
    ).toHaveLength(5);
    const other = cold2(again);
    expect(
      other.limitLoads(1, () =>
        other
          .query([City, Country], (c, k) => c.country.eq(k))
          .all()
          .map(([c]) => c.twin?.twin?.name),
      ),
    ).toHaveLength(5);
    const third = cold2(other);
    expect(
      third.limitLoads(1, () =>
        third
          .query(City)
          .select((c) => ({ c }))
          .all()
          .map(({ c }) => c.twin?.country.name),
      ),
    ).toHaveLength(5);
  });

  const cold2 = (before: Store) => {
    before.close();
    return aStore({ types }, place);
  };

  test.each<[string, () => unknown]>([
    ['a plain column', () => store.query(City).preload((c) => c.name as never)],
    ['self', () => store.query(City).preload((c) => c.self)],
    ['a calculation', () => store.query(City).preload((c) => c.name.length() as never)],
    [
      'plucked values',
      () =>
        store
          .query(City)
          .pluck((c) => c.name)
          .preload((c) => c.country),
    ],
    [
      'selected values',
      () =>
        store
          .query(City)
          .select((c) => ({ c }))
          .preload((c) => c.country),
    ],
    ['a list', () => store.query(City).preload(((c: { country: unknown }) => [c.country]) as never)],
    ['no function', () => store.query(City).preload('country' as never)],
    [
      'a column of another query',
      () => {
        let kept: never;
        store.query(Mayor, (m) => {
          kept = m.city as never;
          return m.name.eq('x');
        });
        return store.query(City).preload(() => kept);
      },
    ],
  ])('refuses %s', (_, act) => {
    expect(codeOf(act)).toBe('BAD_QUERY');
  });
});

describe('bulk changes', () => {
  test('by paths, referrers, subqueries and limits', () => {
    expect(store.query(City, (c) => c.country.to.code.eq('FR')).update({ alias: 'french' })).toBe(3);
    expect(world.paris.alias).toBe('french');
    expect(store.query(City, (c) => referrers(c, Review, (r) => r.city).notExists()).update({ alias: null })).toBe(2);
    expect(
      store
        .query(Review)
        .orderBy((r) => r.stars.desc())
        .limit(1)
        .delete(),
    ).toBe(1);
    expect(store.query(Review, (r) => r.city.to.name.eq('Bonn')).delete()).toBe(2);
    expect(
      store.query(City, (c) => c.self.in(store.query(Review).pluck((r) => r.city))).update({ capital: true }),
    ).toBe(2);
    expect(store.count(City, { capital: true })).toBe(2);
  });

  test('of a read-only store are READ_ONLY', () => {
    store.close();
    const reader = aStore({ types, readOnly: true }, place);
    expect(codeOf(() => reader.query([City, Country], (c, k) => c.country.eq(k)).delete())).toBe('READ_ONLY');
    expect(codeOf(() => reader.query(City).update({ alias: 'x' }))).toBe('READ_ONLY');
    expect(codeOf(() => reader.transact(() => reader.query(City).delete(), { readOnly: true }))).toBe('READ_ONLY');
  });

  test('that fail leave everything as it was', () => {
    expect(codeOf(() => store.query(Country).update({ code: 'XX' }))).toBe('CONSTRAINT');
    expect(
      store
        .query(Country)
        .pluck((k) => k.code)
        .all(),
    ).toEqual(['FR', 'DE', 'AQ']);
    expect([world.fr.code, world.de.code]).toEqual(['FR', 'DE']);
  });
});

describe('paths of json', () => {
  test('are compared with values and columns', () => {
    expect(store.query(City, (c) => c.notes.at('colour').in(['blue', 'red'])).count()).toBe(3);
    expect(store.query(City, (c) => c.notes.at('size').at('width').between(9, 11)).count()).toBe(1);
    expect(store.query(City, (c) => c.notes.at('public').eq(true)).count()).toBe(1);
    expect(store.query(City, (c) => c.notes.at('public').ne(true)).count()).toBe(4);
    expect(store.query(City, (c) => c.notes.at('size').at('unit').isNull()).count()).toBe(4);
    expect(store.query(City, (c) => c.notes.at('colour').startsWith('b')).count()).toBe(2);
    expect(store.query(City, (c) => c.notes.at('colour').eq(c.alias.lower())).count()).toBe(2);
  });
});
