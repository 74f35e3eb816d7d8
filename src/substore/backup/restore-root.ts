import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CorollaryError } from '../../errors.js';
import { makeDirectories } from '../../store/directory.js';
import { DIRECTORY_MODE, namesIn, onDisk, statOf, syncDirectory } from '../../store/disk.js';
import { FileLock } from '../../store/file-lock.js';
import { assertAllFit, buildTree } from './build-tree.js';
import { copiedFrom, placesOf, type ReadBackup } from './read-backup.js';

/** All uids stay as they are. */
const SAME_UIDS: ReadonlyMap<string, string> = new Map();

/**
 * Makes a backup a root at a path where nothing is yet. It is built beside that, and appears there in one step.
 * @throws CorollaryError NAME_TAKEN, PATH_TOO_LONG, DISK_FULL, IO_ERROR, CORRUPT; nothing is left behind then.
 */
export function restoreRoot(backup: ReadBackup, path: string): void {
  assertFree(path);
  assertAllFit(path, placesOf(backup.manifest).keys());
  onDisk(path, () => makeDirectories(dirname(path)));
  removeLeftovers(path);
  const site = openSite(path);
  try {
    const directory = join(site.directory, 'store');
    const scratch = join(site.directory, 'scratch');
    buildTree({ directory, scratch, uids: SAME_UIDS }, copiedFrom(backup, '', SAME_UIDS));
    onDisk(path, () => appear(directory, path));
  } finally {
    closeSite(site);
  }
}

function assertFree(path: string): void {
  const at = statOf(path);
  if (at === undefined || (at.isDirectory() && namesIn(path).length === 0)) return;
  throw new CorollaryError(
    'NAME_TAKEN',
    `There is something at ${path} already: a backup is restored where nothing is`,
    {
      path,
    },
  );
}

function appear(directory: string, path: string): void {
  if (statOf(path) !== undefined) rmdirSync(path); // an empty one; else this fails
  renameSync(directory, path);
  syncDirectory(dirname(path));
}

/** A directory in which a root is built, with a lock that says that somebody is doing so. */
interface Site {
  readonly directory: string;
  readonly lock: FileLock;
}

const sitePrefix = (path: string) => `${basename(path)}.restoring-`;
const LOCK = 'lock';

function openSite(path: string): Site {
  for (;;) {
    const directory = join(dirname(path), sitePrefix(path) + randomBytes(8).toString('hex'));
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

/** Takes away what killed processes have left of restoring to the same path. */
function removeLeftovers(path: string): void {
  const parent = dirname(path);
  for (const name of namesIn(parent).filter((one) => one.startsWith(sitePrefix(path)))) {
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
