import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { databaseFile } from './directory.js';
import { codeOf, onDisk } from './disk.js';

/** How SQLite is to write a database: with a log beside it (WAL), or so that it can be read where nothing can be written. */
export type WriteMode = 'log' | 'rollback';

/** Bytes 18 and 19 of a database say how it is written and read. */
const VERSIONS_AT = 18;
const VERSION: Readonly<Record<WriteMode, number>> = { rollback: 1, log: 2 };

/** Sets the mode in a database's bytes. */
export function setWriteMode(bytes: Uint8Array, mode: WriteMode): void {
  bytes.fill(VERSION[mode], VERSIONS_AT, VERSIONS_AT + 2);
}

/**
 * Sets the mode in a database file that no connection has open, and makes the file durable.
 * @throws CorollaryError DISK_FULL, IO_ERROR
 */
export function finishDatabaseFile(file: string, mode: WriteMode): void {
  onDisk(file, () => {
    const descriptor = openSync(file, 'r+');
    try {
      writeSync(descriptor, Uint8Array.of(VERSION[mode], VERSION[mode]), 0, 2, VERSIONS_AT);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/**
 * Makes all commits durable that SQLite shows of the store in a directory. Some are not: with `durability: 'relaxed'`, in
 * this process or another, and where a process was killed while it synced one. For who does something on the ground of
 * them that would not go with them if the power failed.
 * @throws CorollaryError DISK_FULL, IO_ERROR
 */
export function syncLog(directory: string): void {
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
