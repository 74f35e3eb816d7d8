import {
  bigint,
  boolean,
  bytes,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  json,
  real,
  type Store,
  text,
  timestamp,
} from 'corollary';
import { type AxiomTypes, importAxiom, mapTo } from 'corollary/axiom';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore } from '../support/a-store.js';
import { type AxiomCell, inAxiomDatabase, writeAxiomStore } from '../support/axiom-store.js';

// What each attribute of Axiom becomes.

@item('kept')
class Kept extends Item {
  @integer({ nullable: true }) declare whole: number | null;
  @bigint({ nullable: true }) declare large: bigint | null;
  @real({ nullable: true }) declare weight: number | null;
  @boolean({ nullable: true }) declare flag: boolean | null;
  @text({ nullable: true }) declare title: string | null;
  @bytes({ nullable: true }) declare blob: Uint8Array | null;
  @json({ nullable: true }) declare words: string[] | null;
  @text({ nullable: true }) declare path: string | null;
  @decimal({ scale: 2, nullable: true }) declare price: Decimal | null;
  @decimal({ scale: 0, nullable: true }) declare points: Decimal | null;
  @timestamp({ nullable: true }) declare at: Date | null;
  @bigint({ nullable: true }) declare exactly: bigint | null;
}

const into = (attribute: string, kind: string, cells: readonly AxiomCell[], types: AxiomTypes = { kept: Kept }) => {
  const rows = Object.fromEntries(cells.map((cell, i) => [i + 1, [cell]]));
  const directory = writeAxiomStore(aDirectory(), {
    types: [{ name: 'kept', attributes: { [attribute]: kind }, items: rows }],
  });
  const store = aMemoryStore();
  const report = importAxiom(directory, { into: store, types });
  return { store, report };
};
const all = (store: Store) => store.query(Kept).all();
const refused = (attribute: string, kind: string, cell: AxiomCell) =>
  refusal(() => into(attribute, kind, [cell])).message.replace(/^.*cannot be imported: /, '');

test('integers are taken over, and null', () => {
  const { store } = into('whole', 'integer', [0, -5, 2n ** 53n - 1n, null]);
  expect(all(store).map((one) => one.whole)).toEqual([0, -5, 2 ** 53 - 1, null]);
});

test('integers of 64 bits fit a bigint exactly', () => {
  const { store } = into('large', 'integer', [2n ** 63n - 1n, -(2n ** 63n)]);
  expect(all(store).map((one) => one.large)).toEqual([2n ** 63n - 1n, -(2n ** 63n)]);
});

test('an integer beyond 2^53 is no integer()', () => {
  expect(refused('whole', 'integer', 2n ** 53n)).toBe(
    'kept: whole holds an integer beyond 2^53: it needs a bigint() (item 1)',
  );
});

test('booleans are taken over, and integers that are 0 or 1', () => {
  expect(all(into('flag', 'boolean', [1, 0, null]).store).map((one) => one.flag)).toEqual([true, false, null]);
  expect(all(into('flag', 'integer', [1, 0]).store).map((one) => one.flag)).toEqual([true, false]);
  expect(refused('flag', 'integer', 2)).toBe('kept: flag holds another whole number where 0 or 1 should be (item 1)');
});

test('texts are taken over as they are', () => {
  const { store } = into('title', 'text', ['', 'Zażółć 🙂', '\ufffd']);
  expect(all(store).map((one) => one.title)).toEqual(['', 'Zażółć 🙂', '\ufffd']);
});

test('bytes are taken over as they are', () => {
  const { store } = into('blob', 'bytes', [new Uint8Array([0, 255]), new Uint8Array()]);
  expect(all(store).map((one) => one.blob)).toEqual([new Uint8Array([0, 255]), new Uint8Array()]);
});

test('text lists become JSON, empty ones too', () => {
  const { store } = into('words', 'textlist', ['\u0002\u001fa\u001fb', '\u0002', '\u0002\u001f', null]);
  expect(all(store).map((one) => one.words)).toEqual([['a', 'b'], [], [''], null]);
});

test('text lists that were written without a guard are read as Axiom reads them', () => {
  const { store } = into('words', 'textlist', ['foo\u001fbar', 'foo', '']);
  expect(all(store).map((one) => one.words)).toEqual([['foo', 'bar'], ['foo'], ['']]);
});

test('paths become texts, relative to the files', () => {
  expect(all(into('path', 'path', ['covers/heart.txt']).store)[0]?.path).toBe('covers/heart.txt');
});

test('decimals keep every digit', () => {
  expect(all(into('price', 'point2decimal', [10, -5, 0]).store).map((one) => one.price)).toEqual([
    '0.10',
    '-0.05',
    '0.00',
  ]);
  expect(all(into('price', 'point1decimal', [15]).store)[0]?.price).toBe('1.50');
  expect(all(into('price', 'money', [49_500]).store)[0]?.price).toBe('4.95');
  expect(all(into('points', 'point10decimal', [3n * 10n ** 10n]).store)[0]?.points).toBe('3');
});

test('a decimal with more digits than the attribute is refused', () => {
  expect(refused('price', 'money', 49_501)).toBe('kept: price takes at most 2 digits after the point (item 1)');
});

test('a decimal beyond 64 bits is refused', () => {
  expect(refused('price', 'point1decimal', 2n ** 62n)).toMatch(/^kept: price takes decimals .* only up to 64 bits/);
});

test('moments become dates of the millisecond that they lie in, and the report says how many lose something', () => {
  const { store, report } = into('at', 'timestamp', [646_790_400_000_001, -1, 5000]);
  expect(all(store).map((one) => one.at?.getTime())).toEqual([646_790_400_000, -1, 5]);
  expect(report.stores[0]?.types[0]?.notes).toEqual([
    { attribute: 'at', message: 'loses its microseconds; a bigint() attribute would keep them', items: 2 },
  ]);
});

test('a bigint keeps the microseconds of a moment', () => {
  expect(all(into('exactly', 'timestamp', [646_790_400_000_001]).store)[0]?.exactly).toBe(646_790_400_000_001n);
});

test('a moment beyond the range of Date is refused', () => {
  expect(refused('at', 'timestamp', 2n ** 63n - 1n)).toBe('kept: at takes a valid Date, not an invalid one (item 1)');
});

test('floating-point numbers are taken over, but no infinity', () => {
  expect(all(into('weight', 'ieee754_double', [0.125, -0.1]).store).map((one) => one.weight)).toEqual([0.125, -0.1]);
  expect(refused('weight', 'ieee754_double', Number.POSITIVE_INFINITY)).toBe(
    'kept: weight takes a finite number, not an infinity (item 1)',
  );
});

test('what is of another kind is not guessed', () => {
  expect(refused('title', 'integer', 1)).toBe('kept: title is text, and in Axiom integer: give it in values (item 1)');
  expect(refused('title', 'timezone', 1)).toBe(
    'kept: title is text, and in Axiom timezone: give it in values (item 1)',
  );
});

test('a cell that is not of its column is refused', () => {
  expect(refused('title', 'text', new Uint8Array([1]))).toBe('kept: title holds bytes where a text should be (item 1)');
  expect(refused('whole', 'integer', 'seven')).toBe('kept: whole holds a text where a whole number should be (item 1)');
});

test('a text that is not UTF-8 is refused, and its bytes can be read', () => {
  const malformed = writeAxiomStore(aDirectory(), {
    types: [{ name: 'kept', attributes: { title: 'text' }, items: { 1: ['x'] } }],
  });
  inAxiomDatabase(malformed, (database) => database.exec("UPDATE item_kept_v1 SET title = CAST(X'61EDA080' AS TEXT)"));
  const importing = (types: AxiomTypes) => {
    const store = aMemoryStore();
    importAxiom(malformed, { into: store, types });
    return all(store)[0]?.title;
  };
  expect(refusal(() => importing({ kept: Kept })).message).toContain(
    'title holds a text that is not UTF-8 where a text should be (item 1)',
  );
  const latin = mapTo(Kept, { values: (row) => ({ title: Buffer.from(row.bytes('title') ?? []).toString('hex') }) });
  expect(importing({ kept: latin })).toBe('61eda080');
});
