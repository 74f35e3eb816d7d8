import {
  and,
  bigint,
  count,
  type Decimal,
  type Default,
  decimal,
  Item,
  integer,
  item,
  json,
  max,
  min,
  optional,
  reference,
  type Store,
  text,
} from 'corollary';
import { expect, test } from 'vitest';
import { aMemoryStore } from './support/a-store.js';

// What property tests found: see test/laws.

@item('town')
class Town extends Item {
  @text() declare name: string;
  @text({ collate: 'nocase', default: 'B' }) declare nick: Default<string>;
  @decimal({ scale: 2 }) declare rent: Decimal;
  @json() declare note: { readonly is?: boolean | number | string | null };
}

@item('person')
class Person extends Item {
  @integer() declare age: number;
  @bigint({ default: 0n }) declare wealth: Default<bigint>;
  @reference(() => Town, { nullable: true }) declare town: Town | null;
}

const town = (store: Store, name: string, is?: boolean | number | null) =>
  store.create(Town, { name, rent: '10.25', note: is === undefined ? {} : { is } });

test('references of an optional type can be followed', () => {
  const store = aMemoryStore();
  const bonn = town(store, 'Bonn');
  const ann = store.create(Person, { age: 40, town: bonn });
  const query = store
    .query([Town, optional(Person)], (t, p) => p.town.eq(t))
    .select((_, p) => ({ p, in: p.town.to.name }));

  expect(query.all()).toEqual([{ p: ann, in: 'Bonn' }]);
});

test('decimals are added to and taken from decimals', () => {
  const store = aMemoryStore();
  town(store, 'Bonn');
  const sums = store
    .query(Town)
    .select((t) => ({ more: t.rent.plus('0.75'), less: t.rent.minus(1), twice: t.rent.plus(t.rent) }));

  expect(sums.all()).toEqual([{ more: '11.00', less: '9.25', twice: '20.50' }]);
});

test('pages of a tree go through stores inside of stores', () => {
  const store = aMemoryStore();
  const inner = store.substores.create('a').substores.create('b');
  for (const name of ['Bonn', 'Köln', 'Trier']) town(inner, name);
  const names = store.tree.query(Town).pluck((t) => t.name);

  expect([...names.pages(1)].flat()).toEqual(['Bonn', 'Köln', 'Trier']);
});

// One store compared the texts that stand for others by code points, a tree by their collation.
test('the smallest and the largest of distinct texts are those of all', () => {
  const store = aMemoryStore();
  for (const nick of ['a', 'B', 'b']) store.create(Town, { name: nick, nick, rent: '1', note: {} });
  for (const towns of [store.query(Town), store.tree.query(Town)]) {
    const nicks = towns.pluck((t) => t.nick);
    expect([nicks.min((t) => t.nick), nicks.max((t) => t.nick)]).toEqual(['a', 'B']);
    expect([nicks.distinct().min((t) => t.nick), nicks.distinct().max((t) => t.nick)]).toEqual(['a', 'B']);
  }
});

test('distinct values inside of JSON are as many as count says', () => {
  const store = aMemoryStore();
  for (const is of [true, 1, null, undefined]) town(store, 'Bonn', is);
  const values = store
    .query(Town)
    .pluck((t) => t.note.at('is'))
    .distinct();

  expect(values.all()).toEqual([null, 1]);
  expect([...values.pages(1)].flat()).toEqual([null, 1]);
  expect(values.count()).toBe(2);
});

test('groups by what lies in JSON are the same in a tree as in one store, and sorted as values', () => {
  const store = aMemoryStore();
  const below = store.substores.create('below');
  for (const is of [10, true, null]) town(store, 'Bonn', is);
  for (const is of [9, 1, undefined]) town(below, 'Bonn', is);
  const groups = store.tree.query(Town).groupBy((t) => t.note.at('is'));

  expect(groups.pluck((t) => t.note.at('is')).all()).toEqual([null, 1, 9, 10]);
});

test('a type is not tied by what ties an optional one', () => {
  const store = aMemoryStore();
  const query = store.query([Town, optional(Person), Town], (a, p, b) => and(p.town.eq(a), p.town.eq(b)));

  expect(() => query.all()).toThrow(/no condition ties town to the others/);
});

test('a comparison has the collation of its first value', () => {
  const store = aMemoryStore();
  town(store, 'Bonn');

  expect(store.count(Town, (t) => t.nick.lower().eq(t.nick))).toBe(0);
  expect(store.count(Town, (t) => t.nick.eq(t.nick.lower()))).toBe(1);
  expect(store.count(Town, (t) => t.nick.lower().in(store.query(Town).pluck((other) => other.nick)))).toBe(0);
  expect(store.count(Town, (t) => t.nick.lower().between(t.nick, t.nick))).toBe(0);
  expect(
    store
      .query(Town)
      .select(() => ({ n: count() }))
      .having((t) => max(t.name.lower()).eq(min(t.nick)))
      .all(),
  ).toEqual([]);
});

test('a query inside of in gives what it plucks of the first items', () => {
  const store = aMemoryStore();
  const [bonn, trier] = [town(store, 'Bonn'), town(store, 'Trier')];
  for (const [age, at] of [
    [40, bonn],
    [41, bonn],
    [42, trier],
  ] as const)
    store.create(Person, { age, town: at });
  const eldest = store
    .query(Person)
    .orderBy((p) => p.age.desc())
    .firstPer((p) => p.town);

  expect(store.query(Town, (t) => t.self.in(eldest.pluck((p) => p.town))).all()).toEqual([bonn, trier]);
  expect(store.query(Town, (t) => t.self.in(eldest.limit(1).pluck((p) => p.town))).all()).toEqual([trier]);
  expect(store.query(Person, (p) => p.age.in(eldest.pluck((one) => one.age))).count()).toBe(2);
});

test('what lies in JSON equals a column only where it is of its kind', () => {
  const store = aMemoryStore();
  const query = store.query(Town, (t) => t.note.at('is').eq(t.name));
  town(store, '5', 5);

  expect(query.count()).toBe(0);
  expect(store.count(Town, (t) => t.note.at('is').in(store.query(Town).pluck((other) => other.name)))).toBe(0);
});

test('a calculated text of groups is compared as such', () => {
  const store = aMemoryStore();
  town(store, 'Bonn');
  const nicks = store
    .query(Town)
    .groupBy((t) => t.nick)
    .pluck(() => count());

  expect(nicks.having((t) => t.nick.concat('!').eq('b!')).all()).toEqual([]);
  expect(nicks.having((t) => t.nick.eq('b')).all()).toEqual([1]);
});

test('no number that is calculated is negative zero', () => {
  const store = aMemoryStore();
  store.create(Person, { age: 0 });

  expect(
    store
      .query(Person)
      .pluck((p) => p.age.times(-0.5))
      .all(),
  ).toEqual([0]);
});

test('numbers calculated beyond 64 bits have an order, also in a tree', () => {
  const store = aMemoryStore();
  for (const age of [1, 2, -1, 0]) store.create(Person, { age, wealth: BigInt(age) * 2n ** 62n - BigInt(age === 2) });
  const fourfold = store.tree.query(Person).orderBy((p) => p.wealth.times(4n).desc());

  expect(fourfold.pluck((p) => p.age).all()).toEqual([2, 1, 0, -1]);
  expect(
    store
      .query(Person)
      .groupBy((p) => p.wealth.times(4n))
      .select(() => ({ n: count() }))
      .count(),
  ).toBe(4);
});

test('exists looks at the first items in the order asked for', () => {
  const store = aMemoryStore();
  for (const age of [1, 2]) store.create(Person, { age });
  store.create(Person, { age: 2, town: town(store, 'Bonn') });
  const ages = store
    .query(Person)
    .orderBy((p) => p.age.desc())
    .firstPer((p) => p.town)
    .pluck((p) => p.age);

  expect(ages.distinct().offset(1).count()).toBe(0);
  expect(ages.distinct().offset(1).exists()).toBe(false);
});
