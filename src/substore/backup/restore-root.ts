import { assertFree, buildBeside } from '../building-site.js';
import { assertAllFit, buildTree } from './build-tree.js';
import { copiedFrom, placesOf, type ReadBackup } from './read-backup.js';

/** All uids stay as they are. */
const SAME_UIDS: ReadonlyMap<string, string> = new Map();

/**
 * Makes a backup a root at a path where nothing is yet. It is built beside that, and appears there in one step.
 * @throws CorollaryError NAME_TAKEN, PATH_TOO_LONG, DISK_FULL, IO_ERROR, CORRUPT; nothing is left behind then.
 */
export function restoreRoot(backup: ReadBackup, path: string): void {
  assertFree(path, 'a backup is restored');
  assertAllFit(path, placesOf(backup.manifest).keys());
  buildBeside(path, ({ directory, scratch }) =>
    buildTree({ directory, scratch, uids: SAME_UIDS }, copiedFrom(backup, '', SAME_UIDS)),
  );
}
