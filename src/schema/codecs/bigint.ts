import { kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';

/** True for what SQLite's INTEGER holds: -2^63 to 2^63 - 1. */
export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
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
  decode: (cell) => BigInt(cell as string),
};
