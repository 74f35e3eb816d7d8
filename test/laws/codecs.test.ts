import { expect, test } from 'vitest';
import { addressOf, addressParts } from '../../src/schema/address.js';
import { type Codec, Refusal } from '../../src/schema/codec.js';
import { addressCodec } from '../../src/schema/codecs/address.js';
import { bigintCodec } from '../../src/schema/codecs/bigint.js';
import { booleanCodec } from '../../src/schema/codecs/boolean.js';
import { bytesCodec } from '../../src/schema/codecs/bytes.js';
import { decimalCodec } from '../../src/schema/codecs/decimal.js';
import { integerCodec } from '../../src/schema/codecs/integer.js';
import { jsonCodec } from '../../src/schema/codecs/json.js';
import { realCodec } from '../../src/schema/codecs/real.js';
import { textCodec } from '../../src/schema/codecs/text.js';
import { timestampCodec } from '../../src/schema/codecs/timestamp.js';
import { anyCharacter, cases, fc } from '../support/chance.js';

const there = (codec: Codec, value: unknown): unknown => codec.decode(codec.encode(value));
const wellFormed = fc.string({ unit: anyCharacter }).filter((text) => !text.includes('\0'));

const uids = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 });
const storeIds = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const kept: [Codec, fc.Arbitrary<unknown>][] = [
  [textCodec, wellFormed],
  [integerCodec, fc.maxSafeInteger()],
  [bigintCodec, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [realCodec, fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)],
  [booleanCodec, fc.boolean()],
  [timestampCodec, fc.date({ noInvalidDate: true })],
  [bytesCodec, fc.uint8Array()],
  [addressCodec, fc.tuple(uids, storeIds).map(([uid, storeId]) => addressOf(uid, storeId))],
];

test('address: it gives back the uid and the id that it was made of', () => {
  fc.assert(
    fc.property(uids, storeIds, (uid, storeId) => {
      expect(addressParts(addressOf(uid, storeId))).toEqual({ uid, storeId });
    }),
  );
});

test('address: there is one text for each, so that equal texts are equal addresses', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789.e+- '), maxLength: 18 });
  const separators = fc.constantFrom('/', '//', ':', '');
  fc.assert(
    fc.property(uids, separators, digits, (uid, separator, id) => {
      const text = `${uid}${separator}${id}`;
      const parts = addressParts(text);
      expect(parts === undefined ? text : addressOf(parts.uid, parts.storeId)).toBe(text);
    }),
    { numRuns: cases(500) },
  );
});

test.each(kept)('$name: what is put in comes back', (codec, values) => {
  fc.assert(
    fc.property(values, (value) => {
      expect(there(codec, value)).toEqual(value);
      expect(codec.encode(there(codec, value)), 'and gives the same cell again').toEqual(codec.encode(value));
    }),
  );
});

test('json: what is put in comes back', () => {
  const values = fc.jsonValue({ stringUnit: anyCharacter }).filter((value) => value !== null);
  fc.assert(
    fc.property(values, (value) => {
      // -0 is kept as 0, inside JSON too.
      expect(there(jsonCodec, value)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('json: whatever JSON.stringify would change is refused', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true }), (value) => {
      let cell: unknown;
      try {
        cell = jsonCodec.encode(value);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      expect(withoutMinusZero(jsonCodec.decode(cell as string))).toEqual(withoutMinusZero(value));
    }),
    { numRuns: cases(500) },
  );
});

function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutMinusZero(part)]));
}

test('decimal: canonical text comes back, and its cell is the exact number of its last digits', () => {
  const scales = fc.integer({ min: 0, max: 18 });
  const digits = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(scales, digits, (scale, value) => {
      const codec = decimalCodec(scale);
      const text = codec.decode(value.toString());
      expect(codec.encode(text)).toBe(value.toString());
      expect(text).toMatch(scale === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${scale}}$`));
      expect(text).not.toMatch(/^-[0.]+$/);
    }),
  );
});

test('text: encoding UTF-8 loses nothing of what is accepted', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 1, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
      (text) => {
        const isKept = Buffer.from(text, 'utf8').toString('utf8') === text;
        expect(isAccepted(text)).toBe(isKept);
      },
    ),
  );
});

function isAccepted(text: string): boolean {
  try {
    textCodec.encode(text);
    return true;
  } catch {
    return false;
  }
}
