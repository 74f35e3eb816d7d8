import { CorollaryError, kindOf } from '../../errors.js';
import { Item } from '../../item/item.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import { PowerupTarget } from '../../item/powerup-target.js';
import type { StoreCore } from '../../store/store-core.js';
import { assertStored, named } from '../checks.js';
import { storePowersOf } from '../store-powers.js';

/** Where items are installed: on an item, or on its store. */
export interface Place {
  readonly core: StoreCore;
  /** Null for the store itself. */
  readonly item: Item | null;
  /** What users call it. */
  readonly target: KeepingStore | Item;
  /** How messages name it. */
  readonly name: string;
}

/** The place that an installation of the store says. */
export function placeOf(core: StoreCore, item: Item | null): Place {
  const { place } = core.file;
  return { core, item, target: item ?? core.face, name: item === null ? place : `${named(item)} in ${place}` };
}

/** The place that somebody gave. @throws CorollaryError INVALID_VALUE, WRONG_STORE, ITEM_GONE */
export function checkedPlace(core: StoreCore, target: unknown): Place {
  if (target === core.face) return placeOf(core, null);
  if (!(target instanceof PowerupTarget))
    throw new CorollaryError('INVALID_VALUE', `Items are installed on a store or an item, not on ${kindOf(target)}`);
  if (!(target instanceof Item) || target.store !== core.face) throw wrongStore(core, target);
  assertInstallable(target);
  return placeOf(core, target);
}

function wrongStore(core: StoreCore, target: PowerupTarget): CorollaryError {
  const { place } = core.file;
  const what = target instanceof Item ? `${named(target)} is not an item of ${place}` : `The target is not ${place}`;
  const message = `${what}: an item is installed on its own store, or on an item of that`;
  return new CorollaryError('WRONG_STORE', message, { store: place });
}

/** An item that somebody gave. @throws CorollaryError INVALID_VALUE */
export function checkedItem(item: unknown): Item {
  if (item instanceof Item) return item;
  throw new CorollaryError('INVALID_VALUE', `What is installed is an item, not ${kindOf(item)}`);
}

/** The store of an item that is to be installed or uninstalled. @throws CorollaryError STORE_CLOSED, READ_ONLY, ITEM_GONE */
export function writableStoreOf(item: Item): StoreCore {
  const { core } = storePowersOf(item);
  core.assertWritable();
  assertInstallable(item);
  return core;
}

/** @throws CorollaryError ITEM_GONE */
export function assertInstallable(item: Item): void {
  assertStored(item, 'it can neither be installed nor have anything installed on it');
}
