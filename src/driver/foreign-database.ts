import { chmodSync, closeSync, copyFileSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CorollaryError } from '../errors.js';
import { assertRuntime } from './runtime.js';
import { isNotAsWritten, translated } from './sqlite-error.js';

/** What a cell of another program's table holds. Every integer comes as a bigint: none is rounded. */
export type ForeignValue = null | bigint | number | string | Uint8Array;
/** One row, in the order of the selected columns. */
export type ForeignRow = ForeignValue[];

/** What SQLite keeps beside a database while it is written, or when its writer was killed. */
const LEFTOVERS = ['-journal', '-wal'];
/** Where the header says how the file is written and read: 1 in rollback mode, 2 with a log. https://sqlite.org/fileformat.html */
const VERSIONS_AT = 18;
const ROLLBACK_MODE = 1;

/**
 * A database of another program, read as of the moment when it was opened. Neither the file nor its directory is changed:
 * where SQLite would have to finish what a writer left behind, or needs files of its own to read, it is given a copy.
 */
export class ForeignDatabase {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement<unknown[], ForeignRow>>();
  /** The directory that the copy lies in; undefined where the file itself is read. */
  readonly #copy: string | undefined;

  /**
   * @param busyTimeoutMs how long another program's lock is waited for
   * @throws CorollaryError UNSUPPORTED_RUNTIME, CORRUPT, BUSY, DISK_FULL, IO_ERROR
   */
  constructor(file: string, busyTimeoutMs: number) {
    assertRuntime();
    this.#file = file;
    this.#copy = this.#guarded(() => (isAtRest(file) ? undefined : copied(file)));
    try {
      this.#database = this.#guarded(() => opened(this.#copy, file, busyTimeoutMs));
    } catch (error) {
      this.#removeCopy();
      throw error;
    }
  }

  /** All rows of a query. */
  rows(sql: string, values: readonly unknown[] = []): ForeignRow[] {
    return this.#guarded(() => this.#statement(sql).all(values));
  }

  /** The first row of a query. */
  row(sql: string, values: readonly unknown[] = []): ForeignRow | undefined {
    return this.#guarded(() => this.#statement(sql).get(values));
  }

  #statement(sql: string): Database.Statement<unknown[], ForeignRow> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare<unknown[], ForeignRow>(sql).raw(true);
    this.#statements.set(sql, made);
    return made;
  }

  #guarded<R>(work: () => R): R {
    try {
      return work();
    } catch (error) {
      throw asOurs(error, this.#file);
    }
  }

  close(): void {
    this.#database.close();
    this.#removeCopy();
  }

  #removeCopy(): void {
    if (this.#copy !== undefined) rmSync(this.#copy, { recursive: true, force: true });
  }
}

function asOurs(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof CorollaryError || !(error instanceof Error)) return error;
  if (code?.startsWith('SQLITE_') === true) return fromSqlite(error, file);
  if (code === undefined && !(error instanceof TypeError)) return error;
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : 'IO_ERROR';
  return new CorollaryError(kind, `${file}: it cannot be read (${error.message})`, { path: file, cause: error });
}

function fromSqlite(error: Error, file: string): unknown {
  const known = translated(error, file);
  if (known instanceof CorollaryError && !isNotAsWritten(error)) return known;
  const message = `${file}: its tables are not what was expected (${error.message})`;
  return new CorollaryError('CORRUPT', message, { path: file, cause: error });
}

/** True where SQLite can read the file without writing anything: in rollback mode, with nothing left to finish. */
function isAtRest(file: string): boolean {
  return LEFTOVERS.every((ending) => sizeOf(file + ending) === 0) && !keepsLog(file);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function keepsLog(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const versions = Buffer.alloc(2);
    // A file that ends before is no database, and SQLite says so.
    const length = readSync(descriptor, versions, 0, versions.length, VERSIONS_AT);
    return length === versions.length && versions.some((version) => version !== ROLLBACK_MODE);
  } finally {
    closeSync(descriptor);
  }
}

/** Copies a database with what lies beside it into a new directory, and gives that. */
function copied(file: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'corollary-reading-'));
  try {
    const before = stampOf(file);
    for (const ending of ['', ...LEFTOVERS]) if (sizeOf(file + ending) > 0) copyOf(file + ending, directory, ending);
    if (stampOf(file) !== before) throw isBeingWritten(file);
    return directory;
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function copyOf(from: string, directory: string, ending: string): void {
  const to = copyIn(directory) + ending;
  copyFileSync(from, to);
  chmodSync(to, 0o600); // whoever may only read the original must be able to finish the copy
}

function copyIn(directory: string): string {
  return join(directory, 'db.sqlite');
}

/** Differs when a file was written in between. */
function stampOf(file: string): string {
  const stats = ['', ...LEFTOVERS].map((ending) => statSync(file + ending, { throwIfNoEntry: false, bigint: true }));
  return stats.map((stat) => `${stat?.size} ${stat?.mtimeNs}`).join();
}

function isBeingWritten(file: string): CorollaryError {
  const message = `${file} is being written by another program: stop that first`;
  return new CorollaryError('BUSY', message, { path: file, retry: true });
}

function opened(copy: string | undefined, file: string, timeout: number): Database.Database {
  const database = new Database(copy === undefined ? file : copyIn(copy), {
    readonly: copy === undefined,
    fileMustExist: true,
    timeout,
  });
  try {
    database.defaultSafeIntegers(true);
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    // The first read takes the snapshot that all others see; in a copy it finishes what was left.
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
