import { linkSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../driver/connection.js';
import { sleep } from '../driver/sleep.js';
import { CorollaryError } from '../errors.js';
import { codeOf, onDisk, ownDirectory, writeWhole } from './disk.js';

/** What a gate stops: transactions that write, or the opening of substores. */
export type GateKind = 'writing' | 'opening';

/** How often a closed gate is looked at, in milliseconds. */
const POLL_MS = 2;

/**
 * Stops all who reach a tree through the same root, in whatever process, while somebody needs its stores as they are.
 * A closed gate is a file in the root's directory which its owner has locked, so that a killed process leaves it open:
 * who finds the file and can lock it takes it away. Looking costs one `lstat`.
 *
 * Whoever is to be stopped takes what he wants first (a lock, an open file) and looks then, giving it back where the
 * gate is closed. So once the owner has found nobody, nobody is there.
 */
export class Gate {
  readonly #directory: string;
  readonly #file: string;
  readonly #busyTimeoutMs: number;
  #mine: Connection | undefined;

  constructor(kind: GateKind, rootDirectory: string, busyTimeoutMs: number) {
    this.#directory = rootDirectory;
    this.#file = join(rootDirectory, `closed-for-${kind}`);
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  /** True when nobody else has closed it. */
  get isOpen(): boolean {
    return this.#mine !== undefined || this.#inode === undefined || this.#isLeftBehind();
  }

  get #inode(): bigint | undefined {
    return lstatSync(this.#file, { bigint: true, throwIfNoEntry: false })?.ino;
  }

  /** Waits until it is open. @throws CorollaryError BUSY when that takes longer than the busy timeout */
  waitUntilOpen(): void {
    const deadline = Date.now() + this.#busyTimeoutMs;
    while (!this.isOpen) {
      if (Date.now() >= deadline) throw this.#busy();
      sleep(POLL_MS);
    }
  }

  /**
   * Closes it for everybody but this handle while some work is done.
   * @throws CorollaryError BUSY when somebody else keeps it closed; DISK_FULL, IO_ERROR
   */
  closedWhile<R>(work: () => R): R {
    const reopen = this.close();
    try {
      return work();
    } finally {
      reopen();
    }
  }

  /** Closes it until the function is called that it gives. It can be closed again by the same handle meanwhile. */
  close(): () => void {
    if (this.#mine !== undefined) return () => undefined;
    const deadline = Date.now() + this.#busyTimeoutMs;
    for (;;) {
      this.waitUntilOpen();
      const lock = this.#tryToClose();
      if (lock !== undefined) return this.#closedBy(lock);
      if (Date.now() >= deadline) throw this.#busy();
    }
  }

  #closedBy(lock: Connection): () => void {
    this.#mine = lock;
    return () => {
      this.#mine = undefined;
      rmSync(this.#file, { force: true });
      lock.close();
    };
  }

  // Locked first and shown then, so that nobody takes it for one that was left behind.
  #tryToClose(): Connection | undefined {
    return onDisk(this.#directory, () => {
      const prepared = join(ownDirectory(this.#directory, 'temp'), `gate-${process.pid}-${process.hrtime.bigint()}`);
      writeWhole(prepared, new Uint8Array());
      const lock = this.#opened(prepared);
      try {
        lock.run('BEGIN EXCLUSIVE');
        linkSync(prepared, this.#file);
        return lock;
      } catch (error) {
        lock.close();
        if (codeOf(error) !== 'EEXIST' && codeOf(error) !== 'ENOENT') throw error;
        return undefined; // another has closed it just now, or swept `temp`
      } finally {
        rmSync(prepared, { force: true });
      }
    });
  }

  #opened(file: string): Connection {
    return new Connection(file, { readOnly: false, durability: 'full', busyTimeoutMs: 0, place: file });
  }

  // Its owner was killed. Taken away under the lock, and only if it is still the file that was locked.
  #isLeftBehind(): boolean {
    const found = this.#inode;
    try {
      const lock = this.#opened(this.#file);
      try {
        lock.run('BEGIN EXCLUSIVE');
        if (this.#inode === found) rmSync(this.#file, { force: true });
        return true;
      } finally {
        lock.close();
      }
    } catch (error) {
      return this.#isOpenDespite(error);
    }
  }

  #isOpenDespite(error: unknown): boolean {
    const code = error instanceof CorollaryError ? error.code : undefined;
    if (code === 'BUSY') return false;
    if (code === 'READ_ONLY' || this.#inode === undefined) return true; // nobody can close it, or it was opened just now
    throw error;
  }

  #busy(): CorollaryError {
    return new CorollaryError(
      'BUSY',
      `The tree of ${this.#directory} is being backed up, copied or moved, for longer than ${this.#busyTimeoutMs} ms; nothing was done`,
      { store: this.#directory, retry: true },
    );
  }
}

/** The gates of one root's tree. */
export class Gates {
  readonly writing: Gate;
  readonly opening: Gate;

  constructor(rootDirectory: string, busyTimeoutMs: number) {
    this.writing = new Gate('writing', rootDirectory, busyTimeoutMs);
    this.opening = new Gate('opening', rootDirectory, busyTimeoutMs);
  }
}
