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

/** Which stores are left out. */
export interface LeftOut {
  /** The uid of a store that is left out with all below it. */
  readonly except?: string | undefined;
}

/**
 * A store and all below it, parents first. A store's substores are looked up after it was visited. Unlike a query of the
 * tree, it goes by every row: whoever copies a tree must fail where a store cannot be read. Databases that were closed
 * are closed again, so that one at a time is open.
 */
export function storesOf<S extends KeepingStore>(top: Branch<S>, leftOut: LeftOut = {}): Generator<Visited<S>> {
  return visit({ branch: top, parent: '', directory: '' }, leftOut);
}

function* visit<S extends KeepingStore>(visited: Visited<S>, leftOut: LeftOut): Generator<Visited<S>> {
  const { branch } = visited;
  const { file } = branch.core;
  const wasOpen = file.isOpen || file.directory === undefined;
  yield visited;
  const items = subStoresOf(branch.core, true)
    .orderBy((s) => s.name.asc())
    .all();
  if (!wasOpen && !file.isPinned) file.evict();
  for (const item of items) {
    if (item.uid === leftOut.except) continue;
    yield* visit({ branch: branch.child(item), parent: file.uid, directory: item.directory }, leftOut);
  }
}
