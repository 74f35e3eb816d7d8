import type { KeepingStore } from '../../item/keeping-store.js';
import type { Branch } from '../branch.js';
import { subStoresOf } from '../find-sub-store.js';

/** A store on the way through a tree, and what its parent says of it. */
export interface Visited<S extends KeepingStore> {
  readonly branch: Branch<S>;
  /** The uid of the store above; empty for the uppermost store that is visited. */
  readonly parent: string;
  /** The name of its directory in the parent's `sub`; empty for the uppermost. */
  readonly directory: string;
}

/**
 * A store and all below it, parents first. A store's substores are looked up after it was visited. Unlike a query of the
 * tree, it goes by every row: whoever copies a tree must fail where a store cannot be read. Databases that were closed
 * are closed again, so that one at a time is open.
 */
export function* storesOf<S extends KeepingStore>(
  branch: Branch<S>,
  place: Omit<Visited<S>, 'branch'> = { parent: '', directory: '' },
): Generator<Visited<S>> {
  const { file } = branch.core;
  const wasOpen = file.isOpen || file.directory === undefined;
  yield { branch, ...place };
  const items = subStoresOf(branch.core, true)
    .orderBy((s) => s.name.asc())
    .all();
  if (!wasOpen && !file.isPinned) file.evict();
  for (const item of items) yield* storesOf(branch.child(item), { parent: file.uid, directory: item.directory });
}
