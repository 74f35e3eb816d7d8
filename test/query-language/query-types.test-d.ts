import {
  and,
  avg,
  type ColumnOf,
  type Columns,
  count,
  type Decimal,
  type Item,
  max,
  min,
  optional,
  type Page,
  type Pages,
  type Query,
  referrers,
  type Store,
  type StoreId,
  sum,
} from 'corollary';
import { describe, expectTypeOf, test } from 'vitest';
import { City, type Continent, Country, Ghost, Mayor, type Notes, Review } from './world.js';

declare const store: Store;
declare const paris: City;
declare const france: Country;
const cities = () => store.query(City);
const placed = () => store.query([City, Country], (c, k) => c.country.eq(k));
const governed = () => store.query([City, optional(Mayor)], (c, m) => m.city.eq(c));
/** What a column picked of a city has as its value. */
const one = <V>(_: (c: Columns<City>) => ColumnOf<V>): V => undefined as V;

describe('joins', () => {
  test('yield typed tuples', () => {
    expectTypeOf(placed().all()).toEqualTypeOf<[City, Country][]>();
    expectTypeOf(placed().first()).toEqualTypeOf<[City, Country] | undefined>();
    expectTypeOf(placed().one()).toEqualTypeOf<[City, Country]>();
    expectTypeOf([...placed()]).toEqualTypeOf<[City, Country][]>();
    expectTypeOf(governed().all()).toEqualTypeOf<[City, Mayor | null][]>();
    expectTypeOf(store.query([City, City, City]).all()).toEqualTypeOf<[City, City, City][]>();
    expectTypeOf(store.query([City, optional(City), Review]).all()).toEqualTypeOf<[City, City | null, Review][]>();
    expectTypeOf(store.tree.query([City, Country]).all()).toEqualTypeOf<[City, Country][]>();
    expectTypeOf(placed().pages(2)).toEqualTypeOf<Pages<[City, Country]>>();
    expectTypeOf(governed().page({ size: 2 })).toEqualTypeOf<Page<[City, Mayor | null]>>();
    expectTypeOf(placed().count()).toEqualTypeOf<number>();
  });

  test('have columns of their types, null where one may be missing', () => {
    expectTypeOf(
      placed()
        .pluck((_, k) => k.code)
        .all(),
    ).toEqualTypeOf<string[]>();
    expectTypeOf(
      governed()
        .pluck((_, m) => m.name)
        .all(),
    ).toEqualTypeOf<(string | null)[]>();
    expectTypeOf(
      governed()
        .pluck((_, m) => m.city.to.name)
        .all(),
    ).toEqualTypeOf<(string | null)[]>();
    expectTypeOf(
      governed()
        .pluck((_, m) => m.city)
        .all(),
    ).toEqualTypeOf<(City | null)[]>();
    expectTypeOf(
      governed()
        .select((c, m) => ({ c, m, n: m.name.length() }))
        .all(),
    ).toEqualTypeOf<{ c: City; m: Mayor | null; n: number | null }[]>();
    expectTypeOf(placed().max((_, k) => k.people)).toEqualTypeOf<bigint | null>();
  });

  test('refuse what is wrong', () => {
    // @ts-expect-error a column of a type that is not in the query
    store.query([City, Country], (c) => c.stars2.eq(1));
    // @ts-expect-error a column of the other type
    store.query([City, Country], (_, k) => k.population.eq(1));
    // @ts-expect-error one type too many in the callback
    store.query([City, Country], (c, k, m) => and(c.country.eq(k), m.name.eq('x')));
    // @ts-expect-error a reference to another type
    store.query([City, Mayor], (c, m) => c.country.eq(m));
    // @ts-expect-error an item of another type
    placed().where((c) => c.country.eq(paris));
    // @ts-expect-error an optional first type
    store.query([optional(City), Country]);
    // @ts-expect-error no type at all
    store.query([]);
    // @ts-expect-error no class
    store.query([City, 'country']);
    // @ts-expect-error an order of a type that is not in the query
    placed().orderBy((_c, _k, m) => m.name.asc());
    // @ts-expect-error a change of the second type
    placed().update({ code: 'x' });
    // @ts-expect-error equalities of the second type
    placed().where({ code: 'x' });
  });
});

describe('paths', () => {
  test('carry null from the first nullable reference on', () => {
    expectTypeOf(one((c) => c.country.to.name)).toEqualTypeOf<string>();
    expectTypeOf(one((c) => c.country.to.continent.to.name)).toEqualTypeOf<string | null>();
    expectTypeOf(one((c) => c.country.to.continent)).toEqualTypeOf<Continent | null>();
    expectTypeOf(one((c) => c.twin.to.country.to.name)).toEqualTypeOf<string | null>();
    expectTypeOf(one((c) => c.twin.to.country)).toEqualTypeOf<Country | null>();
    expectTypeOf(one((c) => c.twin.to.twin.to.twin.to.population)).toEqualTypeOf<number | null>();
    expectTypeOf(one((c) => c.country.to.storeId)).toEqualTypeOf<StoreId<Country>>();
    expectTypeOf(one((c) => c.self)).toEqualTypeOf<City>();
    expectTypeOf(one((c) => c)).toEqualTypeOf<City>();
    expectTypeOf(one((c) => c.about)).toEqualTypeOf<Item | null>();
  });

  test('refuse what is wrong', () => {
    // @ts-expect-error no reference
    cities().where((c) => c.name.to.x.eq(1));
    // @ts-expect-error no such attribute there
    cities().where((c) => c.country.to.nam.eq('x'));
    // @ts-expect-error a wrong value
    cities().where((c) => c.country.to.name.eq(5));
    // @ts-expect-error preload takes references
    cities().preload((c) => c.country.to.name);
    // @ts-expect-error no reference to a city
    cities().where((c) => referrers(c, Review, (r) => r.by).exists());
    // @ts-expect-error no reference
    cities().where((c) => referrers(c, Review, (r) => r.stars).exists());
    // @ts-expect-error a column of the outer type
    cities().where((c) => referrers(c, Review, (r) => r.city).exists((r) => r.population.eq(1)));
  });
});

describe('values', () => {
  test('have exact types', () => {
    expectTypeOf(one((c) => c.population.plus(1))).toEqualTypeOf<number | null>();
    expectTypeOf(one((c) => c.name.length().plus(1))).toEqualTypeOf<number>();
    expectTypeOf(one((c) => c.name.length().plus(c.population))).toEqualTypeOf<number | null>();
    expectTypeOf(one((c) => c.tax.times(c.tax))).toEqualTypeOf<Decimal | null>();
    expectTypeOf(one((c) => c.stars.plus(1n))).toEqualTypeOf<bigint | null>();
    expectTypeOf(one((c) => c.alias.coalesce('x'))).toEqualTypeOf<string>();
    expectTypeOf(one((c) => c.alias.coalesce(c.name))).toEqualTypeOf<string>();
    expectTypeOf(one((c) => c.alias.coalesce(c.twin.to.name))).toEqualTypeOf<string | null>();
    expectTypeOf(one((c) => c.capital.coalesce(false))).toEqualTypeOf<boolean>();
    expectTypeOf(one((c) => c.name.concat('x', c.name))).toEqualTypeOf<string>();
    expectTypeOf(one((c) => c.name.concat(c.alias))).toEqualTypeOf<string | null>();
    expectTypeOf(one((c) => c.founded.year())).toEqualTypeOf<number | null>();
    expectTypeOf(one((c) => c.notes)).toEqualTypeOf<Notes | null>();
    expectTypeOf(one((c) => c.notes.at('colour'))).toEqualTypeOf<string | null>();
    expectTypeOf(one((c) => c.notes.at('size').at('width'))).toEqualTypeOf<number | null>();
    expectTypeOf(one((c) => c.notes.at('tags').at(0))).toEqualTypeOf<string | null>();
    expectTypeOf(one((c) => referrers(c, Review, (r) => r.city).count())).toEqualTypeOf<number>();
  });

  test('of aggregates too', () => {
    expectTypeOf(one(() => count())).toEqualTypeOf<number>();
    expectTypeOf(one((c) => sum(c.population))).toEqualTypeOf<number>();
    expectTypeOf(one((c) => sum(c.tax))).toEqualTypeOf<Decimal>();
    expectTypeOf(one((c) => sum(c.stars))).toEqualTypeOf<bigint>();
    expectTypeOf(one((c) => avg(c.population))).toEqualTypeOf<number | null>();
    expectTypeOf(one((c) => avg(c.stars))).toEqualTypeOf<number | null>();
    expectTypeOf(one((c) => avg(c.tax))).toEqualTypeOf<Decimal | null>();
    expectTypeOf(one((c) => min(c.name))).toEqualTypeOf<string | null>();
    expectTypeOf(one((c) => max(c.founded))).toEqualTypeOf<Date | null>();
    expectTypeOf(one((c) => sum(c.population).plus(count()))).toEqualTypeOf<number>();
  });

  test('make exact rows', () => {
    const rows = cities()
      .groupBy((c) => c.country)
      .select((c) => ({
        land: c.country,
        on: c.country.to.continent.to.name,
        n: count(),
        last: max(c.founded),
        s: sum(c.tax),
      }))
      .having(() => count().gt(1))
      .orderBy(
        (_c) => count().desc(),
        (c) => c.country.to.name.asc(),
      );
    expectTypeOf(rows.all()).toEqualTypeOf<
      { land: Country; on: string | null; n: number; last: Date | null; s: Decimal }[]
    >();
    expectTypeOf(
      cities()
        .select((c) => ({ city: c, name: c.name }))
        .first(),
    ).toEqualTypeOf<{ city: City; name: string } | undefined>();
    expectTypeOf(
      cities()
        .pluck((c) => c.population)
        .distinct(),
    ).toEqualTypeOf<Query<City, number | null>>();
    expectTypeOf(cities().firstPer((c) => c.country)).toEqualTypeOf<Query<City>>();
    expectTypeOf(
      cities()
        .pluck((c) => c.capital)
        .all(),
    ).toEqualTypeOf<(boolean | null)[]>();
    expectTypeOf(cities().sum((c) => c.stars)).toEqualTypeOf<bigint>();
    expectTypeOf(cities().avg((c) => c.tax)).toEqualTypeOf<Decimal | null>();
    expectTypeOf(cities().max((c) => c.country.to.name)).toEqualTypeOf<string | null>();
  });

  test('refuse what is wrong', () => {
    // @ts-expect-error a sum of texts
    sum(undefined as unknown as ColumnOf<string>);
    // @ts-expect-error a sum of dates
    cities().sum((c) => c.founded);
    // @ts-expect-error a sum of references
    cities().pluck((c) => sum(c.country));
    // @ts-expect-error texts are not added
    cities().pluck((c) => c.name.plus(1));
    // @ts-expect-error numbers have no length
    cities().pluck((c) => c.population.length());
    // @ts-expect-error texts have no year
    cities().pluck((c) => c.name.year());
    // @ts-expect-error booleans are not smaller
    cities().where((c) => c.capital.lt(true));
    // @ts-expect-error references are not smaller
    cities().where((c) => c.country.lt(france));
    // @ts-expect-error references have no order
    cities().orderBy((c) => c.country.asc());
    // @ts-expect-error a text for a bigint
    cities().where((c) => c.stars.eq('5'));
    // @ts-expect-error a number for a text
    cities().where((c) => c.name.startsWith(5));
    // @ts-expect-error undefined
    cities().where((c) => c.population.eq(undefined));
    // @ts-expect-error null is not smaller
    cities().where((c) => c.population.lt(null));
    // @ts-expect-error a list of texts for integers
    cities().where((c) => c.population.in(['1']));
    // @ts-expect-error a query of cities for a country
    cities().where((c) => c.country.in(store.query(City)));
    // @ts-expect-error plucked texts for integers
    cities().where((c) => c.population.in(store.query(City).pluck((x) => x.name)));
    // @ts-expect-error a column of another kind
    cities().where((c) => c.name.eq(c.population));
    // @ts-expect-error no such key of the json
    cities().where((c) => c.notes.at('color').eq('x'));
    // @ts-expect-error a number for a text in json
    cities().where((c) => c.notes.at('colour').eq(5));
    // @ts-expect-error a member that is no column
    cities().select((c) => ({ name: c.name, five: 5 }));
    // @ts-expect-error an order that is none
    cities().orderBy((c) => c.name);
    // @ts-expect-error a condition that is none
    cities().where((c) => c.capital);
    // @ts-expect-error no equalities for groups
    cities().having({ name: 'x' });
    // @ts-expect-error a cursor is a text
    cities().page({ size: 1, after: 5 });
    // @ts-expect-error the size is missing
    cities().page({});
    // @ts-expect-error where nulls stand
    cities().orderBy((c) => c.name.asc({ nulls: 'middle' }));
    // @ts-expect-error a class that is no item type
    store.query(Date);
    expectTypeOf(store.query(Ghost)).toEqualTypeOf<Query<Ghost>>();
  });
});
