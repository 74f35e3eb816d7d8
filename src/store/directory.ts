import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CorollaryError } from '../errors.js';

/**
 * The files of a store: `db.sqlite`, and where needed `sub` (a directory for each substore), `files` and `temp`.
 * A live database is never opened here: closing any descriptor of it would drop SQLite's locks in this process.
 */

/** SQLite takes paths of 512 bytes and wants room for '-journal'. */
const MAX_DATABASE_PATH_BYTES = 504;
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** How often the making of a root is tried while other processes make the same. */
const MAX_ATTEMPTS = 20;
/** How the directory of a substore is called. */
const SUBSTORE_ID = /^[0-9a-v]{8}$/;
/** What a store's directory may hold before its database is there: a creation was cut off. */
const OWN_NAMES: ReadonlySet<string> = new Set(['temp']);

export function databaseFile(directory: string): string {
  return join(directory, 'db.sqlite');
}

/** Where the substore with this id lies, below its parent's directory. */
export function substoreDirectory(parent: string, id: string): string {
  return join(parent, 'sub', checkedId(id, parent));
}

// The id comes from a row, and a row can hold anything that somebody put there: '../..', for one.
function checkedId(id: string, parent: string): string {
  if (SUBSTORE_ID.test(id)) return id;
  throw new CorollaryError('CORRUPT', `A substore of ${parent} has a directory name that corollary did not give`, {
    store: parent,
  });
}

/** @throws CorollaryError PATH_TOO_LONG when SQLite could not open a store's database there. */
export function assertPathFits(directory: string): void {
  const bytes = Buffer.byteLength(databaseFile(directory));
  if (bytes <= MAX_DATABASE_PATH_BYTES) return;
  throw new CorollaryError(
    'PATH_TOO_LONG',
    `The database of a store at ${directory} would have a path of ${bytes} bytes; SQLite takes ${MAX_DATABASE_PATH_BYTES}: use a shorter root path, or fewer levels`,
    { path: directory },
  );
}

/** What lies at a path where a store should be. */
export type Found = 'nothing' | 'empty directory' | 'store';

/**
 * Looks without opening anything.
 * @throws CorollaryError NOT_A_STORE when something else is there, or the way to it leads over a link.
 */
export function inspect(directory: string, isRoot: boolean): Found {
  const at = isRoot ? statOf(directory) : unlinked(dirname(directory)) && unlinked(directory);
  if (at === undefined) return 'nothing';
  if (!at.isDirectory() && !at.isSymbolicLink()) throw foreign(directory, 'is a file, not a directory');
  const file = statOf(databaseFile(directory));
  if (file === undefined) return emptyOrForeign(directory);
  if (!file.isFile()) throw foreign(directory, 'holds a db.sqlite that is no plain file');
  if (file.size === 0) throw foreign(directory, 'holds a db.sqlite of 0 bytes: it was cut off, or never a store');
  return 'store';
}

/** What is there; below the root a link is followed nowhere. */
function unlinked(directory: string): Stats | undefined {
  const at = statOf(directory);
  if (at?.isSymbolicLink()) throw foreign(directory, 'is a link; below the root only directories are followed');
  return at;
}

/** A directory of the store's own, made if it is not there. */
function ownDirectory(parent: string, name: string): string {
  const directory = join(parent, name);
  if (unlinked(directory) === undefined) {
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
    syncDirectory(parent);
  }
  return directory;
}

function emptyOrForeign(directory: string): Found {
  const names = namesIn(directory);
  if (names.includes('db.sqlite')) return inspect(directory, true); // another process has just made the store
  if (names.every((name) => OWN_NAMES.has(name))) return 'empty directory';
  throw foreign(directory, 'holds other files and no db.sqlite; give an empty directory or one that does not exist');
}

function foreign(directory: string, why: string): CorollaryError {
  return new CorollaryError('NOT_A_STORE', `${directory} ${why}`, { path: directory, store: directory });
}

function statOf(path: string): Stats | undefined {
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

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function onDisk<R>(path: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw error instanceof CorollaryError ? error : ioError(path, error);
  }
}

/**
 * Makes a root store: the database appears in one step, so that a second process which does the same at the same time
 * finds either nothing or a whole store, and both go on with the same one.
 */
export function createRootDirectory(directory: string, image: Uint8Array): void {
  onDisk(directory, () => {
    makeDirectories(directory);
    for (let attempt = 1; !existsSync(databaseFile(directory)); attempt++) {
      try {
        placeDatabase(directory, image);
      } catch (error) {
        // Another process has opened the store that it made, and swept `temp`.
        if (codeOf(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
      }
    }
    syncDirectory(directory);
  });
}

// Each directory that is new needs a sync of the one that it stands in.
function makeDirectories(directory: string): void {
  const first = mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  if (first === undefined) return;
  for (let at = directory; at.length >= first.length; at = dirname(at)) syncDirectory(dirname(at));
}

// A link fails where a rename would replace the store that another process has made in the meantime.
function placeDatabase(directory: string, image: Uint8Array): void {
  const prepared = join(ownDirectory(directory, 'temp'), `new-${process.pid}-${process.hrtime.bigint()}`);
  try {
    writeWhole(prepared, image);
    linkSync(prepared, databaseFile(directory));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(prepared, { force: true });
  }
}

/**
 * Makes a substore's directory: built in the parent's `temp`, made durable, then renamed into `sub`. The caller holds
 * the parent's write lock, and the parent's row is what makes the substore exist: without it, it is swept.
 */
export function createSubstoreDirectory(parent: string, id: string, image: Uint8Array): void {
  onDisk(parent, () => {
    const prepared = join(ownDirectory(parent, 'temp'), id);
    mkdirSync(prepared, { mode: DIRECTORY_MODE });
    writeWhole(databaseFile(prepared), image);
    syncDirectory(prepared);
    const sub = ownDirectory(parent, 'sub');
    renameSync(prepared, substoreDirectory(parent, id));
    syncDirectory(sub);
  });
}

/** Takes a substore's directory away, with all below it: one rename, then as many unlinks as there are files. */
export function removeSubstoreDirectory(parent: string, id: string): void {
  onDisk(parent, () => {
    const temp = ownDirectory(parent, 'temp');
    const trash = join(temp, `gone-${checkedId(id, parent)}`);
    rmSync(join(temp, id), { recursive: true, force: true }); // where its making was cut off
    if (renameIfThere(substoreDirectory(parent, id), trash)) syncDirectory(join(parent, 'sub'));
    rmSync(trash, { recursive: true, force: true });
  });
}

/** The same where no row names the directory any more: what cannot be removed now is swept later. */
export function discardSubstoreDirectory(parent: string, id: string): void {
  try {
    removeSubstoreDirectory(parent, id);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}

function renameIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The ids of the substore directories that are there, whether the parent knows them or not. What is not ours is left alone. */
export function substoreIds(parent: string): readonly string[] {
  return namesInOwn(parent, 'sub').filter((name) => SUBSTORE_ID.test(name));
}

/** True when `temp` holds something that a killed process may have left. */
export function hasLeftovers(parent: string): boolean {
  return namesInOwn(parent, 'temp').length > 0;
}

/** Empties `temp`. The caller holds the store's write lock, so nothing in it is being made. */
export function clearTemp(parent: string): void {
  onDisk(parent, () => {
    for (const name of namesInOwn(parent, 'temp'))
      rmSync(join(parent, 'temp', basename(name)), { recursive: true, force: true });
  });
}

function namesInOwn(parent: string, name: string): readonly string[] {
  const directory = join(parent, name);
  return unlinked(directory) === undefined ? [] : namesIn(directory);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw ioError(directory, error);
  }
}

function writeWhole(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'wx', FILE_MODE);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

// Windows cannot sync a directory, and its renames are durable without it.
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
