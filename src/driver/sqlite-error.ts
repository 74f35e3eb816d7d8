import { CorollaryError, type ErrorCode } from '../errors.js';

/** SQLite's result codes, by their beginning, and what they mean to a program. First match wins. */
const MEANINGS: readonly (readonly [prefix: string, code: ErrorCode, sentence: string])[] = [
  ['SQLITE_BUSY', 'BUSY', 'another connection holds the lock, which was not waited for; nothing was done: try again'],
  // After a hundred attempts to begin reading a log: https://www.sqlite.org/rescode.html#protocol
  ['SQLITE_PROTOCOL', 'BUSY', 'too many connections began at once; nothing was done: try again'],
  ['SQLITE_LOCKED', 'BUSY', 'the database is locked; nothing was done: try again'],
  ['SQLITE_FULL', 'DISK_FULL', 'the disk is full; nothing was done: free some space and try again'],
  [
    'SQLITE_IOERR_SHMSIZE',
    'DISK_FULL',
    'the disk has no room for the index of the log; nothing was done: free some space and try again',
  ],
  [
    'SQLITE_READONLY',
    'READ_ONLY',
    'the database or its directory cannot be written: check the rights of the directory',
  ],
  ['SQLITE_CANTOPEN', 'IO_ERROR', 'the database file cannot be opened: check rights, and the number of open files'],
  ['SQLITE_PERM', 'IO_ERROR', 'the database file may not be opened: check its rights'],
  ['SQLITE_IOERR', 'IO_ERROR', 'the operating system reported an input/output error'],
  ['SQLITE_NOMEM', 'IO_ERROR', 'SQLite found no memory'],
  ['SQLITE_NOTADB', 'CORRUPT', 'the file is no SQLite database, or its first page is damaged: restore a backup'],
  ['SQLITE_CORRUPT', 'CORRUPT', 'the database is damaged: restore a backup'],
  // A number of a row that JavaScript has rounded, since corollary never gave it.
  ['SQLITE_MISMATCH', 'CORRUPT', 'a row has a number that corollary never gives: restore a backup'],
  ['SQLITE_CONSTRAINT', 'CONSTRAINT', 'a rule of the table was broken'],
  ['SQLITE_TOOBIG', 'INVALID_VALUE', 'a value is larger than SQLite keeps (1 GB)'],
];

// What SQLite says of statements beyond its limits: https://www.sqlite.org/limits.html. All have the code SQLITE_ERROR.
const TOO_LARGE =
  /^(too many |Expression tree is too large|at most \d+ tables|parser stack overflow|statement too long)/;

const OVERFLOW = /integer overflow/;

/** SQLite's extended result code, such as 'SQLITE_BUSY_SNAPSHOT', or undefined for other errors. */
export function sqliteCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** True when a statement names a table or column that the database has not. */
export function isLacking(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_ERROR' && /^no such (table|column): /.test((error as Error).message);
}

/**
 * True when SQLite refuses a statement for what it says. Those of corollary are right where the database holds what its
 * catalogue tells of; where it lacks something, or another program's view or trigger is in the way, SQLite has some
 * hundred sentences to say so, and one code. Not for what a program's question asks too much of.
 */
export function isNotAsWritten(error: unknown): boolean {
  // A collation that is missing has a code of its own, SQLITE_ERROR_MISSING_COLLSEQ.
  if (sqliteCode(error)?.startsWith('SQLITE_ERROR') !== true) return false;
  const { message } = error as Error;
  return !TOO_LARGE.test(message) && !OVERFLOW.test(message);
}

/** True when a row was not inserted because there is one with its id. */
export function isTakenId(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

/** True when another connection's lock was in the way. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') === true;
}

/** The error for a lock that was still held after so many milliseconds. */
export function busyAfter(waitedMs: number, error: unknown, place: string): CorollaryError {
  const said = `after ${Math.round(waitedMs)} ms another connection still holds the lock`;
  return new CorollaryError(
    'BUSY',
    `${place}: ${said}; nothing was done: try again, or raise busyTimeoutMs (${sqliteCode(error)})`,
    { store: place, retry: true, cause: error },
  );
}

/** An error of SQLite as one of ours, with the original as `cause`. What we do not know comes back as it is. */
export function translated(error: unknown, place: string): unknown {
  const found = sqliteCode(error);
  if (found === undefined) return error;
  const { message } = error as Error;
  const ours = (code: ErrorCode, said: string, retry = false) =>
    new CorollaryError(code, `${place}: ${said}`, { store: place, retry, cause: error });
  if (OVERFLOW.test(message)) return ours('OUT_OF_RANGE', 'a sum left the range of int64');
  if (TOO_LARGE.test(message))
    return ours('BAD_QUERY', `the query is larger than SQLite takes (${message}): ask less at once`);
  if (isNotAsWritten(error)) return ours('CORRUPT', notAsWritten(message));
  const meaning = MEANINGS.find(([prefix]) => found.startsWith(prefix));
  if (meaning === undefined) return error;
  const [, code, sentence] = meaning;
  return ours(code, `${sentence} (${found})`, code === 'BUSY');
}

// It may be a mistake of ours, which only a check can tell.
const notAsWritten = (message: string) =>
  `the database does not hold what its catalogue says (${message}): restore a backup, or report this if check() finds nothing`;

/**
 * The error of a COMMIT that failed. A failed write of the log leaves no valid commit frame; after a failed sync nobody
 * knows what reached the disk.
 */
export function commitError(error: unknown, place: string): unknown {
  const code = sqliteCode(error);
  if (!code?.startsWith('SQLITE_IOERR') || code === 'SQLITE_IOERR_WRITE') return translated(error, place);
  return new CorollaryError(
    'COMMIT_UNKNOWN',
    `${place}: the disk failed during the commit (${code}), so it is not known whether the changes are there: look before you repeat them`,
    { store: place, cause: error },
  );
}
