import { kindOf } from '../errors.js';
import { type Codec, Refusal } from '../schema/codec.js';
import { parsedJson } from '../schema/codecs/json.js';
import { isWellFormed } from '../schema/codecs/text.js';
import type { Cell } from '../schema/value.js';

/**
 * A value inside a json attribute, as SQL compares it: a text or a number as such, true and false as 1 and 0, an object
 * as its JSON text. Where the place is missing or holds null, it is null.
 */
export const jsonValueCodec: Codec = {
  name: 'json value',
  columnType: 'TEXT',
  ordered: true,
  textual: true,
  arithmetic: 'real',
  encode(value) {
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
    // Unlike a text attribute, JSON holds NUL.
    if (typeof value === 'string' && isWellFormed(value)) return value;
    throw new Refusal(`takes a text, a finite number, true or false, not ${kindOf(value)}`);
  },
  decode: (cell) => cell,
};

/** What lies in JSON, read as such, in the form in which it is compared. */
export function comparedJson(cell: string): Exclude<Cell, null> {
  const value: unknown = parsedJson(cell);
  return typeof value === 'object' ? cell : jsonValueCodec.encode(value);
}
