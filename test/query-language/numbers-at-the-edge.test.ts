import { bigint, type Columns, count, Item, integer, item, json, real, Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';

@item('measure')
class Measure extends Item {
  @integer() declare serial: number;
  @real({ nullable: true }) declare size: number | null;
  @bigint({ nullable: true }) declare stars: bigint | null;
  @json() declare note: { readonly x?: unknown };
  @text({ collate: 'nocase', default: '' }) declare name: string;
  @text({ default: '' }) declare code: string;
}

const types = [Measure];
const x = (c: Columns<Measure>) => c.note.at('x') as never;
const tenfold = (c: Columns<Measure>) => c.size.times(10);

type Given = Partial<Pick<Measure, 'size' | 'stars' | 'note' | 'name' | 'code'>>;

/** A store, and a tree of two, with the same values. */
function both(values: readonly Given[]): readonly [one: Pick<Store['tree'], 'query'>, tree: Store['tree']] {
  const [one, top] = [aStore({ types }), Store.inMemory({ types })];
  const below = top.substores.create('below');
  for (const [serial, given] of values.entries())
    for (const store of [one, serial % 2 === 0 ? top : below])
      store.create(Measure, { serial, size: null, stars: null, note: {}, ...given } as never);
  return [one, top.tree];
}

describe('a calculated number beyond all reals', () => {
  const SIZES = [1.7e308, null, 1.7e308, -1.7e308, null, null, 1];

  test('is not null: it is a group of its own', () => {
    for (const of of both(SIZES.map((size) => ({ size })))) {
      const groups = of
        .query(Measure)
        .groupBy(tenfold)
        .orderBy((c) => tenfold(c).asc());
      expect(groups.pluck(() => count()).all()).toEqual([3, 1, 1, 2]);
      expect(
        groups
          .having((c) => tenfold(c).gt(0))
          .pluck(() => count())
          .all(),
      ).toEqual([1, 2]);
      expect(codeOf(() => groups.pluck(tenfold).all())).toBe('OUT_OF_RANGE');
    }
  });

  test('has a first row of its own, and is found in a list of any length', () => {
    for (const of of both([...SIZES, 2, 3, 4, 5, 6, 7, 8, 9].map((size) => ({ size })))) {
      const firsts = of
        .query(Measure)
        .orderBy((c) => c.serial.asc())
        .firstPer(tenfold);
      expect(
        firsts
          .limit(4)
          .pluck((c) => c.serial)
          .all(),
      ).toEqual([0, 1, 3, 6]);
      const all = of
        .query(Measure)
        .orderBy((c) => c.serial.asc())
        .limit(100)
        .pluck(tenfold);
      expect(of.query(Measure, (c) => tenfold(c).in(all)).count()).toBe(15);
    }
  });
});

test('a calculated number beyond int64 in a list that a tree is asked for first is OUT_OF_RANGE, not another number', () => {
  const [one, tree] = both([{ stars: 2n ** 63n - 1n }, { stars: 1n }]);
  const among = (of: typeof one) =>
    of.query(Measure, (c) => c.stars.plus(1n).in(of.query(Measure).pluck((d) => d.stars.plus(1n)))).count();
  expect(among(one)).toBe(2);
  expect(codeOf(() => among(tree))).toBe('OUT_OF_RANGE');
});

test('a large number in JSON equals the same real', () => {
  for (const of of both([2 ** 60, 1e21, 0.1, 1e300].map((size) => ({ size, note: { x: size } })))) {
    const counted = [
      of.query(Measure, (c) => c.note.at('x' as never).eq(c.size as never)),
      of.query(Measure, (c) => c.size.eq(x(c))),
      of.query(Measure, (c) => c.size.in(of.query(Measure).pluck(x) as never)),
      of.query(Measure, (c) => c.note.at('x' as never).in(of.query(Measure).pluck((d) => d.size) as never)),
    ].map((query) => query.count());
    expect(counted).toEqual([4, 4, 4, 4]);
  }
});

test('of distinct texts that differ in case only, the first in binary order is looked for among other texts', () => {
  for (const of of both(['x', 'X', 'y'].map((name) => ({ name, code: name })))) {
    const names = of.query(Measure).pluck((d) => d.name);
    const found = of.query(Measure, (c) => c.code.in(names.distinct())).orderBy((c) => c.serial.asc());
    expect(found.pluck((c) => c.code).all()).toEqual(['X', 'y']);
  }
});

// The one that stands for others was compared by code points, whatever it was compared with.
test('texts are among distinct texts that differ from them in case only', () => {
  for (const of of both(['x', 'X', 'y', 'z'].map((name) => ({ name, code: name.toUpperCase() })))) {
    const codes = of.query(Measure, (d) => d.serial.lt(3)).pluck((d) => d.code);
    const names = of.query(Measure, (d) => d.serial.lt(3)).pluck((d) => d.name);
    for (const list of [names, names.distinct(), codes.distinct()]) {
      expect(of.query(Measure, (c) => c.name.in(list)).count()).toBe(3);
      expect(of.query(Measure, (c) => c.name.notIn(list)).count()).toBe(1);
    }
    expect(of.query(Measure, (c) => c.name.in(names.distinct().limit(1))).count()).toBe(2);
  }
});

// Texts that a query asked first has found in JSON were turned into numbers for a column of such: 'a' into 0.
test('a number is not among texts of JSON, nor a text among numbers', () => {
  const measures: Given[] = [
    { size: 0, code: 'a', note: { x: 'a' } },
    { size: 1.5, code: '1', note: { x: '1.5' } },
    { size: 7, code: '7', note: { x: 7 } },
    { size: 1, code: '1.5', note: { x: true } },
  ];
  for (const many of [0, 9]) {
    const more = Array.from({ length: many }, (_, at): Given => ({ note: { x: 100 + at } }));
    for (const of of both([...measures, ...more])) {
      const values = of.query(Measure).groupBy(x).pluck(x) as never;
      const sized = of.query(Measure, (c) => c.size.in(values)).orderBy((c) => c.serial.asc());
      const coded = of.query(Measure, (c) => c.code.in(values)).orderBy((c) => c.serial.asc());
      expect(sized.pluck((c) => c.size).all()).toEqual([7, 1]);
      expect(coded.pluck((c) => c.code).all()).toEqual(['a', '1.5']);
      expect(of.query(Measure, (c) => c.size.notIn(values)).count()).toBe(2 + many);
    }
  }
});
