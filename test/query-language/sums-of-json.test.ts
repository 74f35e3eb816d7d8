import { type Columns, Item, item, json, Store, sum } from 'corollary';
import { expect, test } from 'vitest';
import { aStore } from '../support/a-store.js';

@item('reading')
class Reading extends Item {
  @json() declare note: { readonly x: unknown };
}

const types = [Reading];
const x = (c: Columns<Reading>) => c.note.at('x') as never;

/** A store, and a tree of two, with the same values. */
function both(values: readonly unknown[]): Pick<Store['tree'], 'query'>[] {
  const [one, top] = [aStore({ types }), Store.inMemory({ types })];
  const below = top.substores.create('below');
  for (const [at, value] of values.entries())
    for (const store of [one, at % 2 === 0 ? top : below]) store.create(Reading, { note: { x: value } });
  return [one, top.tree];
}

test('a text in JSON counts as the number that it begins with, in a tree as in one store, all rows or some', () => {
  for (const of of both(['abc', '12abc', '0x10', { y: 1 }, true, ' 2.5e1x', '-.5', 'Infinity', null, 5])) {
    const all = of.query(Reading);
    for (const query of [all, all.limit(100), all.offset(0)]) {
      expect(query.sum(x)).toBe(42.5);
      expect(query.avg(x)).toBe(42.5 / 9);
    }
  }
});

test('a sum of large whole numbers in JSON is a real, and not bound to int64', () => {
  for (const of of both([9e18, 9e18, 9e18, 0.5])) {
    const all = of.query(Reading);
    for (const query of [all, all.limit(100)]) {
      expect(query.sum(x)).toBe(2.7e19);
      expect(query.avg(x)).toBe(2.7e19 / 4);
    }
    expect(all.select((c) => ({ total: sum(x(c)) })).all()).toEqual([{ total: 2.7e19 }]);
  }
});
