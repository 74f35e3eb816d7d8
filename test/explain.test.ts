import {
  type Columns,
  type Condition,
  Item,
  integer,
  item,
  json,
  optional,
  type Query,
  reference,
  type Store,
  text,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { aStore } from './support/a-store.js';

// What explain() says: the SQL, SQLite's plan, and in plain words what makes a question slow and what would help.

@item('country')
class Country extends Item {
  @text({ unique: true }) declare code: string;
  @text() declare name: string;
}

@item('city', { indexes: [['region', 'name']] })
class City extends Item {
  @text() declare name: string;
  @text() declare region: string;
  @integer({ indexed: true }) declare rank: number;
  @integer({ nullable: true }) declare population: number | null;
  @json() declare more: { readonly river: string };
  @reference(() => Country) declare country: Country;
}

function someCities(): Store {
  const store = aStore({ types: [City, Country] });
  const country = store.create(Country, { code: 'FR', name: 'France' });
  store.createMany(
    City,
    Array.from({ length: 50 }, (_, rank) => ({
      name: `c${rank}`,
      region: 'r',
      rank,
      population: rank,
      more: { river: 'x' },
      country,
    })),
  );
  return store;
}

const warnings = (query: Query<never, unknown, never>) => query.explain().warnings;
const where = (condition: (c: Columns<City>) => Condition) => warnings(someCities().query(City, condition) as never);

describe('a question that an index serves', () => {
  test.each<[string, (c: Columns<City>) => Condition]>([
    ['an indexed attribute', (c) => c.rank.eq(3)],
    ['a reference', (c) => c.country.isNull()],
    ['the beginning of an index over several', (c) => c.region.eq('r')],
    ['all of an index over several', (c) => c.region.eq('r').and(c.name.startsWith('c1'))],
    ['an id', (c) => c.storeId.eq(5)],
    ['an attribute that a reference leads to', (c) => c.country.to.code.eq('FR')],
  ])('has no warning: %s', (_, condition) => {
    expect(where(condition)).toEqual([]);
  });

  test('nor has one that asks for everything', () => {
    expect(warnings(someCities().query(City) as never)).toEqual([]);
  });
});

describe('a question that reads everything', () => {
  test.each<[string, (c: Columns<City>) => Condition]>([
    ['declare indexed: true on city.population', (c) => c.population.eq(3)],
    ["declare @item('city', { indexes: [['name', 'population']] })", (c) => c.population.gt(3).and(c.name.eq('x'))],
    ['declare indexedAt: [["river"]] on city.more', (c) => c.more.at('river').eq('x')],
    ['to search for words, declare fullText: true and use matches', (c) => c.name.contains('x')],
    ['such as eq, in, between and startsWith can', (c) => c.population.ne(3)],
    ['such as eq, in, between and startsWith can', (c) => c.population.eq(3).or(c.name.eq('x'))],
  ])('is told to %s', (cure, condition) => {
    expect(where(condition)).toEqual([expect.stringMatching(/^Every city is read, .*/)]);
    expect(where(condition)[0]).toContain(cure);
  });

  test('names the type that a path leads to, or that is joined', () => {
    const store = someCities();
    const path = store.query(City, (c) => c.country.to.name.eq('France'));
    expect(warnings(path as never)).toEqual([
      'Every city is read, for no index serves the conditions: declare indexed: true on country.name',
    ]);
    const joined = store.query([Country, City], (k, c) => c.country.eq(k).and(k.name.eq('x')));
    expect(warnings(joined as never).join()).toContain('declare indexed: true on country.name');
  });
});

describe('an answer that is sorted as a whole', () => {
  test('for a few is told which index gives it in order', () => {
    const query = someCities()
      .query(City, (c) => c.region.eq('r'))
      .orderBy((c) => c.population.desc());
    expect(warnings(query.limit(5) as never)).toEqual([
      "Every city that is found is sorted to give 5: declare @item('city', { indexes: [['region', 'population']] })",
    ]);
    expect(warnings(query as never)).toEqual([]);
  });

  test('has no warning where the index is there', () => {
    const store = someCities();
    expect(
      warnings(
        store
          .query(City)
          .orderBy((c) => c.rank.desc())
          .limit(5) as never,
      ),
    ).toEqual([]);
    const inRegion = store.query(City, { region: 'r' }).orderBy((c) => c.name.asc());
    expect(warnings(inRegion.limit(5) as never)).toEqual([]);
  });
});

test('an index that SQLite makes for one question is told of', () => {
  const store = someCities();
  store.createMany(
    Country,
    Array.from({ length: 50 }, (_, n) => ({ code: `c${n}`, name: `c${n}` })),
  );
  const pairs = store.query([City, optional(Country)], (c, k) => k.name.eq(c.name));
  expect(warnings(pairs as never)).toEqual([
    'An index of every country is made for this query alone: declare indexed: true on country.name',
  ]);
});

test('the SQL and its parameters can be run by hand, and the plan is SQLite’s', () => {
  const { sql, parameters, plan } = someCities()
    .query(City, (c) => c.rank.gt(3))
    .orderBy((c) => c.rank.asc())
    .limit(2)
    .explain();
  expect(sql).toContain('"rank" > ?');
  expect(parameters).toEqual([3, 2]);
  expect(plan).toEqual([expect.stringContaining('USING INDEX item_city_v1(rank)')]);
});

test('groups are explained by what each store is asked, and what was never stored by that', () => {
  const groups = someCities()
    .query(City)
    .groupBy((c) => c.region)
    .select((c) => ({ region: c.region }));
  expect(groups.explain().sql).toContain('GROUP BY "region"');
  expect(
    aStore({ types: [City] })
      .query(City)
      .explain(),
  ).toEqual({
    sql: '',
    parameters: [],
    plan: ['no city was ever stored'],
    warnings: [],
  });
});
