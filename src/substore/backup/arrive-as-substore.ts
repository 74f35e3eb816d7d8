import type { KeepingStore } from '../../item/keeping-store.js';
import { createItem } from '../../store/create.js';
import type { Branch } from '../branch.js';
import { findSubStore } from '../find-sub-store.js';
import { nameTaken } from '../named.js';
import { SubStore } from '../sub-store.js';
import { type Arriving, placeBelow } from './place-below.js';

/**
 * Makes stores a substore and what is below it: their directory first, then the row that makes them exist.
 * @throws CorollaryError NAME_TAKEN, PATH_TOO_LONG, DISK_FULL, IO_ERROR, CORRUPT; nothing was made then.
 */
export function arriveAsSubstore<S extends KeepingStore>(
  parent: Branch<S>,
  { name, uid }: { readonly name: string; readonly uid: string },
  arriving: Arriving,
): Branch<S> {
  const { core } = parent;
  const item = core.writeInSteps((transaction) => {
    if (findSubStore(core, name) !== undefined) throw nameTaken(core, name);
    const directory = placeBelow(parent, arriving, transaction);
    return createItem(core, core.typeOf(SubStore), { name, uid, directory, createdAt: core.file.now() });
  });
  const child = parent.child(item as SubStore); // createItem gives an item of the class that it was given
  child.core.watches.created(child.core);
  return child;
}
