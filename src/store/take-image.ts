import { copyDatabase, sizeOf } from '../driver/whole-database.js';
import { builtInTexts } from './built-in-rows.js';
import type { Patience } from './commit/settle.js';
import { finishDatabaseFile, setWriteMode } from './database-file.js';
import { databaseFile } from './directory.js';
import { onDisk, writeWhole } from './disk.js';
import { isFileId } from './files/file-id.js';
import { headerless } from './header.js';
import type { StoreFile } from './store-file.js';
import { currentTurn } from './turn.js';

/**
 * So much is copied as pieces of memory in one turn of the event loop: that is five times as fast, but what the driver
 * gives is freed in the next turn only (200 pieces of 5 MB took 1 GB). All else SQLite copies by itself.
 */
const MAX_BYTES_IN_TURN = 64 * 1024 * 1024;
let inTurn = { turn: 0, bytes: 0 };

/** Which state of a store an image shows: no two have all three in common. */
export interface StoreState {
  readonly uid: string;
  readonly incarnation: string;
  readonly generation: number;
}

/** Nobody's transaction is running here. */
const NOBODY: Patience = { heldBy: () => undefined };

/**
 * Runs work while nobody can write the store, and nothing of a transaction over several stores is left to be done in it.
 * A store that the running transaction has locked stays locked.
 * @throws CorollaryError BUSY, IN_DOUBT, READ_ONLY, and what opening throws
 */
export function whileLocked<R>(file: StoreFile, work: () => R): R {
  if (file.connection.inTransaction) return work();
  lock(file);
  try {
    return work();
  } finally {
    file.connection.rollBack();
  }
}

// What is prepared is finished without the lock: whoever decides about it may be waiting for it.
function lock(file: StoreFile): void {
  for (;;) {
    file.connection.begin(true);
    try {
      file.sync();
      if (!file.isPrepared) return;
    } catch (error) {
      file.connection.rollBack();
      throw error;
    }
    file.connection.rollBack();
    file.settle(NOBODY);
  }
}

/** Tells which state a locked store is in. */
export function storeState({ connection, place }: StoreFile): StoreState {
  const row = connection.row('SELECT uid, incarnation, generation FROM corollary_store');
  if (row === undefined) throw headerless(place);
  const [uid, incarnation, generation] = row as [string, string, number];
  return { uid, incarnation, generation };
}

/**
 * Copies a locked store's database into a new file, durably, in a form that any SQLite can read where nothing can be
 * written.
 * @throws CorollaryError DISK_FULL, IO_ERROR, CORRUPT
 */
export function writeImage(file: StoreFile, target: string): void {
  const { directory } = file;
  if (directory === undefined || fitsIntoTurn(sizeOf(file.connection)))
    onDisk(target, () => writeWhole(target, imageOf(file)));
  else copyLarge(file, directory, target);
}

function fitsIntoTurn(bytes: number): boolean {
  const turn = currentTurn();
  if (inTurn.turn !== turn) inTurn = { turn, bytes: 0 };
  if (inTurn.bytes + bytes > MAX_BYTES_IN_TURN) return false;
  inTurn.bytes += bytes;
  return true;
}

/** The same in memory. */
export function imageOf({ connection }: StoreFile): Uint8Array {
  const bytes = connection.serialize();
  setWriteMode(bytes, 'rollback');
  return bytes;
}

// The lock is a transaction: what is committed is what it keeps from changing.
function copyLarge({ settings, place }: StoreFile, directory: string, target: string): void {
  onDisk(target, () => {
    writeWhole(target, new Uint8Array()); // with the rights that files have here; SQLite takes it for a new one
    copyDatabase(databaseFile(directory), target, { ...settings, place });
    finishDatabaseFile(target, 'rollback');
  });
}

/** The names on disk of the files that a locked store has. The rows decide: bytes without a row do not exist. */
export function fileIdsOf(file: StoreFile): string[] {
  const rows = builtInTexts(file, 'corollary_file', ['diskName']) as [string][];
  return rows.map(([id]) => id).filter(isFileId);
}
