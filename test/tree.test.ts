import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import {
  bigint,
  CorollaryError,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  type Query,
  type QueryJSON,
  real,
  reference,
  Store,
  text,
  timestamp,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory, type StoreOptions } from './support/a-store.js';
import { inDatabase, substoreDirectories, tablesOf } from './support/on-disk.js';

// One question, asked of a store and all below it, has the answer that one big store would give.

@item('country')
class Country extends Item {
  @text() declare code: string;
}

@item('city')
class City extends Item {
  @text() declare name: string;
  @text({ collate: 'nocase', nullable: true }) declare alias: string | null;
  @integer({ nullable: true }) declare population: number | null;
  @decimal({ scale: 2, nullable: true }) declare price: Decimal | null;
  @bigint({ nullable: true }) declare stars: bigint | null;
  @real({ nullable: true }) declare height: number | null;
  @timestamp({ nullable: true }) declare founded: Date | null;
  @reference(() => Country, { nullable: true, whenDeleted: 'nullify' }) declare country: Country | null;
}

@item('never')
class Never extends Item {
  @integer({ nullable: true }) declare n: number | null;
}

const options: StoreOptions = { types: [City], durability: 'relaxed' };
const names = (query: Query<City>) => query.pluck((c) => c.name).all();
/** What a call gives, or the code of the CorollaryError that it throws. */
const outcomeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error instanceof CorollaryError ? error.code : error;
  }
};
const paths = (stores: Iterable<Store>) => [...stores].map((one) => one.path.join('/'));

describe.each([
  ['on disk', () => aStore(options)],
  ['in memory', () => aMemoryStore(options)],
])('%s', (_where, aRoot) => {
  /** The root, `a`, `a/x` and `b`, with two cities in each but `a`, which has none. */
  function aTree(): Store {
    const store = aRoot();
    const b = store.substores.create('b');
    const a = store.substores.create('a');
    const x = a.substores.create('x');
    b.create(City, { name: 'Bonn', population: 300, alias: 'Z' });
    b.create(City, { name: 'berlin', population: 3600, alias: 'a' });
    x.create(City, { name: 'Xanten', population: 20, alias: 'B' });
    x.create(City, { name: 'Xi\u2019an', population: null, alias: null });
    store.create(City, { name: 'Roma', population: 300, alias: 'b' });
    store.create(City, { name: 'Ávila', population: 50, alias: 'A' });
    return store;
  }

  // Order and limit

  test('one order over all stores', () => {
    const query = aTree().tree.query(City);
    expect(names(query.orderBy((c) => c.population.desc()))).toEqual([
      'berlin',
      'Roma',
      'Bonn',
      'Ávila',
      'Xanten',
      'Xi\u2019an',
    ]);
    expect(names(query.orderBy((c) => c.name.asc()))).toEqual([
      'Bonn',
      'Roma',
      'Xanten',
      'Xi\u2019an',
      'berlin',
      'Ávila',
    ]);
  });

  test('one limit and one offset over all stores', () => {
    const query = aTree()
      .tree.query(City)
      .orderBy((c) => c.population.desc());
    expect(names(query.limit(2))).toEqual(['berlin', 'Roma']);
    expect(names(query.offset(1).limit(3))).toEqual(['Roma', 'Bonn', 'Ávila']);
    expect(names(query.offset(4))).toEqual(['Xanten', 'Xi\u2019an']);
    expect(names(query.offset(6))).toEqual([]);
    expect(names(query.limit(0))).toEqual([]);
    expect(names(query.offset(5).limit(10))).toEqual(['Xi\u2019an']);
  });

  test('limit and offset apply to the aggregates that follow', () => {
    const query = aTree()
      .tree.query(City)
      .orderBy((c) => c.population.desc());
    expect(query.limit(4).count()).toBe(4);
    expect(query.offset(4).count()).toBe(2);
    expect(query.limit(2).sum((c) => c.population)).toBe(3900);
    expect(
      query
        .offset(1)
        .limit(3)
        .min((c) => c.population),
    ).toBe(50);
    expect(query.offset(1).max((c) => c.population)).toBe(300);
    expect(
      query
        .offset(1)
        .limit(2)
        .avg((c) => c.population),
    ).toBe(300);
    expect(query.offset(6).exists()).toBe(false);
  });

  test('nulls stand first or last over all stores', () => {
    const query = aTree().tree.query(City).limit(2);
    expect(names(query.orderBy((c) => c.population.asc()))).toEqual(['Xi\u2019an', 'Xanten']);
    expect(names(query.orderBy((c) => c.population.desc({ nulls: 'first' })))).toEqual(['Xi\u2019an', 'berlin']);
    expect(names(query.offset(4).orderBy((c) => c.population.asc({ nulls: 'last' })))).toEqual([
      'berlin',
      'Xi\u2019an',
    ]);
  });

  test('a nocase attribute is ordered and found without regard to case over all stores', () => {
    const query = aTree().tree.query(City);
    expect(
      query
        .orderBy((c) => c.alias.asc())
        .pluck((c) => c.alias)
        .all(),
    ).toEqual([null, 'A', 'a', 'b', 'B', 'Z']);
    expect(names(query.where({ alias: 'B' }))).toEqual(['Roma', 'Xanten']);
  });

  test('texts stand in code-point order, not in that of UTF-16', () => {
    const store = aRoot();
    store.substores.create('a').create(City, { name: '\u{1f600}' });
    store.substores.create('b').create(City, { name: '\uffee' });
    store.create(City, { name: '\u{10ffff}' });
    expect(names(store.tree.query(City).orderBy((c) => c.name.asc()))).toEqual(['\uffee', '\u{1f600}', '\u{10ffff}']);
    expect(store.tree.query(City).max((c) => c.name)).toBe('\u{10ffff}');
    expect(store.tree.query(City).min((c) => c.name)).toBe('\uffee');
  });

  test('big integers, decimals and dates stand in their own order', () => {
    const store = aRoot();
    const big = 2n ** 60n;
    const parts = ['a', 'b', 'c'].map((name) => store.substores.create(name));
    parts[0]!.create(City, { name: 'a', stars: big + 1n, price: '9.50', founded: new Date(-5) });
    parts[1]!.create(City, { name: 'b', stars: big + 2n, price: '10.00', founded: new Date(3) });
    parts[2]!.create(City, { name: 'c', stars: -big, price: '-0.01', founded: new Date(1e12) });
    const query = store.tree.query(City);
    expect(names(query.orderBy((c) => c.stars.asc()))).toEqual(['c', 'a', 'b']);
    expect(names(query.orderBy((c) => c.price.desc()))).toEqual(['b', 'a', 'c']);
    expect(names(query.orderBy((c) => c.founded.desc()))).toEqual(['c', 'b', 'a']);
  });

  test('ties are broken by path, then by storeId', () => {
    const store = aRoot();
    const b = store.substores.create('b');
    const a = store.substores.create('a');
    for (const [place, name] of [
      [b, 'b1'],
      [b, 'b2'],
      [a, 'a1'],
      [store, 'root1'],
      [a, 'a2'],
    ] as const)
      place.create(City, { name, population: 1 });
    const order = ['root1', 'a1', 'a2', 'b1', 'b2'];
    expect(names(store.tree.query(City).orderBy((c) => c.population.asc()))).toEqual(order);
    expect(names(store.tree.query(City).orderBy((c) => c.population.desc()))).toEqual(order);
    expect(names(store.tree.query(City))).toEqual(order);
    expect(names(store.tree.query(City).offset(1).limit(2))).toEqual(['a1', 'a2']);
    expect(store.tree.query(City).first()?.name).toBe('root1');
  });

  test('several orders are taken one after the other', () => {
    const query = aTree()
      .tree.query(City)
      .orderBy((c) => [c.population.desc(), c.name.asc()]);
    expect(names(query).slice(1, 3)).toEqual(['Bonn', 'Roma']);
  });

  // What is answered

  test('the answer are items whose store tells where they live', () => {
    const store = aTree();
    const [berlin] = store.tree
      .query(City)
      .orderBy((c) => c.population.desc())
      .all();
    expect(berlin?.store).toBe(store.at('b'));
    expect(berlin).toBe(store.at('b').findFirst(City, { name: 'berlin' }));
    berlin!.population = 1;
    expect(
      store
        .at('b')
        .query(City)
        .sum((c) => c.population),
    ).toBe(301);
  });

  test('a tree query below the top asks that part only', () => {
    const store = aTree();
    expect(store.at('a').tree.count(City)).toBe(2);
    expect(store.at('b').tree.count(City)).toBe(2);
    expect(
      store
        .at('a/x')
        .tree.query(City)
        .sum((c) => c.population),
    ).toBe(20);
  });

  test('conditions narrow every store', () => {
    const { tree } = aTree();
    expect(names(tree.query(City, (c) => c.population.eq(300)))).toEqual(['Roma', 'Bonn']);
    expect(names(tree.query(City, (c) => c.population.isNull()))).toEqual(['Xi\u2019an']);
    expect(names(tree.query(City, (c) => c.population.ne(300)).orderBy((c) => c.name.asc()))).toEqual([
      'Xanten',
      'Xi\u2019an',
      'berlin',
      'Ávila',
    ]);
    expect(tree.count(City, (c) => c.name.startsWith('X'))).toBe(2);
    expect(tree.count(City, { name: 'Roma' })).toBe(1);
    expect(names(tree.query(City, (c) => c.name.in(['Roma', 'Bonn', 'x'])))).toEqual(['Roma', 'Bonn']);
  });

  test('count, sum, avg, min and max combine exactly', () => {
    const query = aTree().tree.query(City);
    expect(query.count()).toBe(6);
    expect(query.sum((c) => c.population)).toBe(4270);
    expect(query.avg((c) => c.population)).toBe(854);
    expect(query.min((c) => c.population)).toBe(20);
    expect(query.max((c) => c.population)).toBe(3600);
    expect(query.min((c) => c.name)).toBe('Bonn');
    expect(query.max((c) => c.name)).toBe('Ávila');
  });

  test('an average is one of all items, not one of the averages', () => {
    const store = aRoot();
    store.substores.create('a').createMany(City, [
      { name: '1', population: 1 },
      { name: '2', population: 2 },
      { name: '3', population: 3 },
    ]);
    store.substores.create('b').create(City, { name: '4', population: 10 });
    expect(store.tree.query(City).avg((c) => c.population)).toBe(4);
  });

  test('decimals are exact, their averages rounded half to even', () => {
    const store = aRoot();
    store.substores.create('a').create(City, { name: 'a', price: '0.10' });
    store.substores.create('b').create(City, { name: 'b', price: '0.20' });
    store.create(City, { name: 'c', price: '0.30' });
    expect(store.tree.query(City).sum((c) => c.price)).toBe('0.60');
    expect(store.tree.query(City).avg((c) => c.price)).toBe('0.20');
    store.at('b').create(City, { name: 'd', price: '0.30' });
    expect(store.tree.query(City).avg((c) => c.price)).toBe('0.22'); // 0.225
    expect(store.tree.query(City).max((c) => c.price)).toBe('0.30');
  });

  test('big integers are exact beyond 2^53', () => {
    const store = aRoot();
    store.substores.create('a').create(City, { name: 'a', stars: 2n ** 62n });
    store.substores.create('b').create(City, { name: 'b', stars: 2n ** 61n + 1n });
    expect(store.tree.query(City).sum((c) => c.stars)).toBe(2n ** 62n + 2n ** 61n + 1n);
    expect(store.tree.query(City).min((c) => c.stars)).toBe(2n ** 61n + 1n);
  });

  test('a sum that no integer holds is OUT_OF_RANGE, though each store has one that does', () => {
    const store = aRoot();
    store.substores.create('a').create(City, { name: 'a', population: Number.MAX_SAFE_INTEGER, stars: 2n ** 63n - 1n });
    store.substores.create('b').create(City, { name: 'b', population: 1, stars: 1n });
    expect(codeOf(() => store.tree.query(City).sum((c) => c.population))).toBe('OUT_OF_RANGE');
    expect(codeOf(() => store.tree.query(City).sum((c) => c.stars))).toBe('OUT_OF_RANGE');
    store.create(City, { name: 'c', population: -1, stars: -1n });
    expect(store.tree.query(City).sum((c) => c.population)).toBe(Number.MAX_SAFE_INTEGER);
    expect(store.tree.query(City).sum((c) => c.stars)).toBe(2n ** 63n - 1n);
  });

  test('sums and averages of real numbers are right to twelve places', () => {
    const store = aRoot();
    const values = [0.1, 1e9, -1e9, 0.2, 3.3];
    values.forEach((height, i) => void store.substores.create(`s${i}`).create(City, { name: 'x', height }));
    expect(store.tree.query(City).sum((c) => c.height)).toBeCloseTo(3.6, 6);
    expect(store.tree.query(City).avg((c) => c.height)).toBeCloseTo(0.72, 6);
    expect(store.tree.query(City).max((c) => c.height)).toBe(1e9);
  });

  test('exists, first and one ask the whole tree', () => {
    const { tree } = aTree();
    expect(tree.query(City, { name: 'berlin' }).exists()).toBe(true);
    expect(tree.query(City, { name: 'x' }).exists()).toBe(false);
    expect(
      tree
        .query(City)
        .orderBy((c) => c.population.desc())
        .first()?.name,
    ).toBe('berlin');
    expect(tree.query(City, { name: 'x' }).first()).toBeUndefined();
    expect(tree.query(City, { name: 'Bonn' }).one().population).toBe(300);
    expect(codeOf(() => tree.query(City, { population: 300 }).one())).toBe('NOT_UNIQUE');
    expect(codeOf(() => tree.query(City, { name: 'x' }).one())).toBe('NOT_FOUND');
  });

  test('pluck and distinct list each value once over all stores', () => {
    const query = aTree()
      .tree.query(City)
      .pluck((c) => c.population);
    expect(query.orderBy((c) => c.population.asc()).all()).toEqual([null, 20, 50, 300, 300, 3600]);
    expect(
      query
        .distinct()
        .orderBy((c) => c.population.desc())
        .all(),
    ).toEqual([3600, 300, 50, 20, null]);
    expect(
      query
        .distinct()
        .orderBy((c) => c.population.desc())
        .offset(1)
        .limit(2)
        .all(),
    ).toEqual([300, 50]);
    expect(query.distinct().count()).toBe(5);
    expect(query.count()).toBe(6);
  });

  test('a query can be run again, and is not changed by what is made of it', () => {
    const store = aTree();
    const query = store.tree.query(City).orderBy((c) => c.population.desc());
    query.limit(1).all();
    expect(query.count()).toBe(6);
    store.substores.create('later').create(City, { name: 'Lyon', population: 5000 });
    expect(names(query.limit(1))).toEqual(['Lyon']);
    expect(query.count()).toBe(7);
  });

  // Keyset pages of a tree may come with a later version, but never half of them.
  test('pages go through the whole tree in order, ties by path and storeId, or are NOT_SUPPORTED', () => {
    const store = aRoot();
    for (const name of ['b', 'a', 'c']) {
      const rows = [1, 2].map((n) => ({ name: `${name}${n}`, population: 1 }));
      store.substores.create(name).createMany(City, rows);
    }
    const query = store.tree.query(City).orderBy((c) => c.population.asc());
    const paged = (size: number) => outcomeOf(() => [...query.pages(size)].flat().map((city) => city.name));
    const whole = names(query);
    expect(whole).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
    expect(paged(1)).toBeOneOf([whole, 'NOT_SUPPORTED']);
    expect(paged(5)).toBeOneOf([whole, 'NOT_SUPPORTED']);
    expect(outcomeOf(() => query.page({ size: 3 }).items.length)).toBeOneOf([3, 'NOT_SUPPORTED']);
  });

  test('writing while iterating over a tree query is allowed', () => {
    const store = aTree();
    for (const city of store.tree.query(City)) (city.store as Store).create(City, { name: `new ${city.name}` });
    expect(store.tree.count(City)).toBe(12);
  });

  test('an item deleted while a tree query is iterated over is skipped', () => {
    const store = aTree();
    const seen: string[] = [];
    for (const city of store.tree.query(City).orderBy((c) => c.name.asc())) {
      seen.push(city.name);
      store.at('b').query(City).delete();
    }
    expect(seen).toEqual(['Bonn', 'Roma', 'Xanten', 'Xi\u2019an', 'Ávila']);
  });

  test('update and delete of a tree query do all or nothing', () => {
    const store = aTree();
    expect(store.tree.query(City, { population: 300 }).update({ alias: 'new' })).toBe(2);
    expect(store.tree.count(City, { alias: 'new' })).toBe(2);
    const fail = () =>
      store.transact(() => {
        expect(store.tree.query(City).delete()).toBe(6);
        expect(names(store.tree.query(City))).toEqual([]);
        throw new RangeError('no');
      });
    expect(fail).toThrow(RangeError);
    expect(store.tree.count(City)).toBe(6);
    expect(
      store.tree
        .query(City)
        .orderBy((c) => c.name.asc())
        .limit(2)
        .delete(),
    ).toBe(2);
    expect(names(store.tree.query(City))).toHaveLength(4);
    expect(store.tree.query(City).delete()).toBe(4);
  });

  test('an item of one store never stands for that of another with the same number', () => {
    const store = aRoot();
    const [a, b] = [store.substores.create('a'), store.substores.create('b')];
    const countries = [a, b].map((part) => part.create(Country, { code: 'same number' }));
    a.create(City, { name: 'in a', country: countries[0]! });
    b.create(City, { name: 'in b', country: countries[1]! });
    expect(countries[0]!.storeId).toBe(countries[1]!.storeId);
    const found = outcomeOf(() => names(store.tree.query(City, (c) => c.country.eq(countries[0]!))));
    expect(found).toBeOneOf([['in a'], 'WRONG_STORE']);
  });

  test('the question survives JSON', () => {
    const { tree } = aTree();
    const query = tree
      .query(City, (c) => c.population.gt(40))
      .orderBy((c) => c.population.asc())
      .limit(2);
    const json = JSON.parse(JSON.stringify(query)) as QueryJSON;
    expect(json).toEqual(query.toJSON());
  });

  // Which stores are asked

  test('depth says how many levels are asked', () => {
    const { tree } = aTree();
    expect([0, 1, 2, 99].map((depth) => tree.count(City, undefined, { depth }))).toEqual([2, 4, 6, 6]);
    expect(names(tree.query(City, {}, { depth: 0 }))).toEqual(['Roma', 'Ávila']);
    expect(paths(tree.stores({ depth: 1 }))).toEqual(['', 'a', 'b']);
  });

  test('where leaves out a substore with all below it', () => {
    const { tree } = aTree();
    expect(tree.count(City, undefined, { where: (s) => s.name.ne('a') })).toBe(4);
    expect(tree.count(City, undefined, { where: { name: 'a' } })).toBe(2);
    expect(tree.count(City, undefined, { where: (s) => s.name.in(['a', 'x']) })).toBe(4);
    expect(paths(tree.stores({ where: (s) => s.name.ne('x') }))).toEqual(['', 'a', 'b']);
    expect(paths(tree.stores({ where: (s) => s.createdAt.lt(new Date(0)) }))).toEqual(['']);
  });

  test.each([{ depth: -1 }, { depth: 0.5 }, { depth: Number.NaN }, { depth: '1' }, { dept: 1 }])(
    'wrong options are refused: %o',
    (wrong) => {
      const { tree } = aTree();
      expect(codeOf(() => tree.count(City, undefined, wrong as never))).toBe('INVALID_VALUE');
      expect(codeOf(() => [...tree.stores(wrong as never)])).toBe('INVALID_VALUE');
    },
  );

  test('stores() gives every store, parents first, siblings by name', () => {
    const store = aTree();
    store.substores.create('B');
    expect(paths(store.tree.stores())).toEqual(['', 'B', 'a', 'a/x', 'b']);
    expect([...store.tree.stores()][3]).toBe(store.at('a/x'));
    expect(paths(store.at('a').tree.stores())).toEqual(['a', 'a/x']);
  });

  test('stores() is lazy: what is made below a store before it is left is seen', () => {
    const store = aTree();
    const seen: string[] = [];
    for (const one of store.tree.stores()) {
      seen.push(one.path.join('/'));
      if (one.name === 'b') one.substores.create('new');
    }
    expect(seen).toEqual(['', 'a', 'a/x', 'b', 'b/new']);
  });

  test('stores() can be left, and a walk can delete what it has passed', () => {
    const store = aTree();
    for (const one of store.tree.stores()) if (one.name === 'a') break;
    store.substores.delete('a');
    expect(paths(store.tree.stores())).toEqual(['', 'b']);
  });

  // They were given below a store that was closed: nothing closed them any more, and they could be written to.
  test('stores() gives none once what it was asked of is closed', () => {
    const store = aTree();
    const walk = store.tree.stores();
    expect(paths([walk.next().value as Store, walk.next().value as Store])).toEqual(['', 'a']);
    store.close();
    expect(codeOf(() => walk.next())).toBe('STORE_CLOSED');
    expect(walk.next().done).toBe(true);
  });

  test('stores() goes on where its visitor closes the store above, with stores that the root closes', () => {
    const store = aTree();
    store.at('a').substores.create('y');
    const seen: Store[] = [];
    for (const one of store.tree.stores()) {
      seen.push(one);
      if (one.name === 'x') one.parent?.close();
    }
    expect(paths(seen)).toEqual(['', 'a', 'a/x', 'a/y', 'b']);
    expect(seen[3]).toBe(store.at('a/y'));
    store.close();
    expect(seen.map((one) => one.isClosed)).toEqual([true, true, true, true, true]);
  });

  // Types and transactions

  test('a type never stored has zero items in every store', () => {
    const store = aTree();
    const query = store.tree.query(Never);
    expect([query.count(), query.sum((n) => n.n), query.min((n) => n.n), query.avg((n) => n.n)]).toEqual([
      0,
      0,
      null,
      null,
    ]);
    expect([query.all(), query.first(), query.exists()]).toEqual([[], undefined, false]);
    store.at('a/x').create(Never, { n: 7 });
    expect([query.count(), query.max((n) => n.n)]).toEqual([1, 7]);
  });

  test('a transaction sees its own uncommitted changes in a tree query, and undoes them', () => {
    const store = aTree();
    const b = store.at('b');
    expect(() =>
      store.transact(() => {
        b.findFirst(City, { name: 'Bonn' })!.population = 9000;
        b.create(City, { name: 'Bremen', population: 8000 });
        b.findFirst(City, { name: 'berlin' })!.delete();
        store.substores.create('new').create(City, { name: 'Novo', population: 7000 });
        expect(
          names(
            store.tree
              .query(City)
              .orderBy((c) => c.population.desc())
              .limit(4),
          ),
        ).toEqual(['Bonn', 'Bremen', 'Novo', 'Roma']);
        expect(store.tree.count(City)).toBe(7);
        throw new TypeError('no');
      }),
    ).toThrow('no');
    expect(store.tree.query(City).sum((c) => c.population)).toBe(4270);
    expect(store.tree.count(City)).toBe(6);
  });

  test('a tree query in a transaction does not stop a later write to one of the stores', () => {
    const store = aTree();
    store.transact(() => {
      const [largest] = store.tree
        .query(City)
        .orderBy((c) => c.population.desc())
        .all();
      largest!.population = 1;
    });
    expect(store.tree.query(City).max((c) => c.population)).toBe(300);
  });
});

// Failing stores

/** A closed tree with one city in `a`, `b`, `b/below` and `c`, of which `b` is damaged; its directory. */
function aDamagedTree(): string {
  const place = aStoreDirectory({ mayBeCorrupt: true });
  const store = Store.open(place, options);
  for (const name of ['a', 'b', 'c']) store.substores.create(name).create(City, { name, population: 1 });
  store.at('b').substores.create('below').create(City, { name: 'below', population: 1 });
  const { uid } = store.at('b');
  store.close();
  const damaged = substoreDirectories(place).find((directory) => uidOf(directory) === uid) as string;
  truncateSync(join(damaged, 'db.sqlite'), 4096);
  return place;
}

const uidOf = (directory: string) =>
  inDatabase(directory, (database) => database.prepare('SELECT uid FROM corollary_store').pluck().get());

test('a store that fails is an error unless the program says otherwise, never a silent subset', () => {
  const store = aStore(options, aDamagedTree());
  const uses = [
    () => store.tree.query(City).all(),
    () => store.tree.count(City),
    () => store.tree.query(City).sum((c) => c.population),
    () =>
      store.tree
        .query(City)
        .pluck((c) => c.name)
        .all(),
    () => store.tree.query(City, {}, { onStoreError: () => 'throw' }).all(),
    () => [...store.tree.stores()].map((one) => one.count(City)),
  ];
  expect(uses.map(codeOf)).toEqual(uses.map(() => expect.stringMatching(/^(CORRUPT|NOT_A_STORE)$/)));
});

test('onStoreError may skip a store with all below it, and is told the error and the path', () => {
  const store = aStore(options, aDamagedTree());
  const told: unknown[] = [];
  const onStoreError = (error: unknown, path: unknown) => {
    told.push([(error as { code: string }).code, [path].flat().join('/')]);
    return 'skip' as const;
  };
  const query = store.tree.query(City, {}, { onStoreError });
  expect(names(query)).toEqual(['a', 'c']);
  expect(new Set(told.map(String))).toEqual(new Set([expect.stringMatching(/^(CORRUPT|NOT_A_STORE),b$/)]));
  expect(told).toHaveLength(1);
  expect(query.count()).toBe(2);
  expect(query.sum((c) => c.population)).toBe(2);
  expect(paths(store.tree.stores({ onStoreError }))).not.toContain('b/below');
});

test('update and delete leave out a store that was skipped, with all below it, and the limit counts others', () => {
  const place = aStoreDirectory();
  const store = aStore({ ...options, busyTimeoutMs: 30 }, place);
  for (const name of ['a', 'b', 'c']) {
    const made = store.substores.create(name);
    made.create(City, { name, population: 1 });
    made.substores.create('below').create(City, { name: `below ${name}`, population: 1 });
  }
  const { directory } = store.substores.query({ name: 'b' }).one();
  const told: string[] = [];
  const onStoreError = (error: unknown, path: readonly string[]) => {
    told.push(`${(error as { code: string }).code} ${path.join('/')}`);
    return 'skip' as const;
  };
  const all = store.tree.query(City, {}, { onStoreError });
  inDatabase(join(place, 'sub', directory), (database) => {
    database.exec('BEGIN IMMEDIATE');
    expect(all.update({ population: 5 })).toBe(4);
    expect(told.splice(0)).toEqual(['BUSY b']);
    expect(
      store.tree
        .query(City, { population: 1 })
        .pluck((c) => c.name)
        .all(),
    ).toEqual(['b', 'below b']);
    expect(
      all
        .orderBy((c) => c.name.asc())
        .offset(1)
        .limit(2)
        .delete(),
    ).toBe(2);
    expect(told).toEqual(['BUSY b']);
    expect(names(store.tree.query(City).orderBy((c) => c.name.asc()))).toEqual(['a', 'b', 'below b', 'c']);
  });
});

test('an answer of onStoreError that is neither throw nor skip does not hide the error', () => {
  const store = aStore(options, aDamagedTree());
  expect(codeOf(() => store.tree.query(City, {}, { onStoreError: (() => undefined) as never }).all())).toMatch(
    /^(CORRUPT|NOT_A_STORE|INVALID_VALUE)$/,
  );
});

test('an error thrown in onStoreError comes through', () => {
  const store = aStore(options, aDamagedTree());
  const onStoreError = () => {
    throw new TypeError('mine');
  };
  expect(() => store.tree.count(City, {}, { onStoreError })).toThrow('mine');
});

test('a store without the failing one answers: depth and where keep away from it', () => {
  const store = aStore(options, aDamagedTree());
  expect(store.tree.count(City, {}, { where: (s) => s.name.ne('b') })).toBe(2);
  expect(store.tree.count(City, {}, { depth: 0 })).toBe(0);
  expect(store.at('a').tree.count(City)).toBe(1);
});

test('stores() opens nothing before it is asked: the stores before a damaged one are given', () => {
  const store = aStore(options, aDamagedTree());
  const walk = store.tree.stores();
  expect(paths([walk.next().value as Store, walk.next().value as Store])).toEqual(['', 'a']);
});

test('an error names the store it comes from', () => {
  const store = aStore(options, aDamagedTree());
  expect(refusal(() => store.tree.count(City)).message).toMatch(/\bb\b/);
});

test('a tree query makes no table in any store', () => {
  const place = aStoreDirectory();
  const store = aStore(options, place);
  store.substores.create('a').substores.create('x');
  store.tree
    .query(City)
    .orderBy((c) => c.name.asc())
    .all();
  store.tree.count(Never);
  expect(tablesOf(substoreDirectories(place)[0] as string)).not.toContain('city');
  expect(tablesOf(substoreDirectories(place)[0] as string).join()).not.toMatch(/city|never/);
});

test('a tree query sees at once what another handle commits in any store', () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore(options, place), aStore(options, place)];
  one.substores.create('a').create(City, { name: 'x', population: 1 });
  expect(one.tree.count(City)).toBe(1);
  two.at('a').create(City, { name: 'y', population: 2 });
  two.substores.create('b').create(City, { name: 'z', population: 3 });
  expect(one.tree.query(City).sum((c) => c.population)).toBe(6);
});
