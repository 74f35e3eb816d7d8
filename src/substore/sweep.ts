import { quoted } from '../driver/sql-text.js';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { syncLog } from '../store/database-file.js';
import { statOf } from '../store/disk.js';
import { sweepFiles } from '../store/files/sweep-files.js';
import type { StoreCore } from '../store/store-core.js';
import { runningTransaction } from '../store/transaction.js';
import { visitStore } from '../store/visit-store.js';
import type { Branch } from './branch.js';
import { subStoresOf, subStoreWithUid } from './find-sub-store.js';
import { straysIn } from './strays.js';
import { SubStore } from './sub-store.js';
import {
  clearTemp,
  hasLeftovers,
  removeSubstoreDirectory,
  substoreDirectory,
  substoreIds,
} from './substore-directory.js';

/**
 * Removes what killed processes have left of substores and files: directories that no row names, and what lies in `temp`. Once
 * for each handle. Where that is not possible now, the store works all the same, and the next one tries again.
 */
export function sweepOnce<S extends KeepingStore>(branch: Branch<S>): void {
  const { core } = branch;
  const { directory } = core.file;
  if (branch.isSwept || core.isReadOnly || directory === undefined || runningTransaction() !== undefined) return;
  try {
    const isClean = orphansOf(core, directory).length === 0 && !hasLeftovers(directory);
    branch.isSwept = isClean || sweep(core, directory);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}

/** The ids of directories below `sub` that no row names. */
export function orphansOf(core: StoreCore, directory: string): readonly string[] {
  const found = substoreIds(directory);
  if (found.length === 0) return [];
  const known = new Set(
    subStoresOf(core)
      .pluck((s) => s.directory)
      .all(),
  );
  return found.filter((id) => !known.has(id));
}

// A directory may belong to a store that was moved to another parent, or hold one, and wait to be brought there.
function isOurs(core: StoreCore, directory: string): boolean {
  const { settings } = core.file;
  try {
    return isChildOf(core, directory) && straysIn(directory, settings).length === 0;
  } catch (error) {
    if (error instanceof CorollaryError) return false;
    throw error;
  }
}

function isChildOf(core: StoreCore, directory: string): boolean {
  const { uid, settings } = core.file;
  let child: string | undefined;
  try {
    child = visitStore(directory, settings, (orphan) =>
      orphan.parentUid === uid && !orphan.isPrepared ? orphan.uid : undefined,
    );
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    return isRemovable(error); // half a store, or one that is marked deleted
  }
  return child !== undefined && !isMissed(core, child);
}

/**
 * True when a row is of the store with this uid, and names a directory that is not there: it has lost the name by damage.
 * @throws CorollaryError CORRUPT where it names none at all
 */
function isMissed(core: StoreCore, uid: string): boolean {
  const item = subStoreWithUid(core, uid);
  return item !== undefined && statOf(substoreDirectory(core.file.directory as string, item.directory)) === undefined;
}

function isRemovable({ code }: CorollaryError): boolean {
  return code === 'STORE_MISSING' || code === 'NOT_A_STORE' || code === 'STORE_CLOSED' || code === 'CORRUPT';
}

/**
 * False when rows that name substores may have been lost by damage: then a directory that no row names may be all that is
 * left of one. The indexes of a table tell of rows that it has lost.
 */
function isListSound(core: StoreCore): boolean {
  const { connection } = core.file;
  const table = core.catalog.entryOf(core.typeOf(SubStore))?.table;
  if (table === undefined) return connection.row(HAS_SUBSTORES) === undefined;
  return connection.row(`PRAGMA integrity_check(${quoted(table)})`)?.[0] === 'ok';
}

const HAS_SUBSTORES = "SELECT 1 FROM sqlite_schema WHERE name LIKE 'item\\_corollary\\_substore\\_v%' ESCAPE '\\'";

/**
 * Removes what no row names. Under the write lock such a directory is nobody's: who makes one holds the lock until the
 * row is committed. Or put aside: then another store decides whether there will be a row, and nothing is removed now.
 * True when it was done.
 */
export function sweep(core: StoreCore, directory: string): boolean {
  const { connection } = core.file;
  // Without the lock, this store can be asked about transactions that it decides: what they left below is settled.
  for (const id of orphansOf(core, directory)) isOurs(core, substoreDirectory(directory, id));
  connection.begin(false);
  try {
    core.file.sync();
    if (core.file.isPrepared) return false;
    const orphans = orphansOf(core, directory);
    if (orphans.length > 0 && !isListSound(core)) return false;
    if (orphans.length > 0) syncLog(directory); // a row that is gone may come back with the power, if who deleted it was killed
    for (const id of orphans)
      if (isOurs(core, substoreDirectory(directory, id))) removeSubstoreDirectory(directory, id, core.file.settings);
    sweepFiles(core);
    clearTemp(directory, core.file.settings);
    return true;
  } finally {
    connection.rollBack();
  }
}
