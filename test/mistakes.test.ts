import { inspect } from 'node:util';
import { attributeType, type Default, Item, integer, item, reference, Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

// Mistakes that went unnoticed, or were told in words that did not help.

@item('person')
class Person extends Item {
  @text() declare name: string;
  @integer({ default: 0 }) declare age: Default<number>;
  @reference(() => Person, { nullable: true, whenDeleted: 'nullify' }) declare friend: Person | null;
}

describe('findOrCreate with an attribute in both arguments', () => {
  // The value to find won, and the other was dropped without a word.
  test('is INVALID_VALUE naming it, and nothing is made', () => {
    const store = aStore();
    const error = refusal(() => store.findOrCreate(Person, { name: 'Ann' }, { name: 'Bob', age: 7 }));
    expect(error).toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('name') });
    expect(error.message).not.toMatch(/Ann|Bob|age/);
    expect(store.count(Person)).toBe(0);
  });

  test('is INVALID_VALUE also when the values are equal, and when the item is there', () => {
    const store = aStore();
    store.create(Person, { name: 'Ann' });
    expect(codeOf(() => store.findOrCreate(Person, { name: 'Ann' }, { name: 'Ann' }))).toBe('INVALID_VALUE');
  });

  test('is told from other attributes, which only a new item takes', () => {
    const store = aStore();
    const ann = store.findOrCreate(Person, { name: 'Ann' }, { age: 7 });
    expect(store.findOrCreate(Person, { name: 'Ann' }, { age: 8 })).toBe(ann);
    expect(ann.age).toBe(7);
  });
});

// store.create was told that items are made by store.create.
test('a constructor that does not hand its parameter on is told what to write', () => {
  @item('forgetful')
  class Forgetful extends Item {
    constructor() {
      super(undefined as never);
    }
  }
  const { code, message } = refusal(() => aStore().create(Forgetful, {}));
  expect([code, message]).toEqual(['NOT_SUPPORTED', expect.stringContaining('super(init)')]);
});

// It read 'a safe integer, not number' and 'a whole number, 0 or more, not number'.
test('the message says what is wrong with a number that is a number', () => {
  const store = aStore();
  const said = (use: () => unknown) => refusal(use).message;
  const find = (id: number) => said(() => store.find(Person, id as never));
  expect(find(Number.NaN)).toBe('A storeId is a safe integer, not NaN');
  expect(find(2 ** 53)).toBe('A storeId is a safe integer, not an integer beyond 2^53');
  expect(find(0.5)).toBe('A storeId is a safe integer, not a fractional number');
  expect(said(() => store.count(Person, (p) => p.storeId.eq(Number.POSITIVE_INFINITY as never)))).toContain(
    'not an infinity',
  );
  expect(said(() => store.limitLoads(-1, () => 1))).toContain('0 or more, not a negative number');
});

describe('a column that the class does not have', () => {
  // A program that is not compiled read 'Cannot read properties of undefined', which says neither what nor where.
  const uses: [string, (store: Store) => unknown][] = [
    // @ts-expect-error: the compiler knows the columns
    ['a condition', (store) => store.query(Person, (p) => p.nmae.eq('Ann'))],
    // @ts-expect-error: the compiler knows the columns
    ['where', (store) => store.query(Person).where((p) => p.nmae.isNull())],
    // @ts-expect-error: the compiler knows the columns
    ['an order', (store) => store.query(Person).orderBy((p) => p.nmae.asc())],
    // @ts-expect-error: the compiler knows the columns
    ['pluck', (store) => store.query(Person).pluck((p) => p.nmae)],
    // @ts-expect-error: the compiler knows the columns
    ['a tree query', (store) => store.tree.query(Person, (p) => p.nmae.eq('Ann'))],
  ];

  test.each(uses)('is UNKNOWN_ATTRIBUTE in %s, and the message lists those that it has', (_, use) => {
    const error = refusal(() => use(aStore()));
    expect(error).toMatchObject({ code: 'UNKNOWN_ATTRIBUTE', type: 'person', attribute: 'nmae' });
    for (const known of ['name', 'age', 'friend', 'storeId', 'self']) expect(error.message).toContain(known);
  });

  test('is told of names that every object has too', () => {
    // @ts-expect-error: the compiler knows the columns
    expect(codeOf(() => aStore().query(Person, (p) => p.hasOwnProperty.eq(1)))).toBe('UNKNOWN_ATTRIBUTE');
  });

  test('does not keep the columns from being printed', () => {
    const printing = () =>
      aStore().query(Person, (p) => {
        inspect(p);
        String(JSON.stringify(p));
        return p.age.eq(1);
      });
    expect(printing).not.toThrow();
  });
});

describe('an own attribute type that is stored as something else than before', () => {
  const asText = attributeType({
    name: 'mark',
    storedAs: 'text',
    encode: (mark: number) => String(mark),
    decode: (stored) => Number(stored),
  });
  const asInteger = attributeType({
    name: 'mark',
    storedAs: 'integer',
    encode: (mark: number) => mark,
    decode: (stored) => stored,
  });
  @item('exam')
  class Before extends Item {
    @asText() declare mark: number;
  }
  @item('exam')
  class After extends Item {
    @asInteger() declare mark: number;
  }

  // Only the name was compared: new values went into the old column, and the old ones could not be read.
  test('is SCHEMA_MISMATCH when the store is opened, naming the attribute and both forms', () => {
    const place = aStoreDirectory();
    const before = Store.open(place);
    before.create(Before, { mark: 1 });
    before.close();
    const error = refusal(() => Store.open(place, { types: [After] }));
    expect(error).toMatchObject({ code: 'SCHEMA_MISMATCH', message: expect.stringContaining('mark') });
    expect(error.message).toMatch(/text.*integer/i);
    expect(
      aStore({ types: [Before] }, place)
        .query(Before)
        .one().mark,
    ).toBe(1);
  });

  test('is SCHEMA_MISMATCH when it is first used', () => {
    const place = aStoreDirectory();
    const before = Store.open(place);
    before.create(Before, { mark: 1 });
    before.close();
    const store = aStore({}, place);
    expect(codeOf(() => store.create(After, { mark: 2 }))).toBe('SCHEMA_MISMATCH');
    expect(codeOf(() => store.query(After).all())).toBe('SCHEMA_MISMATCH');
  });
});
