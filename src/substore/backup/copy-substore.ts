import type { KeepingStore } from '../../item/keeping-store.js';
import { newUid } from '../../store/image.js';
import type { StoreFile } from '../../store/store-file.js';
import { imageOf, whileLocked, writeImage } from '../../store/take-image.js';
import type { Branch } from '../branch.js';
import { findSubStore } from '../find-sub-store.js';
import { checkedName } from '../name.js';
import { notFound, outsideTree } from '../named.js';
import { substoreDirectory } from '../substore-directory.js';
import { arriveAsSubstore } from './arrive-as-substore.js';
import { filesOf } from './back-up.js';
import type { Copied } from './build-tree.js';
import { atOneMoment } from './one-moment.js';
import { storesOf } from './visit-stores.js';

/** What is copied to where. */
export interface Copying<S extends KeepingStore> {
  readonly from: Branch<S>;
  readonly name: string;
  readonly to: Branch<S>;
  readonly newName: string;
}

/** Copies a substore, with all below it, as it is at one moment. The copies are stores of their own: all get new uids. */
export function copySubstore<S extends KeepingStore>({ from, name, to, newName }: Copying<S>): Branch<S> {
  checkedName(newName, to.core.file.place);
  if (from.forest !== to.forest) throw outsideTree(to);
  return atOneMoment([from, to], () => {
    const item = findSubStore(from.core, name);
    if (item === undefined) throw notFound(from, name);
    const source = from.child(item);
    const places = survey(source);
    const uids = new Map([...places.keys()].map((uid) => [uid, newUid()]));
    const stores = () => copiesOf(source, { places, uids, to: to.core.file });
    const uid = uids.get(source.core.file.uid) as string;
    return arriveAsSubstore(to, { name: newName, uid }, { places: places.values(), uids, stores });
  });
}

/**
 * Where each store lies, by its uid, from the uppermost on. Each is locked once: what began before this moment has ended
 * there, so that what is read later is still of this moment.
 */
function survey<S extends KeepingStore>(source: Branch<S>): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const { file, parent, directory } of storesOf(source)) {
    whileLocked(file, () => undefined);
    places.set(file.uid, parent === '' ? '' : substoreDirectory(places.get(parent) as string, directory));
  }
  return places;
}

/** What the copies are to be. */
interface Plan {
  readonly places: ReadonlyMap<string, string>;
  readonly uids: ReadonlyMap<string, string>;
  /** The store that is to hold them, which the running transaction has locked. */
  readonly to: StoreFile;
}

function* copiesOf<S extends KeepingStore>(source: Branch<S>, plan: Plan): Generator<Copied> {
  const { places, uids, to } = plan;
  for (const { file, parent } of storesOf(source, { locked: to })) {
    const was = file.uid;
    yield {
      was,
      uid: uids.get(was) as string,
      parent: uids.get(parent) ?? to.uid,
      at: places.get(was) as string,
      writeTo: (target) => whileLocked(file, () => writeImage(file, target)),
      image: () => whileLocked(file, () => imageOf(file)),
      files: filesOf(file),
    };
  }
}
