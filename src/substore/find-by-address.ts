import { CorollaryError } from '../errors.js';
import type { Item } from '../item/item.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { type AddressParts, addressParts } from '../schema/address.js';
import { findById, getById } from '../store/load.js';
import type { Branch } from './branch.js';
import { findStore } from './find-store.js';

/**
 * The item at an address, whatever store of the tree it is in; undefined when it is not there.
 * @throws CorollaryError INVALID_VALUE, OUTSIDE_TREE, UNKNOWN_TYPE
 */
export function findByAddress<S extends KeepingStore>(from: Branch<S>, address: string): Item | undefined {
  const { uid, storeId } = checkedAddress(address);
  const holder = holderOf(from, uid);
  return holder && findById(holder.core, storeId);
}

/** The same. @throws CorollaryError NOT_FOUND naming what is not there: the store, or the item in it. */
export function getByAddress<S extends KeepingStore>(from: Branch<S>, address: string): Item {
  const { uid, storeId } = checkedAddress(address);
  const holder = holderOf(from, uid);
  if (holder !== undefined) return getById(holder.core, storeId);
  const { place } = from.root.core.file;
  throw new CorollaryError(
    'NOT_FOUND',
    `There is no store with uid ${uid} in the tree of ${place}: it was deleted, or exported to another root`,
    { store: place, storeId },
  );
}

function checkedAddress(address: string): AddressParts {
  const parts = addressParts(address);
  if (parts !== undefined) return parts;
  throw new CorollaryError(
    'INVALID_VALUE',
    "An item is found by its storeId or by an address ('<uid of a store>/<storeId>', in small letters), not by another text",
  );
}

/** The store with a uid, whether it lies above, below or beside. A part that was opened alone cannot know of others. */
function holderOf<S extends KeepingStore>(from: Branch<S>, uid: string): Branch<S> | undefined {
  from.core.assertOpen();
  if (from.core.file.uid === uid) return from;
  const { root } = from;
  const holder = findStore(root, uid);
  if (holder !== undefined || root.core.file.parentUid === '') return holder;
  const { place } = root.core.file;
  throw new CorollaryError(
    'OUTSIDE_TREE',
    `${place} is a part that was opened alone, and holds no store with uid ${uid}: the address leads out of it. Open the root above it`,
    { store: place },
  );
}
