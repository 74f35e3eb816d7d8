import { Readable } from 'node:stream';
import {
  type Address,
  address,
  and,
  boolean,
  type Columns,
  type Condition,
  CorollaryError,
  type CreateInput,
  type Decimal,
  type Default,
  decimal,
  type ErrorCode,
  Item,
  integer,
  item,
  json,
  type LiveChanges,
  type LiveUpdate,
  type Memory,
  not,
  or,
  type Page,
  type Pages,
  type Problem,
  Query,
  reference,
  Store,
  type StoredFile,
  type StoreId,
  type StoreOptions,
  type SubStore,
  type Subscription,
  text,
  timestamp,
} from 'corollary';
import { describe, expectTypeOf, test } from 'vitest';

@item('country', { unique: [['code']] })
class Country extends Item {
  @text() declare code: string;
}

@item('city')
class City extends Item {
  @text() declare name: string;
  @integer({ nullable: true }) declare population: number | null;
  @boolean({ default: false }) declare capital: Default<boolean>;
  @timestamp({ default: () => new Date() }) declare added: Default<Date>;
  @decimal({ scale: 2, nullable: true }) declare tax: Decimal | null;
  @json({ nullable: true }) declare notes: { readonly tags: readonly string[] } | null;
  @reference(() => Country) declare country: Country;
  @reference({ nullable: true }) declare about: Item | null;
  visits: Memory<number> = 0;
  get label(): string {
    return this.name;
  }
  greet(): string {
    return this.name;
  }
}

declare const store: Store;
declare const france: Country;
declare const paris: City;
declare const cityId: StoreId<City>;
declare const countryId: StoreId<Country>;

describe('opening', () => {
  test('takes a path and options', () => {
    expectTypeOf(Store.open('world.store')).toEqualTypeOf<Store>();
    expectTypeOf(Store.inMemory({ types: [City, Country] })).toEqualTypeOf<Store>();
    Store.open('x', { mustExist: true, readOnly: true, durability: 'relaxed', busyTimeoutMs: 0, maxOpenSubstores: 20 });
    Store.open('x', { clock: () => 0 });
    expectTypeOf<StoreOptions>().toExtend<NonNullable<Parameters<typeof Store.open>[1]>>();
    expectTypeOf<Store>().toExtend<Disposable>();
  });

  test('refuses what is no path, no option, no item class', () => {
    // @ts-expect-error a path is needed
    Store.open();
    // @ts-expect-error a path is a text
    Store.open(5);
    // @ts-expect-error no such option
    Store.open('x', { readonly: true });
    // @ts-expect-error no such durability
    Store.open('x', { durability: 'none' });
    // @ts-expect-error no item class
    Store.open('x', { types: [Date] });
    // @ts-expect-error an item class, not its name
    Store.inMemory({ types: ['city'] });
    // @ts-expect-error in memory there is no path
    Store.inMemory('x');
  });
});

describe('creating', () => {
  test('needs every mandatory value, and takes the others', () => {
    expectTypeOf(store.create(City, { name: 'Paris', country: france })).toEqualTypeOf<City>();
    store.create(City, { name: 'x', country: france, population: null, capital: true, added: new Date(), tax: '1.50' });
    store.create(City, { name: 'x', country: france, tax: 5, about: paris, notes: { tags: ['a'] } });
    expectTypeOf<CreateInput<City>>().toExtend<{ name: string; country: Country; population?: number | null }>();
  });

  test('refuses missing, unknown and wrong values', () => {
    // @ts-expect-error name is missing
    store.create(City, { country: france });
    // @ts-expect-error country is missing
    store.create(City, { name: 'x' });
    // @ts-expect-error values are missing
    store.create(City);
    // @ts-expect-error no such attribute
    store.create(City, { name: 'x', country: france, nam: 'y' });
    // @ts-expect-error a memory field is no attribute
    store.create(City, { name: 'x', country: france, visits: 1 });
    // @ts-expect-error nor is a getter
    store.create(City, { name: 'x', country: france, label: 'y' });
    // @ts-expect-error nor a method
    store.create(City, { name: 'x', country: france, greet: () => 'y' });
    // @ts-expect-error nor the id
    store.create(City, { name: 'x', country: france, storeId: 5 });
    // @ts-expect-error wrong type
    store.create(City, { name: 5, country: france });
    // @ts-expect-error null where it is mandatory
    store.create(City, { name: null, country: france });
    // @ts-expect-error undefined
    store.create(City, { name: 'x', country: france, population: undefined });
    // @ts-expect-error undefined for a value with a default
    store.create(City, { name: 'x', country: france, capital: undefined });
    // @ts-expect-error null for a value with a default
    store.create(City, { name: 'x', country: france, capital: null });
    // @ts-expect-error not every text is a decimal
    store.create(City, { name: 'x', country: france, tax: 'much' });
    // @ts-expect-error an item, not its id
    store.create(City, { name: 'x', country: countryId });
    // @ts-expect-error an item of another type
    store.create(City, { name: 'x', country: paris });
    // @ts-expect-error no item class
    store.create(Date, {});
    // @ts-expect-error items are not made by new
    new City({ name: 'x', country: france });
  });

  test('createMany gives a number, or items on request', () => {
    const rows = [{ name: 'x', country: france }];
    function* generated() {
      yield { name: 'x', country: france };
    }
    expectTypeOf(store.createMany(City, rows)).toEqualTypeOf<number>();
    expectTypeOf(store.createMany(City, rows, { items: true })).toEqualTypeOf<City[]>();
    expectTypeOf(store.createMany(City, generated())).toEqualTypeOf<number>();
    store.createMany(City, new Set(rows));
    // @ts-expect-error a row, not a list of rows
    store.createMany(City, { name: 'x', country: france });
    // @ts-expect-error a row without its country
    store.createMany(City, [{ name: 'x' }]);
    // @ts-expect-error a wrong value
    store.createMany(City, [{ name: 5, country: france }]);
    // @ts-expect-error no such option
    store.createMany(City, rows, { item: true });
  });
});

describe('finding', () => {
  test('by id gives the type asked for', () => {
    expectTypeOf(store.get(City, cityId)).toEqualTypeOf<City>();
    expectTypeOf(store.find(City, cityId)).toEqualTypeOf<City | undefined>();
    expectTypeOf(store.getAny(cityId)).toEqualTypeOf<Item>();
    expectTypeOf(store.findAny(countryId)).toEqualTypeOf<Item | undefined>();
    expectTypeOf(store.get(City, paris.storeId)).toEqualTypeOf<City>();
    store.get(City, 7 as StoreId<City>);
    // @ts-expect-error an id of another type
    store.get(City, countryId);
    // @ts-expect-error any number is no id
    store.get(City, 7);
    // @ts-expect-error nor is a text
    store.getAny('7');
    // @ts-expect-error an item of another store is got by its address
    store.getAny(paris);
    // @ts-expect-error an address tells of any type
    store.get(City, paris.address);
    // @ts-expect-error which type?
    store.get(cityId);
  });

  test('by condition gives the type asked for', () => {
    expectTypeOf(store.findFirst(City)).toEqualTypeOf<City | undefined>();
    expectTypeOf(store.findUnique(City, { name: 'x' })).toEqualTypeOf<City | undefined>();
    expectTypeOf(store.getUnique(City, (c) => c.name.eq('x'))).toEqualTypeOf<City>();
    expectTypeOf(store.findOrCreate(City, { name: 'x' }, { country: france })).toEqualTypeOf<City>();
    expectTypeOf(store.count(City, { population: null })).toEqualTypeOf<number>();
    // @ts-expect-error a condition is needed
    store.findUnique(City);
    // @ts-expect-error a condition is needed
    store.getUnique(City);
    // @ts-expect-error no such attribute
    store.findFirst(City, { nam: 'x' });
    // @ts-expect-error undefined
    store.findUnique(City, { name: undefined });
    // @ts-expect-error no condition
    store.count(City, () => true);
    // @ts-expect-error equalities only
    store.findOrCreate(City, (c) => c.name.eq('x'));
    // @ts-expect-error a wrong value
    store.findOrCreate(City, { name: 'x' }, { country: 'FR' });
  });
});

describe('addresses', () => {
  @item('remark')
  class Remark extends Item {
    @address() declare about: Address;
    @address({ nullable: true }) declare source: Address | null;
    @text() declare body: string;
  }
  const remark = store.create(Remark, { about: paris.address, body: 'x' });

  test('are values of a type of their own', () => {
    expectTypeOf(paris.address).toEqualTypeOf<Address>();
    expectTypeOf(remark.source).toEqualTypeOf<Address | null>();
    expectTypeOf(store.getAny(remark.about)).toEqualTypeOf<Item>();
    expectTypeOf(store.findAny('x' as Address)).toEqualTypeOf<Item | undefined>();
    expectTypeOf(store.tree.find(store.uid)).toEqualTypeOf<Store | undefined>();
    expectTypeOf<CreateInput<Remark>>().toExtend<{ about: Address; source?: Address | null; body: string }>();
    // @ts-expect-error an item is not its address
    remark.about = paris;
    // @ts-expect-error any text is none
    remark.about = 'x';
    // @ts-expect-error null only where it may be
    remark.about = null;
    // @ts-expect-error read-only
    remark.address = paris.address;
    // @ts-expect-error it may be null
    store.getAny(remark.source);
    // @ts-expect-error a uid is a text
    store.tree.find(7);
  });

  test('are compared with addresses in queries', () => {
    const remarks = store.query(Remark, (r) => r.about.eq(paris.address).or(r.source.in([paris.address, null])));
    expectTypeOf(remarks.pluck((r) => r.source).all()).toEqualTypeOf<(Address | null)[]>();
    store.query(Remark, (r) => r.about.eq(r.source).and(r.source.isNull()));
    store.query(Remark, { about: paris.address }).orderBy((r) => r.about.asc());
    // @ts-expect-error an item is not its address
    store.query(Remark, (r) => r.about.eq(paris));
    // @ts-expect-error another kind of column
    store.query(Remark, (r) => r.about.eq(r.body));
    // @ts-expect-error no text to search in
    store.query(Remark, (r) => r.about.like('%'));
    // @ts-expect-error no text to search in
    store.query(Remark, (r) => r.about.startsWith('x'));
    // @ts-expect-error one is not less than another
    store.query(Remark, (r) => r.about.lt(paris.address));
  });
});

describe('querying', () => {
  test('infers the columns from the class', () => {
    store.query(City, (c) => {
      expectTypeOf(c).toEqualTypeOf<Columns<City>>();
      return and(c.name.eq('x'), or(c.population.gt(1), not(c.capital.eq(true))), c.country.eq(france));
    });
    expectTypeOf(store.query(City)).toEqualTypeOf<Query<City>>();
    expectTypeOf(store.query(City, (c) => c.country.in(store.query(Country))).all()).toEqualTypeOf<City[]>();
    expectTypeOf(store.query(City).first()).toEqualTypeOf<City | undefined>();
    expectTypeOf(store.query(City).one()).toEqualTypeOf<City>();
    expectTypeOf(
      store
        .query(City)
        .pluck((c) => c.population)
        .all(),
    ).toEqualTypeOf<(number | null)[]>();
    expectTypeOf(
      store
        .query(City)
        .pluck((c) => c.added)
        .first(),
    ).toEqualTypeOf<Date | undefined>();
    expectTypeOf(store.query(City).pages(5)).toEqualTypeOf<Pages<City>>();
    expectTypeOf(store.query(City).page({ size: 5 })).toEqualTypeOf<Page<City>>();
    expectTypeOf(store.query(City).sum((c) => c.population)).toEqualTypeOf<number>();
    expectTypeOf(store.query(City).avg((c) => c.tax)).toEqualTypeOf<Decimal | null>();
    expectTypeOf(store.query(City).max((c) => c.added)).toEqualTypeOf<Date | null>();
    expectTypeOf(store.query(City).delete()).toEqualTypeOf<number>();
    expectTypeOf(store.query(City).update({ tax: '1.50' })).toEqualTypeOf<number>();
    expectTypeOf(Query.fromJSON<City>(store, {})).toEqualTypeOf<Query<City>>();
    expectTypeOf((c: Columns<City>) => c.name.eq('x')).returns.toEqualTypeOf<Condition>();
  });

  test('refuses other columns, operators and values', () => {
    // @ts-expect-error no such column
    store.query(City, (c) => c.nam.eq('x'));
    // @ts-expect-error a memory field
    store.query(City, (c) => c.visits.eq(1));
    // @ts-expect-error a getter
    store.query(City, (c) => c.label.eq('x'));
    // @ts-expect-error a wrong value
    store.query(City, (c) => c.population.eq('x'));
    // @ts-expect-error JavaScript's own comparison
    store.query(City, (c) => c.name === 'x');
    // @ts-expect-error an asynchronous callback
    store.query(City, async (c) => c.name.eq('x'));
    // @ts-expect-error json cannot be compared in order
    store.query(City, (c) => c.notes.gt({ tags: [] }));
    // @ts-expect-error undefined
    store.query(City, { population: undefined });
    // @ts-expect-error of which type?
    store.query();
    // @ts-expect-error no order
    store.query(City).orderBy('name');
    // @ts-expect-error a limit is a number
    store.query(City).limit('5');
    // @ts-expect-error read-only
    store.query(City).update({ storeId: 5 });
  });
});

describe('subscribing', () => {
  test('gives a listener what the query yields', () => {
    const names = store.query(City).pluck((c) => c.name);
    expectTypeOf(
      names.subscribe(({ results }) => expectTypeOf(results).toEqualTypeOf<string[]>()),
    ).toEqualTypeOf<Subscription>();
    expectTypeOf(names.subscribe()).toEqualTypeOf<AsyncIterable<LiveUpdate<string>>>();
    expectTypeOf(store.tree.query(City).subscribe({ changes: true })).toEqualTypeOf<AsyncIterable<LiveChanges<City>>>();
  });

  test('tells changes to who asks for them', () => {
    store.query(City).subscribe(
      ({ added, removed: [gone] }) => {
        expectTypeOf(added).toEqualTypeOf<readonly City[]>();
        expectTypeOf(gone?.storeId).toEqualTypeOf<StoreId<City> | undefined>();
      },
      { changes: true },
    );
    // @ts-expect-error no changes were asked for
    store.query(City).subscribe(({ added }) => added);
    // @ts-expect-error no such option
    store.query(City).subscribe({ poll: 5 });
    // @ts-expect-error a listener is a function
    store.query(City).subscribe(5);
  });
});

describe('transact', () => {
  test('gives what its function gives', () => {
    expectTypeOf(store.transact(() => paris)).toEqualTypeOf<City>();
    expectTypeOf(store.transact(() => {})).toEqualTypeOf<void>();
    expectTypeOf(store.transact(() => 5, { readOnly: true })).toEqualTypeOf<number>();
    expectTypeOf(store.afterCommit(() => {})).toEqualTypeOf<void>();
    // @ts-expect-error a function is needed
    store.transact();
    // @ts-expect-error its function takes nothing
    store.transact((tx: Store) => tx);
    expectTypeOf(store.transact(() => 5, { stores: [store] })).toEqualTypeOf<number>();
    // @ts-expect-error stores, not their names
    store.transact(() => 5, { stores: ['north'] });
    // @ts-expect-error no such option
    store.transact(() => 5, { isolation: 'serializable' });
  });

  test('refuses an asynchronous function', () => {
    // @ts-expect-error a promise cannot be committed
    store.transact(async () => 5);
  });
});

describe('stores', () => {
  test('know where they are', () => {
    expectTypeOf(store.uid).toEqualTypeOf<string>();
    expectTypeOf(store.parent).toEqualTypeOf<Store | undefined>();
    expectTypeOf(store.root).toEqualTypeOf<Store>();
    expectTypeOf(store.path).toEqualTypeOf<string[]>();
    expectTypeOf(store.depth).toEqualTypeOf<number>();
    expectTypeOf(store.name).toEqualTypeOf<string | null>();
    expectTypeOf(paris.store).toExtend<Store>();
    // @ts-expect-error read-only
    store.uid = 'x';
    // @ts-expect-error stores are not made by new
    new Store('x');
  });

  test('hold stores', () => {
    expectTypeOf(store.substores.create('a')).toEqualTypeOf<Store>();
    expectTypeOf(store.substores.open('a')).toEqualTypeOf<Store>();
    expectTypeOf(store.substores.openOrCreate('a')).toEqualTypeOf<Store>();
    expectTypeOf(store.substores.has('a')).toEqualTypeOf<boolean>();
    expectTypeOf(store.substores.names()).toEqualTypeOf<string[]>();
    expectTypeOf(store.substores.query((s) => s.name.startsWith('a')).all()).toEqualTypeOf<SubStore[]>();
    expectTypeOf(store.at('a/b')).toEqualTypeOf<Store>();
    expectTypeOf(store.at(['a', 'b'])).toEqualTypeOf<Store>();
    expectTypeOf(store.tree.query(City, (c) => c.capital.eq(true)).all()).toEqualTypeOf<City[]>();
    expectTypeOf(store.tree.count(City)).toEqualTypeOf<number>();
    expectTypeOf([...store.tree.stores()]).toEqualTypeOf<Store[]>();
    // @ts-expect-error a name is a text
    store.substores.create(5);
    // @ts-expect-error a name is needed
    store.substores.open();
    // @ts-expect-error no such column
    store.tree.query(City, (c) => c.nam.eq('x'));
  });
});

describe('items', () => {
  test('have attributes of their own types', () => {
    expectTypeOf(paris.storeId).toExtend<StoreId<City>>();
    expectTypeOf(paris.isStored).toEqualTypeOf<boolean>();
    expectTypeOf(paris.country).toEqualTypeOf<Country>();
    expectTypeOf(paris.set({ name: 'x', population: null })).toEqualTypeOf<void>();
    expectTypeOf(paris.delete()).toEqualTypeOf<void>();
    expectTypeOf(paris.idOf('country')).toExtend<StoreId | null>();
    // @ts-expect-error no reference
    paris.idOf('name');
    // @ts-expect-error a wrong value
    paris.set({ name: 5 });
    // @ts-expect-error undefined
    paris.set({ population: undefined });
    // @ts-expect-error no such attribute
    paris.set({ nam: 'x' });
    // @ts-expect-error read-only
    paris.storeId = cityId;
    // @ts-expect-error read-only
    paris.isStored = false;
    // @ts-expect-error an item of another type
    paris.country = paris;
    // @ts-expect-error nothing but items
    store.delete(5);
  });
});

test('errors have a code of a closed list', () => {
  const error = new CorollaryError('NOT_FOUND', 'x');

  expectTypeOf(error).toExtend<Error>();
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  expectTypeOf(error.problems).toEqualTypeOf<readonly Problem[] | undefined>();
  expectTypeOf(error.retry).toEqualTypeOf<boolean>();
  // @ts-expect-error no such code
  error.code === 'NOT_THERE';
  // @ts-expect-error no such code
  new CorollaryError('NOT_THERE', 'x');
});

describe('files', () => {
  const { files } = store;

  test('are items with bytes', () => {
    const kept = files.write('x', { name: 'x' });
    expectTypeOf(kept).toEqualTypeOf<StoredFile>();
    expectTypeOf(kept.name).toEqualTypeOf<string | null>();
    expectTypeOf(kept.read()).toEqualTypeOf<Uint8Array>();
    expectTypeOf(kept.stream({ start: 1 })).toEqualTypeOf<Readable>();
    expectTypeOf(kept.path).toEqualTypeOf<string | undefined>();
    expectTypeOf(files.named('x')).toEqualTypeOf<StoredFile | undefined>();
    expectTypeOf(
      files
        .query((f) => f.size.gt(5))
        .pluck((f) => f.name)
        .all(),
    ).toEqualTypeOf<(string | null)[]>();
    expectTypeOf(files.receive(new Blob(['x']).stream())).toEqualTypeOf<Promise<StoredFile>>();
    // @ts-expect-error no attribute
    files.query((f) => f.path.eq('x'));
  });

  test('are made of bytes or text', () => {
    files.write([new Uint8Array()], {});
    // @ts-expect-error numbers are no bytes
    files.write([1, 2]);
    // @ts-expect-error what comes later is received
    files.write(Readable.from([]));
    // @ts-expect-error no such option
    files.write('x', { nam: 'x' });
    // @ts-expect-error a signal is for what comes later
    files.write('x', { signal: AbortSignal.timeout(1) });
    // @ts-expect-error no stream
    files.receive('x');
  });
});
