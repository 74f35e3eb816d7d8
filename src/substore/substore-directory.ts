import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CorollaryError } from '../errors.js';
import { databaseFile } from '../store/directory.js';
import {
  codeOf,
  DIRECTORY_MODE,
  namesInOwn,
  onDisk,
  ownDirectory,
  statOf,
  syncDirectory,
  writeWhole,
} from '../store/disk.js';
import { isOfFile } from '../store/files/disk-files.js';
import { markDeletedAt } from '../store/mark-deleted.js';
import type { StoreSettings } from '../store/settings.js';
import type { Transaction } from '../store/transaction.js';

/** The directories of substores: each below its parent's `sub`, under a name that the parent's row gives. */

/** How they are called. */
const SUBSTORE_ID = /^[0-9a-v]{8}$/;

/** True for what a substore's directory can be called. */
export function isSubstoreId(name: string): boolean {
  return SUBSTORE_ID.test(name);
}

/** Where the substore with this id lies, below its parent's directory. */
export function substoreDirectory(parent: string, id: string): string {
  return join(parent, 'sub', checkedId(id, parent));
}

/**
 * False when it is sure that the substore with this id holds no substores: its `sub` is made before it has the row of
 * one. Opens nothing. Of one whose directory has not followed it here, nothing is known.
 */
export function mayHoldSubstores(parent: string, id: string): boolean {
  const directory = substoreDirectory(parent, id);
  return statOf(join(directory, 'sub')) !== undefined || statOf(directory) === undefined;
}

// The id comes from a row, and a row can hold anything that somebody put there: '../..', for one.
function checkedId(id: string, parent: string): string {
  if (isSubstoreId(id)) return id;
  throw new CorollaryError('CORRUPT', `A substore of ${parent} has a directory name that corollary did not give`, {
    store: parent,
  });
}

/** Where a directory is made, and in which transaction. */
export interface NewDirectory {
  readonly parent: string;
  readonly id: string;
  readonly transaction: Pick<Transaction, 'beforeCommit'>;
}

/** Makes the directory of a new, empty substore: {@link placeSubstoreDirectory} with nothing but a database. */
export function createSubstoreDirectory(made: NewDirectory, image: Uint8Array): void {
  placeSubstoreDirectory(made, (directory) => {
    mkdirSync(directory, { mode: DIRECTORY_MODE });
    writeWhole(databaseFile(directory), image);
    syncDirectory(directory);
  });
}

/**
 * Puts a directory of a substore in place: built, durably, in the parent's `temp`, then renamed into `sub`. The caller
 * holds the parent's write lock, and the parent's row is what makes the substore exist: without it, it is swept. The new
 * name becomes durable before that row: once for all that the transaction makes, a third of what making one costs.
 */
export function placeSubstoreDirectory(made: NewDirectory, build: (directory: string) => void): void {
  const { parent, id, transaction } = made;
  onDisk(parent, () => {
    const prepared = join(ownDirectory(parent, 'temp'), id);
    build(prepared);
    const sub = ownDirectory(parent, 'sub');
    renameSync(prepared, substoreDirectory(parent, id));
    transaction.beforeCommit(`names in ${sub}`, () => onDisk(parent, () => syncDirectory(sub)));
  });
}

/**
 * Takes a substore's directory away, with all below it: one rename, then as many unlinks as there are files. The rename is
 * durable before anything in it is written: what the power fails upon lies in `temp`, where nobody asks what it is.
 */
export function removeSubstoreDirectory(parent: string, id: string, settings: StoreSettings): void {
  onDisk(parent, () => {
    const temp = ownDirectory(parent, 'temp');
    const trash = join(temp, trashName(checkedId(id, parent)));
    const directory = substoreDirectory(parent, id);
    rmSync(join(temp, id), { recursive: true, force: true }); // where its making was cut off
    markDeletedAt(directory, settings, () => {
      if (renameIfThere(directory, trash)) syncDirectory(temp);
    });
    markBelow(trash, settings);
    rmSync(trash, { recursive: true, force: true });
  });
}

// No longer than `sub` and the id: the databases in it are opened once more.
const trashName = (id: string) => id.slice(1);

/** The same where no row names the directory any more: what cannot be removed now is swept later. */
export function discardSubstoreDirectory(parent: string, id: string, settings: StoreSettings): void {
  try {
    removeSubstoreDirectory(parent, id, settings);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}

// Other processes may have stores of the subtree open. Without a mark they would go on writing into files that are gone,
// and be told that all is well.
function markAll(directory: string, settings: StoreSettings): void {
  markBelow(directory, settings);
  markDeletedAt(directory, settings);
}

function markBelow(directory: string, settings: StoreSettings): void {
  for (const id of idsIfReadable(directory)) markAll(substoreDirectory(directory, id), settings);
}

// What is damaged cannot be marked, and is removed all the same; of a link, what it leads to is not ours.
function idsIfReadable(directory: string): readonly string[] {
  try {
    return statOf(directory)?.isDirectory() ? substoreIds(directory) : [];
  } catch (error) {
    if (error instanceof CorollaryError) return [];
    throw error;
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
  return namesInOwn(parent, 'sub').filter(isSubstoreId);
}

/** True when `temp` holds something that a killed process may have left. */
export function hasLeftovers(parent: string): boolean {
  return namesInOwn(parent, 'temp').length > 0;
}

/**
 * Empties `temp`, but for what belongs to files, which have a sweep of their own. The caller holds the store's write
 * lock, so nothing of the rest is being made. What lies there may be stores that others still have open, since who put
 * them aside was killed before he could mark them.
 */
export function clearTemp(parent: string, settings: StoreSettings): void {
  onDisk(parent, () => {
    const temp = join(parent, 'temp');
    const names = namesInOwn(parent, 'temp').filter((one) => !isOfFile(one));
    if (names.length > 0) syncDirectory(temp); // who put them aside was killed before that
    for (const name of names) {
      const left = join(temp, name);
      if (statOf(left)?.isDirectory()) markAll(left, settings);
      rmSync(left, { recursive: true, force: true });
    }
  });
}
