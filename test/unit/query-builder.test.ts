import { describe, expect, test } from 'vitest';
import type { Columns } from '../../src/query/columns.js';
import { and, type Condition, not } from '../../src/query/condition.js';
import { Query } from '../../src/query/query.js';
import { runnerOf } from '../../src/query/runner.js';
import type { StoreId } from '../../src/schema/attribute-types.js';
import { compiler, Other, others, sampleStore, Thing, things } from './query-sample.js';

// biome-ignore lint/suspicious/noExplicitAny: what the compiler refuses has to be tried, too
type Loose = any;
const code = (name: string) => expect.objectContaining({ code: name });
const item = (id: number) => new Thing(id as StoreId<Thing>);

describe('wrong use is refused', () => {
  test.each<[string, (c: Loose) => unknown]>([
    ['BAD_QUERY', (c) => c.doc.eq({ a: 1 })],
    ['BAD_QUERY', (c) => c.doc.in([])],
    ['BAD_QUERY', (c) => c.doc.asc()],
    ['BAD_QUERY', (c) => c.friend.lt(item(1))],
    ['BAD_QUERY', (c) => c.count.like('1%')],
    ['BAD_QUERY', (c) => c.count.lt(null)],
    ['BAD_QUERY', (c) => c.count.between(null, 3)],
    ['BAD_QUERY', (c) => c.count.eq(c.name)],
    ['BAD_QUERY', (c) => c.count.eq(c.large)],
    ['BAD_QUERY', (c) => c.name.like('x', { escape: 'ab' })],
    ['BAD_QUERY', (c) => c.name.asc({ nulls: 'middle' })],
    ['BAD_QUERY', (c) => c.count.in(things().pluck((t) => t.name))],
    ['BAD_QUERY', (c) => c.count.in(things())],
    ['BAD_QUERY', (c) => and(c.flag.eq(true), true as Loose)],
    ['BAD_QUERY', () => not(undefined as Loose)],
    ['INVALID_VALUE', (c) => c.count.eq(undefined)],
    ['INVALID_VALUE', (c) => c.count.eq(1.5)],
    ['INVALID_VALUE', (c) => c.count.in([1, undefined])],
    ['INVALID_VALUE', (c) => c.count.in(7)],
    ['INVALID_VALUE', (c) => c.name.in('abc')],
    ['INVALID_VALUE', (c) => c.name.contains(5)],
    ['INVALID_VALUE', (c) => c.name.startsWith('\uD800')],
    ['INVALID_VALUE', (c) => c.friend.eq(7)],
    ['INVALID_VALUE', (c) => c.friend.eq(undefined)],
    ['WRONG_TYPE', (c) => c.friend.eq(new Other(7 as StoreId<Other>))],
    ['WRONG_TYPE', (c) => c.friend.in(others())],
    ['ITEM_GONE', (c) => c.friend.eq(Object.assign(item(7), { isStored: false }))],
  ])('%s: %s', (expected, use) => {
    expect(() => things(use as Loose)).toThrow(code(expected));
  });

  test('conditions, orders and columns of another query', () => {
    let saved: Condition | undefined;
    others((o) => (saved = o.title.eq('x')));
    expect(() => things(saved)).toThrow(code('BAD_QUERY'));
    expect(() => things((c) => c.self.in(things(() => c.count.gt(1))))).toThrow(code('BAD_QUERY'));
    expect(() => things((c) => c.self.in(things((d) => d.count.gt(c.count))))).toThrow(code('BAD_QUERY'));
    const elsewhere = things(undefined, { ...compiler, scope: 'store-2' });
    expect(() => things((c) => c.self.in(elsewhere))).toThrow(code('WRONG_STORE'));
  });

  test('what is no condition, order, column or count', () => {
    for (const where of [true, 'x', 5, () => true, async () => and(), undefined]) {
      expect(() => things().where(where as Loose)).toThrow(code('BAD_QUERY'));
    }
    for (const order of ['name', () => 'name', (c: Columns<Thing>) => c.name]) {
      expect(() => things().orderBy(order as Loose)).toThrow(code('BAD_QUERY'));
    }
    expect(() => things().pluck((() => 'name') as Loose)).toThrow(code('BAD_QUERY'));
    for (const n of [-1, 1.5, Number.NaN, Infinity, '1', undefined]) {
      expect(() => things().limit(n as number)).toThrow(code('BAD_QUERY'));
      expect(() => things().offset(n as number)).toThrow(code('BAD_QUERY'));
    }
  });

  test('aggregates, changes and distinct values that mean nothing', () => {
    expect(() => things().sum((c) => c.name as Loose)).toThrow(code('BAD_QUERY'));
    expect(() => things().sum((c) => c.storeId)).toThrow(code('BAD_QUERY'));
    expect(() => things().max((c) => c.friend)).toThrow(code('BAD_QUERY'));
    expect(() =>
      things()
        .pluck((c) => c.name)
        .delete(),
    ).toThrow(code('BAD_QUERY'));
    expect(() =>
      things()
        .pluck((c) => c.name)
        .update({ name: 'x' }),
    ).toThrow(code('BAD_QUERY'));
    expect(() =>
      things()
        .pluck((c) => c.doc)
        .distinct(),
    ).toThrow(code('BAD_QUERY'));
    expect(() =>
      things()
        .pluck((c) => c.name)
        .distinct()
        .orderBy((c) => c.count.asc()),
    ).toThrow(code('BAD_QUERY'));
    expect(() =>
      things()
        .pluck((c) => c.name)
        .distinct()
        .sum((c) => c.count),
    ).toThrow(code('BAD_QUERY'));
  });

  test('all problems of a plain object are listed', () => {
    const wrong = { nothing: 1, count: undefined, name: 5, flag: true } as Loose;
    expect(() => things(wrong)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_ATTRIBUTE',
        problems: [
          expect.objectContaining({ code: 'UNKNOWN_ATTRIBUTE', attribute: 'nothing' }),
          expect.objectContaining({ code: 'INVALID_VALUE', attribute: 'count' }),
          expect.objectContaining({ code: 'INVALID_VALUE', attribute: 'name' }),
        ],
      }),
    );
    expect(() => things(JSON.parse('{"__proto__": 1}'))).toThrow(code('UNKNOWN_ATTRIBUTE'));
    expect(() => things({ constructor: 1 } as Loose)).toThrow(code('UNKNOWN_ATTRIBUTE'));
  });

  test('messages show no values', () => {
    expect(() => things((c: Loose) => c.count.eq('secret'))).toThrow(/^(?!.*secret).*thing\.count/);
  });
});

describe('a query', () => {
  const store = sampleStore([3, 1, 2].map((count, i) => ({ storeId: i + 1, count, name: `n${count}` })));

  test('is immutable, lazy and can be read again', () => {
    const all = things(undefined, store);
    const some = all.where({ count: 1 });
    expect([all.count(), some.count(), all.count()]).toEqual([3, 1, 3]);
    expect([...all.orderBy((c) => c.count.desc())]).toEqual([1, 3, 2]);
    expect([...all.orderBy((c) => c.count.desc())]).toEqual([1, 3, 2]);
  });

  test('gives the first, the only one, or says why not', () => {
    const all = things(undefined, store).orderBy((c) => c.count.asc());
    expect([all.first(), all.limit(0).first(), all.where({ count: 3 }).one()]).toEqual([2, undefined, 1]);
    expect(() => all.one()).toThrow(code('NOT_UNIQUE'));
    expect(() => all.where({ count: 9 }).one()).toThrow(code('NOT_FOUND'));
    expect(all.limit(1).one()).toBe(2);
  });

  test('appends orders and adds conditions', () => {
    const names = things(undefined, store)
      .where((c) => c.count.gte(2))
      .where((c) => c.count.lte(3))
      .orderBy((c) => c.flag.asc())
      .orderBy((c) => c.name.desc())
      .pluck((c) => c.name);
    expect([...names]).toEqual(['n3', 'n2']);
  });

  test('skips items deleted while it is iterated', () => {
    const items = [item(1), item(2), item(3)];
    const found: unknown[] = [];
    for (const one of things(undefined, { ...compiler, read: () => items })) {
      found.push(one.storeId);
      (items[1] as Thing).isStored = false;
    }
    expect(found).toEqual([1, 3]);
  });

  test('stays flat when conditions are added in a loop, and refuses a tower', () => {
    let query = things(undefined, store);
    for (let i = 10; i < 2000; i++) query = query.where((c) => c.count.lt(i));
    expect(query.count()).toBe(3);
    const tower = (c: Columns<Thing>) => {
      let condition = c.count.gt(0);
      for (let i = 0; i < 200; i++) condition = condition.or(c.count.gt(i)).and(c.flag.eq(true));
      return condition;
    };
    expect(() => things(tower)).toThrow(code('BAD_QUERY'));
  });

  test('comes back from JSON, asked of a store', () => {
    const query = things((c) => c.count.gt(1), store).orderBy((c) => c.count.asc());
    const askable = { [runnerOf]: store };
    expect(Query.fromJSON(askable, JSON.parse(JSON.stringify(query))).all()).toEqual([3, 1]);
  });
});
