import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { StoreCore } from '../store/store-core.js';
import type { Branch } from './branch.js';

/** The error for a name that no substore has. */
export function notFound<S extends KeepingStore>(branch: Branch<S>, name: string): CorollaryError {
  const path = [...branch.path, name].join('/');
  const { place } = branch.core.file;
  return new CorollaryError('NOT_FOUND', `${place} has no substore '${name}' (path ${path})`, { store: place, path });
}

/** The error for a name that a substore has already. */
export function nameTaken(core: StoreCore, name: string): CorollaryError {
  const { place } = core.file;
  return new CorollaryError(
    'NAME_TAKEN',
    `${place} has a substore of this name already: open it, or choose another name`,
    { store: place, path: name },
  );
}

/** The error for a store of another tree. */
export function outsideTree<S extends KeepingStore>({ core: { file } }: Branch<S>): CorollaryError {
  return new CorollaryError(
    'OUTSIDE_TREE',
    `${file.place} is of another root, or was reached through another handle: export the substore and import it there`,
    { store: file.place },
  );
}
