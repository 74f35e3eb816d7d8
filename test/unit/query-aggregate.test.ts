import { describe, expect, test } from 'vitest';
import { finish, halfEven } from '../../src/query/answer/partial-results.js';
import { shapeOf } from '../../src/query/value-shape.js';
import type { Decimal } from '../../src/schema/attribute-types.js';
import { sampleStore, thing, things } from './query-sample.js';

const shape = (name: string) => shapeOf([{ type: thing, isOptional: false }], { source: 0, name });
const outOfRange = expect.objectContaining({ code: 'OUT_OF_RANGE' });

describe('aggregates', () => {
  const store = sampleStore([
    { storeId: 1, count: 2, weight: 0.1, large: 2n ** 62n, price: '1.50', tag: 'B' },
    { storeId: 2, count: -5, weight: 0.2, large: -(2n ** 62n), price: '2.50', tag: 'a', at: new Date(5) },
    { storeId: 3 },
  ]);
  const all = things(undefined, store);

  test('leave nulls out and are exact', () => {
    expect([all.count(), all.exists()]).toEqual([3, true]);
    expect([all.sum((c) => c.count), all.sum((c) => c.large), all.sum((c) => c.price)]).toEqual([-3, 0n, '4.00']);
    expect([all.avg((c) => c.count), all.avg((c) => c.large), all.avg((c) => c.price)]).toEqual([-1.5, 0, '2.00']);
    expect(all.avg((c) => c.weight)).toBeCloseTo(0.15);
    expect([all.min((c) => c.large), all.max((c) => c.large)]).toEqual([-(2n ** 62n), 2n ** 62n]);
    expect([all.min((c) => c.tag), all.max((c) => c.at)]).toEqual(['a', new Date(5)]);
  });

  test('of nothing are 0 or null', () => {
    const none = all.where((c) => c.storeId.gt(9));
    expect([none.sum((c) => c.count), none.sum((c) => c.large), none.sum((c) => c.price)]).toEqual([0, 0n, '0.00']);
    expect([none.sum((c) => c.weight), none.avg((c) => c.weight), none.min((c) => c.count)]).toEqual([0, null, null]);
    expect([none.count(), none.exists()]).toEqual([0, false]);
  });

  test('obey limit, offset and distinct', () => {
    expect([all.limit(2).count(), all.offset(1).count(), all.limit(0).exists()]).toEqual([2, 2, false]);
    expect(all.limit(1).sum((c) => c.count)).toBe(2);
    expect(
      all
        .orderBy((c) => c.count.asc({ nulls: 'last' }))
        .limit(1)
        .sum((c) => c.count),
    ).toBe(-5);
    expect(
      all
        .pluck((c) => c.flag)
        .distinct()
        .count(),
    ).toBe(1);
    expect(
      all
        .pluck((c) => c.count)
        .distinct()
        .count(),
    ).toBe(3);
    expect(
      all
        .pluck((c) => c.count)
        .distinct()
        .max((c) => c.count),
    ).toBe(2);
  });
});

test('a sum that leaves its range is refused, also where SQLite would overflow', () => {
  const max = 2n ** 63n - 1n;
  const store = sampleStore([
    { storeId: 1, large: max, count: Number.MAX_SAFE_INTEGER, weight: 1.7e308 },
    { storeId: 2, large: max, count: 1, weight: 1.7e308 },
    { storeId: 3, large: -max, count: null },
  ]);
  const all = things(undefined, store);
  expect(all.sum((c) => c.large)).toBe(max);
  expect(() => all.limit(2).sum((c) => c.large)).toThrow(outOfRange);
  expect(() => all.sum((c) => c.count)).toThrow(outOfRange);
  expect(all.avg((c) => c.count)).toBe(2 ** 52);
  expect(() => all.sum((c) => c.weight)).toThrow(outOfRange);
});

test('partial results of several stores are combined exactly', () => {
  expect(
    finish('sum', shape('large'), [
      [1, '2147483647', '4294967295'],
      [1, '-1', '4294967295'],
    ]),
  ).toBe(2n ** 63n - 2n);
  expect(
    finish('sum', shape('weight'), [
      [1, 1e16],
      [1, 1],
      [1, -1e16],
    ]),
  ).toBe(1);
  expect(
    finish('avg', shape('price'), [
      [1, '0', '100'],
      [1, '0', '103'],
    ]),
  ).toBe('1.02' as Decimal);
  expect(finish('max', shape('large'), [['9'], [null], ['10']])).toBe(10n);
  expect(finish('count', undefined, [[2], [3]])).toBe(5);
  expect(finish('sum', shape('price'), [])).toBe('0.00');
});

test('halves go to the even neighbour, on both sides of zero', () => {
  expect([5n, 15n, -5n, -15n, 16n, -16n].map((total) => halfEven(total, 10n))).toEqual([0n, 2n, 0n, -2n, 2n, -2n]);
});

test('of texts that differ in case only, the first in binary order stands for all under nocase', () => {
  const tags = ['b', 'a', 'A', null, 'B', 'b'];
  const store = sampleStore(tags.map((tag, i) => ({ storeId: i + 1, tag })));
  const distinct = things(undefined, store)
    .pluck((c) => c.tag)
    .distinct();
  expect(distinct.all()).toEqual([null, 'A', 'B']);
  expect(distinct.count()).toBe(3);
});
