import { kindOf } from '../../errors.js';
import { addressParts } from '../address.js';
import type { Address } from '../attribute-types.js';
import { type Codec, Refusal } from '../codec.js';

/** Addresses, as their text. Whether anything is there is no matter of the cell: it may come later, and go. */
export const addressCodec: Codec<Address> = {
  name: 'address',
  columnType: 'TEXT',
  ordered: true,
  // Copying a subtree rewrites the first 32 characters. In pieces, because some engines take short patterns only.
  rule: (column) =>
    `substr(${column}, 1, 32) NOT GLOB '*[^0-9a-f]*' AND substr(${column}, 33, 2) GLOB '/[1-9]' ` +
    `AND substr(${column}, 34) NOT GLOB '*[^0-9]*' AND length(${column}) <= 49`,
  encode(value) {
    if (typeof value !== 'string') throw new Refusal(`takes an address, not ${kindOf(value)}: use item.address`);
    if (addressParts(value) === undefined)
      throw new Refusal("takes an address ('<uid of a store>/<storeId>', in small letters), not another text");
    return value;
  },
  decode: (cell) => cell as Address,
};
