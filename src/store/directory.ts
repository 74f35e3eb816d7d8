import { existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CorollaryError } from '../errors.js';
import {
  codeOf,
  DIRECTORY_MODE,
  foreign,
  namesIn,
  onDisk,
  ownDirectory,
  statOf,
  syncDirectory,
  unlinked,
  writeWhole,
} from './disk.js';

/**
 * The files of a store: `db.sqlite`, and where needed `sub` (a directory for each substore), `files` and `temp`.
 * A live database is never opened here: closing any descriptor of it would drop SQLite's locks in this process.
 */

/** SQLite takes paths of 512 bytes and wants room for '-journal'. */
const MAX_DATABASE_PATH_BYTES = 504;
/** What SQLite may find beside a database: its log with an index, and the journal of another mode. */
const BESIDE_DATABASE: readonly string[] = ['-wal', '-shm', '-journal'];
/** How often the making of a root is tried while other processes make the same. */
const MAX_ATTEMPTS = 20;
/** What a store's directory may hold before its database is there: a creation was cut off. */
const OWN_NAMES: ReadonlySet<string> = new Set(['temp']);

export function databaseFile(directory: string): string {
  return join(directory, 'db.sqlite');
}

/** @throws CorollaryError PATH_TOO_LONG when SQLite could not open a store's database there. */
export function assertPathFits(directory: string): void {
  assertFileFits(databaseFile(directory), `The database of a store at ${directory}`);
}

/** @throws CorollaryError PATH_TOO_LONG when SQLite could not open a file; `what` it is begins the sentence why. */
export function assertFileFits(file: string, what: string): void {
  const bytes = Buffer.byteLength(file);
  if (bytes <= MAX_DATABASE_PATH_BYTES) return;
  throw new CorollaryError(
    'PATH_TOO_LONG',
    `${what} would have a path of ${bytes} bytes; SQLite takes ${MAX_DATABASE_PATH_BYTES}: use a shorter root path, or fewer levels`,
    { path: dirname(file) },
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
  for (const ending of BESIDE_DATABASE) assertPlain(directory, `db.sqlite${ending}`);
  return 'store';
}

// SQLite opens them without looking, and would wait for ever for who writes into a named pipe.
function assertPlain(directory: string, name: string): void {
  const file = statOf(join(directory, name));
  if (file !== undefined && !file.isFile()) throw foreign(directory, `holds a ${name} that is no plain file`);
}

/** @throws CorollaryError STORE_MISSING where nothing is; NOT_A_STORE for something else */
export function assertIsStore(directory: string, isRoot: boolean): void {
  if (inspect(directory, isRoot) === 'store') return;
  throw new CorollaryError('STORE_MISSING', `There is no store at ${directory}: it was taken away`, {
    store: directory,
    path: directory,
  });
}

function emptyOrForeign(directory: string): Found {
  const names = namesIn(directory);
  if (names.includes('db.sqlite')) return inspect(directory, true); // another process has just made the store
  if (names.every((name) => OWN_NAMES.has(name))) return 'empty directory';
  throw foreign(directory, 'holds other files and no db.sqlite; give an empty directory or one that does not exist');
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

/** Makes a directory, and those that it stands in, durably: each that is new needs a sync of the one above. */
export function makeDirectories(directory: string): void {
  if (existsSync(directory)) return;
  const above = dirname(directory);
  if (above !== directory) makeDirectories(above); // the root of a drive may be missing
  makeDirectory(directory);
  syncDirectory(above);
}

// Not with `recursive`: where a system answers ENOENT below a directory that is there, as in /proc, Node tries for ever.
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (!existsSync(directory)) throw error; // else another process has just made it
  }
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
