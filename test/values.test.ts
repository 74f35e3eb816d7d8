import {
  bigint,
  boolean,
  bytes,
  type Condition,
  type Decimal,
  type Default,
  decimal,
  Item,
  integer,
  item,
  json,
  real,
  type Store,
  type TextColumn,
  text,
  timestamp,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';

@item('sample')
class Sample extends Item {
  @text({ default: 'a' }) declare word: Default<string>;
  @integer({ default: 1 }) declare count: Default<number>;
  @bigint({ default: 1n }) declare large: Default<bigint>;
  @real({ default: 1 }) declare weight: Default<number>;
  @boolean({ default: true }) declare flag: Default<boolean>;
  @timestamp({ default: new Date(1) }) declare at: Default<Date>;
  @bytes({ default: new Uint8Array([1]) }) declare raw: Default<Uint8Array>;
  @json({ default: 1 }) declare doc: Default<unknown & {}>;
  @decimal({ scale: 0, default: '1' }) declare whole: Default<Decimal>;
  @decimal({ scale: 2, default: '1.00' }) declare price: Default<Decimal>;
  @decimal({ scale: 18, default: '1' }) declare exact: Default<Decimal>;
}

@item('gap')
class Gap extends Item {
  @text({ nullable: true }) declare word: string | null;
  @integer({ nullable: true }) declare count: number | null;
  @bigint({ nullable: true }) declare large: bigint | null;
  @real({ nullable: true }) declare weight: number | null;
  @boolean({ nullable: true }) declare flag: boolean | null;
  @timestamp({ nullable: true }) declare at: Date | null;
  @bytes({ nullable: true }) declare raw: Uint8Array | null;
  @json({ nullable: true }) declare doc: object | null;
  @decimal({ scale: 2, nullable: true }) declare price: Decimal | null;
}

type SampleKey = Exclude<keyof Sample, keyof Item>;
const KEYS: SampleKey[] = ['word', 'count', 'large', 'weight', 'flag', 'at', 'raw', 'doc', 'whole', 'price', 'exact'];

/** A store with one item, and the same item as a new opening of the store sees it. */
function aSample(): { readonly store: Store; readonly sample: Sample; readonly reopened: () => Sample } {
  const place = aStoreDirectory();
  const store = aStore({ durability: 'relaxed' }, place);
  const sample = store.create(Sample, {});
  const reopened = () => {
    store.close();
    return aStore({}, place).get(Sample, sample.storeId);
  };
  return { store, sample, reopened };
}

const assign = (sample: Sample, key: SampleKey, value: unknown) => Object.assign(sample, { [key]: value });
const nested = (levels: number): unknown => (levels === 0 ? [] : [nested(levels - 1)]);
const parsed = (source: string): unknown => JSON.parse(source);

const MEGABYTE = 1_048_576;

describe('a value comes back as it was put in', () => {
  test.each<[SampleKey, string, unknown]>([
    ['word', 'the empty text', ''],
    ['word', 'an emoji', '👩‍👩‍👧‍👦 \u{10ffff}'],
    ['word', 'combining marks, not normalised', 'e\u0301 \u00e9'],
    ['word', 'control characters', '\u0001\t\r\n\u007f\u0085\u2028\ufeff\uffff'],
    ['word', 'what looks like SQL', `'; DROP TABLE sample; --"`],
    ['word', 'what looks like a number', '007.50'],
    ['word', '1 MB', 'aé€😀'.repeat(MEGABYTE / 10)],
    ['count', '0', 0],
    ['count', 'the largest safe integer', Number.MAX_SAFE_INTEGER],
    ['count', 'the smallest safe integer', Number.MIN_SAFE_INTEGER],
    ['large', '0', 0n],
    ['large', '2^53 + 1', 2n ** 53n + 1n],
    ['large', 'the largest int64', 2n ** 63n - 1n],
    ['large', 'the smallest int64', -(2n ** 63n)],
    ['weight', '0.1', 0.1],
    ['weight', 'the largest', Number.MAX_VALUE],
    ['weight', 'the smallest', 5e-324],
    ['weight', 'a whole number beyond 2^53', 2 ** 60],
    ['weight', 'a negative whole number', -3],
    ['weight', '1e300', 1e300],
    ['weight', 'beyond int64', 2 ** 64],
    ['flag', 'true', true],
    ['flag', 'false', false],
    ['at', '1970', new Date(0)],
    ['at', 'before 1970', new Date(-1)],
    ['at', 'the last', new Date(8.64e15)],
    ['at', 'the first', new Date(-8.64e15)],
    ['raw', 'none', new Uint8Array()],
    ['raw', 'all bytes', Uint8Array.from({ length: 256 }, (_, at) => at)],
    ['raw', '1 MB', new Uint8Array(MEGABYTE).fill(0xff)],
    ['doc', 'true', true],
    ['doc', 'false', false],
    ['doc', '0', 0],
    ['doc', 'the empty text', ''],
    ['doc', 'a text that looks like JSON', '{"a": 1}'],
    ['doc', 'an empty object', {}],
    ['doc', 'an empty array', []],
    ['doc', 'nulls inside', { a: null, b: [null] }],
    ['doc', 'all sorts', { a: [1, 'x', true, { b: -1.5e-7 }], '': { ' ': 1 } }],
    ['doc', 'odd keys', { constructor: 1, toString: 2, length: 3, '0': 4, 'a"b\\': 5 }],
    ['doc', 'an own key __proto__', parsed('{"__proto__": {"polluted": 1}, "a": {"__proto__": 2}}')],
    ['doc', 'emoji', { '😀': ['👩‍👩‍👧‍👦'] }],
    ['doc', '100 levels', nested(100)],
    ['doc', '1 MB', { text: 'x'.repeat(MEGABYTE) }],
    ['whole', '0', '0'],
    ['whole', 'the largest', '9223372036854775807'],
    ['whole', 'the smallest', '-9223372036854775808'],
    ['price', '12.50', '12.50'],
    ['price', 'a cent owed', '-0.01'],
    ['price', 'the largest', '92233720368547758.07'],
    ['price', 'the smallest', '-92233720368547758.08'],
    ['exact', 'the largest', '9.223372036854775807'],
    ['exact', 'the smallest', '-9.223372036854775808'],
    ['exact', 'the next to 0', '0.000000000000000001'],
  ])('%s: %s', (key, _, value) => {
    const { sample, reopened } = aSample();

    assign(sample, key, value);
    const read = sample[key];

    expect(read).toStrictEqual(value);
    expect(reopened()[key]).toStrictEqual(value);
  });

  test.each(Array.from({ length: 19 }, (_, scale) => scale))('a decimal of scale %d', (scale) => {
    @item('amount')
    class Amount extends Item {
      @decimal({ scale }) declare value: Decimal;
    }
    const digits = '123456789123456789';
    const value = scale === 0 ? digits : `-${digits.slice(scale) || '0'}.${digits.slice(0, scale)}`;
    const place = aStoreDirectory();
    const store = aStore({ durability: 'relaxed' }, place);

    const amount = store.create(Amount, { value: value as Decimal });
    store.close();

    expect(amount.value).toBe(value);
    expect(aStore({}, place).get(Amount, amount.storeId).value).toBe(value);
  });
});

describe('a value that can be written in several ways comes back in one', () => {
  test.each<[SampleKey, string, unknown, unknown]>([
    ['count', '-0', -0, 0],
    ['weight', '-0', -0, 0],
    ['doc', '-0', -0, 0],
    ['doc', '-0 inside', { a: [-0] }, { a: [0] }],
    ['at', 'the first moment, as -0', new Date(-0), new Date(0)],
    ['raw', 'a Buffer', Buffer.from([1, 2]), new Uint8Array([1, 2])],
    ['raw', 'a part of a larger array', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), new Uint8Array([2, 3])],
    ['whole', 'a number', 12, '12'],
    ['whole', '-0', -0, '0'],
    ['price', 'a number', 12, '12.00'],
    ['price', 'fewer places', '12.5', '12.50'],
    ['price', 'no places', '12', '12.00'],
    ['price', 'no money owed', '-0', '0.00'],
    ['exact', 'a negative number', -9, '-9.000000000000000000'],
  ])('%s: %s', (key, _, value, expected) => {
    const { store, sample, reopened } = aSample();

    assign(sample, key, value);
    const created = store.create(Sample, { [key]: value });
    const read = [sample[key], created[key]];

    expect(read).toStrictEqual([expected, expected]);
    expect(reopened()[key]).toStrictEqual(expected);
  });
});

class Point {
  readonly x = 1;
}
const cycle: unknown[] = [];
cycle.push([cycle]);

const REFUSED: [SampleKey, string, unknown][] = [
  ['word', 'a lone high surrogate', 'a\ud800'],
  ['word', 'a lone low surrogate', '\udc00b'],
  ['word', 'surrogates the wrong way round', '\udc00\ud800'],
  ['word', 'NUL', 'a\0b'],
  ['word', 'a number', 5],
  ['word', 'a text object', new String('a')],
  ['word', 'a symbol', Symbol('a')],
  ['count', 'NaN', Number.NaN],
  ['count', 'infinity', Number.POSITIVE_INFINITY],
  ['count', '2^53', 2 ** 53],
  ['count', '-2^53', -(2 ** 53)],
  ['count', 'a fraction', 0.5],
  ['count', 'a text', '1'],
  ['count', 'a bigint', 1n],
  ['count', 'a boolean', true],
  ['large', '2^63', 2n ** 63n],
  ['large', '-2^63 - 1', -(2n ** 63n) - 1n],
  ['large', 'a number', 1],
  ['large', 'a text', '1'],
  ['weight', 'NaN', Number.NaN],
  ['weight', 'infinity', Number.POSITIVE_INFINITY],
  ['weight', 'negative infinity', Number.NEGATIVE_INFINITY],
  ['weight', 'a text', '1.5'],
  ['weight', 'a bigint', 1n],
  ['flag', '1', 1],
  ['flag', '0', 0],
  ['flag', 'a text', 'true'],
  ['at', 'an invalid date', new Date(Number.NaN)],
  ['at', 'a number', 0],
  ['at', 'a text', '2026-01-01T00:00:00.000Z'],
  ['raw', 'an array', [1, 2]],
  ['raw', 'an ArrayBuffer', new ArrayBuffer(2)],
  ['raw', '16-bit numbers', new Uint16Array([1])],
  ['raw', 'a text', 'AQI='],
  ['doc', 'NaN', Number.NaN],
  ['doc', 'infinity inside', { a: [Number.POSITIVE_INFINITY] }],
  ['doc', 'undefined inside an object', { a: undefined }],
  ['doc', 'undefined inside an array', [undefined]],
  ['doc', 'a hole', new Array(2)],
  ['doc', 'a function', () => 1],
  ['doc', 'a function inside', { a: () => 1 }],
  ['doc', 'a symbol', Symbol('a')],
  ['doc', 'a symbol as key', { [Symbol('a')]: 1 }],
  ['doc', 'a bigint', { a: 1n }],
  ['doc', 'a date', { a: new Date(0) }],
  ['doc', 'a map', new Map([[1, 2]])],
  ['doc', 'a set', new Set([1])],
  ['doc', 'bytes', new Uint8Array([1])],
  ['doc', 'an instance of a class', new Point()],
  ['doc', 'an object with toJSON', { toJSON: () => 1 }],
  ['doc', 'a hidden property', Object.defineProperty({}, 'a', { value: 1, enumerable: false })],
  ['doc', 'an array with more than elements', Object.assign([1], { a: 1 })],
  ['doc', 'a number object', Object(1)],
  ['doc', 'a lone surrogate', { a: '\ud800' }],
  ['doc', 'a lone surrogate in a key', { '\udc00': 1 }],
  ['doc', 'a cycle', cycle],
  ['doc', '100,000 levels', Array.from({ length: 100_000 }).reduce((inner: unknown) => [inner], 1)],
  ['whole', 'places', '1.5'],
  ['whole', '2^63', '9223372036854775808'],
  ['whole', '-2^63 - 1', '-9223372036854775809'],
  ['whole', 'an unsafe integer', 2 ** 53],
  ['whole', 'a bigint', 1n],
  ['price', 'too many places', '12.505'],
  ['price', 'a fractional number', 12.5],
  ['price', 'NaN', Number.NaN],
  ['price', 'the text NaN', 'NaN'],
  ['price', 'the text Infinity', 'Infinity'],
  ['price', 'the empty text', ''],
  ['price', 'a space', ' 1.00'],
  ['price', 'a comma', '1,00'],
  ['price', 'a hexadecimal number', '0x10'],
  ['price', 'a point alone', '.'],
  ['price', 'other digits', '١٢'],
  ['price', 'too large', '92233720368547758.08'],
  ['price', 'much too large', '9'.repeat(100_000)],
  ['exact', 'too large', '9.223372036854775808'],
  ['exact', '19 places', '0.0000000000000000001'],
];

describe('a value that would not come back is refused, and the old one kept', () => {
  test.each(REFUSED)('%s: %s', (key, _, value) => {
    const { store, sample } = aSample();
    const before = sample.toJSON();

    const errors = [
      refusal(() => assign(sample, key, value)),
      refusal(() => sample.set({ [key]: value })),
      refusal(() => store.create(Sample, { [key]: value } as never)),
      refusal(() => store.createMany(Sample, [{}, { [key]: value } as never])),
      refusal(() => store.query(Sample).update({ [key]: value } as never)),
    ];

    expect(errors.map((error) => error.code)).toEqual(Array(5).fill('INVALID_VALUE'));
    expect(errors.map((error) => error.attribute)).toEqual(Array(5).fill(key));
    expect(sample.toJSON()).toEqual(before);
    expect(store.query(Sample).all()).toEqual([sample]);
  });

  test.each(KEYS.flatMap((key) => [null, undefined].map((value) => [key, value] as const)))('%s: %s', (key, value) => {
    const { store, sample, reopened } = aSample();
    const before = sample.toJSON();

    const errors = [
      refusal(() => assign(sample, key, value)),
      refusal(() => sample.set({ [key]: value } as never)),
      refusal(() => store.create(Sample, { [key]: value } as never)),
      refusal(() => store.query(Sample).update({ [key]: value } as never)),
    ];

    expect(errors.map((error) => error.attribute)).toEqual(Array(4).fill(key));
    expect(sample.toJSON()).toEqual(before);
    expect(store.count(Sample)).toBe(1);
    expect(reopened().toJSON()).toEqual(before);
  });

  test('inside a transaction nothing of it is left to be written', () => {
    const { store, sample, reopened } = aSample();

    store.transact(() => {
      sample.word = 'b';
      expect(codeOf(() => assign(sample, 'count', 0.5))).toBe('INVALID_VALUE');
      expect(codeOf(() => sample.set({ word: 'c', weight: Number.NaN }))).toBe('INVALID_VALUE');
    });

    expect([sample.word, sample.count]).toEqual(['b', 1]);
    expect(reopened().word).toBe('b');
  });

  test('an object whose properties are computed cannot slip something else in', () => {
    const { sample } = aSample();
    let asked = 0;
    const sly = {
      get a() {
        return asked++ === 0 ? 1 : undefined;
      },
    };

    expect(codeOf(() => assign(sample, 'doc', sly))).toBe('INVALID_VALUE');
    expect(sample.doc).toBe(1);
  });
});

test('json does not reach the prototype of anything', () => {
  const { sample, reopened } = aSample();

  assign(sample, 'doc', parsed('{"__proto__": {"polluted": 1}}'));
  const doc = reopened().doc as Record<string, unknown>;

  expect(Object.hasOwn(doc, '__proto__')).toBe(true);
  expect(doc.polluted).toBe(undefined);
  expect(({} as Record<string, unknown>).polluted).toBe(undefined);
});

test('toJSON shows every type as JSON can hold it', () => {
  const { sample } = aSample();
  sample.set({ large: 2n ** 63n - 1n, raw: new Uint8Array([0, 255]), doc: { a: [1] }, price: '12.5', weight: 0.5 });

  expect(JSON.parse(JSON.stringify(sample))).toEqual({
    ...{ storeId: sample.storeId, word: 'a', count: 1, large: '9223372036854775807', weight: 0.5, flag: true },
    ...{ at: '1970-01-01T00:00:00.001Z', raw: 'AP8=', doc: { a: [1] }, whole: '1', price: '12.50' },
    exact: '1.000000000000000000',
  });
});

test('every type can be null where it is nullable, and be set to null and back', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const values = {
    ...{ word: 'a', count: 1, large: 1n, weight: 1.5, flag: false, at: new Date(0), raw: new Uint8Array() },
    ...{ doc: {}, price: '1.00' as const },
  };
  const nulls = Object.fromEntries(Object.keys(values).map((key) => [key, null]));
  const [empty, full, emptied] = [store.create(Gap, {}), store.create(Gap, values), store.create(Gap, values)];
  const whenFull = full.toJSON();

  emptied.set(nulls);
  empty.set(values);
  empty.set(nulls);
  store.close();
  const again = aStore({}, place);

  expect(again.get(Gap, empty.storeId).toJSON()).toEqual({ storeId: empty.storeId, ...nulls });
  expect(again.get(Gap, emptied.storeId).toJSON()).toEqual({ storeId: emptied.storeId, ...nulls });
  expect(again.get(Gap, full.storeId).toJSON()).toEqual(whenFull);
});

describe('unique', () => {
  @item('badge')
  class Badge extends Item {
    @text({ unique: true, nullable: true }) declare word: string | null;
    @text({ unique: true, nullable: true, collate: 'nocase' }) declare login: string | null;
    @integer({ unique: true, nullable: true }) declare count: number | null;
    @bigint({ unique: true, nullable: true }) declare large: bigint | null;
    @real({ unique: true, nullable: true }) declare weight: number | null;
    @timestamp({ unique: true, nullable: true }) declare at: Date | null;
    @bytes({ unique: true, nullable: true }) declare raw: Uint8Array | null;
    @decimal({ scale: 2, unique: true, nullable: true }) declare price: Decimal | null;
  }

  test.each<[string, unknown, unknown, unknown]>([
    ['word', 'Paris', 'Paris', 'PARIS'],
    ['login', 'Paris', 'PARIS', 'Pariss'],
    ['login', 'É', 'É', 'é'],
    ['count', 0, -0, 1],
    ['large', 2n ** 62n, 2n ** 62n, 2n ** 62n + 1n],
    ['weight', 0, -0, 5e-324],
    ['at', new Date(5), new Date(5), new Date(6)],
    ['raw', new Uint8Array([1]), Buffer.from([1]), new Uint8Array([1, 0])],
    ['price', '1.50', '1.5', '1.51'],
  ])('%s: no two items have the same value', (key, value, same, other) => {
    const store = aStore();
    const first = store.create(Badge, { [key]: value });
    const second = store.create(Badge, { [key]: other });
    const before = second.toJSON();

    const errors = [
      refusal(() => store.create(Badge, { [key]: same } as never)),
      refusal(() => Object.assign(second, { [key]: same })),
      refusal(() => second.set({ [key]: same } as never)),
      refusal(() => store.createMany(Badge, [{}, { [key]: same } as never])),
    ];

    expect(errors.map(({ code, type }) => [code, type])).toEqual(Array(4).fill(['CONSTRAINT', 'badge']));
    expect(errors.map(({ attribute }) => attribute)).toEqual(Array(4).fill(key));
    expect(codeOf(() => store.query(Badge).update({ [key]: value } as never))).toBe('CONSTRAINT');
    expect(second.toJSON()).toEqual(before);
    expect(store.query(Badge).all()).toEqual([first, second]);
  });

  test('a bulk update that makes two equal names the type and the attribute', () => {
    const store = aStore();
    store.createMany(Badge, [{ word: 'a' }, { word: 'b' }]);

    const error = refusal(() => store.query(Badge).update({ word: 'c' }));

    expect(error).toMatchObject({ code: 'CONSTRAINT', type: 'badge', attribute: 'word' });
    expect(error.message).toMatch(/badge.*word/);
  });

  test('any number of items have null', () => {
    const store = aStore();

    store.createMany(Badge, [{}, {}, { word: 'a' }]);
    store.query(Badge).update({ word: null });

    expect(store.query(Badge, (b) => b.word.isNull()).count()).toBe(3);
  });

  test('a value can be assigned again to the item that has it, and is free when that gives it up', () => {
    const store = aStore();
    const [one, two] = [store.create(Badge, { word: 'a', login: 'x' }), store.create(Badge, { word: 'b' })];

    one.word = 'a';
    one.login = 'X';
    one.word = 'c';
    two.word = 'a';
    two.delete();

    expect(store.create(Badge, { word: 'a' }).isStored).toBe(true);
    expect(one.login).toBe('X');
  });

  test('a conflict in a transaction comes from the assignment that makes it, which alone is not done', () => {
    const store = aStore();
    const [one, two] = [store.create(Badge, { word: 'a' }), store.create(Badge, { word: 'b' })];

    store.transact(() => {
      expect(codeOf(() => Object.assign(one, { word: 'b' }))).toBe('CONSTRAINT');
      two.word = 'c';
      one.word = 'b';
    });

    expect([one.word, two.word]).toEqual(['b', 'c']);
  });

  test('of several attributes: the values together occur once, and nulls are never equal', () => {
    @item('place', { unique: [['country', 'name']] })
    class Place extends Item {
      @text({ nullable: true }) declare country: string | null;
      @text() declare name: string;
    }
    const store = aStore();
    store.createMany(Place, [
      { country: 'FR', name: 'Paris' },
      { country: 'US', name: 'Paris' },
      { name: 'Paris' },
      { name: 'Paris' },
    ]);
    const lyon = store.create(Place, { country: 'FR', name: 'Lyon' });

    expect(codeOf(() => store.create(Place, { country: 'FR', name: 'Paris' }))).toBe('CONSTRAINT');
    expect(codeOf(() => Object.assign(lyon, { name: 'Paris' }))).toBe('CONSTRAINT');
    expect(lyon.name).toBe('Lyon');
    lyon.set({ country: 'CA', name: 'Paris' });
    expect(store.query(Place, { name: 'Paris' }).count()).toBe(5);
  });
});

describe('check and validate', () => {
  @item('account', { checks: [(c) => c.low.lte(c.high)] })
  class Account extends Item {
    @integer({ default: 0, check: (c) => c.low.gte(-100) }) declare low: Default<number>;
    @integer({ default: 9 }) declare high: Default<number>;
    @text({ default: 'ab', validate: (word) => word.length > 1 || 'needs two letters' }) declare owner: Default<string>;
    @integer({ nullable: true, validate: (n) => n % 2 === 0 }) declare even: number | null;
  }

  test.each<[string, (word: TextColumn<string | null>) => Condition]>([
    ['eq', (word) => word.eq('a')],
    ['between', (word) => word.between('a', 'b')],
    ['in', (word) => word.in(['a', 'b'])],
    ['like', (word) => word.like('a%')],
    ['startsWith', (word) => word.startsWith('a')],
    ['startsWith nothing', (word) => word.startsWith('')],
    ['endsWith nothing', (word) => word.endsWith('')],
    ['contains nothing', (word) => word.contains('')],
  ])('a check with %s lets null pass', (_, condition) => {
    @item('word')
    class Word extends Item {
      @text({ nullable: true, check: (c) => condition(c.word) }) declare word: string | null;
    }
    const store = aMemoryStore();
    expect([null, 'a'].map((word) => store.create(Word, { word }).word)).toEqual([null, 'a']);
  });

  test.each<[string, object, string, string]>([
    ['check of an attribute', { low: -101 }, 'CONSTRAINT', 'account'],
    ['check of the item', { low: 10 }, 'CONSTRAINT', 'account'],
    ['check of the item, from the other side', { high: -1 }, 'CONSTRAINT', 'account'],
    ['validate', { even: 3 }, 'INVALID_VALUE', 'even'],
    ['validate with a reason', { owner: 'a' }, 'INVALID_VALUE', 'needs two letters'],
  ])('%s refuses a new item and a new value, and keeps the old', (_, values, code, said) => {
    const store = aStore();
    const account = store.create(Account, {});
    const before = account.toJSON();

    const errors = [
      refusal(() => store.create(Account, values)),
      refusal(() => Object.assign(account, values)),
      refusal(() => account.set(values)),
      refusal(() => store.createMany(Account, [{}, values])),
    ];

    expect(errors.map((error) => error.code)).toEqual(Array(4).fill(code));
    expect(errors.map((error) => error.message.includes(said))).toEqual(Array(4).fill(true));
    expect(codeOf(() => store.query(Account).update(values))).toBe(code);
    expect(account.toJSON()).toEqual(before);
    expect(store.count(Account)).toBe(1);
  });

  test('let good values through, and values that are good together', () => {
    const account = aStore().create(Account, { low: -100 });

    account.set({ low: 50, high: 60, owner: 'abc', even: 4 });
    account.even = null;

    expect(account.toJSON()).toMatchObject({ low: 50, high: 60, owner: 'abc', even: null });
  });

  test('say nothing of null, which nullable allows', () => {
    @item('town')
    class Town extends Item {
      @integer({ nullable: true, check: (c) => c.population.gte(0), validate: (n) => n < 1e9 }) declare population:
        | number
        | null;
    }
    const town = aStore().create(Town, {});

    town.population = 5;
    town.population = null;

    expect(town.population).toBe(null);
  });

  test('a bulk update that breaks one names the type', () => {
    const store = aStore();
    store.create(Account, {});

    const error = refusal(() => store.query(Account).update({ low: -101 }));

    expect(error).toMatchObject({ code: 'CONSTRAINT', type: 'account' });
    expect(error.message).toContain('account');
  });

  test('a validate that throws refuses, and its error is the cause', () => {
    const broken = new RangeError('broken');
    const fail = (): boolean => {
      throw broken;
    };
    @item('strict')
    class Strict extends Item {
      @integer({ nullable: true, validate: fail }) declare count: number | null;
    }
    const strict = aStore().create(Strict, {});

    const error = refusal(() => Object.assign(strict, { count: 1 }));

    expect(error).toMatchObject({ code: 'INVALID_VALUE', attribute: 'count' });
    expect(error.cause).toBe(broken);
    expect(strict.count).toBe(null);
  });
});

test('an integer on disk beyond 2^53 is an error when it is read, not a rounding', () => {
  @item('meter')
  class Meter extends Item {
    @text() declare name: string;
    @integer() declare count: number;
  }
  const place = aStoreDirectory();
  const first = aStore({}, place);
  first.createMany(Meter, [
    { name: 'a', count: 1 },
    { name: 'b', count: 2 },
  ]);
  first.close();
  rawly(place, (database) => {
    database.exec(`UPDATE "${tableWith(database, 'count')}" SET count = 9007199254740993 WHERE name = 'a'`);
  });
  const store = aStore({}, place);

  const error = refusal(() => store.query(Meter, { name: 'a' }).one().count);

  expect(error).toMatchObject({ type: 'meter', attribute: 'count' });
  expect(
    codeOf(() =>
      store
        .query(Meter)
        .pluck((m) => m.count)
        .all(),
    ),
  ).toBe(error.code);
  expect(store.query(Meter, { name: 'b' }).one().count).toBe(2);
});
