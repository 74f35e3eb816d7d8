import { kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';

/** Bytes. Copied on the way in and on every read, and never a Buffer when read. */
export const bytesCodec: Codec<Uint8Array> = {
  name: 'bytes',
  columnType: 'BLOB',
  ordered: true,
  encode(value) {
    if (!(value instanceof Uint8Array)) throw new Refusal(`takes a Uint8Array, not ${kindOf(value)}`);
    return new Uint8Array(value);
  },
  decode: (cell) => new Uint8Array(cell as Uint8Array),
};
