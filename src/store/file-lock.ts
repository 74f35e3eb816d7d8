import { linkSync, rmSync } from 'node:fs';
import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import { codeOf, onDisk, statOf, writeWhole } from './disk.js';

/**
 * Tells others, in whatever process, that somebody is busy with something. The lock goes with the process that has it,
 * so a killed one leaves a file that anybody can lock.
 */
export class FileLock {
  #file: string;
  readonly #connection: Connection;

  private constructor(file: string, connection: Connection) {
    this.#file = file;
    this.#connection = connection;
  }

  /** Makes a file and locks it; undefined when there is one, or somebody took it, or its directory, away before that. */
  static make(file: string): FileLock | undefined {
    return onDisk(file, () => isMade(file)) ? FileLock.tryToTake(file) : undefined;
  }

  /**
   * Locks a file that is there; undefined when somebody else has it, or it is gone.
   * @throws CorollaryError READ_ONLY where it cannot be written; IO_ERROR
   */
  static tryToTake(file: string): FileLock | undefined {
    const found = statOf(file)?.ino;
    if (found === undefined) return undefined;
    try {
      const connection = lockedConnection(file, found);
      return connection && new FileLock(file, connection);
    } catch (error) {
      const isTaken = error instanceof CorollaryError && error.code === 'BUSY';
      if (isTaken || statOf(file)?.ino !== found) return undefined;
      throw error;
    }
  }

  /** Gives the locked file another name; false when that is taken, or the file is gone. */
  rename(name: string): boolean {
    return onDisk(name, () => {
      if (!isLinked(this.#file, name)) return false; // a rename would take the other's place
      rmSync(this.#file, { force: true });
      this.#file = name;
      return true;
    });
  }

  /** Gives the lock back, and takes the file away. One that cannot be taken away now is free for anybody to take. */
  release(): void {
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // see above
    } finally {
      this.#connection.close();
    }
  }
}

function lockedConnection(file: string, inode: number): Connection | undefined {
  const connection = new Connection(file, { readOnly: false, durability: 'full', busyTimeoutMs: 0, place: file });
  let isOurs = false;
  try {
    connection.run('BEGIN EXCLUSIVE');
    // Another file of this name, made meanwhile, is somebody else's.
    isOurs = statOf(file)?.ino === inode;
  } finally {
    if (!isOurs) connection.close();
  }
  return isOurs ? connection : undefined;
}

function isMade(file: string): boolean {
  try {
    writeWhole(file, new Uint8Array());
    return true;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
    return false;
  }
}

function isLinked(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' && codeOf(error) !== 'ENOENT') throw error;
    return false;
  }
}
