import type { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import type { IdentityMap } from './identity-map.js';
import type { StoreFile } from './store-file.js';
import { UndoLog } from './undo-log.js';
import type { Watches, WrittenTypes } from './watches.js';

/** What a transaction needs of a store that takes part in it. */
export interface Participant {
  readonly file: StoreFile;
  readonly identity: IdentityMap;
  readonly isReadOnly: boolean;
  /** The store above; a transaction covers the store it was started on and all below. */
  readonly parent: Participant | undefined;
  /** Levels below the root. */
  readonly depth: number;
  /** Who wants to know of commits. */
  readonly watches: Watches;
}

/** How a store is locked. */
export type Lock = 'write' | 'write without waiting' | 'read';

/** One level in one store's database. */
interface PartLevel {
  readonly log: UndoLog;
  /** How many changed rows stood when the level began. */
  readonly rowsBefore: number;
  /** The types whose items were written, as the catalogue has them. */
  readonly written: Set<WrittenType>;
}

/** A type as the catalogue has it. */
interface WrittenType {
  readonly name: string;
}

/** One store's part in a transaction: its lock, its savepoints, and how its items were before. */
export class Part {
  readonly store: Participant;
  /** Made in this transaction: its file is committed first and becomes visible with its parent's row. */
  readonly isNew: boolean;
  /** Joined after the function had begun: what it read from this store before was not locked. */
  readonly isLate: boolean;
  readonly #levels: PartLevel[] = [];
  /** How many of the connection's changed rows were undone again. */
  #undone = 0;

  /** Locks the store. @throws CorollaryError BUSY, and what opening it throws; it is not locked then. */
  constructor(store: Participant, lock: Lock, isNew: boolean, isLate: boolean) {
    this.store = store;
    this.isNew = isNew;
    this.isLate = isLate;
    store.file.isPinned = true;
    try {
      this.#begin(lock);
      store.file.sync();
    } catch (error) {
      this.rollBack();
      throw error;
    }
    this.#levels.push(this.#newLevel());
  }

  get #connection(): Connection {
    return this.store.file.connection;
  }

  #begin(lock: Lock): void {
    if (lock === 'read') this.#connection.beginReading();
    else this.#connection.begin(lock === 'write');
  }

  get #rows(): number {
    return this.#connection.changes - this.#undone;
  }

  #newLevel(): PartLevel {
    const { file, identity } = this.store;
    return { log: new UndoLog(identity, file.nextSequence), rowsBefore: this.#rows, written: new Set() };
  }

  /** How many levels are open in the database: 1 is the transaction itself, each further one a savepoint. */
  get depth(): number {
    return this.#levels.length;
  }
  /** True when the database holds changes that are not committed. */
  get hasWritten(): boolean {
    return this.#rows !== (this.#levels[0] as PartLevel).rowsBefore;
  }
  /** What to note changes in: the log of the innermost level that this store has entered. */
  get log(): UndoLog {
    return this.#level.log;
  }
  /** To be called wherever rows of items are written: who watches for the type is told after the commit. */
  wrote(type: WrittenType): void {
    this.#level.written.add(type);
  }

  get #level(): PartLevel {
    return this.#levels[this.#levels.length - 1] as PartLevel;
  }

  /** Opens savepoints until the store is at this level. @throws CorollaryError when SQLite has ended the transaction. */
  enter(depth: number): void {
    this.#assertRunning();
    while (this.depth < depth) {
      this.#connection.savepoint();
      this.#levels.push(this.#newLevel());
    }
  }

  #assertRunning(): void {
    if (this.#connection.inTransaction) return;
    const { place } = this.store.file;
    throw new CorollaryError(
      'IO_ERROR',
      `${place}: SQLite has ended the transaction after an earlier error, so nothing more can be written in it: let that error leave transact`,
      { store: place },
    );
  }

  /** The innermost level becomes part of the one around it. */
  release(): void {
    this.#assertRunning();
    this.#connection.releaseSavepoint();
    const inner = this.#levels.pop() as PartLevel;
    this.log.absorb(inner.log);
    for (const type of inner.written) this.wrote(type);
  }

  /** The innermost level is undone, in the database and in the objects. */
  undoLevel(): void {
    const inner = this.#levels.pop() as PartLevel;
    inner.log.undo();
    // What was changed and undone leaves nothing to commit.
    this.#undone += this.#rows - inner.rowsBefore;
    try {
      this.#connection.rollBackToSavepoint();
    } catch {
      this.#connection.rollBack(); // then nothing of the transaction can be committed
    }
  }

  /** @throws CorollaryError DISK_FULL, IO_ERROR: nothing was committed; COMMIT_UNKNOWN */
  prepare(): void {
    this.#assertRunning();
    this.store.file.writeHeader();
  }
  commit(): void {
    this.#connection.commit();
    this.store.file.committed();
    this.store.file.isPinned = false;
    this.store.watches.committed(this.store, this.#writtenTypes());
  }

  // Rows were changed and no type noted: the catalogue's own, for one.
  #writtenTypes(): WrittenTypes {
    const { written } = this.#level;
    return written.size === 0 ? undefined : new Set([...written].map(({ name }) => name.toLowerCase()));
  }

  /** Ends the transaction in the database, undoing what was not committed. Where that fails, a file is closed, which undoes it. */
  rollBack(): void {
    const { file } = this.store;
    file.isPinned = false;
    if (!file.isOpen) return;
    try {
      file.connection.rollBack();
    } catch {
      file.distrust();
    }
  }

  /** Puts the objects back as they were. */
  undoItems(): void {
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) level.log.undo();
  }

  /** Has the objects show what the disk says. */
  distrust(): void {
    this.store.file.distrust();
    this.store.watches.committed(this.store, undefined);
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) level.log.distrust();
  }
}
