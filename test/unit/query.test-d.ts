import { expectTypeOf, test } from 'vitest';
import type { Columns } from '../../src/query/columns.js';
import type { Condition } from '../../src/query/condition.js';
import type { Order } from '../../src/query/order.js';
import type { Pages } from '../../src/query/pages.js';
import type { Query } from '../../src/query/query.js';
import type { Decimal, Default, Memory, StoreId } from '../../src/schema/attribute-types.js';

declare class Country {
  get storeId(): StoreId<this>;
  code: string;
}
declare class City {
  get storeId(): StoreId<this>;
  name: string;
  alias: string | null;
  population: number | null;
  area: number;
  rank: 1 | 2 | 3;
  mass: bigint | null;
  rent: Decimal;
  fee: Decimal | null;
  capital: Default<boolean>;
  added: Default<Date>;
  flag: Uint8Array | null;
  notes: { readonly a: number } | null;
  country: Country;
  twin: City | null;
  visits: Memory<number>;
  greet(): string;
}

declare const c: Columns<City>;
declare const cities: Query<City>;
declare const countries: Query<Country>;
declare const paris: City;
declare const france: Country;

test('columns take values of their own type', () => {
  expectTypeOf(c.name.eq('x')).toEqualTypeOf<Condition>();
  c.name.in(['a', null]);
  c.name.startsWith('x').or(c.alias.like('x', { escape: '!' }));
  c.alias.eq(null).and(c.population.eq(null), c.population.gt(1));
  c.population.eq(c.area);
  c.area.lt(c.population);
  c.rank.eq(2);
  c.mass.between(1n, 2n);
  c.rent.gte('12.50').and(c.rent.lt(5), c.fee.eq(null), c.fee.eq(c.rent));
  c.capital.eq(true);
  c.added.lte(new Date());
  c.flag.eq(new Uint8Array());
  c.notes.isNull();
  c.country.eq(france).and(c.twin.eq(null), c.twin.in([paris, null]), c.self.ne(paris), c.self.eq(c.twin));
  c.storeId.gt(5).and(c.storeId.eq(paris.storeId), c.storeId.in(cities.pluck((k) => k.storeId)));
  expectTypeOf(c.name.asc()).toEqualTypeOf<Order>();
  c.population.desc({ nulls: 'first' });
});

test('wrong operands and operators do not compile', () => {
  // @ts-expect-error a number is no text
  c.name.eq(5);
  // @ts-expect-error undefined is no operand
  c.name.eq(undefined);
  // @ts-expect-error the attribute is never null
  c.name.eq(null);
  // @ts-expect-error a list's values, too
  c.name.in([1]);
  // @ts-expect-error another kind of column
  c.name.eq(c.area);
  // @ts-expect-error null is neither smaller nor larger
  c.population.lt(null);
  // @ts-expect-error texts only
  c.area.like('1%');
  // @ts-expect-error not one of the attribute's values
  c.rank.eq(4);
  // @ts-expect-error a number is no bigint
  c.mass.gt(1);
  // @ts-expect-error not every text is a decimal
  c.rent.eq('much');
  // @ts-expect-error booleans have no order
  c.capital.lt(true);
  // @ts-expect-error a date, not its text
  c.added.eq('2026-01-01');
  // @ts-expect-error an item, not an id
  c.country.eq(5);
  // @ts-expect-error an item of another type
  c.twin.eq(france);
  // @ts-expect-error references have no order
  c.country.asc();
  // @ts-expect-error no such attribute
  c.nam;
  // @ts-expect-error kept in memory only
  c.visits;
  // @ts-expect-error a method
  c.greet;
  // @ts-expect-error nulls stand first or last
  c.name.asc({ nulls: 'middle' });
});

test('queries stand where lists can', () => {
  c.country.in(countries);
  c.country.in(cities.pluck((k) => k.country));
  c.name.in(countries.pluck((k) => k.code));
  c.name.in(cities.pluck((k) => k.alias));
  // @ts-expect-error items of another type
  c.twin.in(countries);
  // @ts-expect-error values of another type
  c.name.in(cities.pluck((k) => k.area));
});

test('queries know what they yield', () => {
  expectTypeOf(cities.where((k) => k.name.eq('x')).orderBy((k) => [k.name.asc(), k.area.desc()])).toEqualTypeOf<
    Query<City>
  >();
  expectTypeOf([...cities]).toEqualTypeOf<City[]>();
  expectTypeOf(cities.first()).toEqualTypeOf<City | undefined>();
  expectTypeOf(cities.pluck((k) => k.population).all()).toEqualTypeOf<(number | null)[]>();
  expectTypeOf(cities.pluck((k) => k.capital).all()).toEqualTypeOf<boolean[]>();
  expectTypeOf(cities.pluck((k) => k.country).one()).toEqualTypeOf<Country>();
  expectTypeOf(cities.pluck((k) => k.storeId).one()).toEqualTypeOf<StoreId<City>>();
  expectTypeOf(cities.pluck((k) => k.name).pages(5)).toEqualTypeOf<Pages<string>>();
  expectTypeOf(cities.page({ size: 5 }).items).toEqualTypeOf<City[]>();
  cities.where({ name: 'x', population: null, country: france });
  cities.update({ name: 'x', rent: '1.50' });
  // @ts-expect-error wrong value
  cities.where({ name: 5 });
  // @ts-expect-error no such attribute
  cities.where({ nam: 'x' });
  // @ts-expect-error no condition
  cities.where(() => true);
  // @ts-expect-error wrong value
  cities.update({ name: 5 });
});

test('aggregates know their results', () => {
  expectTypeOf(cities.sum((k) => k.population)).toEqualTypeOf<number>();
  expectTypeOf(cities.sum((k) => k.rank)).toEqualTypeOf<number>();
  expectTypeOf(cities.sum((k) => k.mass)).toEqualTypeOf<bigint>();
  expectTypeOf(cities.sum((k) => k.fee)).toEqualTypeOf<Decimal>();
  expectTypeOf(cities.avg((k) => k.mass)).toEqualTypeOf<number | null>();
  expectTypeOf(cities.avg((k) => k.rent)).toEqualTypeOf<Decimal | null>();
  expectTypeOf(cities.min((k) => k.added)).toEqualTypeOf<Date | null>();
  expectTypeOf(cities.max((k) => k.alias)).toEqualTypeOf<string | null>();
  // @ts-expect-error texts have no sum
  cities.sum((k) => k.name);
  // @ts-expect-error nor have dates
  cities.avg((k) => k.added);
});
