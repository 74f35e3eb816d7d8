import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { sleep } from '../driver/sleep.js';
import { CorollaryError } from '../errors.js';
import { assertFileFits } from './directory.js';
import { onDisk, ownDirectory, statOf } from './disk.js';
import { FileLock } from './file-lock.js';

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
  #mine: FileLock | undefined;

  constructor(kind: GateKind, rootDirectory: string, busyTimeoutMs: number) {
    this.#directory = rootDirectory;
    this.#file = join(rootDirectory, `closed-for-${kind}`);
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  /** True when nobody else has closed it. */
  get isOpen(): boolean {
    return this.#mine !== undefined || !this.#isThere || this.#isLeftBehind();
  }

  get #isThere(): boolean {
    return statOf(this.#file) !== undefined;
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
   * @throws CorollaryError BUSY when somebody else keeps it closed; PATH_TOO_LONG, DISK_FULL, IO_ERROR
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

  // What opens it may be called twice: by then somebody else may have closed it.
  #closedBy(lock: FileLock): () => void {
    this.#mine = lock;
    return () => {
      if (this.#mine !== lock) return;
      this.#mine = undefined;
      lock.release();
    };
  }

  // Locked first and shown then, so that nobody takes it for one that was left behind.
  #tryToClose(): FileLock | undefined {
    assertFileFits(this.#file, 'The file that keeps others out');
    const temp = onDisk(this.#directory, () => ownDirectory(this.#directory, 'temp'));
    const lock = FileLock.make(join(temp, newGateName()));
    if (lock === undefined || this.#isShown(lock)) return lock;
    lock.release(); // another has closed it just now, or swept `temp`
    return undefined;
  }

  // Whoever finds the file of a lock that was given back takes it away.
  #isShown(lock: FileLock): boolean {
    try {
      return lock.rename(this.#file);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  // Its owner was killed: whoever can lock it takes it away.
  #isLeftBehind(): boolean {
    try {
      const lock = FileLock.tryToTake(this.#file);
      lock?.release();
      return lock !== undefined || !this.#isThere;
    } catch (error) {
      if (error instanceof CorollaryError && error.code === 'READ_ONLY') return true; // nobody can close it
      throw error;
    }
  }

  #busy(): CorollaryError {
    return new CorollaryError(
      'BUSY',
      `The tree of ${this.#directory} is being backed up, copied or moved, for longer than ${this.#busyTimeoutMs} ms; nothing was done`,
      { store: this.#directory, retry: true },
    );
  }
}

// No longer than the name that it is shown under: SQLite opens it.
function newGateName(): string {
  return `gate-${String(randomInt(10 ** 8)).padStart(8, '0')}`;
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
