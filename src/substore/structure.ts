import { randomBytes } from 'node:crypto';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { newQuery, type Query } from '../query/query.js';
import { StoreRunner } from '../store/answers.js';
import { createItem } from '../store/create.js';
import {
  assertPathFits,
  createSubstoreDirectory,
  removeSubstoreDirectory,
  substoreDirectory,
} from '../store/directory.js';
import { emptyStoreImage, newUid } from '../store/image.js';
import type { StoreCore } from '../store/store-core.js';
import type { Transaction } from '../store/transaction.js';
import type { Branch } from './branch.js';
import { checkedName } from './name.js';
import { SubStore } from './sub-store.js';

/** What creates, finds and removes the stores below a store. */

/** The SubStore items of a store. `isAside`: asking does not make the store join a running transaction. */
export function subStoresOf(core: StoreCore, isAside = false): Query<SubStore> {
  return newQuery(new StoreRunner(core, isAside), core.typeOf(SubStore));
}

/** @throws CorollaryError BAD_NAME */
export function findSubStore(core: StoreCore, name: string): SubStore | undefined {
  checkedName(name, core.file.place);
  return subStoresOf(core)
    .where((s) => s.name.eq(name))
    .first();
}

/** Makes a substore: its directory first, then the row that makes it exist. An error undoes both. */
export function createSubstore<S extends KeepingStore>(branch: Branch<S>, name: string): Branch<S> {
  const { core } = branch;
  checkedName(name, core.file.place);
  return core.writeInSteps((transaction) => {
    if (findSubStore(core, name) !== undefined) throw nameTaken(core, name);
    const uid = newUid();
    const directory = freeDirectoryName(core);
    makeDirectory(core, directory, uid, transaction);
    const values = { name, uid, directory, createdAt: new Date(branch.forest.settings.clock()) };
    // createItem gives an item of the class that it was given.
    const child = branch.child(createItem(core, core.typeOf(SubStore), values) as SubStore);
    transaction.made(child.core);
    transaction.onUndo(() => {
      transaction.forget(child.core);
      child.close('was created in a transaction that was rolled back');
    });
    return child;
  });
}

function nameTaken(core: StoreCore, name: string): CorollaryError {
  return new CorollaryError(
    'NAME_TAKEN',
    `${core.file.place} has a substore of this name already: open it, or choose another name`,
    {
      store: core.file.place,
      path: name,
    },
  );
}

function makeDirectory(core: StoreCore, id: string, uid: string, transaction: Transaction): void {
  const { directory } = core.file;
  if (directory === undefined) return;
  assertPathFits(substoreDirectory(directory, id));
  transaction.onUndo(() => discard(directory, id));
  createSubstoreDirectory(directory, id, emptyStoreImage(uid, core.file.uid));
}

// No row names the directory any more, so what cannot be removed now is swept later.
function discard(directory: string, id: string): void {
  try {
    removeSubstoreDirectory(directory, id);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}

// 40 bits in 8 characters that every file system keeps apart, whatever case it folds.
function freeDirectoryName(core: StoreCore): string {
  const subStores = subStoresOf(core);
  for (;;) {
    const id = BigInt(`0x${randomBytes(5).toString('hex')}`)
      .toString(32)
      .padStart(8, '0');
    if (!subStores.where((s) => s.directory.eq(id)).exists()) return id;
  }
}

/**
 * What happens to substores whose items are about to be deleted, in whatever way: their stores are refused from now
 * on, and closed and removed once the deletion is committed.
 */
export function removeSubstores<S extends KeepingStore>(
  branch: Branch<S>,
  ids: readonly number[],
  transaction: Transaction,
): void {
  const doomed = subStoresOf(branch.core)
    .where((s) => s.storeId.in(ids))
    .all();
  for (const item of doomed) removeSubstore(branch, item, transaction);
}

function removeSubstore<S extends KeepingStore>(branch: Branch<S>, item: SubStore, transaction: Transaction): void {
  const child = branch.loadedChild(item.uid);
  for (const { core } of child === undefined ? [] : [...child.loadedBelow(), child]) {
    core.suspend('was deleted');
    transaction.onUndo(() => core.resume());
  }
  const { directory: id } = item;
  const { directory } = branch.core.file;
  transaction.afterCommit(() => {
    child?.close('was deleted');
    if (directory !== undefined) discard(directory, id);
  });
}
