import {
  count,
  type Decimal,
  decimal,
  Item,
  item,
  json,
  optional,
  reference,
  referrers,
  type Store,
  text,
} from 'corollary';
import { beforeEach, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStore } from './support/a-store.js';

// Questions that once had a wrong answer, or none.

@item('land')
class Land extends Item {
  @text() declare name: string;
}

@item('town')
class Town extends Item {
  @text() declare name: string;
  @decimal({ scale: 2 }) declare tax: Decimal;
  @json() declare notes: { readonly colour?: string | null };
  @reference(() => Land) declare land: Land;
}

/** Nothing of it is ever stored. */
@item('ghost')
class Ghost extends Item {
  @reference(() => Town) declare town: Town;
}

const types = [Land, Town, Ghost];
let store: Store;
beforeEach(() => {
  store = aStore({ types });
  fill(store);
});

function fill(of: Store): void {
  const [fr, de] = of.createMany(Land, [{ name: 'France' }, { name: 'Germany' }], { items: true }) as [Land, Land];
  of.createMany(Town, [
    { name: 'Paris', tax: '1.50', notes: { colour: null }, land: fr },
    { name: 'Lyon', tax: '2.25', notes: {}, land: fr },
    { name: 'Bonn', tax: '0.05', notes: { colour: 'blue' }, land: de },
  ]);
}

// Math.max, given to reduce, made NaN of every scale.
test('decimals are added and subtracted', () => {
  expect(
    store
      .query(Town)
      .pluck((t) => t.tax.plus(t.tax))
      .all(),
  ).toEqual(['3.00', '4.50', '0.10']);
  expect(
    store
      .query(Town)
      .pluck((t) => t.tax.times('0.50').minus('0.05'))
      .all(),
  ).toEqual(['0.7000', '1.0750', '-0.0250']);
  expect(store.query(Town, (t) => t.tax.plus(1).gt('2.00')).count()).toBe(2);
});

// SQLite cut the alias "town.land" at its dot: no such column.
test('an optional type is tied along its references', () => {
  const rows = store.query([Land, optional(Town)], (l, t) => t.land.to.name.eq(l.name));
  expect(rows.all().map(([land, town]) => [land.name, town?.name])).toEqual([
    ['France', 'Paris'],
    ['France', 'Lyon'],
    ['Germany', 'Bonn'],
  ]);
});

// ORDER BY 0 and GROUP BY 0 mean a column of the answer.
test('the number of referrers of a type never stored sorts and groups', () => {
  const byGhosts = store.query(Town).orderBy((t) =>
    referrers(t, Ghost, (g) => g.town)
      .count()
      .desc(),
  );
  expect(byGhosts.all()).toHaveLength(3);
  const groups = store.query(Town).groupBy((t) => referrers(t, Ghost, (g) => g.town).count());
  expect(groups.pluck(() => count()).all()).toEqual([3]);
});

// Where groups were looked at, a query inside `in` was taken for an empty one, and exists for false.
test('having looks into queries, and at referrers', () => {
  const names = store
    .query(Town)
    .groupBy((t) => t.land)
    .pluck((t) => t.land.to.name);
  const french = store.query(Land, { name: 'France' });
  expect(names.having((t) => t.land.in(french)).all()).toEqual(['France']);
  expect(names.having((t) => t.land.notIn(french)).all()).toEqual(['Germany']);
  expect(names.having((t) => count(t.name).in(names.pluck(() => count()).limit(1))).all()).toEqual(['France']);
  const towns = names.having((t) => referrers(t.land, Town, (x) => x.land).exists((x) => x.name.eq('Bonn')));
  expect(towns.all()).toEqual(['Germany']);
  expect(
    names
      .having((t) =>
        referrers(t.land, Town, (x) => x.land)
          .count()
          .gt(1),
      )
      .all(),
  ).toEqual(['France']);
  expect(
    store.tree
      .query(Town)
      .groupBy((t) => t.name)
      .pluck((t) => t.name)
      .having((t) => t.name.in(store.tree.query(Town, { name: 'Lyon' }).pluck((x) => x.name)))
      .all(),
  ).toEqual(['Lyon']);
});

// The ids of the items stood in for what was plucked, and the limit was lost.
test('firstPer inside in gives what it plucks, within its limit', () => {
  const first = store
    .query(Town)
    .orderBy((t) => t.name.asc())
    .firstPer((t) => t.land);
  expect(first.all().map(({ name }) => name)).toEqual(['Bonn', 'Lyon']);
  const inFirst = (query: typeof first) => store.query(Land, (l) => l.self.in(query.pluck((t) => t.land))).count();
  expect([inFirst(first), inFirst(first.limit(1)), inFirst(first.offset(2))]).toEqual([2, 1, 0]);
  expect(store.query(Town, (t) => t.self.in(first.limit(1))).count()).toBe(1);
});

// null in JSON and a missing key are the same to conditions and groups, but were listed as two.
test('distinct takes null in JSON and nothing there for one value', () => {
  const colours = store
    .query(Town)
    .pluck((t) => t.notes.at('colour'))
    .distinct();
  expect(colours.all()).toEqual([null, 'blue']);
  expect(colours.count()).toBe(2);
});

// The path of a store below a store has a NUL, which was refused in the cursor.
test('pages go through stores below substores', () => {
  fill(store.substores.create('a').substores.create('b'));
  const towns = store.tree.query(Town).orderBy((t) => t.name.asc());
  expect([...towns.pages(1)].flat()).toEqual(towns.all());
  const groups = store.tree
    .query(Town)
    .groupBy((t) => t.land)
    .pluck(() => count());
  expect([...groups.pages(1)].flat()).toEqual(groups.all());
});

// Each store whose references were plucked joined the transaction, and stayed open.
test('plucked references of a tree join no transaction', () => {
  const root = aStore({ types, maxOpenSubstores: 1 });
  for (const name of ['a', 'b', 'c']) fill(root.substores.create(name));
  const lands = root.transact(() =>
    root.tree
      .query(Town)
      .pluck((t) => t.land)
      .all(),
  );
  expect(lands).toHaveLength(9);
});

// Each pair of members looked at all members: seven seconds for a thousand.
test('a thousand distinct members take no minutes', { timeout: 4000 }, () => {
  const many = Array.from({ length: 1000 }, (_, at) => at);
  const members = store
    .query(Town)
    .select((t) => Object.fromEntries(many.map((at) => [`m${at}`, t.name.length().plus(at)])));
  expect(members.distinct().count()).toBe(2);
  expect(members.distinct().all()).toHaveLength(2);
});

// SQLite's own errors came out.
test('what is larger than SQLite takes is BAD_QUERY', () => {
  const many = Array.from({ length: 2500 }, (_, at) => at);
  const towns = store.query(Town);
  const ways: (() => unknown)[] = [
    () => towns.select((t) => Object.fromEntries(many.map((at) => [`m${at}`, t.name]))).all(),
    () => towns.orderBy((t) => many.map((at) => t.name.length().plus(at).asc())).all(),
    () =>
      towns
        .groupBy((t) => many.map((at) => t.name.length().plus(at)))
        .pluck(() => count())
        .all(),
    () => towns.pluck((t) => t.name.concat(...many.map(() => t.name))).all(),
  ];
  expect(ways.map((way) => codeOf(way))).toEqual(ways.map(() => 'BAD_QUERY'));
});
