import { Item } from 'corollary';
import { expect } from 'vitest';
import type { Kind, Row } from './world.js';

// How values compare, as plain functions: the words of the documentation, not those of SQL.

const utf8 = (text: string) => Buffer.from(text, 'utf8');
export const folded = (text: string) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Decimals as whole numbers of their last digits. */
export function digitsOf(decimal: string, scale: number): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}
export const scaleOf = (kind: Kind) => Number(kind.slice('decimal'.length));
export function decimalOf(digits: bigint, scale: number): string {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  const point = text.length - scale;
  return `${digits < 0n ? '-' : ''}${text.slice(0, point)}${scale > 0 ? '.' : ''}${text.slice(point)}`;
}

/** What lies in JSON as conditions and orders see it. */
export function compared(value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** A value in a form that `<` and `===` compare rightly within its kind. */
function comparable(kind: Kind, given: unknown): number | bigint | Buffer {
  const value = kind.startsWith('json') ? compared(given) : given;
  if (kind.startsWith('decimal')) return digitsOf(value as string, scaleOf(kind));
  if (typeof value === 'string') return utf8(kind === 'nocase' ? folded(value) : value);
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'object') return (value as Row).serial;
  return typeof value === 'boolean' ? Number(value) : (value as number | bigint);
}

/** Below zero when `a` comes before `b`, of two values that are not null: numbers come before texts. */
export function compare(kind: Kind, a: unknown, b: unknown): number {
  const [x, y] = [comparable(kind, a), comparable(kind, b)];
  if (Buffer.isBuffer(x) && Buffer.isBuffer(y)) return Buffer.compare(x, y);
  if (Buffer.isBuffer(x) || Buffer.isBuffer(y)) return Buffer.isBuffer(x) ? 1 : -1;
  return x < y ? -1 : Number(x > y);
}

/** True for two nulls, too. */
export function same(kind: Kind, a: unknown, b: unknown): boolean {
  return a === null || b === null ? a === b : compare(kind, a, b) === 0;
}

/** The same with null, which comes first unless said otherwise. */
export function compareNullable(kind: Kind, a: unknown, b: unknown, nulls: 'first' | 'last' = 'first'): number {
  if (a !== null && b !== null) return compare(kind, a, b);
  return (Number(a === null) - Number(b === null)) * (nulls === 'first' ? -1 : 1);
}

/** An answer, of a store or of the model, in a form that can be compared and printed. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array) return `bytes ${[...value]}`;
  if (value instanceof Item || isRow(value)) return `${typeNameOf(value)} ${(value as Row).serial}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  }
  return typeof value === 'number' ? value + 0 : value; // there is one zero
}

// Sums and averages of reals depend on the order of adding. What is drawn is small, so that it is lost in the last digits only.
const ROUGHLY = 1e-6;
const isFraction = (value: unknown): value is number => typeof value === 'number' && !Number.isSafeInteger(value);
expect.addEqualityTesters([
  (a: unknown, b: unknown) => {
    if (typeof a !== 'number' || typeof b !== 'number' || !(isFraction(a) || isFraction(b))) return undefined;
    return Math.abs(a - b) <= ROUGHLY * Math.max(1, Math.abs(a) * ROUGHLY);
  },
]);

const isRow = (value: unknown) => typeof value === 'object' && value !== null && 'serial' in value && 'type' in value;
const typeNameOf = (value: unknown) =>
  isRow(value) ? (value as Row).type : (value as Item).constructor.name.toLowerCase();

/** What an act gives, or the code of the error that it throws. */
export function outcome(act: () => unknown): unknown {
  try {
    return plain(act());
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'OUT_OF_RANGE') return code;
    throw error;
  }
}
