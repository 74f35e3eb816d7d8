import { rmSync } from 'node:fs';
import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import { codeOf, onDisk, statOf, writeWhole } from './disk.js';

/**
 * Tells others, in whatever process, that somebody is busy with something. The lock goes with the process that has it,
 * so a killed one leaves a file that anybody can lock.
 */
export class FileLock {
  readonly #file: string;
  readonly #connection: Connection;

  private constructor(file: string, connection: Connection) {
    this.#file = file;
    this.#connection = connection;
  }

  /** Makes a file and locks it; undefined when somebody took it, or its directory, away before that. */
  static make(file: string): FileLock | undefined {
    if (!onDisk(file, () => isMade(file))) return undefined;
    const made = statOf(file)?.ino;
    const lock = FileLock.tryToTake(file);
    if (lock === undefined || statOf(file)?.ino === made) return lock;
    lock.#connection.close();
    return undefined;
  }

  /** Locks a file that is there; undefined when somebody else has it, or it is gone. */
  static tryToTake(file: string): FileLock | undefined {
    if (statOf(file) === undefined) return undefined;
    const connection = new Connection(file, { readOnly: false, durability: 'full', busyTimeoutMs: 0, place: file });
    try {
      connection.run('BEGIN EXCLUSIVE');
      return new FileLock(file, connection);
    } catch (error) {
      connection.close();
      if (error instanceof CorollaryError && error.code === 'BUSY') return undefined;
      throw error;
    }
  }

  /** Takes the file away and gives the lock back. */
  release(): void {
    onDisk(this.#file, () => rmSync(this.#file, { force: true }));
    this.#connection.close();
  }
}

function isMade(file: string): boolean {
  try {
    writeWhole(file, new Uint8Array());
    return true;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return false;
  }
}
