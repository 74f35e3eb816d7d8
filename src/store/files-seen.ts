import { lstatSync } from 'node:fs';
import { databaseFile } from './directory.js';

/**
 * A file that was written so shortly before it was looked at can be written again without its time changing: the clock
 * of a file system ticks every 1 to 10 ms.
 */
const CLOCK_TICK_NS = 50_000_000n;

/**
 * SQLite writes a commit to the log, syncs that, and only then shows the commit, for which no file is touched. So long
 * after the last writing of a log nobody is expected to be syncing it.
 */
const LONGEST_SYNC_NS = 60_000_000_000n;

/** How a store's files looked, without opening any: closing a descriptor of a live database drops SQLite's locks. */
export interface FilesSeen {
  /** Equal for files that nobody has written in between, if {@link isSettled}. */
  readonly token: string;
  /** False when the files may change without the token changing. */
  readonly isSettled: boolean;
  /** True when there may be a commit in the log that is not shown yet. */
  readonly mayHideCommit: boolean;
  /** Whether there is a database at all. */
  readonly exists: boolean;
}

/** Looks at the database and its log: two calls of `lstat`. @throws what `lstat` throws, but for files that are missing */
export function lookAtFiles(directory: string): FilesSeen {
  const database = databaseFile(directory);
  const [main, log] = [database, `${database}-wal`].map((file) =>
    lstatSync(file, { bigint: true, throwIfNoEntry: false }),
  );
  // A log of no bytes is as good as none: opening a database makes one, closing it takes it away.
  const seen = [main, log].map((file) => (file === undefined || file.size === 0n ? undefined : file));
  const youngest = seen.reduce((last, file) => (file !== undefined && file.mtimeNs > last ? file.mtimeNs : last), 0n);
  const age = BigInt(Date.now()) * 1_000_000n - youngest;
  return {
    token: seen.map((file) => (file === undefined ? '-' : `${file.ino}:${file.size}:${file.mtimeNs}`)).join(' '),
    exists: main !== undefined,
    isSettled: age > CLOCK_TICK_NS,
    mayHideCommit: seen[1] !== undefined && age < LONGEST_SYNC_NS,
  };
}

/** True when it is sure that nobody has written between the two looks. */
export function isUnwritten(before: FilesSeen | undefined, now: FilesSeen): boolean {
  return before?.isSettled === true && before.token === now.token;
}

/** How much a store's database takes on disk, without its log. */
export function databaseBytes(directory: string): number {
  return bytesOf(databaseFile(directory));
}

/** How much the log of a store's database takes on disk. */
export function logBytes(directory: string): number {
  return bytesOf(`${databaseFile(directory)}-wal`);
}

function bytesOf(file: string): number {
  return lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
