import { kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';

/** What strings have since ES2024, and every Node that we run on has: five times as fast as a regular expression. */
interface WellFormed {
  isWellFormed(): boolean;
}

/** False for texts with half a surrogate pair: UTF-8 cannot hold them, so they would come back changed. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormed).isWellFormed();
}

/** Text, kept as it is. */
export const textCodec: Codec<string> = {
  name: 'text',
  columnType: 'TEXT',
  ordered: true,
  textual: true,
  encode(value) {
    if (typeof value !== 'string') throw new Refusal(`takes a string, not ${kindOf(value)}`);
    if (!isWellFormed(value)) throw new Refusal('takes well-formed text, not one with a lone surrogate');
    // SQLite's own functions stop at NUL, so that such a text would be found by some queries only.
    if (value.includes('\0')) throw new Refusal('takes text without NUL characters');
    return value;
  },
  decode: (cell) => cell as string,
};
