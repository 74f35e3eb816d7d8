import { expect, test } from 'vitest';
import { type Codec, Refusal } from '../../src/schema/codec.js';
import { addressCodec } from '../../src/schema/codecs/address.js';
import { bigintCodec } from '../../src/schema/codecs/bigint.js';
import { booleanCodec } from '../../src/schema/codecs/boolean.js';
import { bytesCodec } from '../../src/schema/codecs/bytes.js';
import { decimalCodec } from '../../src/schema/codecs/decimal.js';
import { integerCodec } from '../../src/schema/codecs/integer.js';
import { jsonCodec } from '../../src/schema/codecs/json.js';
import { realCodec } from '../../src/schema/codecs/real.js';
import { referenceCodec } from '../../src/schema/codecs/reference.js';
import { textCodec } from '../../src/schema/codecs/text.js';
import { timestampCodec } from '../../src/schema/codecs/timestamp.js';

function refusal(codec: Codec, value: unknown): string {
  try {
    codec.encode(value);
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  return 'accepted';
}

function there(codec: Codec, value: unknown): unknown {
  return codec.decode(codec.encode(value));
}

const nested = (levels: number): unknown => {
  let value: unknown = 0;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

test.each<[string, Codec, unknown, string]>([
  ['a number as text', textCodec, 7, 'takes a string, not number'],
  ['an item in the place of its address', addressCodec, new Date(0), 'not a Date: use item.address'],
  ['capital letters in an address', addressCodec, `${'A'.repeat(32)}/1`, 'in small letters'],
  ['an address with a zero before its number', addressCodec, `${'a'.repeat(32)}/01`, 'not another text'],
  ['an address of no item', addressCodec, `${'a'.repeat(32)}/0`, 'not another text'],
  ['an address beyond 2^53', addressCodec, `${'a'.repeat(32)}/9007199254740992`, 'not another text'],
  ['a lone surrogate', textCodec, 'a\ud800b', 'lone surrogate'],
  ['the later half of a pair', textCodec, '\udc00', 'lone surrogate'],
  ['NUL', textCodec, 'a\0', 'NUL'],
  ['a String object', textCodec, new String('x'), 'not a String'],
  ['text as integer', integerCodec, '7', 'takes a number, not string'],
  ['a fraction', integerCodec, 1.5, 'not a fractional number'],
  ['2 ** 53', integerCodec, 2 ** 53, 'not an integer beyond 2^53'],
  ['NaN', integerCodec, Number.NaN, 'not NaN'],
  ['an infinity', integerCodec, Number.POSITIVE_INFINITY, 'not an infinity'],
  ['a bigint', integerCodec, 1n, 'not bigint'],
  ['a number as bigint', bigintCodec, 1, 'takes a bigint, not number'],
  ['2n ** 63n', bigintCodec, 2n ** 63n, '64 bits'],
  ['-(2n ** 63n) - 1n', bigintCodec, -(2n ** 63n) - 1n, '64 bits'],
  ['NaN as real', realCodec, Number.NaN, 'takes a finite number, not NaN'],
  ['-Infinity as real', realCodec, Number.NEGATIVE_INFINITY, 'not an infinity'],
  ['text as real', realCodec, '1.5', 'takes a number, not string'],
  ['1 as boolean', booleanCodec, 1, 'takes a boolean, not number'],
  ['a number as timestamp', timestampCodec, 0, 'takes a Date, not number'],
  ['an invalid Date', timestampCodec, new Date(Number.NaN), 'valid Date'],
  ['an array as bytes', bytesCodec, [1, 2], 'takes a Uint8Array, not an array'],
  ['an ArrayBuffer', bytesCodec, new ArrayBuffer(2), 'not an ArrayBuffer'],
  ['a fraction as decimal', decimalCodec(2), 12.5, 'not a fractional number'],
  ['an unsafe integer as decimal', decimalCodec(0), 2 ** 53, 'beyond 2^53'],
  ['a bigint as decimal', decimalCodec(0), 1n, 'not bigint'],
  ['too many places', decimalCodec(2), '1.000', 'at most 2 digits after the point'],
  ['an exponent', decimalCodec(2), '1e3', 'not another text'],
  ['an empty text as decimal', decimalCodec(2), '', 'not another text'],
  ['spaces', decimalCodec(2), ' 1', 'not another text'],
  ['a plus', decimalCodec(2), '+1', 'not another text'],
  ['no digit before the point', decimalCodec(2), '.5', 'not another text'],
  ['no digit after it', decimalCodec(2), '5.', 'not another text'],
  ['an int64 overflow', decimalCodec(2), '92233720368547758.08', 'too large'],
  ['a very long number', decimalCodec(18), '9'.repeat(100_000), 'too large'],
  ['a text as reference', referenceCodec, '7', 'takes a number'],
])('%s is refused', (_, codec, value, phrase) => {
  expect(refusal(codec, value)).toContain(phrase);
});

const cyclic: Record<string, unknown> = {};
cyclic.self = { cyclic };
class Point {
  x = 1;
}
const withHole = [1];
withHole[2] = 3;
const withBoth = Object.assign(withHole.slice(), { extra: 1 });
const withExtra = Object.assign([1], { extra: 1 });
class List extends Array {}

test.each<[string, unknown, string]>([
  ['undefined at the top', undefined, 'not undefined'],
  ['undefined inside', { a: [{ b: undefined }] }, 'not undefined'],
  ['a function', { f() {} }, 'not a function'],
  ['a toJSON method', { toJSON: () => 1 }, 'not a function'],
  ['a symbol', [Symbol('s')], 'not symbol'],
  ['a symbol key', { [Symbol('s')]: 1 }, 'symbol keys'],
  ['a bigint', { n: 1n }, 'not bigint'],
  ['a Date', { at: new Date(0) }, 'not a Date'],
  ['a Map', new Map(), 'not a Map'],
  ['a class instance', new Point(), 'not a Point'],
  ['an object with another prototype', Object.create({ a: 1 }), 'plain JSON'],
  ['a boxed number', Object(1), 'not a Number'],
  ['a hole', withHole, 'holes'],
  ['an extra property of an array', withExtra, 'extra properties'],
  ['an extra property that makes up for a hole', withBoth, 'holes'],
  ['an array of a subclass', List.from([1]), 'not ones of a subclass'],
  ['NaN', [Number.NaN], 'not NaN'],
  ['an infinity', Number.POSITIVE_INFINITY, 'not an infinity'],
  ['a lone surrogate', ['\ud800'], 'lone surrogates'],
  ['a lone surrogate in a key', { '\udfff': 1 }, 'lone surrogates'],
  ['a cycle', cyclic, 'cycles'],
  ['nesting beyond 500 levels', nested(501), '500 levels'],
  [
    'a getter',
    {
      get a() {
        return 1;
      },
    },
    'getters',
  ],
  ['a getter in an array', Object.defineProperty([1], 0, { get: () => 1, enumerable: true }), 'getters'],
  ['a hidden property', Object.defineProperty({}, 'a', { value: 1 }), 'hidden'],
])('json refuses %s', (_, value, phrase) => {
  expect(refusal(jsonCodec, value)).toContain(phrase);
});

test('no refusal shows the value', () => {
  const phrases = [
    refusal(textCodec, 'secret\0'),
    refusal(decimalCodec(1), 'secret'),
    refusal(integerCodec, 12345.5),
    refusal(jsonCodec, { secret: undefined }),
  ];
  expect(phrases.join()).not.toMatch(/secret|12345/);
});

test('-0 becomes 0', () => {
  expect(Object.is(there(integerCodec, -0), 0)).toBe(true);
  expect(Object.is(there(realCodec, -0), 0)).toBe(true);
  expect(there(decimalCodec(2), '-0')).toBe('0.00');
  expect(there(decimalCodec(0), -0)).toBe('0');
});

test('the extremes are kept', () => {
  expect(there(bigintCodec, 2n ** 63n - 1n)).toBe(2n ** 63n - 1n);
  expect(there(bigintCodec, -(2n ** 63n))).toBe(-(2n ** 63n));
  expect(bigintCodec.encode(-125n)).toBe('-125');
  expect(there(integerCodec, Number.MIN_SAFE_INTEGER)).toBe(Number.MIN_SAFE_INTEGER);
  expect(there(realCodec, Number.MIN_VALUE)).toBe(Number.MIN_VALUE);
  expect(there(timestampCodec, new Date(8.64e15))).toEqual(new Date(8.64e15));
  expect(there(decimalCodec(18), '-9.223372036854775808')).toBe('-9.223372036854775808');
  expect(there(decimalCodec(2), '92233720368547758.07')).toBe('92233720368547758.07');
});

test.each<[unknown, number, string]>([
  ['12.5', 2, '12.50'],
  ['-0.05', 2, '-0.05'],
  ['-0.00', 2, '0.00'],
  ['0007', 0, '7'],
  ['000.1', 1, '0.1'],
  ['0', 3, '0.000'],
  [12, 2, '12.00'],
  [-3, 0, '-3'],
])('decimal %s of scale %i reads as %s', (value, scale, text) => {
  expect(there(decimalCodec(scale), value)).toBe(text);
});

test('dates and bytes are copied both ways', () => {
  const bytes = Buffer.from([1, 2, 3]);
  const cell = bytesCodec.encode(bytes);
  bytes[0] = 9;
  const first = bytesCodec.decode(cell);
  first[1] = 9;
  const second = bytesCodec.decode(cell);
  expect(second).toEqual(new Uint8Array([1, 2, 3]));
  expect(Object.getPrototypeOf(second)).toBe(Uint8Array.prototype);
  const moment = timestampCodec.encode(new Date(5));
  timestampCodec.decode(moment).setTime(6);
  expect(timestampCodec.decode(moment)).toEqual(new Date(5));
});

test('a slice of bytes is kept without the rest of its buffer', () => {
  const cell = bytesCodec.encode(new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
  expect((cell as Uint8Array).buffer.byteLength).toBe(2);
});

test('json is deeply frozen, and what was given is not', () => {
  const given = { list: [{ a: 1 }], ['__proto__']: { polluted: true } };
  const read = there(jsonCodec, given) as typeof given;
  expect(read).toEqual(given);
  expect(Object.isFrozen(read.list[0])).toBe(true);
  expect(Object.isFrozen(given.list)).toBe(false);
  expect(there(jsonCodec, nested(500))).toEqual(nested(500));
  expect(there(jsonCodec, Object.assign(Object.create(null), { a: null }))).toEqual({ a: null });
});

test('one object in two places is no cycle', () => {
  const shared = { a: 1 };
  expect(there(jsonCodec, [shared, shared])).toEqual([{ a: 1 }, { a: 1 }]);
});

test('an integer beyond 2^53 in the database is an error, not a rounding', () => {
  expect(() => integerCodec.decode(2 ** 53)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
  expect(() => timestampCodec.decode(9e15)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
});

test('booleans have a rule that SQLite can keep', () => {
  expect(booleanCodec.rule?.('"capital"')).toBe('"capital" IN (0, 1)');
});
