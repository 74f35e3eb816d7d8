import { kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';

/** True and false, as 1 and 0. */
export const booleanCodec: Codec<boolean> = {
  name: 'boolean',
  columnType: 'INTEGER',
  ordered: true,
  rule: (column) => `${column} IN (0, 1)`,
  encode(value) {
    if (typeof value !== 'boolean') throw new Refusal(`takes a boolean, not ${kindOf(value)}`);
    return value ? 1 : 0;
  },
  decode: (cell) => cell !== 0,
};
