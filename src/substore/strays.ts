import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { databaseFile, inspect } from '../store/directory.js';
import { statOf } from '../store/disk.js';
import { type Header, readHeader } from '../store/header.js';
import type { StoreSettings } from '../store/settings.js';
import { visitStore } from '../store/visit-store.js';
import type { Branch } from './branch.js';
import { findStore, mayBeHolder } from './find-store.js';
import { subStoresOf } from './find-sub-store.js';
import type { SubStore } from './sub-store.js';
import { substoreDirectory, substoreIds } from './substore-directory.js';

/**
 * Strays: stores that were moved to another parent, and whose directories still lie below the one that they left, since
 * the process that moved them was cut off. With that directory they would be removed, or lost from sight.
 */

/**
 * The uids of strays that lie below a store's directory, to any depth. A damaged store counts as being where it belongs.
 * @throws CorollaryError BUSY, IO_ERROR when one cannot be looked at
 */
export function straysIn(directory: string, settings: StoreSettings): string[] {
  const ids = substoreIds(directory);
  const uid = ids.length === 0 ? undefined : headerAt(directory, settings)?.uid;
  return ids.flatMap((id) => {
    const below = substoreDirectory(directory, id);
    return [...strayAt(below, uid, settings), ...straysIn(below, settings)];
  });
}

// One that stays prepared may be about to have another parent. One that is marked as deleted has none any more.
function strayAt(directory: string, uid: string | undefined, settings: StoreSettings): string[] {
  const header = headerAt(directory, settings);
  if (header === undefined || uid === undefined || header.isDeleted) return [];
  const mayLeave = header.isPrepared ? mayLeaveWhenSettled(directory, uid, settings) : header.parentUid !== uid;
  return mayLeave ? [header.uid] : [];
}

// Nobody else may ever open it: what made it was taken back, with a transaction that wrote into it.
function mayLeaveWhenSettled(directory: string, uid: string, settings: StoreSettings): boolean {
  try {
    return visitStore(directory, settings, (store) => store.parentUid !== uid || store.isPrepared);
  } catch (error) {
    if (error instanceof CorollaryError) return true;
    throw error;
  }
}

function headerAt(directory: string, settings: StoreSettings): Header | undefined {
  try {
    if (inspect(directory, false) !== 'store') return undefined;
    const connection = new Connection(databaseFile(directory), { ...settings, place: directory });
    try {
      return readHeader(connection, directory).header;
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof CorollaryError && (error.code === 'NOT_A_STORE' || error.code === 'CORRUPT')) return undefined;
    throw error;
  }
}

/**
 * Brings the strays below a directory to their places in a tree; true when none is left. One that the tree does not have
 * stays.
 * @throws CorollaryError what opening one throws
 */
export function bringStrays<S extends KeepingStore>(root: Branch<S>, directory: string): boolean {
  const { settings } = root.forest;
  const strays = straysIn(directory, settings);
  for (const uid of strays) findStore(root, uid)?.core.readingAside(); // whoever opens a store brings it
  return strays.length === 0 || straysIn(directory, settings).length === 0;
}

/**
 * Brings those of a store's substores with this item, and below, whose directories have not followed them there: with
 * their rows, nobody would know any more whose these are. What cannot be brought now stays where it is.
 */
export function bringHere<S extends KeepingStore>(parent: Branch<S>, item: SubStore): void {
  const { directory } = parent.core.file;
  if (directory === undefined) return;
  try {
    const isLate = item.movedFrom !== '' && statOf(substoreDirectory(directory, item.directory)) === undefined;
    if (isLate) parent.child(item).core.readingAside(); // whoever opens a store brings it
    if (!mayBeHolder(parent, item)) return;
    const branch = parent.child(item);
    for (const below of subStoresOf(branch.core, true).all()) bringHere(branch, below);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}
