import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { CorollaryError } from '../errors.js';
import { CollectedRows, type RowStatements } from './collected-rows.js';
import { keepLatestShape } from './kept-shapes.js';
import { LockWait } from './lock-wait.js';
import { type Durability, fileSettings, MAX_CACHE_BYTES, memorySettings, type Settings } from './pragmas.js';
import { assertRuntime } from './runtime.js';
import type { SqlRow, SqlValue } from './sql-value.js';
import { commitError, isBusy, translated } from './sqlite-error.js';
import { Statements } from './statements.js';
import { WaitingSign } from './waiting-sign.js';

export interface ConnectionOptions {
  readonly readOnly: boolean;
  readonly durability: Durability;
  /** How long the locks of other connections are waited for. */
  readonly busyTimeoutMs: number;
  /** Where the store is, for messages. */
  readonly place: string;
}

/** What an open database in WAL mode takes before its pages are counted: 206 to 211 KiB, measured over 1,000 stores. */
const OPEN_BYTES = 208 * 1024;
/** What a prepared statement takes, measured over 50 in each of 1,000 stores. */
const STATEMENT_BYTES = 8 * 1024;

/** What {@link Connection.look} asks besides, in this order. */
const DESCRIPTION = ['application_id', 'data_version', 'journal_mode'];

/** Settings that were read back from a connection, and were so. */
const accepted = new WeakSet<Settings>();

/** A row, and what SQLite says of the file as of the same moment. */
export interface FirstLook {
  readonly row: SqlRow;
  readonly applicationId: number;
  /** As {@link Connection.dataVersion}. */
  readonly dataVersion: number;
  readonly journalMode: string;
}

/**
 * One open SQLite database. Rows come as arrays. Nothing here stays open across a call: results are read whole.
 */
export class Connection {
  readonly #database: Database.Database;
  readonly #statements: Statements<SqlRow>;
  readonly #place: string;
  readonly #lockWait: LockWait;
  readonly #settings: Settings;
  #dataVersion: Database.Statement<unknown[], number> | undefined;
  #isConfigured = false;
  /** True from BEGIN on, as long as nothing has failed since: an error may have ended the transaction. */
  #isKnownToRun = false;
  #isAtMoment = false;
  #changes = 0;
  /** What is written before anything else is done in the running transaction. */
  #collected: CollectedRows | undefined;
  #running = 0;

  /**
   * Opens a database file that exists, or one in memory: an empty one for the name ':memory:', else a copy of the bytes
   * of a database in rollback mode. Nothing is written yet, and the settings are those of the file, until
   * the first {@link Connection.look}.
   * @throws CorollaryError UNSUPPORTED_RUNTIME, IO_ERROR
   */
  constructor(file: string | Uint8Array, options: ConnectionOptions) {
    assertRuntime();
    this.#place = options.place;
    const inMemory = file === ':memory:' || typeof file !== 'string';
    // Who only reads never has the lock that others wait for, and must leave no trace.
    const sign = inMemory || options.readOnly ? undefined : new WaitingSign(dirname(file));
    this.#lockWait = new LockWait({ timeoutMs: options.busyTimeoutMs, place: options.place, sign });
    // SQLite itself does not wait: LockWait does.
    this.#database = this.#opened(file, { readonly: options.readOnly, fileMustExist: !inMemory, timeout: 0 });
    this.#statements = new Statements(this.#database);
    this.#settings = inMemory ? memorySettings() : fileSettings(options.durability, options.readOnly);
  }

  #opened(file: string | Uint8Array, options: Database.Options): Database.Database {
    try {
      return new Database(typeof file === 'string' ? file : Buffer.from(file), options);
    } catch (error) {
      // The driver looks for the directory itself.
      if (!(error instanceof TypeError)) throw translated(error, this.#place);
      throw new CorollaryError('IO_ERROR', `${this.#place}: the driver cannot open the database: ${error.message}`, {
        store: this.#place,
        cause: error,
      });
    }
  }

  /**
   * The only row of a table and, as of the same moment, what SQLite says of the file and the connection. In one
   * statement: each further one costs more time than its answer, and memory that is freed only between two turns of the
   * event loop. The first look sets what holds for this connection, and writes nothing.
   * @throws CorollaryError CORRUPT, also where there is no such table; BUSY, IO_ERROR
   */
  look(columns: string, table: string): FirstLook | undefined {
    this.#configure();
    const sources = [table, ...DESCRIPTION.map((pragma) => `pragma_${pragma}`)].join(' CROSS JOIN ');
    const row = this.row(`SELECT ${DESCRIPTION.join(', ')}, ${columns} FROM ${sources}`);
    if (row === undefined) return undefined;
    const [applicationId, dataVersion, journalMode] = row as [number, number, string];
    return { applicationId, dataVersion, journalMode, row: row.slice(DESCRIPTION.length) };
  }

  /** Sets what a store's database runs under, and reads it back: for one that was not looked at. */
  configure(): void {
    const look = this.look('1', '(SELECT 1)');
    if (look !== undefined) this.finishConfiguring(look);
  }

  #configure(): void {
    if (this.#isConfigured) return;
    this.#guarded(() => this.#database.exec(this.#settings.script));
    this.#isConfigured = true;
  }

  /**
   * Makes sure that what was looked at runs as its settings say, and that its file is written with a log.
   * @throws CorollaryError IO_ERROR when SQLite does not accept a setting; BUSY, READ_ONLY
   */
  finishConfiguring({ journalMode }: Pick<FirstLook, 'journalMode'>): void {
    this.#assertAccepted();
    if (!this.#settings.keepsLog || journalMode === 'wal') return;
    const mode = this.pragma('journal_mode = WAL');
    if (mode !== 'wal') throw this.#notAccepted('journal_mode = WAL', mode);
  }

  // What SQLite takes of these depends on how it was built, not on the file: one connection of the process stands for all. To
  // ask each took a thirtieth of opening a small store.
  #assertAccepted(): void {
    if (accepted.has(this.#settings)) return;
    for (const [pragma, wanted] of this.#settings.readBacks) {
      const found = this.pragma(pragma);
      if (found !== wanted) throw this.#notAccepted(`${pragma} = ${wanted}`, found);
    }
    accepted.add(this.#settings);
  }

  #notAccepted(setting: string, found: unknown): CorollaryError {
    return new CorollaryError(
      'IO_ERROR',
      `${this.#place}: SQLite did not accept "${setting}" (it says ${String(found)}): the file system may not support it`,
      { store: this.#place },
    );
  }

  #guarded<R>(work: () => R): R {
    try {
      return work();
    } catch (error) {
      return this.#again(error, work);
    }
  }

  // Inside a transaction there is nothing to wait for: what it reads is settled, and the write lock is its own. A moment is
  // settled by the first that is read in it.
  #again<R>(error: unknown, work: () => R): R {
    this.#isKnownToRun = false;
    if (!isBusy(error) || (this.inTransaction && !this.#isAtMoment)) throw translated(error, this.#place);
    try {
      return this.#lockWait.retry(work, error);
    } catch (last) {
      throw translated(last, this.#place);
    }
  }

  /**
   * Writes a row of a table in the running transaction, at the latest before anything else is done here: many one after the
   * other are written together. Only for rows that nothing but the disk can refuse, and of small values: who is told is
   * whoever comes next. They are not lost then: as long as they cannot be written, nothing can be committed.
   */
  collect(statements: RowStatements, id: number, cells: readonly SqlValue[]): void {
    // Before the row is added: where those before it cannot be written, nothing may come of it.
    if (!this.#goesWith(statements, id)) this.writeCollected();
    this.#collected ??= new CollectedRows(statements, cells.length + 1, this.#place);
    this.#collected.add(id, cells);
    this.#changes++;
  }

  #goesWith(statements: RowStatements, id: number): boolean {
    const collected = this.#collected;
    return collected?.statements === statements && !collected.isFull && !collected.has(id);
  }

  /** Writes what {@link Connection.collect} was given, so that ending a savepoint cannot fail by it. */
  writeCollected(): void {
    const collected = this.#collected;
    if (collected === undefined) return;
    // SQLite may have ended the transaction after an error, and with it what is collected.
    if (this.inTransaction) collected.write((sql, values) => this.#run(sql, values));
    this.#collected = undefined;
  }

  /** Runs a statement that gives no rows; returns how many rows it changed. */
  run(sql: string, values: readonly SqlValue[] = []): number {
    this.writeCollected();
    const changes = this.#run(sql, values);
    this.#changes += changes;
    return changes;
  }

  // Whatever is asked is asked of all that was done before.
  #statement(sql: string): Database.Statement<unknown[], SqlRow> {
    this.writeCollected();
    return this.#statements.get(sql);
  }

  // Values go to the driver as arguments, here and below: from an array it takes them 8 to 13 % slower.
  #run(sql: string, values: readonly SqlValue[]): number {
    try {
      return this.#statements.get(sql).run(...values).changes;
    } catch (error) {
      return this.#again(error, () => this.#statements.get(sql).run(...values).changes);
    }
  }

  /** Runs a statement that changes nothing, though SQLite takes it for a write: the self-check of an index. */
  examine(sql: string): void {
    this.#guarded(() => this.#statement(sql).run());
  }

  /** How many rows were changed through this connection; those undone are not taken off. */
  get changes(): number {
    return this.#changes;
  }

  /** All rows of a query. */
  rows(sql: string, values: readonly SqlValue[] = []): SqlRow[] {
    try {
      return this.#statement(sql).all(...values);
    } catch (error) {
      return this.#again(error, () => this.#statement(sql).all(...values));
    }
  }

  /** Visits the rows of a query one by one. The visitor may not use the connection: the statement is running. */
  each(sql: string, values: readonly SqlValue[], visit: (row: SqlRow) => void): void {
    this.#running++;
    try {
      // A lock can refuse the first step only, when no row has been visited.
      this.#guarded(() => {
        for (const row of this.#statement(sql).iterate(...values)) visit(row);
      });
    } finally {
      this.#running--;
    }
  }

  /** True while {@link Connection.each} visits rows, or a moment is read: the database is not to be closed. */
  get isRunning(): boolean {
    return this.#running > 0 || this.#isAtMoment;
  }

  /** About how many bytes of memory this connection takes, given how large its database is. */
  memoryFor(databaseBytes: number): number {
    return OPEN_BYTES + Math.min(databaseBytes, MAX_CACHE_BYTES) + this.#statements.size * STATEMENT_BYTES;
  }

  /** The first row of a query. */
  row(sql: string, values: readonly SqlValue[] = []): SqlRow | undefined {
    try {
      return this.#statement(sql).get(...values);
    } catch (error) {
      return this.#again(error, () => this.#statement(sql).get(...values));
    }
  }

  /** The row that a query gives for an id, and for nothing else: those that wait with other ids need not be written for it. */
  rowWithId(sql: string, id: number): SqlRow | undefined {
    if (this.#collected?.has(id)) this.writeCollected();
    try {
      return this.#statements.get(sql).get(id);
    } catch (error) {
      return this.#again(error, () => this.#statements.get(sql).get(id));
    }
  }

  /** Sets or asks a pragma; gives its first value. */
  pragma(text: string): unknown {
    this.writeCollected();
    return this.#guarded(() => this.#database.pragma(text, { simple: true }));
  }

  // A tenth of what `pragma` costs.
  #set(setting: string): void {
    this.#guarded(() => this.#database.exec(`PRAGMA ${setting}`));
  }

  /** A number that changes when another connection has committed to this file (0.7 µs). */
  dataVersion(): number {
    try {
      return this.#askedDataVersion();
    } catch (error) {
      return this.#again(error, () => this.#askedDataVersion());
    }
  }

  #askedDataVersion(): number {
    this.#dataVersion ??= this.#database.prepare<unknown[], number>('PRAGMA data_version').pluck(true);
    return this.#dataVersion.get() as number;
  }

  /** Where the store is, for messages. */
  get place(): string {
    return this.#place;
  }

  /**
   * True while a transaction runs. SQLite ends one by itself only where a statement fails, so the driver, which takes 0.1 µs,
   * is asked after an error and not before each write.
   */
  get inTransaction(): boolean {
    return this.#isKnownToRun || this.#database.inTransaction;
  }

  /**
   * Takes the write lock. Without `wait` it is tried once; with it, others that wait may have it first.
   * @throws CorollaryError BUSY when another connection keeps it past the busy timeout.
   */
  begin(wait: boolean): void {
    this.endMoment();
    if (wait) this.#lockWait.giveWay();
    const take = () => {
      this.#statements.get('BEGIN IMMEDIATE').run();
      this.#isKnownToRun = true;
    };
    try {
      take();
    } catch (error) {
      if (!wait) throw translated(error, this.#place);
      this.#again(error, take);
    }
  }

  /** True when no other connection has the file open. Keeps others out until this one is closed, if so. */
  isAlone(): boolean {
    this.pragma('locking_mode = EXCLUSIVE');
    return !this.isBeingWritten();
  }

  /** True when another connection has the write lock in this moment. */
  isBeingWritten(): boolean {
    try {
      this.begin(false);
      this.rollBack();
      return false;
    } catch (error) {
      if (error instanceof CorollaryError && error.code === 'BUSY') return true;
      throw error;
    }
  }

  /** Starts a transaction that only reads, all as of now. */
  beginReading(): void {
    this.endMoment();
    this.#guarded(() => {
      this.#statements.get('BEGIN').run();
      try {
        this.#statements.get('SELECT 1 FROM sqlite_schema').get(); // the snapshot is taken by the first read
      } catch (error) {
        this.#rollBackIfPossible();
        throw error;
      }
    });
  }

  /** True from {@link Connection.beginMoment} to {@link Connection.endMoment}. */
  get isAtMoment(): boolean {
    return this.#isAtMoment;
  }

  /** All that is read from the next statement on is as of one moment. Whoever takes a lock meanwhile ends it. */
  beginMoment(): void {
    this.#guarded(() => this.#statements.get('BEGIN').run());
    this.#isAtMoment = true;
  }

  endMoment(): void {
    if (!this.#isAtMoment) return;
    this.#isAtMoment = false;
    // SQLite may have ended it after an error. The database may have been closed.
    if (this.#database.inTransaction) this.#guarded(() => this.#statements.get('COMMIT').run());
  }

  /**
   * @throws CorollaryError COMMIT_UNKNOWN when the disk failed in a way that leaves open whether the commit is there;
   * any other error means that nothing was committed. The transaction is over in every case.
   */
  commit(): void {
    try {
      this.writeCollected();
      this.#isKnownToRun = false;
      this.#statements.get('COMMIT').run();
    } catch (error) {
      this.#rollBackIfPossible();
      throw commitError(error, this.#place);
    }
  }

  // The error that came before is the one to tell.
  #rollBackIfPossible(): void {
    try {
      this.rollBack();
    } catch {
      // the connection is closed by whoever learns of that error
    }
  }

  /** Undoes the transaction, if SQLite has not already done so. */
  rollBack(): void {
    this.#collected = undefined;
    this.#isKnownToRun = false;
    if (this.inTransaction) this.run('ROLLBACK');
  }

  // One name serves all levels: SQLite finds the innermost savepoint of that name.
  savepoint(): void {
    this.run('SAVEPOINT level');
  }
  releaseSavepoint(): void {
    this.run('RELEASE level');
  }
  rollBackToSavepoint(): void {
    if (!this.inTransaction) return;
    this.#rollBackTo('level');
    this.run('RELEASE level');
  }

  /** Tells all that follows in the transaction from what was there before. */
  markPreparable(): void {
    this.run('SAVEPOINT preparable');
  }
  /** Undoes all since {@link Connection.markPreparable}. The transaction goes on, and so does the lock. */
  rollBackToPreparable(): void {
    this.#rollBackTo('preparable');
  }

  // An FTS5 table that was made since, and has words that it did not write yet, would write them when it is no more, and
  // fail the commit. It writes them when another savepoint is opened.
  #rollBackTo(savepoint: string): void {
    this.#collected = undefined; // what is collected is younger than every savepoint
    this.run('SAVEPOINT written');
    this.run(`ROLLBACK TO ${savepoint}`); // ends the other one, too
  }

  /** Runs a transaction whose commit may be lost with the power: it can be done again. */
  withoutSync(work: () => void): void {
    const { synchronous } = this.#settings;
    this.#set('synchronous = NORMAL');
    try {
      work();
    } finally {
      if (synchronous !== undefined) this.#set(`synchronous = ${synchronous}`);
    }
  }

  /** Runs statements of which all count or none. */
  inSavepoint(work: () => void): void {
    this.savepoint();
    try {
      work();
      this.releaseSavepoint();
    } catch (error) {
      this.rollBackToSavepoint();
      throw error;
    }
  }

  /** The whole database as bytes. */
  serialize(): Uint8Array {
    this.writeCollected();
    return this.#database.serialize();
  }

  /** Closes the file. The last connection moves the log into it. */
  close(): void {
    this.#statements.clear();
    this.#guarded(() => this.#database.close());
    keepLatestShape('connection', this);
  }
}
