import { CorollaryError } from '../errors.js';
import type { Item } from '../item/item.js';

// How many `activate` hooks are running in this thread, one inside another.
let activating = 0;

/** Calls an item's `activate`, which may read but not write, in whatever store. */
export function activate(item: Item): void {
  activating++;
  try {
    item.activate();
  } finally {
    activating--;
  }
}

/** @throws CorollaryError READ_ONLY while an `activate` hook runs. */
export function assertNotActivating(place: string): void {
  if (activating === 0) return;
  throw new CorollaryError(
    'READ_ONLY',
    `${place}: activate() may not write, since it runs whenever an item is loaded; write in stored(), or where the item is used`,
    { store: place },
  );
}
