import { CorollaryError } from '../errors.js';
import type { ItemState } from '../item/state.js';
import type { StoreFile } from './store-file.js';
import { UndoLog } from './undo-log.js';

/** What a transaction needs of a store that takes part in it. */
export interface Participant {
  readonly file: StoreFile;
  readonly isReadOnly: boolean;
  /** The store above; a transaction covers the store it was started on and all below. */
  readonly parent: Participant | undefined;
  /** Levels below the root. */
  readonly depth: number;
}

type Callback = () => void;

/** One level of nesting: the outermost transaction or a savepoint inside it. */
interface Level {
  readonly scope: Participant;
  readonly isReadOnly: boolean;
  readonly log: UndoLog;
  /** What to run after the outermost commit, in order of registration. */
  readonly afterCommit: Callback[];
}

/** One store's part in a transaction. */
interface Part {
  readonly store: Participant;
  /** Made in this transaction: its file is committed first and becomes visible with its parent's row. */
  readonly isNew: boolean;
  /** How many levels are open in its database: 1 is BEGIN, each further one a savepoint. */
  depth: number;
  /** The outermost level whose changes its database holds; 0 when nothing was written. */
  writtenAt: number;
  /** True when another connection had changed the store before this transaction locked it, but after it began. */
  readonly changedBefore: boolean;
}

// The transaction whose function is running in this thread. One at a time: SQLite's calls are synchronous, and so are ours.
let running: Transaction | undefined;

/** The transaction that this thread is in. */
export function runningTransaction(): Transaction | undefined {
  return running;
}

function isWithin(store: Participant, scope: Participant): boolean {
  for (let at: Participant | undefined = store; at !== undefined; at = at.parent) if (at === scope) return true;
  return false;
}

/** All or nothing over a store and those below it. See `Store.transact`. */
export class Transaction {
  readonly #levels: Level[] = [];
  readonly #parts = new Map<Participant, Part>();
  readonly #made = new Set<Participant>();
  readonly #told = new Set<ItemState>();
  get #level(): Level {
    return this.#levels[this.#levels.length - 1] as Level;
  }

  /** True when the whole transaction only reads, and so needs no write locks. */
  get #isSnapshot(): boolean {
    return (this.#levels[0] as Level).isReadOnly;
  }

  /** True when the store lies below the innermost `transact`. */
  covers(store: Participant): boolean {
    return isWithin(store, this.#level.scope);
  }
  /** True when the store's database is locked by this transaction. */
  holds(store: Participant): boolean {
    return this.#parts.has(store);
  }
  /** See {@link Part.changedBefore}. */
  changedBefore(store: Participant): boolean {
    return this.#parts.get(store)?.changedBefore ?? false;
  }

  /** Keeps an item's values before a change. False when this level has kept them already. */
  remember(state: ItemState): boolean {
    return this.#level.log.remember(state);
  }
  /** Keeps an item before it begins or ends its life. */
  rememberAs(state: ItemState, life: ItemState['life']): void {
    this.#level.log.rememberAs(state, life);
  }
  /** Something to do if this level is undone. */
  onUndo(action: Callback): void {
    this.#level.log.onUndo(action);
  }
  /** Something to do after the outermost commit, unless this level is undone. */
  afterCommit(callback: Callback): void {
    this.#level.afterCommit.push(callback);
  }
  /** True the first time that it is asked of an item: its hook after the commit runs once. */
  isFirstTold(state: ItemState): boolean {
    if (this.#told.has(state)) return false;
    this.#told.add(state);
    return true;
  }
  /** From now on the store counts as made in this transaction. */
  made(store: Participant): void {
    this.#made.add(store);
  }
  /** The store is gone again: nothing of it is to be committed or undone. */
  forget(store: Participant): void {
    this.#made.delete(store);
    this.#parts.delete(store);
    store.file.isPinned = false;
  }

  /** Locks a store, so that what is read from it stays true until the end. */
  join(store: Participant): Part {
    const known = this.#parts.get(store);
    if (known !== undefined) return known;
    const { file } = store;
    const isFirst = this.#parts.size === 0;
    file.isPinned = true;
    try {
      this.#lock(store);
      const before = file.epoch;
      file.sync();
      const changedBefore = !isFirst && file.epoch !== before;
      const part = { store, isNew: this.#made.has(store), depth: 1, writtenAt: 0, changedBefore };
      this.#parts.set(store, part);
      return part;
    } catch (error) {
      file.isPinned = false;
      throw error;
    }
  }

  // Stores lock each other out only in ascending order of uid, so two processes cannot wait for each other: who comes
  // out of order tries once.
  #lock(store: Participant): void {
    const { connection, uid } = store.file;
    if (this.#isSnapshot || store.isReadOnly) {
      connection.beginReading();
      connection.row('SELECT one FROM corollary_store'); // the snapshot is taken by the first read
      return;
    }
    const isInOrder = [...this.#parts.keys()].every((other) => other.file.uid < uid);
    connection.begin(isInOrder || this.#made.has(store));
  }

  /** Locks a store and opens the current level in its database, ready for a write. */
  joinForWriting(store: Participant): void {
    if (!this.covers(store)) throw outsideTree(store, this.#level.scope);
    if (this.#level.isReadOnly)
      throw new CorollaryError('READ_ONLY', `${store.file.place}: the running transaction was started with readOnly`, {
        store: store.file.place,
      });
    const part = this.join(store);
    if (!store.file.connection.inTransaction) throw ended(store);
    this.#assertOnlyOne(part);
    this.#enterLevel(part);
    if (part.writtenAt === 0) part.writtenAt = part.depth;
  }

  // Committing two files that both exist before is not atomic on a crash, so it is refused rather than half promised.
  #assertOnlyOne(part: Part): void {
    if (part.isNew || part.writtenAt !== 0) return;
    for (const other of this.#parts.values()) {
      if (other.isNew || other.writtenAt === 0) continue;
      throw new CorollaryError(
        'NOT_SUPPORTED',
        `${part.store.file.place} cannot be written in a transaction that has already written ${other.store.file.place}: one transaction can write one existing store, and substores that it creates itself. Use a transaction for each`,
        { store: part.store.file.place },
      );
    }
  }

  #enterLevel(part: Part): void {
    for (; part.depth < this.#levels.length; part.depth++) part.store.file.connection.savepoint();
  }

  /** Runs a function as one more level: if it throws, only what it did is undone. */
  nested<R>(scope: Participant, isReadOnly: boolean, work: () => R): R {
    if (!this.covers(scope)) throw outsideTree(scope, this.#level.scope);
    this.#open(scope, isReadOnly || this.#level.isReadOnly);
    try {
      const result = work();
      this.#release();
      return result;
    } catch (error) {
      this.#undoLevel();
      throw error;
    }
  }

  #open(scope: Participant, isReadOnly: boolean): void {
    this.#levels.push({ scope, isReadOnly, log: new UndoLog(), afterCommit: [] });
  }

  #release(): void {
    const number = this.#levels.length;
    for (const part of this.#parts.values()) {
      if (part.depth !== number) continue;
      part.store.file.connection.releaseSavepoint();
      part.depth--;
      if (part.writtenAt === number) part.writtenAt--;
    }
    const inner = this.#levels.pop() as Level;
    this.#level.log.absorb(inner.log);
    for (const callback of inner.afterCommit) this.#level.afterCommit.push(callback);
  }

  #undoLevel(): void {
    const number = this.#levels.length;
    for (const part of this.#parts.values()) {
      if (part.depth !== number) continue;
      part.store.file.connection.rollBackToSavepoint();
      part.depth--;
      if (part.writtenAt === number) part.writtenAt = 0;
    }
    const inner = this.#levels.pop() as Level;
    inner.log.undo();
  }

  /** Runs a function as the outermost level, commits, and gives what it gave. After a throw everything is as before. */
  run<R>(store: Participant, isReadOnly: boolean, work: () => R): R {
    this.#open(store, isReadOnly);
    running = this;
    try {
      this.join(store);
      const result = work();
      this.#commit();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#unpin();
      running = undefined;
    }
  }

  #commit(): void {
    const written = [...this.#parts.values()].filter((part) => part.writtenAt > 0);
    for (const { store } of written) {
      if (!store.file.connection.inTransaction) throw ended(store);
      store.file.writeHeader();
    }
    // Deepest first, new ones before the existing one: until the last commit, none of them can be seen from above.
    written.sort((a, b) => Number(b.isNew) - Number(a.isNew) || b.store.depth - a.store.depth);
    for (const part of written) this.#commitPart(part);
    for (const part of this.#parts.values()) if (part.writtenAt === 0) part.store.file.connection.rollBack();
  }

  #commitPart({ store }: Part): void {
    try {
      store.file.connection.commit();
      store.file.committed();
    } catch (error) {
      if (error instanceof CorollaryError && error.code === 'COMMIT_UNKNOWN') store.file.distrust();
      throw error;
    }
  }

  #rollBack(): void {
    for (const { store } of this.#parts.values()) if (store.file.isOpen) store.file.connection.rollBack();
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) level.log.undo();
  }

  #unpin(): void {
    for (const { store } of this.#parts.values()) store.file.isPinned = false;
  }

  /** What to run now that all is committed. */
  get callbacks(): readonly Callback[] {
    return this.#levels[0]?.afterCommit ?? [];
  }
}

function outsideTree(store: Participant, scope: Participant): CorollaryError {
  return new CorollaryError(
    'OUTSIDE_TREE',
    `${store.file.place} is not below ${scope.file.place}, whose transaction is running: start the transaction on a store above both, or write after it`,
    { store: store.file.place },
  );
}

function ended(store: Participant): CorollaryError {
  return new CorollaryError(
    'IO_ERROR',
    `${store.file.place}: SQLite has ended the transaction after an earlier error, so nothing more can be written in it: let that error leave transact`,
    { store: store.file.place },
  );
}
