import type { Connection } from '../driver/connection.js';
import { keepShape } from '../driver/kept-shapes.js';
import { CorollaryError } from '../errors.js';
import type { ItemState } from '../item/state.js';
import { commitTogether, commitUnseen, type Unfinished } from './commit/commit-together.js';
import type { Gate } from './gate.js';
import { isWithin } from './is-within.js';
import { inLockOrder } from './lock-order.js';
import { type Lock, Part, type Participant } from './part.js';
import type { StoreFile } from './store-file.js';
import { type Callback, TransactionLevel, type UndoAction } from './transaction-level.js';

/** How a transaction is run. */
export interface RunOptions {
  readonly isReadOnly: boolean;
  /** Stores below that are locked before the function begins. */
  readonly others: readonly Participant[];
  /** True for what another store was asked for, or a read brings with it; false if not given. */
  readonly isRequest?: boolean;
}

// The transaction whose function is running in this thread. One at a time: SQLite's calls are synchronous, and so are ours.
let running: Transaction | undefined;

// The transactions that wait, with their locks, for one that was begun aside.
const waiting: Transaction[] = [];

/** The transaction that this thread is in. */
export function runningTransaction(): Transaction | undefined {
  return running;
}

/**
 * Runs a function as if no transaction were running; the one that is goes on afterwards. For what must be committed by
 * itself, whatever becomes of that one, in stores that it has not locked.
 */
export function aside<R>(work: () => R): R {
  const outer = running;
  if (outer === undefined) return work();
  running = undefined;
  waiting.push(outer);
  try {
    return work();
  } finally {
    running = waiting.pop();
  }
}

/** All or nothing over a store and those below it. See `Store.transact`. */
export class Transaction {
  readonly #levels: TransactionLevel[] = [];
  readonly #parts = new Map<Participant, Part>();
  readonly #made = new Set<Participant>();
  /** The cells of items as the function was first shown them, where their store was not locked. */
  readonly #shown = new Map<ItemState, ItemState['cells']>();
  readonly #told = new Set<ItemState>();
  readonly #atEnd: Callback[] = [];
  #unfinished: readonly Unfinished[] = [];
  #isStarted = false;

  get #level(): TransactionLevel {
    return this.#levels[this.#levels.length - 1] as TransactionLevel;
  }

  /** True when the innermost `transact` forbids every write. */
  get isReadOnly(): boolean {
    return this.#level.isReadOnly;
  }
  /** True when the store lies below the innermost `transact`. */
  covers(store: Participant): boolean {
    return isWithin(store, this.#level.scope);
  }
  /** True when what is written in the store now is to be part of the transaction: it is locked, or may be. */
  takesIn(store: Participant): boolean {
    return this.#parts.has(store) || this.reaches(store);
  }
  /** True when the store lies below the outermost `transact`: a request may go up to it. */
  reaches(store: Participant): boolean {
    return isWithin(store, (this.#levels[0] as TransactionLevel).scope);
  }
  /** The store's part, once it has joined. */
  partOf(store: Participant): Part | undefined {
    return this.#parts.get(store);
  }

  /** The same by the store's database. */
  partOfFile(file: StoreFile): Part | undefined {
    for (const part of this.#parts.values()) if (part.store.file === file) return part;
    return undefined;
  }

  /** Something to do if this level is undone. */
  onUndo(action: UndoAction): void {
    this.#level.undoActions.push(action);
  }
  /**
   * Something to do before anything is committed, unless this level is undone: once, however often it was asked for by
   * this name until then. An error undoes all.
   */
  beforeCommit(name: string, callback: Callback): void {
    this.#level.beforeCommit.set(name, callback);
  }
  /** Something to do after the outermost commit, before anything else is run then, unless this level is undone. */
  onCommit(action: Callback): void {
    this.#level.onCommit.push(action);
  }
  /** Something to do after the outermost commit, unless this level is undone. */
  afterCommit(callback: Callback): void {
    this.#level.afterCommit.push(callback);
  }
  /** Something to do when the transaction has ended well, after all that is to be done after the commit. */
  atEnd(action: Callback): void {
    this.#atEnd.push(action);
  }
  /** True the first time that it is asked of an item: its hook after the commit runs once. */
  isFirstTold(state: ItemState): boolean {
    if (this.#told.has(state)) return false;
    this.#told.add(state);
    return true;
  }

  /** Notes an item that the function gets from a store which is not locked. */
  noteShown(state: ItemState): void {
    if (!this.#shown.has(state)) this.#shown.set(state, state.cells);
  }
  /** What {@link noteShown} noted. */
  shownOf(state: ItemState): ItemState['cells'] | undefined {
    return this.#shown.get(state);
  }
  /** For an item whose store is locked, and which was as it was shown then: only this transaction changes it now. */
  forgetShown(state: ItemState): void {
    this.#shown.delete(state);
  }

  /** From now on the store counts as made in this transaction. */
  addNew(store: Participant): void {
    this.#made.add(store);
  }
  /** A store made in this transaction is gone again: nothing of it is to be committed. */
  dropNew(store: Participant): void {
    const part = this.#parts.get(store);
    part?.rollBack();
    part?.undoItems();
    this.#parts.delete(store);
    this.#made.delete(store);
  }

  /** Locks a store, so that what is read from it stays true until the end. */
  join(store: Participant): Part {
    const known = this.#parts.get(store);
    if (known !== undefined) return known;
    const isNew = this.#made.has(store);
    const isOutermost = store === this.#levels[0]?.scope;
    const joining = {
      lock: this.#lockFor(store),
      isNew,
      isLate: this.#isStarted,
      // The outermost store is above all others: it decides, or is alone.
      mayBePrepared: !isNew && !isOutermost && store.file.directory !== undefined,
    };
    const part = new Part(store, joining);
    part.begin({ heldBy: (uid) => this.#connectionOf(uid) }, () => this.#isInTree(store));
    this.#parts.set(store, part);
    return part;
  }

  // Up to the store that the transaction was begun on: it is locked, and who has deleted one of these before is seen. Who
  // does so later deletes with it what is written here.
  #isInTree(store: Participant): boolean {
    if (store === this.#levels[0]?.scope) return true;
    const isPlacedHere = this.#made.has(store) || this.#parts.get(store)?.isMoving === true;
    if (!isPlacedHere && !store.file.isListed) return false;
    return store.parent === undefined || this.#isInTree(store.parent);
  }

  #connectionOf(uid: string): Connection | undefined {
    for (const { store, joining } of this.#parts.values())
      if (joining.lock !== 'read' && store.file.uid === uid) return store.file.connection;
    return undefined;
  }

  // Who comes out of order tries once, and so does who keeps another transaction with its locks waiting.
  #lockFor(store: Participant): Lock {
    if (store.isReadOnly || (this.#levels[0] as TransactionLevel).isReadOnly) return 'read';
    if (this.#made.has(store)) return 'write';
    const isInOrder = waiting.length === 0 && [...this.#parts.keys()].every((other) => inLockOrder(other, store) < 0);
    return isInOrder ? 'write' : 'write without waiting';
  }

  /** Locks a store and opens the current level in its database, ready for a write. */
  joinForWriting(store: Participant): Part {
    const { scope, isReadOnly } = this.#level;
    const { place } = store.file;
    if (!this.covers(store)) throw outsideTree(store, scope);
    if (isReadOnly)
      throw new CorollaryError('READ_ONLY', `${place}: the running transaction was started with readOnly`, {
        store: place,
      });
    const part = this.join(store);
    part.enter(this.#levels.length);
    return part;
  }

  /**
   * Runs a function as one more level: if it throws, only what it did is undone. A request, and what the library does by
   * itself, may be run in any store that the outermost level covers, also above the innermost one.
   */
  nested<R>(scope: Participant, { isReadOnly, others, isRequest = false }: RunOptions, work: () => R): R {
    if (!(isRequest ? this.reaches(scope) : this.covers(scope))) throw outsideTree(scope, this.#level.scope);
    this.join(scope);
    for (const one of [...others].sort(inLockOrder)) this.join(one);
    return this.#inLevel(scope, isReadOnly || this.#level.isReadOnly, work);
  }
  /** The same for the library's own steps: what may be written stays as it is. */
  inSteps<R>(work: () => R): R {
    return this.#inLevel(this.#level.scope, this.#level.isReadOnly, work);
  }

  #inLevel<R>(scope: Participant, isReadOnly: boolean, work: () => R): R {
    this.#levels.push(new TransactionLevel(scope, isReadOnly));
    try {
      const result = work();
      this.#release();
      return result;
    } catch (error) {
      this.#undoLevel();
      throw error;
    }
  }

  #release(): void {
    const number = this.#levels.length;
    const parts = [...this.#parts.values()].filter((part) => part.depth === number);
    for (const part of parts) part.readyToRelease();
    for (const part of parts) part.release();
    const inner = this.#levels.pop() as TransactionLevel;
    this.#level.absorb(inner);
  }

  #undoLevel(): void {
    const number = this.#levels.length;
    const inner = this.#levels.pop() as TransactionLevel;
    for (const part of this.#parts.values()) if (part.depth === number) part.undoLevel();
    inner.undo(true);
  }

  /** Runs a function as the outermost level, commits, and gives what it gave. After a throw everything is as before. */
  run<R>(store: Participant, { isReadOnly, others }: RunOptions, work: () => R): R {
    this.#levels.push(new TransactionLevel(store, isReadOnly));
    running = this;
    try {
      this.#joinFirst([store, ...others], isReadOnly ? undefined : this.#gateBefore(store));
      this.#isStarted = true;
      const result = work();
      this.#commit();
      return result;
    } catch (error) {
      this.#rollBack(error);
      throw error;
    } finally {
      running = undefined;
    }
  }

  // Who closes a gate waits for the transactions of the tree: one that keeps another of them waiting must not wait for him.
  #gateBefore({ gates }: Participant): Gate | undefined {
    const isPassed = waiting.some((outer) => (outer.#levels[0] as TransactionLevel).scope.gates === gates);
    return isPassed ? undefined : gates?.writing;
  }

  // In the order in which everybody takes locks, so that none of these has to be taken without waiting.
  #joinFirst(stores: readonly Participant[], gate: Gate | undefined): void {
    for (;;) {
      for (const store of [...stores].sort(inLockOrder)) this.join(store);
      if (gate === undefined || gate.isOpen) return;
      for (const part of this.#parts.values()) part.rollBack();
      this.#parts.clear();
      gate.waitUntilOpen();
    }
  }

  #commit(): void {
    this.#runBeforeCommit();
    const parts = [...this.#parts.values()];
    // Deepest first, new ones before those that were there: until their parent's commit, new ones cannot be seen. One
    // that is moved besides lies where it was made, and belongs there if nothing comes of it.
    const written = this.#toCommit();
    const isUnseen = (part: Part) => part.isNew && !part.isMoving;
    for (const part of written) if (isUnseen(part)) commitUnseen(part);
    this.#commitExisting(written.filter((part) => !isUnseen(part)));
    for (const part of parts) if (!written.includes(part)) part.rollBack();
  }

  // A callback may ask for others, and for one that has run already to run again.
  #runBeforeCommit(): void {
    const { beforeCommit } = this.#level;
    for (const [name, callback] of beforeCommit) {
      beforeCommit.delete(name);
      callback();
    }
  }

  // Those that were written, and those that must be with them. The latter are above the former.
  #toCommit(): Part[] {
    const following = new Set<string>();
    return [...this.#parts.values()]
      .sort((a, b) => b.store.depth - a.store.depth)
      .filter((part) => {
        if (!part.hasWritten && !following.has(part.store.file.uid)) return false;
        for (const uid of part.mustFollow) following.add(uid);
        return true;
      });
  }

  // One commit is all or nothing by itself, and nothing in memory outlives a cut.
  #commitExisting(parts: readonly Part[]): void {
    if (parts.length > 1 && isOnDisk(parts)) this.#unfinished = commitTogether(parts, this.#deciderOf(parts));
    else for (const part of parts) part.commit();
  }

  // The lowest store above all of them, or one of them, that is locked already. The outermost one always is.
  #deciderOf(written: readonly Part[]): Part {
    const candidates = [...this.#parts.values()].filter((part) =>
      written.every(({ store }) => isWithin(store, part.store)),
    );
    return candidates.reduce((lowest, part) => (part.store.depth > lowest.store.depth ? part : lowest));
  }

  #rollBack(error: unknown): void {
    const isOutcomeKnown = !(error instanceof CorollaryError && error.code === 'COMMIT_UNKNOWN');
    for (const part of this.#parts.values()) {
      part.rollBack();
      if (isOutcomeKnown) part.undoItems();
      else part.distrust();
    }
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) level.undo(isOutcomeKnown);
  }

  /** The error to tell for the one that has ended the transaction: that a store is no more, where one is. */
  reasonFor(error: unknown): unknown {
    const locked = [...this.#parts.values()].filter(({ isNew, joining }) => !isNew && joining.lock !== 'read');
    return locked.reduce((reason, { store }) => store.file.reasonFor(reason), error);
  }

  /** Notes a store that could not be dealt with after the commit: its next use does what is left. */
  noteUnfinished(one: Unfinished): void {
    this.#unfinished = [...this.#unfinished, one];
  }
  /** The stores that could not be written, or brought to their place, though the transaction is committed. */
  get unfinished(): readonly Unfinished[] {
    return this.#unfinished;
  }
  /** What to run now that all is committed. */
  get callbacks(): readonly Callback[] {
    const { onCommit = [], afterCommit = [] } = this.#levels[0] ?? {};
    return [...onCommit, ...afterCommit, ...this.#atEnd];
  }
}

function isOnDisk(parts: readonly Part[]): boolean {
  return parts.every(({ store }) => store.file.directory !== undefined);
}

function outsideTree(store: Participant, scope: Participant): CorollaryError {
  const { place } = store.file;
  const isSameName = place === scope.file.place;
  // All stores in memory have one name, and each has one handle.
  const isSame = isSameName && store.file.directory !== undefined;
  const what = isSame
    ? `${place} is open twice, and this is not the handle whose transaction is running: use that one`
    : `${place} is not below ${isSameName ? 'another one' : scope.file.place}, whose transaction is running: start the transaction on a store above both, or write after it`;
  return new CorollaryError('OUTSIDE_TREE', what, { store: place });
}

keepShape(new Transaction());
