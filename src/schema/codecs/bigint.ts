import { CorollaryError, kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';
import type { Cell } from '../value.js';

/** True for what SQLite's INTEGER holds: -2^63 to 2^63 - 1. */
export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** The number in a cell of int64 as decimal text. @throws CorollaryError CORRUPT where a damaged file holds something else */
export function wholeNumber(cell: Exclude<Cell, null>): bigint {
  try {
    return BigInt(cell as string);
  } catch {
    throw new CorollaryError('CORRUPT', 'The database holds no whole number there: it is damaged, restore a backup');
  }
}

/** Whole numbers of 64 bits. */
export const bigintCodec: Codec<bigint> = {
  name: 'bigint',
  columnType: 'INTEGER',
  asText: true,
  ordered: true,
  arithmetic: 'bigint',
  encode(value) {
    if (typeof value !== 'bigint') throw new Refusal(`takes a bigint, not ${kindOf(value)}`);
    if (!isInt64(value)) throw new Refusal('takes a bigint of 64 bits, not a larger one');
    return value.toString();
  },
  decode: wholeNumber,
};
