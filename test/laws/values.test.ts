import {
  bigint,
  boolean,
  bytes,
  CorollaryError,
  type Decimal,
  type Default,
  decimal,
  Item,
  integer,
  item,
  json,
  real,
  Store,
  text,
  timestamp,
} from 'corollary';
import { expect, test } from 'vitest';
import { aDirectory } from '../support/a-store.js';
import { anyCharacter, cases, fc } from '../support/chance.js';

@item('sample')
class Sample extends Item {
  @text({ default: '' }) declare word: Default<string>;
  @text({ default: '', collate: 'nocase' }) declare name: Default<string>;
  @integer({ default: 0 }) declare count: Default<number>;
  @bigint({ default: 0n }) declare large: Default<bigint>;
  @real({ default: 0 }) declare weight: Default<number>;
  @boolean({ default: false }) declare flag: Default<boolean>;
  @timestamp({ default: new Date(0) }) declare at: Default<Date>;
  @bytes({ default: new Uint8Array() }) declare raw: Default<Uint8Array>;
  @json({ default: {} }) declare doc: Default<unknown & {}>;
  @decimal({ scale: 0, default: 0 }) declare whole: Default<Decimal>;
  @decimal({ scale: 2, default: 0 }) declare price: Default<Decimal>;
  @decimal({ scale: 18, default: 0 }) declare exact: Default<Decimal>;
}
type Key = Exclude<keyof Sample, keyof Item>;

const wellFormed = fc.string({ unit: anyCharacter }).filter((value) => !value.includes('\0'));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const decimalOf = (scale: number) =>
  int64.map((digits) => {
    const sign = digits < 0n ? '-' : '';
    const all = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
    return scale === 0 ? `${sign}${all}` : `${sign}${all.slice(0, -scale)}.${all.slice(-scale)}`;
  });

const GOOD: Readonly<Record<Key, fc.Arbitrary<unknown>>> = {
  word: wellFormed,
  name: wellFormed,
  count: fc.maxSafeInteger(),
  large: int64,
  weight: fc.double({ noNaN: true, noDefaultInfinity: true }),
  flag: fc.boolean(),
  at: fc.date({ noInvalidDate: true }),
  raw: fc.uint8Array(),
  doc: fc.jsonValue({ stringUnit: anyCharacter }).filter((value) => value !== null),
  whole: decimalOf(0),
  price: decimalOf(2),
  exact: decimalOf(18),
};
const KEYS = Object.keys(GOOD) as Key[];

/** Everything that a program could hand over by mistake, next to what the attribute takes. */
const WILD = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  }),
  fc.string({ unit: anyCharacter }),
  fc.constantFrom('\ud800', 'a\0', 2 ** 53, -(2 ** 53), -0, 2n ** 63n, '1.005', '-0.00', '1e2', ' 1', null, undefined),
);

/** -0 is kept as 0. */
function withoutMinusZero(value: unknown): unknown {
  if (typeof value === 'number') return value + 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, withoutMinusZero(inner)]));
}

/** What one new item and one changed item show for each value, before and after the store is opened again. */
function beforeAndAfter(directory: string, key: Key, values: readonly unknown[]): [unknown[], unknown[]] {
  const options = { types: [Sample], durability: 'relaxed' } as const;
  const place = `${directory}/${key}-${places++}`;
  const store = Store.open(place, options);
  const items = store.transact(() =>
    values.flatMap((value) => {
      const changed = store.create(Sample, {});
      Object.assign(changed, { [key]: value });
      return [changed, store.create(Sample, { [key]: value })];
    }),
  );
  const before = items.map((one) => one[key]);
  store.close();
  const again = Store.open(place, options);
  const after = items.map(({ storeId }) => again.get(Sample, storeId)[key]);
  again.close();
  return [before, after];
}
let places = 0;

test.each(KEYS)('%s: reading what was assigned gives what reopening gives, and that is what was put in', (key) => {
  const directory = aDirectory();
  const lists = fc.array(GOOD[key], { minLength: 1, maxLength: 60 });

  fc.assert(
    fc.property(lists, (values) => {
      const [before, after] = beforeAndAfter(directory, key, values);

      const put = values.flatMap((value) => [withoutMinusZero(value), withoutMinusZero(value)]);
      expect(before).toEqual(put);
      expect(after).toEqual(before);
    }),
    { numRuns: cases(12) },
  );
});

test.each(KEYS)('%s: whatever is assigned is kept as it is or refused with the old value kept', (key) => {
  const directory = aDirectory();
  const place = `${directory}/a.store`;
  const store = Store.open(place, { durability: 'relaxed' });
  const shown = store.transact(() => {
    const kept: [Sample, unknown][] = [];
    fc.assert(
      fc.property(GOOD[key], fc.oneof(WILD, GOOD[key]), (first, value) => {
        const sample = store.create(Sample, { [key]: first });
        const old = sample[key];
        kept.push([sample, assigned(sample, key, value) ? withoutMinusZero(value) : old]);
        expect(sample[key]).toEqual(sample[key]);
      }),
      { numRuns: cases(100) },
    );
    return kept.map(([sample, wanted]) => ({ id: sample.storeId, now: sample[key], wanted }));
  });
  store.close();

  const again = Store.open(place);
  const reopened = shown.map(({ id }) => again.get(Sample, id)[key]);
  again.close();
  expect(reopened).toEqual(shown.map(({ now }) => now));
  expect(shown.map(({ now }) => comparable(now))).toEqual(shown.map(({ wanted }) => comparable(wanted, key)));
});

/** True when the value was taken; anything but a refusal of the library fails the test. */
function assigned(sample: Sample, key: Key, value: unknown): boolean {
  try {
    Object.assign(sample, { [key]: value });
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(CorollaryError);
    expect((error as CorollaryError).code).toBe('INVALID_VALUE');
    return false;
  }
}

const SCALES: Partial<Record<Key, number>> = { whole: 0, price: 2, exact: 18 };

/** Decimals as counts of their last digit, so that '1', 1 and '1.00' are one value; bytes without their class. */
function comparable(value: unknown, key?: Key): unknown {
  const scale = key === undefined ? undefined : SCALES[key];
  if (scale !== undefined) return canonical(String(value), scale);
  return value instanceof Uint8Array ? [...value] : value;
}

function canonical(value: string, scale: number): string {
  const [whole = '', fraction = ''] = value.replace('-', '').split('.');
  const digits = BigInt(whole + fraction.padEnd(scale, '0'));
  const all = digits.toString().padStart(scale + 1, '0');
  const sign = value.startsWith('-') && digits !== 0n ? '-' : '';
  return scale === 0 ? `${sign}${all}` : `${sign}${all.slice(0, -scale)}.${all.slice(-scale)}`;
}
