import { CorollaryError, kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';

/** Whole numbers that JavaScript's number holds exactly. */
export const integerCodec: Codec<number> = {
  name: 'integer',
  columnType: 'INTEGER',
  ordered: true,
  arithmetic: 'integer',
  encode(value) {
    if (typeof value !== 'number') throw new Refusal(`takes a number, not ${kindOf(value)}`);
    if (!Number.isSafeInteger(value)) throw new Refusal(`takes a safe integer, not ${kindOf(value)}`);
    return value === 0 ? 0 : value; // -0 becomes 0
  },
  decode(cell) {
    if (Number.isSafeInteger(cell)) return cell as number;
    throw new CorollaryError(
      'OUT_OF_RANGE',
      'The database holds an integer beyond 2^53 where the attribute is an integer(): make it a bigint()',
    );
  },
};
