import { existsSync, renameSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { CorollaryError } from '../errors.js';
import { codeOf, onDisk, ownDirectory, syncDirectory } from '../store/disk.js';
import type { Gates } from '../store/gate.js';
import type { StoreSettings } from '../store/settings.js';
import type { StoreCore } from '../store/store-core.js';
import { visitStore } from '../store/visit-store.js';
import { subStoresOf } from './find-sub-store.js';
import { substoreDirectory, substoreIds } from './substore-directory.js';

/**
 * The last step of a move: once it is committed that a store belongs elsewhere, its directory follows. Whoever opens
 * the store next takes this step if the one who moved it did not live to do so: the row tells where it came from.
 */

/** Up to some store above, then down to where the directory was. */
const WAY = /^(\.\.\/)+((sub|[0-9a-v]{8})\/)*[0-9a-v]{8}$|^(sub\/[0-9a-v]{8})(\/sub\/[0-9a-v]{8})+$/;

/** The way from a store's directory to where that of its new substore still lies. */
export function wayTo(parent: string, directory: string): string {
  return relative(parent, directory).split(sep).join('/');
}

/** Brings a substore's directory to its place if it is still where it came from. */
export function arrive(parent: StoreCore, uid: string): void {
  const { directory, settings } = parent.file;
  const item = subStoresOf(parent, true)
    .where((s) => s.uid.eq(uid))
    .first();
  if (item === undefined || directory === undefined || !WAY.test(item.movedFrom)) return;
  if (settings.readOnly) {
    if (existsSync(join(directory, item.movedFrom))) throw notArrived(parent.file.place, item.name);
    return;
  }
  (parent.gates as Gates).opening.closedWhile(() => {
    if (existsSync(substoreDirectory(directory, item.directory))) return;
    const from = placeOf(uid, parent, item.movedFrom);
    if (from === undefined) return;
    if (!areSettled(from, settings)) throw mayNotFollow(parent.file.place, item.name);
    carry(from, directory, item.directory);
  });
}

// The way is that from where the parent lay; it may have been moved since. What the directory is called stays.
function placeOf(uid: string, parent: StoreCore, way: string): string | undefined {
  const { directory, settings } = parent.file;
  const noted = join(directory as string, way);
  if (existsSync(noted) && uidOf(noted, settings) === uid) return noted;
  const found = directoriesCalled(basename(noted), rootOf(parent).file.directory as string);
  return found.find((one) => uidOf(one, settings) === uid);
}

/** The directories of this name among those of all stores below a directory. Opens nothing. */
function directoriesCalled(id: string, directory: string): string[] {
  return substoreIds(directory).flatMap((one) => {
    const below = substoreDirectory(directory, one);
    return [...(one === id ? [below] : []), ...directoriesCalled(id, below)];
  });
}

function rootOf(core: StoreCore): StoreCore {
  return core.parent === undefined ? core : rootOf(core.parent);
}

function notArrived(place: string, name: string): CorollaryError {
  return new CorollaryError(
    'RECOVERY_NEEDED',
    `The substore '${name}' of ${place} was moved there by a process that was killed, and its directory has not followed: open the tree once without readOnly`,
    { store: place },
  );
}

function mayNotFollow(place: string, name: string): CorollaryError {
  return new CorollaryError(
    'BUSY',
    `The substore '${name}' of ${place} was moved there, and its directory cannot follow before a transaction over several stores is decided that it, or a store below it, is part of; nothing was done: try again`,
    { store: place, retry: true },
  );
}

// What a transaction has left in a store is found from the store's place: before that changes.
function areSettled(top: string, settings: StoreSettings): boolean {
  const isSettled = visitStore(top, settings, (store) => {
    store.sync();
    return !store.isPrepared;
  });
  return isSettled && substoreIds(top).every((id) => areSettled(substoreDirectory(top, id), settings));
}

function uidOf(directory: string, settings: StoreSettings): string {
  return visitStore(directory, settings, ({ uid }) => uid);
}

/** Moves a directory below another parent's `sub`, durably. Nobody has anything below it open. */
export function carry(from: string, parent: string, id: string): void {
  onDisk(parent, () => {
    const sub = ownDirectory(parent, 'sub');
    try {
      renameSync(from, substoreDirectory(parent, id));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      return; // somebody else has just done so
    }
    syncDirectory(sub); // with the directory that a rename leads to, it is on disk
  });
}
