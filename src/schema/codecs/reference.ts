import type { Codec } from '../codec.js';
import { integerCodec } from './integer.js';

/** The id of an item of the same store. Which items are allowed is no matter of the cell: the item room checks it. */
export const referenceCodec: Codec<number> = {
  name: 'reference',
  columnType: 'INTEGER',
  ordered: false,
  encode: integerCodec.encode,
  decode: integerCodec.decode,
};
