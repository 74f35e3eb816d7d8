import {
  avg,
  count,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  json,
  max,
  optional,
  reference,
  referrers,
  type Store,
  sum,
  text,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore } from './support/a-store.js';

// What conditions, orders and projections calculate, and what groups are told apart by. Each of these was wrong once.

@item('owner')
class Owner extends Item {
  @text() declare name: string;
}

@item('thing')
class Thing extends Item {
  @text() declare name: string;
  @decimal({ scale: 2 }) declare price: Decimal;
  @decimal({ scale: 1, nullable: true }) declare fee: Decimal | null;
  @integer() declare size: number;
  @json({ nullable: true }) declare doc: { readonly v?: unknown; readonly list?: readonly number[] } | null;
  @reference(() => Owner, { nullable: true }) declare owner: Owner | null;
  @reference(() => Thing, { nullable: true }) declare part: Thing | null;
}

function aShop(store: Store = aStore({ types: [Thing, Owner] })) {
  const [ann, bob] = ['ann', 'bob'].map((name) => store.create(Owner, { name })) as [Owner, Owner];
  const one = store.create(Thing, { name: 'one', price: '1.50', fee: '0.5', size: 1, doc: { v: true }, owner: ann });
  const two = store.create(Thing, { name: 'two', price: '2.25', size: 2, doc: { v: 1 }, owner: ann, part: one });
  const three = store.create(Thing, { name: 'three', price: '3.00', size: 3, doc: { v: null }, part: two });
  const four = store.create(Thing, { name: 'four', price: '4.00', size: 3, doc: {}, owner: bob });
  return { store, ann, bob, one, two, three, four };
}

describe('decimals', () => {
  test('of different scales, and whole numbers, are added and subtracted exactly', () => {
    const { store } = aShop();
    const read = store.query(Thing, { name: 'one' }).select((t) => ({
      dearer: t.price.plus(1),
      half: t.price.plus('0.50'),
      net: t.price.minus(t.fee),
      times: t.price.times(t.fee),
    }));
    expect(read.one()).toEqual({ dearer: '2.50', half: '2.00', net: '1.00', times: '0.750' });
    expect(store.query(Thing, (t) => t.price.plus(t.fee.coalesce('0.0')).gt('2.00')).count()).toBe(3);
  });
});

describe('a condition on groups', () => {
  test('may ask for referrers, and for what is in a query', () => {
    const { store, ann, bob } = aShop();
    const owned = store
      .query(Thing, (t) => t.owner.isNotNull())
      .groupBy((t) => t.owner)
      .select((t) => ({ owner: t.owner, things: count() }));
    expect(owned.having((t) => t.owner.in(store.query(Owner, { name: 'ann' }))).all()).toEqual([
      { owner: ann, things: 2 },
    ]);
    expect(owned.having((t) => t.owner.notIn(store.query(Owner, { name: 'ann' }))).all()).toEqual([
      { owner: bob, things: 1 },
    ]);
    const withSmall = owned.having((t) => referrers(t.owner, Thing, (o) => o.owner).exists((o) => o.size.eq(1)));
    expect(withSmall.all()).toEqual([{ owner: ann, things: 2 }]);
  });
});

describe('a join', () => {
  test('reads what an optional item refers to', () => {
    const { store, one, two, three } = aShop();
    const pairs = store
      .query([Thing, optional(Thing)], (whole, part) => whole.part.eq(part).and(part.owner.to.name.eq('ann')))
      .orderBy(
        (whole) => whole.size.asc(),
        (whole) => whole.name.asc(),
      )
      .select((whole, part) => ({ whole, part, owner: part.owner.to.name }));
    expect(
      pairs
        .all()
        .slice(0, 4)
        .map(({ whole, part, owner }) => [whole.name, part?.name, owner]),
    ).toEqual([
      ['one', undefined, null],
      ['two', 'one', 'ann'],
      ['four', undefined, null],
      ['three', 'two', 'ann'],
    ]);
    expect(pairs.all().map(({ part }) => part)).toEqual([null, one, null, two]);
    expect(pairs.explain().plan.length).toBeGreaterThan(0);
    expect(three.part).toBe(two);
  });

  test('of types that only an optional one ties is refused', () => {
    const { store } = aShop();
    const combined = store.query([Owner, optional(Thing), Owner], (a, t, b) => t.owner.eq(a).and(t.owner.eq(b)));
    expect(refusal(() => combined.all())).toMatchObject({
      code: 'BAD_QUERY',
      message: expect.stringContaining('owner'),
    });
  });

  test('across a tree by references that may both be null is refused, and says what cross() would do', () => {
    const { store } = aShop();
    const both = store.tree.query([Thing, Thing], (a, b) => a.owner.eq(b.owner));
    expect(codeOf(() => both.all())).toBe('NOT_SUPPORTED');
    const crossed = store.tree.query([Thing, Owner], (t, o) => t.owner.eq(o)).cross();
    expect(refusal(() => crossed.all()).message).toContain('cross() combines items of different stores');
  });
});

describe.each<[string, (store: Store) => Pick<Store, 'query'>]>([
  ['a store', (store) => store],
  ['a tree', ({ tree }) => tree as Pick<Store, 'query'>],
])('what lies in JSON, asked of %s,', (_, asked) => {
  /** Of four things, two live in a store below where a tree is asked. */
  function things() {
    const { store, two, four } = aShop(aMemoryStore({ types: [Thing, Owner] }));
    if (asked(store) === store) return store;
    const below = store.substores.create('below');
    for (const { name, price, size, doc } of [two, four]) below.create(Thing, { name, price, size, doc });
    store.query(Thing, (t) => t.self.in([two, four])).delete();
    return asked(store);
  }

  test('is null where the key is missing, as where it holds null', () => {
    const values = things().query(Thing);
    expect(values.where((t) => t.doc.at('v').isNull()).count()).toBe(2);
    expect(
      values
        .pluck((t) => t.doc.at('v'))
        .distinct()
        .all(),
    ).toEqual([null, 1]);
  });

  test('groups true with 1 and nothing with null, null first', () => {
    const groups = things()
      .query(Thing)
      .groupBy((t) => t.doc.at('v'))
      .select((t) => ({ v: t.doc.at('v'), things: count() }));
    expect(groups.all()).toEqual([
      { v: null, things: 2 },
      { v: 1, things: 2 },
    ]);
  });

  test('is found among the values of a query of it', () => {
    const all = things().query(Thing);
    const values = all.pluck((t) => t.doc.at('v'));
    expect(all.where((t) => t.doc.at('v').in(values)).count()).toBe(4);
  });
});

describe('a value in JSON', () => {
  test('has another in its place where it is missing', () => {
    const { store } = aShop();
    store.query(Thing, { name: 'four' }).update({ doc: { v: 'x', list: [7] } });
    const read = store.query(Thing, { name: 'four' }).select((t) => ({
      first: t.doc.at('list').at(0).coalesce(1),
      second: t.doc.at('list').at(1).coalesce(1),
    }));
    expect(read.one()).toEqual({ first: 7, second: 1 });
  });

  test('is frozen, as the whole is', () => {
    const { store } = aShop();
    store.query(Thing, { name: 'four' }).update({ doc: { list: [7] } });
    const list = store
      .query(Thing, { name: 'four' })
      .pluck((t) => t.doc.at('list'))
      .one();
    expect(list).toEqual([7]);
    expect(Object.isFrozen(list)).toBe(true);
  });
});

test('a class is no callback over columns', () => {
  const { store } = aShop();
  expect(codeOf(() => store.query(Thing).where(Owner as never))).toBe('BAD_QUERY');
  expect(codeOf(() => store.query(Thing).orderBy(Owner as never))).toBe('BAD_QUERY');
});

test('a calculation that means nothing says so of the value, not of the operand', () => {
  const { store } = aShop();
  const wrong = () => store.query(Thing).pluck((t) => (t.name as never as { plus(n: number): never }).plus(1));
  expect(refusal(wrong)).toMatchObject({ code: 'BAD_QUERY', message: expect.stringContaining('takes numbers') });
});

test('groups read what a reference in their key settles, and aggregates of paths', () => {
  const { store } = aShop();
  const groups = store
    .query(Thing)
    .groupBy((t) => t.owner)
    .orderBy((t) => t.owner.to.name.desc({ nulls: 'last' }))
    .select((t) => ({ owner: t.owner.to.name, total: sum(t.price), mean: avg(t.price), top: max(t.part.to.name) }));
  expect(groups.all()).toEqual([
    { owner: 'bob', total: '4.00', mean: '4.00', top: null },
    { owner: 'ann', total: '3.75', mean: '1.88', top: 'one' },
    { owner: null, total: '3.00', mean: '3.00', top: 'two' },
  ]);
  expect(
    codeOf(() =>
      store
        .query(Thing)
        .groupBy((t) => t.owner)
        .pluck((t) => t.name)
        .all(),
    ),
  ).toBe('BAD_QUERY');
});
