import { kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';

/** Finite numbers of double precision. */
export const realCodec: Codec<number> = {
  name: 'real',
  columnType: 'REAL',
  ordered: true,
  arithmetic: 'real',
  encode(value) {
    if (typeof value !== 'number') throw new Refusal(`takes a number, not ${kindOf(value)}`);
    if (!Number.isFinite(value)) throw new Refusal(`takes a finite number, not ${kindOf(value)}`);
    return value === 0 ? 0 : value; // -0 becomes 0
  },
  decode: (cell) => cell as number,
};
