import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CorollaryError } from '../errors.js';
import { assertPathFits, makeDirectories } from '../store/directory.js';
import { DIRECTORY_MODE, namesIn, onDisk, statOf, syncDirectory } from '../store/disk.js';
import { FileLock } from '../store/file-lock.js';

/** Where a root is built before it appears. */
export interface BuildingSite {
  /** Where the store is to be made. Nothing is there yet. */
  readonly directory: string;
  /** The path of a file for whatever is needed meanwhile. */
  readonly scratch: string;
}

/** @throws CorollaryError NAME_TAKEN when something is at a path where a root is to be; `what` begins the sentence why */
export function assertFree(path: string, what: string): void {
  const at = statOf(path);
  if (at === undefined || (at.isDirectory() && namesIn(path).length === 0)) return;
  const message = `There is something at ${path} already: ${what} where nothing is`;
  throw new CorollaryError('NAME_TAKEN', message, { path });
}

/**
 * Has a root built beside a path where nothing is yet, and appear there in one step; if building it throws, nothing is
 * left behind. What killed processes have left of building to the same path is taken away.
 */
export function buildBeside(path: string, build: (site: BuildingSite) => void): void {
  onDisk(path, () => makeDirectories(dirname(path)));
  removeLeftovers(path);
  const site = openSite(path);
  try {
    const directory = join(site.directory, 'store');
    build({ directory, scratch: join(site.directory, 'scratch') });
    onDisk(path, () => appear(directory, path));
  } finally {
    closeSite(site);
  }
}

function appear(directory: string, path: string): void {
  if (statOf(path) !== undefined) rmdirSync(path); // an empty one; else this fails
  renameSync(directory, path);
  syncDirectory(dirname(path));
}

/** A directory that is built in, with a lock that says that somebody is doing so. */
interface Site {
  readonly directory: string;
  readonly lock: FileLock;
}

const sitePrefix = (path: string) => `${basename(path)}.building-`;
/** What comes after that: the rest of the name of whatever else stands beside the path is somebody else's. */
const SITE_ID = /^[0-9a-f]{16}$/;
const LOCK = 'lock';

function openSite(path: string): Site {
  for (;;) {
    const directory = join(dirname(path), sitePrefix(path) + randomBytes(8).toString('hex'));
    assertPathFits(directory); // the lock, and what is looked at meanwhile, have shorter names than a database
    onDisk(directory, () => mkdirSync(directory, { mode: DIRECTORY_MODE }));
    const lock = lockOf(directory);
    if (lock !== undefined) return { directory, lock };
  }
}

function lockOf(directory: string): FileLock | undefined {
  try {
    return FileLock.make(join(directory, LOCK));
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

// The lock goes last: without it, nobody could tell what is left.
function closeSite({ directory, lock }: Site): void {
  const remove = (path: string) => rmSync(path, { recursive: true, force: true });
  onDisk(directory, () => {
    for (const name of namesIn(directory)) if (name !== LOCK) remove(join(directory, name));
    remove(directory);
  });
  lock.release();
}

function removeLeftovers(path: string): void {
  const parent = dirname(path);
  const prefix = sitePrefix(path);
  const isSite = (name: string) => name.startsWith(prefix) && SITE_ID.test(name.slice(prefix.length));
  for (const name of namesIn(parent).filter(isSite)) {
    const directory = join(parent, name);
    const lock = FileLock.tryToTake(join(directory, LOCK));
    if (lock !== undefined) closeSite({ directory, lock });
    else removeIfEmpty(directory);
  }
}

// It was to get its lock: whoever is about to make that, now, takes another directory.
function removeIfEmpty(directory: string): void {
  onDisk(directory, () => {
    if (statOf(directory) !== undefined && namesIn(directory).length === 0) rmdirSync(directory);
  });
}
