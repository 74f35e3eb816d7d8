import type { Columns } from '../query/columns.js';
import { newQuery, type Query } from '../query/query.js';
import { findByText } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import { StoreRunner } from '../store/store-runner.js';
import { checkedName } from './name.js';
import { SubStore } from './sub-store.js';

/** The SubStore items of a store. `isAside`: asking does not make the store join a running transaction. */
export function subStoresOf(core: StoreCore, isAside = false): Query<SubStore> {
  return newQuery<SubStore, SubStore, [Columns<SubStore>]>(new StoreRunner(core, isAside), [
    { type: core.typeOf(SubStore), isOptional: false },
  ]);
}

/** @throws CorollaryError BAD_NAME */
export function findSubStore(core: StoreCore, name: string): SubStore | undefined {
  checkedName(name, core.file.place);
  const reading = core.reading(); // joins the running transaction
  const found: unknown = findByText({ core, reading }, core.typeOf(SubStore), 'name', name);
  return found as SubStore | undefined; // of the type that was asked for
}

/** The item of the substore with a uid. The store does not join a running transaction. */
export function subStoreWithUid(core: StoreCore, uid: string): SubStore | undefined {
  const reading = core.readingAside();
  const found: unknown = findByText({ core, reading }, core.typeOf(SubStore), 'uid', uid);
  return found as SubStore | undefined; // of the type that was asked for
}

/**
 * True when a store has a substore with this uid, and is itself still one of its parent's, up to the root; also when that
 * cannot be found out.
 */
export function hasSubStore(core: StoreCore, uid: string): boolean {
  if (core.parent !== undefined && !hasSubStore(core.parent, core.file.uid)) return false;
  if (core.isClosed) return !core.isDeleted;
  try {
    return subStoreWithUid(core, uid) !== undefined;
  } catch (error) {
    if (core.isDeleted) return false; // since its parent was asked
    throw error;
  }
}
