import type { Address } from './attribute-types.js';

/** An address taken apart. */
export interface AddressParts {
  /** Of the store. */
  readonly uid: string;
  readonly storeId: number;
}

const FORM = /^([0-9a-f]{32})\/([1-9][0-9]{0,15})$/;

/** The address of the item with an id in the store with a uid. */
export function addressOf(uid: string, storeId: number): Address {
  return `${uid}/${storeId}` as Address;
}

/** What an address says; undefined for texts that are none. Each item has one address only: 'A' is no digit of it. */
export function addressParts(text: string): AddressParts | undefined {
  const [, uid, digits] = FORM.exec(text) ?? [];
  const storeId = Number(digits);
  return uid !== undefined && Number.isSafeInteger(storeId) ? { uid, storeId } : undefined;
}
