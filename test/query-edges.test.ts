import {
  type Columns,
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
import { aStore, aStoreDirectory } from './support/a-store.js';

// Questions that once had a wrong answer, or none.

@item('land')
class Land extends Item {
  @text() declare name: string;
}

@item('town')
class Town extends Item {
  @text() declare name: string;
  @decimal({ scale: 2 }) declare tax: Decimal;
  @json() declare notes: { readonly colour?: string | null; readonly people?: number };
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

// The reading's connection was closed by then, which counted as an item that cannot be had.
test('of a tree larger than its pool, what is plucked and preloaded is read together', () => {
  const place = aStoreDirectory();
  const options = { types, maxOpenSubstores: 1 };
  const made = aStore(options, place);
  for (const name of ['a', 'b', 'c']) fill(made.substores.create(name));
  made.close();
  const root = aStore(options, place);
  const first = root.tree.query(Town, (t) => t.name.eq('Bonn'));
  expect(root.transact(() => first.pluck((t) => t.land).all())).toHaveLength(3);
  const towns = first.preload((t) => t.land).all();
  expect(root.limitLoads(0, () => towns.map((town) => town.land.name))).toEqual(['Germany', 'Germany', 'Germany']);
});

// Each pair of members looked at all members: seven seconds for a thousand.
test('a thousand distinct members take no minutes', { timeout: 60_000 }, () => {
  const many = Array.from({ length: 1000 }, (_, at) => at);
  const members = store
    .query(Town)
    .select((t) => Object.fromEntries(many.map((at) => [`m${at}`, t.name.length().plus(at)])));
  expect(members.distinct().count()).toBe(2);
  expect(members.distinct().all()).toHaveLength(2);
});

// SQLite's own errors came out.
test('what is larger than SQLite takes is BAD_QUERY', () => {
  const many = Array.from({ length: 2100 }, (_, at) => at);
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

// The digits in the JSON are those of another int64 than the double: nothing was found, and pages never ended.
test('numbers of JSON beyond 2^53 are compared as JavaScript does', () => {
  const land = store.getUnique(Land, { name: 'France' });
  const many = [2 ** 60, 2 ** 60, -(2 ** 61), 2 ** 63, 1e20, 1e300];
  store.createMany(
    Town,
    many.map((people) => ({ name: 'large', tax: '0', notes: { people, colour: String(people) }, land })),
  );
  const large = store.query(Town, { name: 'large' });
  const count = (is: number) => large.where((t) => t.notes.at('people').eq(is)).count();
  expect(many.map(count)).toEqual([2, 2, 1, 1, 1, 1]);
  expect(large.where((t) => t.notes.at('people').in([2 ** 60, 1e20])).count()).toBe(3);
  expect(large.where((t) => t.notes.at('colour').eq((2 ** 60) as never)).count()).toBe(0);
  const byPeople = large.orderBy((t) => t.notes.at('people').asc());
  const found = [...byPeople.pages(1)].slice(0, 9).flat();
  expect(found.map(({ notes }) => notes.people)).toEqual([...many].sort((a, b) => a - b));
});

// Groups threw what is no CorollaryError, and pages one about numbers.
test('a NUL in JSON is a character like others', () => {
  const land = store.getUnique(Land, { name: 'France' });
  const notes = { colour: 'red\0green' };
  store.create(Town, { name: 'Nul', tax: '0', notes, land });
  const colour = (t: { readonly notes: Columns<Town>['notes'] }) => t.notes.at('colour');
  expect(store.query(Town, (t) => colour(t).eq(notes.colour)).one().name).toBe('Nul');
  const groups = store.query(Town, { name: 'Nul' }).groupBy(colour);
  expect(groups.pluck(colour).all()).toEqual([notes.colour]);
  expect([
    ...store
      .query(Town)
      .orderBy((t) => colour(t).asc())
      .pages(1),
  ]).toHaveLength(4);
});

// Only the outermost was looked at: groups without values gave nulls, and joins every combination.
test('a query inside in must be one that has an answer', () => {
  const lands = store.query(Land).groupBy((l) => l.name);
  const byLand = store.query(Town).groupBy((t) => t.land);
  const ways: (() => unknown)[] = [
    () => store.query(Town, (t) => t.land.in(lands as Iterable<Land>)).all(),
    () => store.query(Town, (t) => t.name.in(byLand.pluck((b) => b.name))).all(),
    () => store.query(Town, (t) => t.name.in(store.query([Land, Town]).pluck((l) => l.name))).all(),
  ];
  expect(ways.map((way) => codeOf(way))).toEqual(ways.map(() => 'BAD_QUERY'));
});

// It was taken for a reference, and silently ignored.
test('what is calculated from references cannot be preloaded', () => {
  const towns = store.query(Town);
  const calculated = (t: Columns<Town>) => (t.land as unknown as Columns<Town>['name']).coalesce(t.land as never);
  expect(codeOf(() => towns.preload(calculated as never))).toBe('BAD_QUERY');
});

// RangeError: the stack was full before anyone counted.
test('a calculation made too deep by a loop is BAD_QUERY', () => {
  const deep = () =>
    store.query(Town, (t) =>
      Array.from({ length: 20_000 })
        .reduce<typeof t.tax>((sum) => sum.plus('1'), t.tax)
        .gt('0'),
    );
  expect(codeOf(deep)).toBe('BAD_QUERY');
});

// SyntaxError: the real that SQLite makes of it is no bigint. One store has always said OUT_OF_RANGE.
test('a sum over a part of a tree says when what it adds is beyond int64', () => {
  const some = store.tree.query(Town).limit(2);
  expect(codeOf(() => some.sum((t) => t.tax.times('90071992547409.91').times('90071992547409.91')))).toBe(
    'OUT_OF_RANGE',
  );
});

// A land stands in the rows of all its towns: of a thousand rows that knew of each other, all had the same.
test('what items of a join refer to is read together', () => {
  const place = aStoreDirectory();
  const made = aStore({ types }, place);
  for (const name of ['A', 'B', 'C']) {
    const land = made.create(Land, { name });
    const rows = Array.from({ length: 1000 }, () => ({ name: 't', tax: '0' as const, notes: {}, land }));
    const [town] = made.createMany(Town, rows, { items: true });
    made.createMany(
      Ghost,
      Array.from({ length: 1000 }, () => ({ town: town as Town })),
    );
  }
  made.close();
  const again = aStore({ types }, place);
  const pairs = again.query([Ghost, Town], (g, t) => g.town.eq(t)).orderBy((_, t) => t.storeId.asc());
  const names = () => new Set(pairs.all().map(([, town]) => town.land.name));
  expect(again.limitLoads(0, names).size).toBe(3);
});

// An id was one of its store only under the name storeId: at the end of a path, and in a list, it was a number.
test('in a tree, an id is one of its store wherever it is read from', () => {
  for (const name of ['a', 'b']) fill(store.substores.create(name));
  const { tree } = store;
  const towns = tree.query(Town);
  const perLand = towns.groupBy((t) => t.land.to.storeId).select((t) => ({ land: t.land.to.name, towns: count() }));
  expect(perLand.all()).toHaveLength(6);
  const ids = towns.pluck((t) => t.land.to.storeId).distinct();
  expect(ids.count()).toBe(6);
  expect([...ids.pages(4)].map((page) => page.length)).toEqual([4, 2]);
  expect(towns.firstPer((t) => t.land.to.storeId).count()).toBe(6);
  const ofThree = tree.query(Town, { name: 'Paris' }).pluck((t) => t.storeId);
  expect(tree.query(Town, (t) => t.storeId.in(ofThree.limit(2))).count()).toBe(2);
  expect(tree.query(Town, (t) => t.storeId.in(ofThree)).count()).toBe(3);
});
