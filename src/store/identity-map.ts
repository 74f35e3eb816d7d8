import type { Item } from '../item/item.js';
import { WeakValues } from './weak-values.js';

/** One object per stored item, by id: whoever asks gets the object that others hold. */
export type IdentityMap = WeakValues<number, Item>;

export function newIdentityMap(): IdentityMap {
  return new WeakValues();
}
