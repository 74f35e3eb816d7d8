import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertPathFits, databaseFile } from '../../store/directory.js';
import { DIRECTORY_MODE, onDisk, syncDirectory, writePieces } from '../../store/disk.js';
import { identifyFile } from '../../store/identify-image.js';
import { newIncarnation } from '../../store/image.js';

/** A store that is to be put somewhere else. */
export interface Copied {
  /** Its uid where it comes from. */
  readonly was: string;
  readonly uid: string;
  /** The uid of the store above; empty for a root. */
  readonly parent: string;
  /** Its directory, from that of the uppermost copied store on; empty for that one. */
  readonly at: string;
  /** Writes its database, in rollback mode, to a new file. */
  writeTo(file: string): void;
  /** The same as bytes. */
  image(): Uint8Array;
  /** Its files: their names on disk, and their bytes. */
  readonly files: readonly { readonly id: string; pieces(): Iterable<Uint8Array> }[];
}

/** @throws CorollaryError PATH_TOO_LONG when a store of those would not fit below this directory */
export function assertAllFit(directory: string, places: Iterable<string>): void {
  for (const at of places) assertPathFits(join(directory, at));
}

/** What goes for all copied stores. */
export interface Building {
  /** Not there yet. The directory that it stands in is not synced. */
  readonly directory: string;
  /** A file beside it, in which databases are made ready: where they go, their paths may be too long meanwhile. */
  readonly scratch: string;
  /** The new uids of those that get others. */
  readonly uids: ReadonlyMap<string, string>;
}

/** Builds the directories of stores, durably. They come parents first. What was built before an error stays. */
export function buildTree({ directory, scratch, uids }: Building, stores: Iterable<Copied>): void {
  const made: string[] = [];
  const make = (path: string) => {
    mkdirSync(path, { mode: DIRECTORY_MODE });
    made.push(path);
    return path;
  };
  // A parent's `sub` is made with the first of its substores.
  const subs = new Set<string>();
  for (const store of stores) {
    const at = join(directory, store.at);
    const sub = join(at, '..');
    if (store.at !== '' && !subs.has(sub)) onDisk(sub, () => subs.add(make(sub)));
    onDisk(at, () => make(at));
    placeDatabase(store, databaseFile(at), scratch, uids);
    if (store.files.length === 0) continue;
    const files = onDisk(at, () => make(join(at, 'files')));
    for (const { id, pieces } of store.files) writePieces(join(files, id), pieces());
  }
  onDisk(directory, () => made.forEach(syncDirectory));
}

function placeDatabase(store: Copied, target: string, scratch: string, uids: ReadonlyMap<string, string>): void {
  const { was, uid, parent } = store;
  onDisk(scratch, () => rmSync(scratch, { force: true }));
  store.writeTo(scratch);
  identifyFile(scratch, { was, is: { uid, parentUid: parent, incarnation: newIncarnation() }, uids });
  onDisk(target, () => renameSync(scratch, target));
}
