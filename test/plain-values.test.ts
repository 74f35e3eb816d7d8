import { Item, integer, item, type Query, reference, type Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore } from './support/a-store.js';
import { statementsOf } from './support/statements.js';

// A loop over plain values settles first which items they are of, and reads the values in pieces of a thousand.

@item('maker')
class Maker extends Item {
  @text() declare name: string;
}

@item('part')
class Part extends Item {
  @integer() declare serial: number;
  @integer() declare rank: number;
  @reference(() => Maker, { nullable: true, whenDeleted: 'nullify' }) declare maker: Maker | null;
}

function aShop(count: number): Store {
  const store = aStore({ types: [Part, Maker] });
  const maker = store.create(Maker, { name: 'm' });
  store.createMany(
    Part,
    Array.from({ length: count }, (_, serial) => ({
      serial,
      rank: serial % 7,
      maker: serial % 2 === 0 ? maker : null,
    })),
  );
  return store;
}

describe('a loop over plain values', () => {
  test.each<[string, (store: Store) => Query<never, unknown, never>]>([
    ['plucked', (store) => store.query(Part).pluck((p) => p.serial) as never],
    [
      'ordered',
      (store) =>
        store
          .query(Part)
          .orderBy((p) => p.rank.desc())
          .pluck((p) => p.serial) as never,
    ],
    ['of a path', (store) => store.query(Part).select((p) => ({ s: p.serial, m: p.maker.to.name })) as never],
    ['of items', (store) => store.query(Part).select((p) => ({ p, maker: p.maker })) as never],
    ['narrowed', (store) => store.query(Part, (p) => p.rank.gt(2)).pluck((p) => p.serial) as never],
    [
      'limited',
      (store) =>
        store
          .query(Part)
          .limit(2100)
          .offset(150)
          .pluck((p) => p.serial) as never,
    ],
    [
      'few',
      (store) =>
        store
          .query(Part)
          .limit(3)
          .pluck((p) => p.serial) as never,
    ],
    [
      'exactly a piece',
      (store) =>
        store
          .query(Part)
          .limit(1000)
          .pluck((p) => p.serial) as never,
    ],
    [
      'none',
      (store) =>
        store
          .query(Part)
          .limit(0)
          .pluck((p) => p.serial) as never,
    ],
    [
      'the first of each',
      (store) =>
        store
          .query(Part)
          .firstPer((p) => p.rank)
          .pluck((p) => p.serial) as never,
    ],
    [
      'distinct',
      (store) =>
        store
          .query(Part)
          .pluck((p) => p.rank)
          .distinct() as never,
    ],
    [
      'of groups',
      (store) =>
        store
          .query(Part)
          .groupBy((p) => p.rank)
          .pluck((p) => p.rank) as never,
    ],
  ])('gives what all() gives: %s', (_, asked) => {
    const query = asked(aShop(2500));
    expect([...query]).toEqual(query.all());
  });

  test('leaves out what is deleted meanwhile, and reads what is changed as it is by then', () => {
    const store = aShop(2500);
    const seen: number[] = [];
    for (const serial of store.query(Part).pluck((p) => p.serial)) {
      if (seen.length === 0) {
        store.query(Part, (p) => p.serial.gte(2000)).delete();
        store.query(Part, { serial: 1500 }).update({ serial: -1 });
        store.create(Part, { serial: 9999, rank: 0 });
      }
      seen.push(serial);
    }
    expect(seen).toEqual([
      ...Array.from({ length: 1500 }, (_, n) => n),
      -1,
      ...Array.from({ length: 499 }, (_, n) => 1501 + n),
    ]);
  });

  test('ends where the store is closed', () => {
    const store = aShop(2500);
    const loop = () => {
      for (const _ of store.query(Part).pluck((p) => p.serial)) store.close();
    };
    expect(codeOf(loop)).toBe('STORE_CLOSED');
  });

  test('sees what its transaction has changed', () => {
    const store = aShop(1500);
    store.transact(() => {
      store.query(Part).update({ rank: 8 });
      expect(new Set(store.query(Part).pluck((p) => p.rank))).toEqual(new Set([8]));
    });
  });
});

describe('types of a join are tied', () => {
  test.each<[string, 'tied' | 'BAD_QUERY', (store: Store) => { all(): unknown }]>([
    ['by an order', 'tied', (s) => s.query([Part, Part], (a, b) => a.serial.lt(b.serial))],
    ['by what is calculated of both', 'tied', (s) => s.query([Part, Part], (a, b) => a.serial.plus(b.serial).eq(3))],
    [
      'by each alternative',
      'tied',
      (s) => s.query([Part, Maker], (p, m) => p.maker.eq(m).and(p.rank.eq(1)).or(p.maker.eq(m))),
    ],
    [
      'not by one of several alternatives',
      'BAD_QUERY',
      (s) => s.query([Part, Maker], (p, m) => p.maker.eq(m).or(p.rank.eq(1))),
    ],
    [
      'not by alternatives on one each',
      'BAD_QUERY',
      (s) => s.query([Part, Maker], (p, m) => p.rank.eq(1).or(m.name.eq('m'))),
    ],
    ['not by a difference', 'BAD_QUERY', (s) => s.query([Part, Maker], (p, m) => p.maker.ne(m))],
    ['not by the opposite of a tie', 'BAD_QUERY', (s) => s.query([Part, Maker], (p, m) => p.maker.eq(m).not())],
  ])('%s: %s', (_, expected, asked) => {
    const query = asked(aShop(20));
    const found = expected === 'tied' ? Array.isArray(query.all()) && 'tied' : codeOf(() => query.all());
    expect(found).toBe(expected);
  });
});

test('calculations nest as deep as conditions, in memory and in JSON', () => {
  const store = aShop(1);
  const nested = (depth: number) =>
    store
      .query(Part)
      .pluck((p) => Array.from({ length: depth }).reduce<typeof p.serial>((value) => value.plus(1), p.serial));
  expect(nested(95).all()).toEqual([95]);
  expect(codeOf(() => nested(101))).toBe('BAD_QUERY');
});

test('a calculation that doubles itself is refused before it fills the memory', () => {
  const store = aShop(1);
  const doubled = (times: number) =>
    store
      .query(Part)
      .pluck((p) =>
        Array.from({ length: times }).reduce<typeof p.serial>((value) => value.plus(value), p.rank.plus(1)),
      );
  expect(doubled(10).all()).toEqual([1024]);
  expect(codeOf(() => doubled(30))).toBe('BAD_QUERY');
});

test('distinct items of a tree are ordered by path, then by id, as the items themselves are', () => {
  const root = aMemoryStore({ types: [Part, Maker] });
  const below = root.substores.create('below');
  root.create(Part, { serial: 0, rank: 0 }); // so that the numbers of the makers differ
  for (const store of [below, root]) {
    const made = store.createMany(Maker, [{ name: 'm' }, { name: 'n' }], { items: true });
    store.createMany(
      Part,
      made.flatMap((maker) => [
        { serial: 1, rank: 1, maker },
        { serial: 2, rank: 1, maker },
      ]),
    );
  }
  const makers = root.tree
    .query(Part)
    .pluck((p) => p.maker)
    .distinct();
  const all = [null, ...root.tree.query(Maker).all()];
  expect(makers.all()).toEqual(all);
  expect([...makers.pages(1)].flat()).toEqual(all);
  expect([...makers.pages(2)].flat()).toEqual(all);
});

test('a page cannot end at a calculated number beyond what its kind can hold', () => {
  const store = aShop(0);
  store.createMany(
    Part,
    [2 ** 30, 2 ** 30 + 1].map((serial) => ({ serial, rank: 0 })),
  );
  const bySquare = store.query(Part).orderBy((p) => p.serial.times(p.serial).asc());
  expect(bySquare.all()).toHaveLength(2);
  expect(refusal(() => bySquare.page({ size: 1 })).code).toBe('OUT_OF_RANGE');
});

@item('page')
class Page extends Item {
  @text({ fullText: true }) declare words: string;
}

// Each piece of a thousand searched all pages again.
test('a loop over what a search gives searches once', () => {
  const store = aStore({ types: [Page] });
  store.createMany(
    Page,
    Array.from({ length: 2500 }, (_, at) => ({ words: `page ${at}` })),
  );
  const pages = store.query(Page, (p) => p.words.matches('page'));
  const found = pages.select((p) => ({ words: p.words, relevance: p.words.relevance('page') }));
  const searches = statementsOf(() => expect([...found]).toHaveLength(2500)).filter((sql) => sql.includes(' MATCH '));
  expect(searches).toHaveLength(1);
});
