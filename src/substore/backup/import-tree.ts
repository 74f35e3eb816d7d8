import type { KeepingStore } from '../../item/keeping-store.js';
import { writeReadOnly } from '../../store/change.js';
import { newUid } from '../../store/image.js';
import { whileLocked } from '../../store/take-image.js';
import type { Branch } from '../branch.js';
import { findSubStore } from '../find-sub-store.js';
import { checkedName } from '../name.js';
import { notFound } from '../named.js';
import { retireSubstore } from '../remove-substore.js';
import { arriveAsSubstore } from './arrive-as-substore.js';
import { type Manifest, topOf } from './manifest.js';
import { atOneMoment } from './one-moment.js';
import { type Arriving, placeBelow } from './place-below.js';
import { copiedFrom, placesOf, type ReadBackup, readBackup } from './read-backup.js';
import { storesOf } from './visit-stores.js';

/** Makes a backup a new substore. It is checked first. */
export function importTree<S extends KeepingStore>(parent: Branch<S>, from: unknown, name: string): Branch<S> {
  checkedName(name, parent.core.file.place);
  const backup = readBackup(from);
  return atOneMoment([parent], () => {
    const uids = uidsFor(backup.manifest, parent, undefined);
    return arriveAsSubstore(parent, { name, uid: topUid(backup, uids) }, arrivingFrom(backup, parent, uids));
  });
}

/** Puts a backup in the place of a substore, which goes as a deleted one does. The backup is checked first. */
export function restoreInPlace<S extends KeepingStore>(parent: Branch<S>, name: string, from: unknown): Branch<S> {
  const { core } = parent;
  checkedName(name, core.file.place);
  const backup = readBackup(from);
  return atOneMoment([parent], () => {
    const uids = uidsFor(backup.manifest, parent, findSubStore(core, name)?.uid);
    const item = core.writeInSteps((transaction) => {
      const found = findSubStore(core, name);
      if (found === undefined) throw notFound(parent, name);
      retireSubstore(parent, found, transaction);
      const directory = placeBelow(parent, arrivingFrom(backup, parent, uids), transaction);
      writeReadOnly(core, found, 'directory', directory);
      writeReadOnly(core, found, 'uid', topUid(backup, uids));
      return found;
    });
    const child = parent.child(item);
    child.core.watches.created(child.core);
    return child;
  });
}

function topUid({ manifest }: ReadBackup, uids: ReadonlyMap<string, string>): string {
  const { uid } = topOf(manifest);
  return uids.get(uid) ?? uid;
}

function arrivingFrom<S extends KeepingStore>(
  backup: ReadBackup,
  { core }: Branch<S>,
  uids: ReadonlyMap<string, string>,
): Arriving {
  return { places: placesOf(backup.manifest).keys(), uids, stores: () => copiedFrom(backup, core.file.uid, uids) };
}

/**
 * New uids for all stores of a backup where one of its own is in use in the tree, by another store than the replaced one
 * and those below it; else none.
 */
function uidsFor<S extends KeepingStore>(
  manifest: Manifest,
  parent: Branch<S>,
  replaced: string | undefined,
): ReadonlyMap<string, string> {
  const wanted = new Set(manifest.map(({ uid }) => uid));
  if (!isOneInUse(wanted, parent.root, replaced)) return new Map();
  return new Map(manifest.map(({ uid }) => [uid, newUid()]));
}

// Each store is locked once: then what began before this moment has ended there, and no store appears any more.
function isOneInUse<S extends KeepingStore>(
  uids: ReadonlySet<string>,
  root: Branch<S>,
  except: string | undefined,
): boolean {
  for (const { file } of storesOf(root, { except })) {
    if (uids.has(file.uid)) return true;
    whileLocked(file, () => undefined);
  }
  return false;
}
