import { closeSync, fsyncSync, openSync } from 'node:fs';
import { copyDatabase, sizeOf } from '../driver/whole-database.js';
import { builtInRows } from './built-in-rows.js';
import type { Patience } from './commit/settle.js';
import { finishDatabaseFile, setWriteMode } from './database-file.js';
import { databaseFile } from './directory.js';
import { codeOf, onDisk, writeWhole } from './disk.js';
import { isFileId } from './files/file-id.js';
import type { StoreFile } from './store-file.js';

/** Larger databases are copied by SQLite page by page; smaller ones faster, as one piece of memory. */
const MAX_IN_MEMORY_BYTES = 32 * 1024 * 1024;

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
export function storeState({ connection }: StoreFile): StoreState {
  const row = connection.row('SELECT uid, incarnation, generation FROM corollary_store');
  const [uid, incarnation, generation] = row as [string, string, number];
  return { uid, incarnation, generation };
}

/**
 * Copies a locked store's database into a new file, durably, in a form that any SQLite can read where nothing can be
 * written.
 * @throws CorollaryError DISK_FULL, IO_ERROR, CORRUPT
 */
export function writeImage(file: StoreFile, target: string): void {
  const { connection, directory } = file;
  if (directory === undefined || sizeOf(connection) <= MAX_IN_MEMORY_BYTES)
    onDisk(target, () => writeWhole(target, imageOf(file)));
  else copyLarge(file, directory, target);
}

/** The same in memory. */
export function imageOf({ connection }: StoreFile): Buffer {
  const bytes = Buffer.from(connection.serialize());
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
  const rows = builtInRows(file, 'corollary_file', ['diskName']) as [string][];
  return rows.map(([id]) => id).filter(isFileId);
}

/**
 * Makes all commits of a store durable. Some are not: with `durability: 'relaxed'`, in this process or another. A power
 * loss that took back what an image shows would give the same generation to something else later.
 */
export function syncLog({ directory }: StoreFile): void {
  if (directory === undefined) return;
  // SQLite has no locks on the log, so closing a descriptor of it drops none, as it would for the database itself.
  onDisk(directory, () => {
    try {
      const descriptor = openSync(`${databaseFile(directory)}-wal`, 'r+');
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error; // all is in the database, durably
    }
  });
}
