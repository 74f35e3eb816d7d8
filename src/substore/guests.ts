import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { databaseFile } from '../store/directory.js';
import type { ExpectedIdentity, StoreSettings } from '../store/settings.js';
import { visitStore } from '../store/visit-store.js';
import type { Branch } from './branch.js';
import { findStore } from './find-store.js';
import { substoreDirectory, substoreIds } from './substore-directory.js';

/**
 * A guest is a store that was moved elsewhere, and whose directory still lies where it was: whoever moved it did not
 * live to bring it. It must be gone before anything is done to the directories above it.
 */

/** The uids of the guests below the store that lies in a directory. Opens each store below for a moment. */
export function guestsBelow(directory: string, settings: StoreSettings): string[] {
  const ids = substoreIds(directory);
  const uid = ids.length === 0 ? undefined : identityOf(directory, settings)?.uid;
  return ids.flatMap((id) => {
    const below = substoreDirectory(directory, id);
    const found = identityOf(below, settings);
    const isGuest = found !== undefined && uid !== undefined && found.parentUid !== uid;
    return isGuest ? [found.uid] : guestsBelow(below, settings);
  });
}

/** Who a store is, once what a transaction has left in it is done; undefined for what is no whole store. */
function identityOf(directory: string, settings: StoreSettings): ExpectedIdentity | undefined {
  try {
    return visitStore(directory, settings, ({ uid, parentUid }) => ({ uid, parentUid }));
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    return error.code === 'STORE_CLOSED' ? identityOfDeleted(directory, settings) : undefined;
  }
}

// It says who it was, but is not opened as a store any more.
function identityOfDeleted(directory: string, settings: StoreSettings): ExpectedIdentity | undefined {
  const connection = new Connection(databaseFile(directory), { ...settings, place: directory });
  try {
    const row = connection.row('SELECT uid, parent FROM corollary_store') as [string, string] | undefined;
    return row && { uid: row[0], parentUid: row[1] };
  } finally {
    connection.close();
  }
}

/** Has all guests below a store brought to their places. False when one cannot be now. */
export function sendGuestsHome<S extends KeepingStore>(branch: Branch<S>): boolean {
  const { directory, settings } = branch.core.file;
  if (directory === undefined) return true;
  try {
    const guests = guestsBelow(directory, settings);
    for (const uid of guests) findStore(branch.root, uid)?.core.readingAside(); // which opens it, and so brings it
    return guests.length === 0 || guestsBelow(directory, settings).length === 0;
  } catch (error) {
    if (error instanceof CorollaryError) return false;
    throw error;
  }
}
