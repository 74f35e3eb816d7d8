import { randomInt } from 'node:crypto';
import type { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import { type Patience, settlePrepared } from './commit/settle.js';
import { connect } from './connect.js';
import { assertIsStore, databaseFile, inspect } from './directory.js';
import { statOf } from './disk.js';
import { FileWeight } from './file-weight.js';
import { DiskFiles } from './files/disk-files.js';
import type { FileArea } from './files/file-area.js';
import { MemoryFiles } from './files/memory-files.js';
import type { Gate } from './gate.js';
import { type Header, notAStore, readHeader } from './header.js';
import { endLookPeriod, lookPeriod } from './look-period.js';
import { forgetGiven, Sequence } from './sequence.js';
import type { CommitsSeen, Evictable, ExpectedIdentity, OpenFiles, StoreSettings, Whereabouts } from './settings.js';

/**
 * By up to so much a handle raises the generation with its first commit after opening the database: a copy that was put back
 * by hand does not come to the same one again. A later commit raises it by one.
 */
const LEAP = 2 ** 24;
/** Beyond this there are no more leaps: there is room for 2^52 more commits. */
const LAST_LEAP = 2 ** 52;

export interface StoreFileOptions {
  readonly whereabouts: Whereabouts;
  readonly settings: StoreSettings;
  readonly openFiles: OpenFiles | undefined;
  /** For a substore: closed while the directories of stores change their places. */
  readonly gate?: Gate | undefined;
  /** For a substore: asked to bring the directory to its place when there is no store. */
  readonly whenMissing?: () => void;
  /** For a substore: false once its parent no longer has it. Asked when its file cannot be opened. */
  readonly isInParent?: () => boolean;
  /** For a substore: the same, asked of its parent alone. */
  readonly isListed?: () => boolean;
  /**
   * For a substore: looks in which store's list it is, and where, and has {@link StoreFileOptions.whereabouts} say so; false
   * if in none. Asked after a commit of unknown outcome, and when its file cannot be opened.
   */
  readonly isFound?: () => boolean;
  /** For a store in memory: what it holds from the beginning; it is empty if not given. */
  readonly content?: Connection;
}

/**
 * One store's database: opened when it is needed, closed when others need the room, watched for commits of other
 * connections. Its `epoch` differs from that of what was read before whenever that may have become old.
 */
export class StoreFile implements Evictable {
  readonly #options: StoreFileOptions;
  whereabouts: Whereabouts;
  /** The bytes of files kept beside the database. */
  readonly files: FileArea;
  #connection: Connection | undefined;
  #header: Header | undefined;
  #dataVersion = 0;
  readonly #sequence = new Sequence();
  /** What {@link syncOnceIn} was given last. */
  #checkedIn: unknown;
  /** The period in which an answer has shown last that the catalogue is right. */
  #unchangedIn: symbol | undefined;
  #foreignCommits = 0;
  #raised = 0;
  /** By how much the next commit of ours raises the generation; undefined before the first one. */
  #step: number | undefined;
  /** The epoch at which the file was closed to make room. */
  #epochAtRest: number | undefined;
  /** True after a commit of unknown outcome, which may have made, moved or removed the store. */
  #isInDoubt = false;
  epoch = 1;
  /** Called where a look has found commits of others. */
  onForeignCommit: (() => void) | undefined;
  /** True once it was seen that another handle has deleted the store. */
  isDeleted = false;
  /** True while a transaction needs it open. */
  isPinned = false;
  /** True between {@link isThere} and the opening that follows. */
  #isSeenThere = false;
  readonly #weight = new FileWeight();

  constructor(options: StoreFileOptions) {
    this.#options = options;
    this.whereabouts = options.whereabouts;
    this.files = this.directory === undefined ? new MemoryFiles() : new DiskFiles(() => this.directory as string);
  }

  get place(): string {
    return this.whereabouts.place;
  }
  get directory(): string | undefined {
    return this.whereabouts.directory;
  }
  get settings(): StoreSettings {
    return this.#options.settings;
  }
  get #expected(): ExpectedIdentity | undefined {
    return this.whereabouts.expected;
  }
  /** The moment, by the clock that the store was opened with. */
  now(): Date {
    return new Date(this.#options.settings.clock());
  }
  get isOpen(): boolean {
    return this.#connection !== undefined;
  }
  /** The store's uid. A substore's is known without opening it. */
  get uid(): string {
    return this.#identity.uid;
  }
  /** Tells it from a store that was restored in its place, which has the same uid. */
  get incarnation(): string {
    return (this.#header ?? this.#opened().header).incarnation;
  }
  /** The uid of the store above; '' where there is none. A part that was opened alone has one all the same. */
  get parentUid(): string {
    return this.#identity.parentUid;
  }
  get #identity(): ExpectedIdentity {
    return this.#expected ?? this.#header ?? this.#opened().header;
  }

  /** The open connection; opens the file if need be. */
  get connection(): Connection {
    const connection = this.#connection ?? this.#openedOrDeleted();
    this.#options.openFiles?.used();
    return connection;
  }

  #openedOrDeleted(): Connection {
    this.findOut();
    try {
      return this.#connection ?? this.#opened().connection;
    } catch (error) {
      if (error instanceof GateIsClosed) {
        this.#options.gate?.waitUntilOpen();
        return this.#openedOrDeleted();
      }
      const { directory } = this;
      if (this.#options.isInParent?.() === false || this.#options.isFound?.() === false) throw this.#deleted();
      if (this.directory !== directory) return this.#openedOrDeleted(); // another store may have taken its place
      this.#assertIsStore(); // what is taken away while it is being opened gives errors of all kinds
      throw error;
    }
  }

  /**
   * After a commit of unknown outcome: asks the disk whether the store is one of the tree, and where.
   * @throws CorollaryError STORE_CLOSED, and what asking throws
   */
  findOut(): void {
    if (!this.#isInDoubt) return;
    this.#isInDoubt = false; // who is asked may lie below this store, and look into it: where it was before
    try {
      if (this.#options.isFound?.() === false) throw this.#deleted();
    } catch (error) {
      this.#isInDoubt = !this.isDeleted;
      throw error;
    }
  }

  #deleted(): CorollaryError {
    this.isDeleted = true;
    this.epoch++; // the items look, and find that they are gone
    return new CorollaryError('STORE_CLOSED', `${this.place} was deleted`, { store: this.place });
  }

  #opened(): { connection: Connection; header: Header } {
    const { openFiles } = this.#options;
    this.#assertIsStore(); // which may have to open the store above
    openFiles?.makeRoom();
    const connection = connect(this.whereabouts, this.settings, this.#options.content);
    const period = lookPeriod();
    try {
      const { header, ...look } = readHeader(connection, this.place);
      this.#assertExpected(header);
      connection.finishConfiguring(look);
      if (this.#options.gate?.isOpen === false) throw new GateIsClosed();
      this.#dataVersion = look.dataVersion;
      this.#checkedIn = period;
      this.#step = undefined;
      this.#take(header);
      this.#connection = connection;
      openFiles?.opened(this);
      if (header.isPrepared) this.settle(); // which may make the header another one
      return { connection, header: this.#header ?? header };
    } catch (error) {
      if (this.#connection === undefined) connection.close();
      else this.#close();
      throw error;
    }
  }

  /** Looks whether there is a store, without opening it. The first use opens it then, and does not look once more. */
  isThere(directory: string): boolean {
    this.#isSeenThere = inspect(directory, true) === 'store';
    return this.#isSeenThere;
  }

  #assertIsStore(): void {
    const { directory } = this;
    if (directory === undefined) return;
    if (this.#isSeenThere) {
      this.#isSeenThere = false;
      return;
    }
    const isRoot = this.#expected === undefined;
    if (this.#options.whenMissing !== undefined) {
      if (inspect(directory, isRoot) === 'store') return;
      this.#options.whenMissing();
    }
    assertIsStore(directory, isRoot);
  }

  #assertExpected(header: Header): void {
    if (header.isDeleted || this.#isAnother(header)) throw this.#deleted();
    const expected = this.#expected;
    if (expected === undefined) return;
    // A transaction that moves it here may have to be finished first.
    if (header.uid === expected.uid && (header.isPrepared || header.parentUid === expected.parentUid)) return;
    const why = `${this.directory} holds another store than its parent expects there; was it moved by hand?`;
    throw notAStore(this.place, why);
  }

  // What was restored has the uid of the store whose place it takes, but is not the one that items were read from.
  #isAnother({ incarnation }: Header): boolean {
    return this.#header !== undefined && this.#header.incarnation !== incarnation;
  }

  /** Looks, now that the directory is another one, whether another store with the same uid lies there. */
  isReplaced(): boolean {
    if (this.#header === undefined) return false; // nothing of the old one was ever seen
    if (this.isOpen) this.evict();
    try {
      this.#openedOrDeleted();
    } catch {
      // What else is wrong, whoever uses the store next is told.
    }
    return this.isDeleted;
  }

  // After an eviction, an unchanged generation proves that nobody has written in the meantime: what was read before is
  // as good as new.
  #take(header: Header): void {
    const isUnchanged = this.#header?.generation === header.generation;
    if (this.#epochAtRest !== undefined && isUnchanged) this.epoch = this.#epochAtRest;
    else if (this.#header !== undefined && !isUnchanged) this.epoch++;
    this.#epochAtRest = undefined;
    this.#header = header;
    this.#sequence.startFrom(header.sequence);
  }

  /** True while it cannot be closed: a transaction needs it open, or a statement is running. */
  get isInUse(): boolean {
    return this.isPinned || this.#connection?.isRunning === true;
  }

  /** True when closing takes as long as moving the log into the database. */
  get hasWritten(): boolean {
    return this.#connection !== undefined && this.#connection.changes > 0;
  }

  /** About how many bytes of memory the open database takes. */
  get memory(): number {
    const connection = this.#connection;
    if (connection === undefined) return 0;
    const { directory } = this; // put together anew each time
    return connection.memoryFor(directory === undefined ? 0 : this.#weight.bytes(directory, connection.changes));
  }

  /** Looks whether another connection has committed since the last look; if so, raises the epoch. */
  sync(): void {
    if (this.#connection?.isAtMoment) return; // in which nothing changes
    // Opening looks, too.
    if (this.isOpen) this.#look();
    else this.#openedOrDeleted();
    if (this.isPrepared) this.#settleIfAlone();
  }

  #look(): void {
    if (this.connection.dataVersion() === this.#dataVersion) return;
    this.#lookAgain();
    this.epoch++;
    this.#foreignCommits++;
    this.onForeignCommit?.();
  }

  /**
   * What `ask` reads, after a look, as of one moment: nothing that others commit comes between the look and the answer, or
   * between two statements. It may use other stores; where it locks this one, the moment ends. `period`: as for
   * {@link syncOnceIn}.
   */
  atOneMoment<R>(ask: () => R, period?: symbol): R {
    if (this.directory === undefined) return ask(); // there is no other connection
    if (this.#connection?.inTransaction) {
      this.sync();
      return ask();
    }
    const connection = this.#atMoment();
    if (period !== undefined) this.#checkedIn = period;
    try {
      return ask();
    } finally {
      connection.endMoment();
    }
  }

  #atMoment(): Connection {
    const connection = this.#lookingAtMoment();
    if (!this.isPrepared) return connection;
    // To finish what is prepared takes a lock. What cannot be finished now stays so.
    connection.endMoment();
    this.sync();
    return this.#lookingAtMoment();
  }

  #lookingAtMoment(): Connection {
    const { connection } = this;
    connection.beginMoment();
    try {
      this.#look();
      return connection;
    } catch (error) {
      connection.endMoment();
      throw error;
    }
  }

  /** False once the parent no longer has it; looks, and opens the parent if need be. True for what has no parent here. */
  get isListed(): boolean {
    return this.#options.isListed?.() ?? true;
  }

  /**
   * For who has the lock of a substore, or of a part that was opened alone: who deletes one that is locked for longer than
   * he waits puts it aside without a mark, and what is written there then is lost. `isInTree` says whether the stores above
   * that the lock's transaction covers still have it: who deletes a large tree comes to its parts much later.
   * @throws CorollaryError STORE_CLOSED, STORE_MISSING for a part, and what opening it throws
   */
  assertInPlace(isInTree: () => boolean = () => true): void {
    const { directory } = this;
    if (directory === undefined || this.parentUid === '') return;
    if (!isInTree()) throw this.#deleted();
    if (statOf(databaseFile(directory)) !== undefined) return;
    this.evict();
    this.#openedOrDeleted();
  }

  /**
   * The error to tell for one that came while the store was locked: what is taken away meanwhile gives errors of all kinds.
   */
  reasonFor(error: unknown): unknown {
    if (!(error instanceof CorollaryError) || error.code !== 'IO_ERROR') return error;
    try {
      this.assertInPlace();
      return error;
    } catch (reason) {
      return reason;
    }
  }

  #lookAgain(): void {
    const { header, dataVersion } = readHeader(this.connection, this.place);
    this.#assertExpected(header);
    this.#take(header);
    this.#dataVersion = dataVersion; // only now: what could not be read must be looked at again
  }

  // Inside a transaction the one that runs it does so, who can wait.
  #settleIfAlone(): void {
    if (this.isPrepared && !this.connection.inTransaction) this.settle();
  }

  /** True when a transaction over several stores has prepared this one, and it was not yet settled. */
  get isPrepared(): boolean {
    return this.#header?.isPrepared ?? false;
  }

  /**
   * Finds out what became of the transaction that has prepared this store, and finishes its part. With `patience`, it
   * waits for one that is just being decided; else that has not happened yet. Gives the uids of stores that must be
   * written by the running transaction if this one is.
   * @throws CorollaryError BUSY, IN_DOUBT, RECOVERY_NEEDED, and what writing throws
   */
  settle(patience?: Patience): readonly string[] {
    const kept = settlePrepared(this, patience);
    this.#lookAgain();
    return kept;
  }

  /** Whether another connection is just writing; undefined where that cannot be told, as this one only reads. */
  get isBeingWritten(): boolean | undefined {
    return this.settings.readOnly ? undefined : this.connection.isBeingWritten();
  }

  /** Costs one pragma where nothing has changed. Opens the file if need be. */
  lookForCommits(): CommitsSeen {
    const connection = this.#connection ?? this.#openedOrDeleted();
    if (this.isPrepared || connection.dataVersion() !== this.#dataVersion) this.sync();
    return this.commitsSeen;
  }

  /**
   * True when a row that was read with this generation is as of the last look, so that another look would find nothing;
   * `period` is for {@link wasUnchangedIn}. Commits of programs without the library do not change it.
   */
  isUnchanged(generation: unknown, period?: symbol): boolean {
    const isUnchanged = generation === this.#header?.generation && !this.isPrepared;
    if (isUnchanged && period !== undefined) this.#unchangedIn = period;
    return isUnchanged;
  }

  /** True when a row has shown in this period that the catalogue is right. */
  wasUnchangedIn(period: symbol): boolean {
    return this.#unchangedIn === period && this.isOpen;
  }

  /** What was seen of commits until the last look. */
  get commitsSeen(): CommitsSeen {
    return { generation: this.#header?.generation ?? 0, raised: this.#raised, foreign: this.#foreignCommits };
  }

  /** {@link sync}, once in a period of which nothing but its name is known: see `lookPeriod`, or one question. */
  syncOnceIn(period: number | symbol): void {
    if (this.#checkedIn === period && this.isOpen) return;
    this.sync();
    if (this.#connection?.isAtMoment) return; // which may be long over for others
    this.#checkedIn = period;
  }

  /** The least number that the next item can have. */
  get nextSequence(): number {
    return this.#sequence.next;
  }

  /**
   * A sequence number that was never given out here before; not even after a rollback. Where more than one is wanted, the
   * first of so many in a row.
   * @throws CorollaryError OUT_OF_RANGE
   */
  takeSequence(count = 1): number {
    return this.#sequence.take(this.uid, this.place, count);
  }

  /** Part of every transaction that wrote: the next number and the generation go to disk with the changes. */
  writeHeader(): void {
    const { generation } = this.#header as Header; // it was looked at under the lock
    this.#step ??= generation > LAST_LEAP ? 1 : randomInt(1, LEAP);
    const values = [this.#step, this.nextSequence];
    this.connection.run('UPDATE corollary_store SET generation = generation + ?, sequence = ?', values);
  }

  /** Our own commit is done: the generation that we wrote is the one we know. */
  committed(isPrepared = false): void {
    this.#checkedIn = endLookPeriod();
    if (this.#header === undefined) return;
    const { generation: before } = this.#header;
    const step = this.#step ?? 1;
    this.#raised += step;
    this.#step = 1;
    this.#header = { ...this.#header, generation: before + step, sequence: this.nextSequence, isPrepared };
  }

  /** After a commit of unknown outcome: what is in memory may be wrong, the disk decides. */
  distrust(): void {
    this.#isInDoubt = true;
    this.epoch++;
    this.#epochAtRest = undefined;
    if (this.directory !== undefined) this.#close(); // a database in memory is all there is
  }

  /** Closes the database; the next use opens it again, and looks whether what is in memory is still right. */
  evict(): void {
    this.#epochAtRest = this.epoch++;
    this.#close();
  }

  /** Closes the database for good. */
  close(): void {
    this.#close();
  }

  #close(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#options.openFiles?.closed();
    const { uid, sequence } = this.#header as Header;
    forgetGiven(uid, sequence);
    this.#weight.forget();
    connection.close();
  }
}

/** The store was opened while that is not allowed, and closed again. */
class GateIsClosed extends Error {}
