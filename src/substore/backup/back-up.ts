import { isAbsolute, relative, sep } from 'node:path';
import { CorollaryError } from '../../errors.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import { syncLog } from '../../store/database-file.js';
import type { OpenFile } from '../../store/files/file-area.js';
import type { StoreFile } from '../../store/store-file.js';
import { fileIdsOf, storeState, whileLocked, writeImage } from '../../store/take-image.js';
import type { Branch } from '../branch.js';
import { checkedPath } from '../checked-path.js';
import { BackupWriter } from './backup-directory.js';
import { assertPossible, atOneMoment } from './one-moment.js';
import { piecesOf } from './pieces.js';
import type { StoreEntry } from './store-entry.js';
import { storesOf, type Visited } from './visit-stores.js';

/** What a backup has done. */
export interface BackupReport {
  /** How many stores it holds. */
  readonly stores: number;
  /** How many of them were copied. */
  readonly copied: number;
  /** How many had not changed since the last backup into the same directory. */
  readonly unchanged: number;
  /** How many bytes were copied, those of files included. */
  readonly bytes: number;
  /** How many milliseconds it took. */
  readonly ms: number;
  /** For how many of them writers had to wait. */
  readonly waitedMs: number;
}

/** Copies a store and all below it, as they are at one moment, into a directory. */
export function backUp<S extends KeepingStore>(top: Branch<S>, path: unknown, mustBeNew: boolean): BackupReport {
  const directory = checkedDirectory(path, top);
  const started = performance.now();
  assertPossible(top.core);
  const backup = new BackupWriter({ directory, top: top.core.file.uid, mustBeNew });
  try {
    if (top.core.file.directory !== undefined) takeInAdvance(top, backup);
    return atOneMoment([top], () => {
      const began = performance.now();
      const manifest: StoreEntry[] = [];
      for (const store of storesOf(top)) manifest.push(take(store, backup));
      backup.finish(manifest);
      const { stores: copied, bytes } = backup.copied;
      const [ms, waitedMs] = [performance.now() - started, performance.now() - began];
      return { stores: manifest.length, copied, unchanged: manifest.length - copied, bytes, ms, waitedMs };
    });
  } catch (error) {
    abandon(backup);
    throw error;
  }
}

// While everybody goes on, each store as it is: then only those must be copied again, while writers wait, that are
// written in between. What fails here is of no account, or fails again.
function takeInAdvance<S extends KeepingStore>(top: Branch<S>, backup: BackupWriter): void {
  try {
    for (const store of storesOf(top)) take(store, backup);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}

// The error that led here is the one to tell. What stays is in nobody's way.
function abandon(backup: BackupWriter): void {
  try {
    backup.abandon();
  } catch {
    // see above
  }
}

function take({ file, ...place }: Visited, backup: BackupWriter): StoreEntry {
  return whileLocked(file, () => {
    const state = storeState(file);
    const unchanged = backup.unchanged(state);
    if (unchanged !== undefined) return { ...unchanged, ...place };
    const digest = backup.addImage(state, (target) => writeImage(file, target));
    // A power loss that took back what an image shows would give the same generation to something else later.
    if (file.directory !== undefined) syncLog(file.directory);
    const files = filesOf(file).map(({ id, pieces }) => backup.addFile(state.uid, id, pieces));
    return backup.took({ ...state, ...digest, ...place, files });
  });
}

/** A store's files: their names on disk, and their bytes. One whose bytes are gone has nothing to copy. */
export function filesOf(file: StoreFile): { readonly id: string; pieces(): Iterable<Uint8Array> }[] {
  return fileIdsOf(file).flatMap((id) => {
    const open = file.files.open(id);
    if (open === undefined) return [];
    open.close();
    return [{ id, pieces: () => piecesOf(file.files.open(id) as OpenFile) }];
  });
}

/** @throws CorollaryError INVALID_VALUE */
export function checkedDirectory<S extends KeepingStore>(path: unknown, { root }: Branch<S>): string {
  const directory = checkedPath(path, 'A backup goes into');
  const store = root.core.file.directory;
  if (store === undefined || !isWithin(directory, store)) return directory;
  throw new CorollaryError('INVALID_VALUE', `${directory} lies in the store at ${store}: give a directory outside`, {
    path: directory,
    store,
  });
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}
