import { CorollaryError } from '../errors.js';
import type { Cell } from './value.js';

/** The column types of a STRICT table that attributes use. */
export type ColumnType = 'TEXT' | 'INTEGER' | 'REAL' | 'BLOB';

/**
 * How values of one attribute type become cells and come back. Pure: the same value gives the same cell in every
 * store. `encode` refuses by throwing a {@link Refusal}; whatever it accepts, `decode(encode(v))` equals v.
 */
export interface Codec<V = unknown> {
  /** Written into the file as the attribute's type, with its parameters: 'text', 'decimal(2)'. Never changes. */
  readonly name: string;
  readonly columnType: ColumnType;
  /** True when the cell is int64 as decimal text: SQL casts on the way in and out, so that nothing is rounded. */
  readonly asText?: boolean;
  /** True when smaller, larger, smallest and largest mean something. */
  readonly ordered: boolean;
  /** How sums and averages are formed; absent where they mean nothing. */
  readonly arithmetic?: 'integer' | 'bigint' | 'real' | 'decimal';
  /** Digits after the point, for decimals. */
  readonly scale?: number;
  /** True for text: `startsWith`, `contains`, `like` apply. */
  readonly textual?: boolean;
  /** True when equality of cells is not equality of values (json): `eq` and `in` are then refused. */
  readonly incomparable?: boolean;
  /** True when decoding is costly and its result immutable, so that items keep it. */
  readonly memoized?: boolean;
  /** A rule for the column in SQLite, given its quoted name, so that no other program can break it. */
  readonly rule?: (column: string) => string;
  encode(value: unknown): Exclude<Cell, null>;
  decode(cell: Exclude<Cell, null>): V;
}

/** Why a value is refused, as a phrase that follows an attribute's name: 'takes a finite number, not a string'. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/**
 * The cell of a value. Some values are programs: what a Proxy, a getter or a method of its own throws while the value is
 * looked at is a reason to refuse it.
 * @throws Refusal
 */
export function cellOf(codec: Codec, value: unknown): Exclude<Cell, null> {
  try {
    return codec.encode(value);
  } catch (error) {
    if (error instanceof Refusal || error instanceof CorollaryError) throw error;
    throw new Refusal('takes no value that throws an error when it is read', { cause: error });
  }
}
