import { CorollaryError, kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';

/** Moments, as milliseconds since 1970. Every read gives a Date of its own. */
export const timestampCodec: Codec<Date> = {
  name: 'timestamp',
  columnType: 'INTEGER',
  ordered: true,
  encode(value) {
    if (!(value instanceof Date)) throw new Refusal(`takes a Date, not ${kindOf(value)}`);
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw new Refusal('takes a valid Date, not an invalid one');
    return ms;
  },
  decode(cell) {
    const date = new Date(cell as number);
    if (!Number.isNaN(date.getTime())) return date;
    throw new CorollaryError('OUT_OF_RANGE', 'The database holds a timestamp beyond the range of Date');
  },
};
