import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync, type Stats, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CorollaryError } from '../errors.js';

/** What stores ask of the file system, with its errors as ours. */

export const DIRECTORY_MODE = 0o700;
export const FILE_MODE = 0o600;

/** What is there; below the root a link is followed nowhere. */
export function unlinked(directory: string): Stats | undefined {
  const at = statOf(directory);
  if (at?.isSymbolicLink()) throw foreign(directory, 'is a link; below the root only directories are followed');
  return at;
}

/** A directory of the store's own, made if it is not there. */
export function ownDirectory(parent: string, name: string): string {
  const directory = join(parent, name);
  if (unlinked(directory) === undefined) {
    makeOne(directory);
    syncDirectory(parent);
  }
  return directory;
}

// Not with `recursive`: the store may be gone, and its directory must not come back.
function makeOne(directory: string): void {
  try {
    mkdirSync(directory, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // else another process has just made it
  }
}

/** The error for a place that holds something else than a store. */
export function foreign(directory: string, why: string): CorollaryError {
  return new CorollaryError('NOT_A_STORE', `${directory} ${why}`, { path: directory, store: directory });
}

/** What is there, without following a link; undefined for nothing. */
export function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A file stands where a directory of the path should be.
    if (codeOf(error) === 'ENOTDIR') throw foreign(dirname(path), 'is not below a directory');
    throw ioError(path, error);
  }
}

function ioError(path: string, cause: unknown): CorollaryError {
  const code = codeOf(cause) ?? 'unknown';
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : 'IO_ERROR';
  const hint = code === 'EMFILE' || code === 'ENFILE' ? ': too many open files' : '';
  return new CorollaryError(kind, `${path}: the operating system said ${code}${hint}`, { path, cause });
}

/** The operating system's code, such as 'ENOENT'. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Runs work on files; an error of the operating system becomes DISK_FULL or IO_ERROR. */
export function onDisk<R>(path: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw error instanceof CorollaryError ? error : ioError(path, error);
  }
}

/** The same for work that takes turns of the event loop. */
export async function onDiskLater<R>(path: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CorollaryError ? error : ioError(path, error);
  }
}

/** The names in a directory of the store's own; none where it is not there. */
export function namesInOwn(parent: string, name: string): readonly string[] {
  const directory = join(parent, name);
  return unlinked(directory) === undefined ? [] : namesIn(directory);
}

/** The names in a directory; none where it is not there. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw ioError(directory, error);
  }
}

/** Writes a new file that only its owner may read, and makes it durable. */
export function writeWhole(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'wx', FILE_MODE);
  try {
    writeAll(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The same for bytes that come in pieces. What giving them throws is thrown on as it is.
 * @throws CorollaryError DISK_FULL, IO_ERROR
 */
export function writePieces(file: string, pieces: Iterable<Uint8Array>): void {
  const descriptor = onDisk(file, () => openSync(file, 'wx', FILE_MODE));
  try {
    for (const piece of pieces) onDisk(file, () => writeAll(descriptor, piece));
    onDisk(file, () => fsyncSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

/** Makes the names in a directory durable. Windows cannot, and its renames are durable without it. */
export function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
