import {
  type Address,
  address,
  attribute,
  attributes,
  attributeType,
  bigint,
  boolean,
  bytes,
  type Changes,
  type CreateInput,
  type Decimal,
  type Default,
  decimal,
  file,
  Item,
  integer,
  item,
  json,
  type Memory,
  real,
  reference,
  type StoredFile,
  type StoreId,
  text,
  timestamp,
} from 'corollary';
import { describe, expectTypeOf, test } from 'vitest';

class Point {
  readonly x = 1;
}
const point = attributeType({
  name: 'point',
  storedAs: 'integer',
  encode: (value: Point) => value.x,
  decode: () => new Point(),
});

@item('country', { unique: [['code']] })
class Country extends Item {
  @text() declare code: string;
}

@item('city', { version: 2, indexes: [['country', 'name'], ['added']], unique: [['name', 'country']] })
class City extends Item {
  @text({ indexed: true, collate: 'nocase' }) declare name: string;
  @integer({ nullable: true }) declare population: number | null;
  @boolean({ default: false }) declare capital: Default<boolean>;
  @timestamp({ default: () => new Date() }) declare added: Default<Date>;
  @reference(() => Country, { whenDeleted: 'cascade' }) declare country: Country;
  @reference(() => City, { nullable: true }) declare twin: City | null;
  @decimal({ scale: 2, nullable: true }) declare tax: Decimal | null;
  visits: Memory<number> = 0;
  get label(): string {
    return this.name;
  }
}
declare const city: City;
declare const country: Country;

describe('attribute decorators', () => {
  test('take the properties that suit them', () => {
    class Good extends Item {
      @text() declare status: 'new' | 'done';
      @text({ default: 'x' }) declare named: Default<string>;
      @integer({ default: () => 1, validate: (value) => value > 0 || 'too small' }) declare count: Default<number>;
      @bigint({ nullable: true }) declare big: bigint | null;
      @real() declare ratio: number;
      @bytes() declare raw: Uint8Array;
      @json() declare list: { a: number }[];
      @json({ nullable: true, validate: (value) => value.length > 0 }) declare words: string[] | null;
      @decimal({ scale: 2, default: '1.50' }) declare price: Default<Decimal>;
      @decimal({ scale: 2, default: 3 }) declare cost: Default<Decimal>;
      @reference(() => Country) declare country: Country;
      @reference() declare any: Item;
      @reference({ nullable: true }) declare other: Item | null;
      @file({ owned: true }) declare scan: StoredFile;
      @file({ nullable: true, whenDeleted: 'nullify' }) declare cover: StoredFile | null;
      @attribute() declare told: string;
      @point({ nullable: true }) declare place: Point | null;
      @address({ indexed: true, unique: true, validate: (at) => at.length > 40 }) declare about: Address;
      @address({ nullable: true }) declare source: Address | null;
      @integer({ check: (c) => c.checked.gte(0) }) declare checked: number;
    }
    expectTypeOf<Good['status']>().toEqualTypeOf<'new' | 'done'>();
  });

  test('refuse properties that do not', () => {
    class Bad extends Item {
      // @ts-expect-error integer on string
      @integer() declare a: string;
      // @ts-expect-error null not announced
      @integer() declare b: number | null;
      // @ts-expect-error announced but not null
      @integer({ nullable: true }) declare c: number;
      // @ts-expect-error never undefined
      @text() declare d?: string;
      // @ts-expect-error another class
      @reference(() => Country) declare e: City;
      // @ts-expect-error default of the wrong type
      @integer({ default: 'x' }) declare f: Default<number>;
      // @ts-expect-error bigint on number
      @bigint() declare g: number;
      // @ts-expect-error Date on string
      @timestamp() declare h: string;
      // @ts-expect-error any tells nothing
      // biome-ignore lint/suspicious/noExplicitAny: it is what is refused
      @text() declare i: any;
      // @ts-expect-error not on methods
      @text() j(): string {
        return '';
      }
      // @ts-expect-error not on static members
      @text() static k: string;
      // @ts-expect-error not on private members
      @text() declare private l: string;
      // @ts-expect-error any item is not a city
      @reference() declare m: City;
      // @ts-expect-error a city is no file
      @file() declare t: City;
      // @ts-expect-error null not announced
      @file() declare u: StoredFile | null;
      // @ts-expect-error a path is no file
      @file() declare v: string;
      // @ts-expect-error not such a rule
      @file({ whenDeleted: 'ignore' }) declare w: StoredFile;
      // @ts-expect-error decimal on string
      @decimal({ scale: 2 }) declare n: string;
      // @ts-expect-error no scale
      @decimal() declare o: Decimal;
      // @ts-expect-error a fractional number may be inexact: text is needed
      @decimal({ scale: 2, default: 'x' }) declare p: Default<Decimal>;
      // @ts-expect-error unknown option
      @text({ indexd: true }) declare q: string;
      // @ts-expect-error no collation of numbers
      @integer({ collate: 'nocase' }) declare r: number;
      // @ts-expect-error reserved
      @text() declare self: string;
      // @ts-expect-error reserved, in any case
      @text() declare StoreId: string;
      // @ts-expect-error unknown rule
      @reference(() => Country, { whenDeleted: 'ignore' }) declare s: Country;
      // @ts-expect-error the predicate is about strings
      @text({ validate: (value: number) => value > 0 }) declare t: string;
      // @ts-expect-error another class
      @point() declare u: Date;
      // @ts-expect-error address on string
      @address() declare w: string;
      // @ts-expect-error an item is no address
      @address() declare x: City;
      // @ts-expect-error null not announced
      @address() declare y: Address | null;
      // @ts-expect-error a text is no default for an address
      @address({ default: 'x' }) declare z: Default<Address>;
      // @ts-expect-error an address is searched by no words
      @address({ fullText: true }) declare aa: Address;
      // @ts-expect-error reserved
      @text() declare address: string;
      // @ts-expect-error only text is searched by words
      @integer({ fullText: true }) declare v: number;
    }
    expectTypeOf<Bad['r']>().toEqualTypeOf<number>();
  });
});

describe('the class decorator', () => {
  test('checks the names in indexes, unique and fullText', () => {
    // @ts-expect-error no such attribute
    @item('a', { indexes: [['nam']] })
    class A extends Item {
      @text() declare name: string;
    }
    // @ts-expect-error memory only
    @item('b', { unique: [['name', 'visits']] })
    class B extends Item {
      @text() declare name: string;
      visits: Memory<number> = 0;
    }
    // @ts-expect-error unknown option
    @item('c', { versions: 2 })
    class C extends Item {
      @text() declare name: string;
    }
    // @ts-expect-error no such attribute
    @item('g', { fullText: ['nam'] })
    class G extends Item {
      @text() declare name: string;
    }
    expectTypeOf<G['name']>().toEqualTypeOf<string>();
    item('h', { unique: [['name']], fullText: ['name'] })(City);
    expectTypeOf<A['name'] | B['name'] | C['name']>().toEqualTypeOf<string>();
    item('d', { unique: [['name']], checks: [(c) => c.name.ne('')] })(City);
    // @ts-expect-error as a function, too
    item('e', { unique: [['nam']] })(City);
    // @ts-expect-error no item class
    item('f')(class {});
    // @ts-expect-error the name must be given
    item();
  });
});

test('attributes() without decorator syntax checks the same', () => {
  class River extends Item {
    declare name: string;
    declare length: number | null;
    declare country: Country;
  }
  attributes(River, {
    name: text({ indexed: true }),
    length: real({ nullable: true }),
    country: reference(() => Country),
  });
  // @ts-expect-error text on a number
  attributes(River, { length: text({ nullable: true }) });
  // @ts-expect-error null not announced
  attributes(River, { length: real() });
  // @ts-expect-error no such property
  attributes(River, { depth: real() });
});

test('an attribute type of its own fits its storage', () => {
  attributeType({
    name: 'bad',
    storedAs: 'text',
    // @ts-expect-error a number is no text
    encode: (value: Point) => value.x,
    decode: () => new Point(),
  });
});

describe('items', () => {
  test('know what must and may be given to create them', () => {
    expectTypeOf<keyof CreateInput<City>>().toEqualTypeOf<
      'name' | 'population' | 'capital' | 'added' | 'country' | 'twin' | 'tax'
    >();
    expectTypeOf<CreateInput<City>>().toExtend<{ name: string; country: Country; capital?: boolean; added?: Date }>();
    // @ts-expect-error the country is missing
    const input: CreateInput<City> = { name: 'x' };
    const full: CreateInput<City> = { name: 'x', country, tax: '12.5' };
    expectTypeOf([input, full]).toEqualTypeOf<CreateInput<City>[]>();
  });

  test('are changed by set()', () => {
    city.set({ name: 'x', population: null, tax: 12 });
    expectTypeOf<Changes<Country>>().toEqualTypeOf<{ code?: string }>();
    // @ts-expect-error wrong type
    city.set({ name: 1 });
    // @ts-expect-error no such attribute
    city.set({ mayor: 'x' });
    // @ts-expect-error undefined is no value
    city.set({ name: undefined });
    // @ts-expect-error memory only
    city.set({ visits: 1 });
    // @ts-expect-error a getter
    city.set({ label: 'x' });
  });

  test('give ids that do not mix', () => {
    expectTypeOf(city.storeId).toEqualTypeOf<StoreId<City>>();
    expectTypeOf(city.idOf('country')).toExtend<StoreId | null>();
    expectTypeOf(city.idOf).parameter(0).toEqualTypeOf<'country' | 'twin'>();
    // @ts-expect-error no reference
    city.idOf('name');
    // @ts-expect-error ids of different types
    const id: StoreId<City> = country.storeId;
    // @ts-expect-error not made by new
    new City({ name: 'x' });
    expectTypeOf(id).toEqualTypeOf<StoreId<City>>();
    expectTypeOf(city).toExtend<Item>();
  });
});
