import {
  and,
  avg,
  type Condition,
  count,
  max,
  min,
  not,
  optional,
  or,
  Query,
  referrers,
  type Store,
  sum,
} from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, refusal } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';
import { aStoreToAsk } from '../support/a-store-to-ask.js';
import { City, Country, fillWorld, Ghost, Mayor, Review, types, type World } from './world.js';

let store: Store;
let world: World;
const worldToAsk = aStoreToAsk({ types }, fillWorld);
beforeEach(() => {
  ({ store, filled: world } = worldToAsk());
});

/** What plain JavaScript could call: nothing is typed. */
// biome-ignore lint/suspicious/noExplicitAny: plain JavaScript
type Untyped = any;
const cities = (): Untyped => store.query(City);
const MEANINGLESS = [
  'BAD_QUERY',
  'INVALID_VALUE',
  'UNKNOWN_ATTRIBUTE',
  'WRONG_TYPE',
  'WRONG_STORE',
  'ITEM_GONE',
  'BAD_TYPE',
  'MISSING_VALUE',
];
const STRANGE: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 5],
  ['NaN', Number.NaN],
  ['a text', 'name'],
  ['a boolean', true],
  ['a bigint', 5n],
  ['a symbol', Symbol('x')],
  ['an array', []],
  ['an array of nothing', [undefined]],
  ['a date', new Date()],
  ['a regular expression', /x/],
  ['a map', new Map()],
  ['a promise', Promise.resolve()],
  ['a function that gives nothing', () => undefined],
  ['a function that gives a text', () => 'x'],
  ['a function that gives true', () => true],
  ['an async function', async () => undefined],
  ['a generator', function* () {}],
  ['a proxy of nothing', new Proxy({}, { get: () => undefined })],
  ['an object without prototype', Object.create(null)],
];

describe.each(STRANGE)('%s', (name, value) => {
  const isCondition = name === 'an object without prototype' || name === 'a proxy of nothing';
  test.each<[string, (query: Untyped) => unknown]>([
    ['where', (query) => query.where(value)],
    ['orderBy', (query) => query.orderBy(value)],
    ['limit', (query) => query.limit(value)],
    ['offset', (query) => query.offset(value)],
    ['pluck', (query) => query.pluck(value)],
    ['select', (query) => query.select(value)],
    ['groupBy', (query) => query.groupBy(value)],
    ['having', (query) => query.having(value)],
    ['firstPer', (query) => query.firstPer(value)],
    ['preload', (query) => query.preload(value)],
    ['sum', (query) => query.sum(value)],
    ['avg', (query) => query.avg(value)],
    ['min', (query) => query.min(value)],
    ['max', (query) => query.max(value)],
    ['and', (query) => query.where(() => and(value as never))],
    ['or', (query) => query.where(() => or(value as never, value as never))],
    ['not', (query) => query.where(() => not(value as never))],
    ['Condition.and', (query) => query.where((c: Untyped) => c.name.eq('x').and(value))],
    ['the aggregate sum', () => sum(value as never)],
    ['the aggregate avg', () => avg(value as never)],
    ['the aggregate min', () => min(value as never)],
    ['the aggregate max', () => max(value as never)],
    ['referrers of', (query) => query.where(() => referrers(value as never, Review, (r) => r.city as never).exists())],
    [
      'referrers type',
      (query) => query.where((c: Untyped) => referrers(c, value as never, (r: Untyped) => r.city).exists()),
    ],
    ['referrers through', (query) => query.where((c: Untyped) => referrers(c, Review, value as never).exists())],
    ['a join', () => (store as Untyped).query([City, value], (a: Untyped, b: Untyped) => a.name.eq(b.name)).all()],
    ['the types', () => (store as Untyped).query(value)],
    ['update', (query) => query.update(value)],
    ['json', () => Query.fromJSON(store, value)],
    ['whom JSON is asked of', () => Query.fromJSON(value as never, { from: ['city'] })],
    ['a list', (query) => query.where((c: Untyped) => c.name.in(value))],
    ['a path of json', (query) => query.where((c: Untyped) => c.notes.at(value).isNull())],
  ])('is refused by %s, or is fine there', (where, act) => {
    let refused: unknown;
    try {
      act(store.query(City));
    } catch (error) {
      refused = error;
    }
    // Nothing to narrow by, nothing to change, an empty list, a good limit, a key of JSON: these mean something.
    const isFine =
      (isCondition && ['where', 'update', 'having'].includes(where)) ||
      (name === 'a map' && where === 'a list') ||
      (name === 'an array' && ['a list', 'types', 'orderBy'].includes(where)) ||
      (name === 'a number' && ['limit', 'offset', 'a path of json'].includes(where)) ||
      (name === 'a text' && where === 'a path of json') ||
      (name === 'a generator' && where === 'update');
    if (refused === undefined) expect([name, where, isFine]).toEqual([name, where, true]);
    else
      expect([(refused as Error).message, MEANINGLESS.includes((refused as { code: string }).code)]).toEqual([
        (refused as Error).message,
        true,
      ]);
  });
});

describe('undefined in conditions', () => {
  test.each<[string, (c: Untyped) => Condition]>([
    ...['eq', 'ne', 'lt', 'lte', 'gt', 'gte'].map((op): [string, (c: Untyped) => Condition] => [
      op,
      (c) => c.population[op](undefined),
    ]),
    ['between', (c) => c.population.between(1, undefined)],
    ['between, the other', (c) => c.population.between(undefined, 1)],
    ['in', (c) => c.population.in([1, undefined])],
    ['notIn', (c) => c.population.notIn([undefined])],
    ['like', (c) => c.name.like(undefined)],
    ['startsWith', (c) => c.name.startsWith(undefined)],
    ['contains', (c) => c.name.contains(undefined)],
    ['a reference', (c) => c.country.eq(undefined)],
    ['references', (c) => c.country.in([undefined])],
    ['a path', (c) => c.country.to.name.eq(undefined)],
    ['json', (c) => c.notes.at('colour').eq(undefined)],
    ['a calculation', (c) => c.population.plus(undefined).eq(1)],
    ['coalesce', (c) => c.population.coalesce(undefined).eq(1)],
    ['concat', (c) => c.name.concat(undefined).eq('x')],
  ])('%s is refused', (_, where) => {
    expect(['INVALID_VALUE', 'BAD_QUERY']).toContain(codeOf(() => cities().where(where)));
    expect(['INVALID_VALUE', 'BAD_QUERY']).toContain(codeOf(() => store.tree.query(City, where)));
  });

  test('in equalities is refused', () => {
    expect(codeOf(() => cities().where({ name: undefined }))).toBe('INVALID_VALUE');
    expect(codeOf(() => cities().where({ nam: 'x' }))).toBe('UNKNOWN_ATTRIBUTE');
  });
});

describe('a value of the wrong kind', () => {
  test.each<[string, (c: Untyped) => unknown]>([
    ['a text for an integer', (c) => c.population.eq('5')],
    ['a fraction for an integer', (c) => c.population.eq(1.5)],
    ['NaN', (c) => c.area.gt(Number.NaN)],
    ['infinity', (c) => c.area.lt(Number.POSITIVE_INFINITY)],
    ['an unsafe integer', (c) => c.population.eq(2 ** 53)],
    ['a number for a bigint', (c) => c.stars.eq(5)],
    ['a bigint beyond int64', (c) => c.stars.eq(2n ** 63n)],
    ['a fraction for a decimal', (c) => c.tax.eq(1.5)],
    ['too many digits', (c) => c.tax.eq('1.555')],
    ['a text for a date', (c) => c.founded.gt('2020-01-01')],
    ['an invalid date', (c) => c.founded.gt(new Date('x'))],
    ['a number for text', (c) => c.name.eq(5)],
    ['a lone surrogate', (c) => c.name.eq('\ud800')],
    ['NUL', (c) => c.name.contains('a\0b')],
    ['an id for a reference', (c) => c.country.eq(world.fr.storeId)],
    ['an item of another type', (c) => c.country.eq(world.paris)],
    ['items of another type', (c) => c.country.in([world.paris])],
    ['a query of another type', (c) => c.country.in(store.query(Mayor))],
    ['a query of other values', (c) => c.population.in(store.query(City).pluck((x) => x.name))],
    ['a query of items for values', (c) => c.name.in(store.query(City))],
    ['a query of two values', (c) => c.name.in(store.query(City).select((x) => ({ a: x.name, b: x.alias })))],
    ['a query of a join', (c) => c.self.in(store.query([City, Country], (x, k) => x.country.eq(k)))],
    ['a column of another kind', (c) => c.name.eq(c.population)],
    ['a reference as a value', (c) => c.population.eq(c.country)],
    ['a reference to another type', (c) => c.country.eq(c.twin)],
    ['an order of references', (c) => c.country.gt(world.fr)],
    ['an order of json', (c) => c.notes.gt({})],
    ['equal json', (c) => c.notes.eq({})],
    ['a search in numbers', (c) => c.population.contains('5')],
    ['a part of a text', (c) => c.name.year()],
    ['a sum of texts', (c) => c.name.plus(1)],
    ['a sum of dates', (c) => c.founded.plus(1)],
    ['a length of numbers', (c) => c.population.length()],
    ['upper of dates', (c) => c.founded.upper()],
    ['a sum of bigint and integer', (c) => c.stars.plus(c.population)],
    ['a sum of decimal and real', (c) => c.tax.plus(c.area)],
    ['a decimal and a fraction', (c) => c.tax.times(1.5)],
    ['coalesce of two kinds', (c) => c.name.coalesce(c.population)],
    ['coalesce of references', (c) => c.twin.coalesce(world.paris)],
    ['concat of numbers', (c) => c.name.concat(c.population)],
    ['a path into no reference', (c) => c.name.to.x],
    ['a path beyond a reference', (c) => c.country.to.nam],
    ['at of a text', (c) => c.name.at('x')],
    ['at -1', (c) => c.notes.at(-1)],
    ['at 0.5', (c) => c.notes.at(0.5)],
    ['nulls in the middle', (c) => c.name.asc({ nulls: 'middle' })],
    ['like of a long pattern', (c) => c.name.like('x'.repeat(50_001))],
    ['an escape of two characters', (c) => c.name.like('x', { escape: 'ab' })],
    ['an empty escape', (c) => c.name.like('x', { escape: '' })],
    ['null, smaller', (c) => c.population.lt(null)],
    ['between null', (c) => c.population.between(null, 1)],
    ['a path of a reference without a class', (c) => c.about.to.name],
  ])('%s is refused', (_, made) => {
    expect(MEANINGLESS).toContain(codeOf(() => cities().where((c: Untyped) => made(c))));
  });

  test('a deleted item, an item of another store, a query of another store', () => {
    world.annie.delete();
    expect(codeOf(() => store.query(Review, (r) => r.by.eq(world.annie)))).toBe('ITEM_GONE');
    const other = fillWorld(aStore({ types }));
    expect(codeOf(() => store.query(City, (c) => c.country.eq(other.fr)).all())).toBe('WRONG_STORE');
    expect(codeOf(() => store.query(City, (c) => c.country.in([world.fr, other.fr])).all())).toBe('WRONG_STORE');
    expect(codeOf(() => store.query(City, (c) => c.country.in(other.fr.store.query(Country))).all())).toBe(
      'WRONG_STORE',
    );
    expect(
      codeOf(() =>
        store
          .query(City)
          .groupBy((c) => c.country)
          .pluck(() => count())
          .having((c) => c.country.eq(other.fr))
          .all(),
      ),
    ).toBe('WRONG_STORE');
  });

  test('messages carry no values', () => {
    const { message } = refusal(() => cities().where((c: Untyped) => c.population.eq('top secret')));
    expect(message).not.toContain('secret');
    expect(message).toContain('city.population');
  });
});

describe('columns of another query', () => {
  const kept = (): Untyped => {
    let found: unknown;
    store.query(City, (c) => {
      found = c;
      return c.name.eq('x');
    });
    return found;
  };
  test.each<[string, (c: Untyped, other: Untyped) => unknown]>([
    ['orders', (_, other) => store.query(Mayor).orderBy(() => other.name.asc())],
    ['an order kept', (_, other) => store.query(Mayor).orderBy(other.name.asc())],
    ['conditions', (_, other) => store.query(Mayor).where(() => other.name.eq('x'))],
    ['plucked', (_, other) => store.query(Mayor).pluck(() => other.name)],
    ['selected', (_, other) => store.query(Mayor).select(() => ({ n: other.name }))],
    ['grouped', (_, other) => store.query(Mayor).groupBy(() => other.name)],
    ['first per', (_, other) => store.query(Mayor).firstPer(() => other.name)],
    ['compared', (_c, other) => cities().where((mine: Untyped) => mine.name.eq(other.name))],
    ['calculated with', (_, other) => cities().pluck((mine: Untyped) => mine.population.plus(other.population))],
    ['aggregated', (_, other) => store.query(Mayor).pluck(() => sum(other.population))],
    ['having', (_, other) => store.query(Mayor).having(() => max(other.name).eq('x'))],
    ['summed', (_, other) => store.query(Mayor).sum(() => other.population)],
    [
      'in a subquery of the outer',
      (_, other) => cities().where((c: Untyped) => c.country.in(store.query(Country, () => other.name.eq('x')))),
    ],
    ['referrers', (_, other) => store.query(Mayor).where(() => referrers(other, Review, (r) => r.city).exists())],
    [
      'inside exists',
      () => cities().where((c: Untyped) => referrers(c, Review, (r) => r.city).exists(() => c.name.eq('x'))),
    ],
    [
      'inside exists, compared',
      () => cities().where((c: Untyped) => referrers(c, Review, (r) => r.city).exists((r) => r.words.eq(c.name))),
    ],
    ['a join', (_, other) => store.query([Mayor, City], (m, c) => and(m.city.eq(c), other.name.eq('x')))],
  ])('%s are refused', (_, act) => {
    expect(codeOf(() => (act as Untyped)(undefined, kept()))).toBe('BAD_QUERY');
  });

  test('a condition kept applies to queries of the same type', () => {
    let paris: Condition | undefined;
    store.query(City, (c) => {
      paris = c.name.eq('Paris');
      return paris;
    });
    expect(cities().where(paris).count()).toBe(1);
    expect(
      codeOf(() =>
        store
          .query(Mayor)
          .where(paris as Condition)
          .all(),
      ),
    ).toBe('BAD_QUERY');
    expect(
      codeOf(() =>
        store
          .query([Mayor, City], (m, c) => m.city.eq(c))
          .where(paris as Condition)
          .all(),
      ),
    ).toBe('BAD_QUERY');
  });
});

describe('numbers of a limit and an offset', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, -0.1, 2 ** 53, '5', null, undefined, 5n, {}, [5]])(
    '%s is refused',
    (value) => {
      expect(codeOf(() => cities().limit(value))).toBe('BAD_QUERY');
      expect(codeOf(() => cities().offset(value))).toBe('BAD_QUERY');
      expect(codeOf(() => (store.tree.query(City) as Untyped).limit(value))).toBe('BAD_QUERY');
    },
  );

  test.each([0, -0, 1, 5, Number.MAX_SAFE_INTEGER])('%s is fine', (value) => {
    expect(cities().limit(value).all()).toHaveLength(Math.min(value, 5));
    expect(cities().offset(value).all()).toHaveLength(Math.max(5 - value, 0));
    expect(cities().limit(value).offset(value).count()).toBe(cities().limit(value).offset(value).all().length);
    expect(store.tree.query(City).limit(value).offset(1).all()).toHaveLength(Math.min(value, 4));
  });
});

describe('what is too large', () => {
  const depth = (c: Untyped, levels: number): Condition =>
    levels === 0 ? c.name.eq('x') : or(and(depth(c, levels - 1), c.name.ne('y')), c.name.eq('z'));

  test('100 levels are fine, more are refused', () => {
    let condition: Untyped;
    store.query(City, (c) => {
      condition = c.name.eq('Paris');
      for (let level = 0; level < 33; level += 1) condition = or(and(condition, c.name.ne('y')), c.name.eq('z'));
      return condition;
    });
    expect(cities().where(condition).count()).toBe(1);
    expect(codeOf(() => cities().where((c: Untyped) => depth(c, 200)))).toBe('BAD_QUERY');
  });

  test('lists of 50,000 and chains of 4,000 work', () => {
    const list = Array.from({ length: 50_000 }, (_, at) => at + 339_000);
    expect(
      cities()
        .where((c: Untyped) => c.population.in(list))
        .count(),
    ).toBe(2);
    expect(
      cities()
        .where((c: Untyped) => c.population.notIn(list))
        .count(),
    ).toBe(3);
    expect(
      cities()
        .where((c: Untyped) => c.name.in(list.map(String).concat('Paris')))
        .count(),
    ).toBe(1);
    expect(
      cities()
        .where((c: Untyped) => c.tax.in(list.map((n) => `${n}.50`).concat('7.25')))
        .count(),
    ).toBe(1);
    expect(
      cities()
        .where((c: Untyped) => c.self.in(Array.from({ length: 50_000 }, () => world.paris)))
        .count(),
    ).toBe(1);
    expect(
      cities()
        .where((c: Untyped) => or(...list.slice(0, 4000).map((n) => c.population.eq(n))))
        .count(),
    ).toBe(2);
    expect(
      cities()
        .where((c: Untyped) => and(...list.slice(0, 4000).map((n) => c.population.ne(n))))
        .count(),
    ).toBe(3);
    expect(store.tree.query(City, (c) => c.population.in(list)).count()).toBe(2);
  });

  test('a path of 20 hops works, one of 70 is refused', () => {
    const far = (c: Untyped, hops: number): Untyped => (hops === 0 ? c : far(c.twin.to, hops - 1));
    expect(
      cities()
        .where((c: Untyped) => far(c, 20).name.isNull())
        .count(),
    ).toBe(5);
    expect(
      codeOf(() =>
        cities()
          .where((c: Untyped) => far(c, 70).name.isNull())
          .count(),
      ),
    ).toBe('BAD_QUERY');
  });

  test.each<[string, () => unknown]>([
    [
      '2,100 aggregates',
      () =>
        cities()
          .select((c: Untyped) =>
            Object.fromEntries(Array.from({ length: 2100 }, (_, at) => [`m${at}`, sum(c.population.plus(at))])),
          )
          .all(),
    ],
    [
      'texts of 2,000 parts',
      () =>
        cities()
          .pluck((c: Untyped) => c.name.concat(...Array.from({ length: 2000 }, () => c.name)))
          .all(),
    ],
    [
      'questions in questions',
      () => {
        let query: Untyped = store.query(City);
        for (let level = 0; level < 45; level += 1) {
          const inner = query;
          query = store.query(City, (c) => c.twin.in(inner));
        }
        return query.all();
      },
    ],
  ])('%s are answered, or refused as BAD_QUERY', (_, act) => {
    let code = 'answered';
    try {
      act();
    } catch (error) {
      code = (error as { code?: string; message: string }).code ?? (error as Error).message;
    }
    expect(['answered', 'BAD_QUERY', 'OUT_OF_RANGE']).toContain(code);
  });
});

test('an optional type that later types are tied to is fine; Ghosts join nothing', () => {
  const rows = store.query([City, optional(Ghost), optional(Mayor)], (c, g, m) => and(g.city.eq(c), m.city.eq(c)));
  expect(rows.count()).toBe(5);
});
