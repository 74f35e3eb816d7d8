import type { Connection } from '../driver/connection.js';
import { keepShape } from '../driver/kept-shapes.js';
import { CorollaryError } from '../errors.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { type Decision, writeDecision } from './commit/decisions.js';
import { writePrepared } from './commit/prepared.js';
import type { Mark } from './commit/prepared-row.js';
import { applySteps, capture, definitionStep, type Replaced, type Step } from './commit/redo.js';
import type { Patience } from './commit/settle.js';
import { type Definition, runDefinitions } from './definition.js';
import type { Gates } from './gate.js';
import type { IdentityMap } from './identity-map.js';
import { PartLevel } from './part-level.js';
import type { StoreFile } from './store-file.js';
import { UndoLog } from './undo-log.js';
import type { Watches, WrittenTypes } from './watches.js';
import type { WriteCounts } from './write-counts.js';

/** What a transaction needs of a store that takes part in it. */
export interface Participant {
  readonly file: StoreFile;
  readonly identity: IdentityMap;
  readonly isReadOnly: boolean;
  /** The store above; a transaction covers the store it was started on and all below. */
  readonly parent: Participant | undefined;
  /** Levels below the root. */
  readonly depth: number;
  /** What stops writers of the tree; undefined in memory. */
  readonly gates: Gates | undefined;
  /** Who wants to know of commits. */
  readonly watches: Watches;
  /** What is worked out from rows asks it whether they have changed. */
  readonly writeCounts: WriteCounts;
}

/** How a store is locked. */
export type Lock = 'write' | 'write without waiting' | 'read';

/** How a store takes part. */
export interface Joining {
  readonly lock: Lock;
  /** Made in this transaction: its file is committed first and becomes visible with its parent's row. */
  readonly isNew: boolean;
  /** Joined after the function had begun: what it read from this store before was not locked. */
  readonly isLate: boolean;
  /** True where another store may decide about this one's changes: they must be told apart from what was there. */
  readonly mayBePrepared: boolean;
}

/** One store's part in a transaction: its lock, its savepoints, and how its items were before. */
export class Part {
  readonly store: Participant;
  readonly joining: Joining;
  readonly #levels: PartLevel[] = [];
  /** How many of the connection's changed rows were undone again. */
  #undone = 0;
  #mustFollow: readonly string[] = [];

  constructor(store: Participant, joining: Joining) {
    this.store = store;
    this.joining = joining;
  }

  /** Locks the store; `isInTree` is asked then. @throws CorollaryError BUSY, and what opening it throws; it is not locked then. */
  begin(patience: Patience, isInTree: () => boolean): void {
    const { file } = this.store;
    if (file.isPinned) throw takesPartElsewhere(file.place);
    file.isPinned = true;
    try {
      this.#lockSettled(patience, isInTree);
      if (this.joining.mayBePrepared) this.#connection.markPreparable();
    } catch (error) {
      this.rollBack();
      throw file.reasonFor(error);
    }
    this.#levels.push(this.#newLevel());
  }

  get isNew(): boolean {
    return this.joining.isNew;
  }
  get isLate(): boolean {
    return this.joining.isLate;
  }

  get #connection(): Connection {
    return this.store.file.connection;
  }

  /**
   * The uids of stores that are to be written where this one is: they have not decided about transactions that are noted
   * here, and only once they are written it is certain that they never will.
   */
  get mustFollow(): readonly string[] {
    return this.#mustFollow;
  }

  // What another transaction has left here is finished first, without the lock: it may be waiting for it.
  #lockSettled(patience: Patience, isInTree: () => boolean): void {
    const { file } = this.store;
    this.#lock();
    file.sync();
    if (this.joining.lock !== 'read') file.assertInPlace(isInTree);
    while (file.isPrepared) {
      this.#connection.rollBack();
      this.#mustFollow = file.settle(patience);
      this.#lock();
      file.sync();
      // What will never happen stays there, and is not seen.
      if (file.settings.readOnly || this.#mustFollow.length > 0) return;
    }
  }

  #lock(): void {
    const { lock } = this.joining;
    if (lock === 'read') this.#connection.beginReading();
    else this.#connection.begin(lock === 'write');
  }

  get #rows(): number {
    return this.#connection.changes - this.#undone;
  }

  #newLevel(): PartLevel {
    const { file, identity } = this.store;
    return new PartLevel(new UndoLog(identity, file.nextSequence), this.#rows);
  }

  /** How many levels are open in the database: 1 is the transaction itself, each further one a savepoint. */
  get depth(): number {
    return this.#levels.length;
  }
  /** True when the database holds changes that are not committed. */
  get hasWritten(): boolean {
    return this.isMoving || this.#rows !== (this.#levels[0] as PartLevel).rowsBefore;
  }
  /** What to note changes in: the log of the innermost level that this store has entered. */
  get log(): UndoLog {
    return this.#level.log;
  }
  /**
   * To be called wherever rows of items are written: who watches for the type is told after the commit, and the rows
   * are what is written again if the commit is cut off.
   */
  wrote(type: CatalogueEntry, ids: readonly number[]): void {
    const known = this.#idsOf(type);
    if (this.joining.mayBePrepared) for (const id of ids) known.push(id);
  }
  /** The same for one row. */
  wroteOne(type: CatalogueEntry, id: number): void {
    const known = this.#idsOf(type);
    if (this.joining.mayBePrepared) known.push(id);
  }
  #idsOf(type: CatalogueEntry): number[] {
    this.store.writeCounts.wrote(type.name);
    return this.#level.idsOf(type);
  }
  /** Notes statements that were run here and are no changes of items. */
  defined(definitions: readonly Definition[]): void {
    if (this.joining.mayBePrepared) this.#level.definitions.push(...definitions);
  }
  /** To be called where a type was given another table, with all its rows, or lost its table. */
  replaced(replaced: Replaced): void {
    this.wrote(replaced.to ?? replaced.from, []);
    if (this.joining.mayBePrepared) this.#level.replaced.push(replaced);
  }
  /** The store gets another parent with the commit. */
  moveTo(parentUid: string): void {
    this.#level.newParent = parentUid;
  }
  /** It keeps its parent after all: it is deleted, and where it lies, it can be swept. */
  stay(): void {
    this.#level.newParent = null;
  }
  /** True when it gets another parent. */
  get isMoving(): boolean {
    return this.#arrival.length > 0;
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

  /** What could still fail before {@link release}: once one store has released its level, it cannot be undone there. */
  readyToRelease(): void {
    this.#assertRunning();
    this.#connection.writeCollected();
  }

  /** The innermost level becomes part of the one around it. */
  release(): void {
    this.#connection.releaseSavepoint();
    const inner = this.#levels.pop() as PartLevel;
    this.#level.absorb(inner);
    for (const [type, ids] of inner.written) this.wrote(type, ids);
  }

  /** The innermost level is undone, in the database and in the objects. */
  undoLevel(): void {
    const inner = this.#levels.pop() as PartLevel;
    inner.log.undo();
    this.#countAgain(inner);
    // What was changed and undone leaves nothing to commit.
    this.#undone += this.#rows - inner.rowsBefore;
    try {
      this.#connection.rollBackToSavepoint();
    } catch {
      this.#connection.rollBack(); // then nothing of the transaction can be committed
    }
  }

  /**
   * Commits what was done here, together with the decision about other stores where this one decides.
   * @throws CorollaryError DISK_FULL, IO_ERROR: nothing was committed; COMMIT_UNKNOWN
   */
  commit(decision?: Decision): void {
    const { file } = this.store;
    this.#assertRunning();
    const { hasWritten } = this;
    applySteps(this.#connection, this.#arrival);
    file.writeHeader();
    if (decision !== undefined) writeDecision(this.#connection, decision);
    this.#connection.commit();
    file.committed();
    this.ended(hasWritten);
  }

  /**
   * Puts what was done here aside: the database is as it was before, and knows what to do once the transaction is
   * decided. Gives that. The lock is given back. What is in a new store stays: only where it belongs is decided.
   * @throws CorollaryError DISK_FULL, IO_ERROR: nothing is put aside; COMMIT_UNKNOWN
   */
  prepare(mark: Mark): readonly Step[] {
    const { file } = this.store;
    this.#assertRunning();
    const rows = this.isNew ? [] : this.#putAside();
    const steps = [...rows, ...this.#arrival];
    writePrepared(this.#connection, mark, steps);
    file.writeHeader();
    this.#connection.commit();
    file.committed(true);
    return steps;
  }

  get #arrival(): readonly Step[] {
    const newParent = this.#levels.findLast((level) => level.newParent !== undefined)?.newParent ?? undefined;
    return newParent === undefined ? [] : [{ parent: newParent }];
  }

  #putAside(): Step[] {
    const { written, definitions, replaced } = this.#level;
    const steps = capture(this.#connection, written, replaced);
    this.#connection.rollBackToPreparable();
    // All, as others may need what one of them did.
    if (definitions.some(({ isBinding }) => isBinding)) return [...definitions.map(definitionStep), ...steps];
    // A table or an index more does no harm if the transaction is undone, and needs no second writing.
    runDefinitions(this.#connection, definitions);
    return steps;
  }

  /**
   * The transaction has ended well for this store: it may be closed to make room, and who watches it is told. `hasWritten`:
   * false where it has only decided about others.
   */
  ended(hasWritten: boolean): void {
    this.store.file.isPinned = false;
    this.store.watches.committed(this.store, this.#writtenTypes(hasWritten));
  }

  // Rows were changed and no type noted: the catalogue's own, for one.
  #writtenTypes(hasWritten: boolean): WrittenTypes {
    const { written } = this.#level;
    return written.size === 0 && hasWritten
      ? undefined
      : new Set([...written.keys()].map(({ name }) => name.toLowerCase()));
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
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) {
      level.log.undo();
      this.#countAgain(level);
    }
  }

  // The rows are put back.
  #countAgain({ written }: PartLevel): void {
    for (const { name } of written.keys()) this.store.writeCounts.wrote(name);
  }

  /** Has the objects show what the disk says. */
  distrust(): void {
    this.store.file.distrust();
    this.store.watches.committed(this.store, undefined);
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) level.log.distrust();
  }
}

// Only what is done aside can meet another transaction of this thread.
function takesPartElsewhere(place: string): CorollaryError {
  return new CorollaryError(
    'OUTSIDE_TREE',
    `${place} takes part in the running transaction, and cannot be used by an upgrade of a store that does not: start the transaction on a store above both`,
    { store: place },
  );
}

keepShape(new Part({} as Participant, {} as Joining));
