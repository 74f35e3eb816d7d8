import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import { databaseFile } from './directory.js';
import { APPLICATION_ID, FORMAT, TAGS, writeEmptyStore } from './format.js';
import type { Evictable, ExpectedIdentity, OpenFiles, StoreSettings } from './settings.js';

/** 2^53 / 4096: past it, ids would no longer be safe integers. */
const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER / TAGS;

let uses = 0;

interface Header {
  readonly uid: string;
  readonly parentUid: string;
  readonly generation: number;
  readonly sequence: number;
}

export interface StoreFileOptions {
  /** The store's directory; absent for a store in memory. */
  readonly directory: string | undefined;
  /** Where the store is, for messages. */
  readonly place: string;
  readonly settings: StoreSettings;
  readonly expected: ExpectedIdentity;
  readonly isRoot: boolean;
  readonly openFiles: OpenFiles | undefined;
}

/**
 * One store's database: opened when it is needed, closed when others need the room, watched for commits of other
 * connections. Its `epoch` is raised whenever what is in memory may have become old.
 */
export class StoreFile implements Evictable {
  readonly #options: StoreFileOptions;
  #connection: Connection | undefined;
  #header: Header | undefined;
  #dataVersion = 0;
  #nextSequence = 1;
  #checkedInTurn = -1;
  epoch = 1;
  lastUsed = 0;
  isPinned = false;

  constructor(options: StoreFileOptions) {
    this.#options = options;
  }

  get place(): string {
    return this.#options.place;
  }
  get directory(): string | undefined {
    return this.#options.directory;
  }
  get isOpen(): boolean {
    return this.#connection !== undefined;
  }
  /** The store's uid. A substore's is known without opening it. */
  get uid(): string {
    if (!this.#options.isRoot) return this.#options.expected.uid;
    return (this.#header ?? this.#opened().header).uid;
  }

  /** The open connection; opens the file if need be. */
  get connection(): Connection {
    this.lastUsed = ++uses;
    return this.#connection ?? this.#opened().connection;
  }

  #opened(): { connection: Connection; header: Header } {
    this.#options.openFiles?.makeRoomFor(this);
    const connection = this.#connect();
    try {
      const header = this.#readHeader(connection);
      this.#assertExpected(header);
      this.#dataVersion = connection.dataVersion();
      this.#take(header);
      this.#connection = connection;
      return { connection, header };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #connect(): Connection {
    const { directory, settings, place, expected } = this.#options;
    const options = { ...settings, place };
    if (directory !== undefined) return new Connection(databaseFile(directory), options);
    const connection = new Connection(':memory:', { ...options, readOnly: false });
    writeEmptyStore(connection, expected.uid, expected.parentUid);
    return connection;
  }

  #readHeader(connection: Connection): Header {
    if (this.#applicationId(connection) !== APPLICATION_ID)
      throw this.#notAStore('its db.sqlite is the database of another program');
    const row = connection.row('SELECT format, uid, parent, generation, sequence FROM corollary_store');
    if (row === undefined) throw this.#notAStore('its db.sqlite has lost its header');
    const [format, uid, parentUid, generation, sequence] = row as [number, string, string, number, number];
    if (format > FORMAT)
      throw new CorollaryError(
        'NEWER_DATABASE',
        `${this.place} has file format ${format}; this version of corollary knows up to ${FORMAT}: use a newer version of corollary`,
        { store: this.place },
      );
    return { uid, parentUid, generation, sequence };
  }

  // A file that is no database says so only when its first page is read.
  #applicationId(connection: Connection): unknown {
    try {
      return connection.pragma('application_id');
    } catch (error) {
      throw notADatabase(error) ? this.#notAStore('its db.sqlite is no SQLite database', error) : error;
    }
  }

  #notAStore(why: string, cause?: unknown): CorollaryError {
    return new CorollaryError('NOT_A_STORE', `${this.place} is not a store: ${why}`, { store: this.place, cause });
  }

  #assertExpected(header: Header): void {
    const { expected, isRoot, directory } = this.#options;
    if (isRoot || (header.uid === expected.uid && header.parentUid === expected.parentUid)) return;
    throw this.#notAStore(`${directory} holds another store than its parent expects there; was it moved by hand?`);
  }

  // After an eviction, an unchanged generation proves that nobody has written in the meantime.
  #take(header: Header): void {
    if (this.#header !== undefined && this.#header.generation !== header.generation) this.epoch++;
    this.#header = header;
    this.#nextSequence = Math.max(this.#nextSequence, header.sequence);
  }

  /** Looks whether another connection has committed since the last look; if so, raises the epoch. */
  sync(): void {
    const connection = this.connection;
    const found = connection.dataVersion();
    if (found === this.#dataVersion) return;
    this.#dataVersion = found;
    this.#take(this.#readHeader(connection));
    this.epoch++;
  }

  /** {@link sync}, once in each turn of the event loop. */
  syncInTurn(turn: number): void {
    if (this.#checkedInTurn === turn) return;
    this.#checkedInTurn = turn;
    this.sync();
  }

  /** A sequence number that was never given out here before; not even after a rollback. */
  takeSequence(): number {
    if (this.#nextSequence > MAX_SEQUENCE)
      throw new CorollaryError('OUT_OF_RANGE', `${this.place} has used up its 2^41 item numbers`, {
        store: this.place,
      });
    return this.#nextSequence++;
  }

  /** Part of every transaction that wrote: the next number and the generation go to disk with the changes. */
  writeHeader(): void {
    this.connection.run('UPDATE corollary_store SET generation = generation + 1, sequence = ?', [this.#nextSequence]);
  }

  /** Our own commit is done: the generation that we wrote is the one we know. */
  committed(): void {
    if (this.#header !== undefined) this.#header = { ...this.#header, generation: this.#header.generation + 1 };
  }

  /** After a commit of unknown outcome: what is in memory may be wrong, the disk decides. */
  distrust(): void {
    this.epoch++;
    if (this.directory !== undefined) this.#close();
  }

  /** Closes the database; the next use opens it again. A database in memory is all there is, so it stays. */
  evict(): void {
    if (this.directory !== undefined) this.#close();
  }

  /** Closes the database for good. */
  close(): void {
    this.#close();
  }

  #close(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#options.openFiles?.closed(this);
    connection.close();
  }
}

function notADatabase(error: unknown): boolean {
  return error instanceof CorollaryError && error.code === 'CORRUPT';
}
