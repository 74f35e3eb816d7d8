import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { Transaction } from '../store/transaction.js';
import { notAtOpening } from '../store/upgrader.js';
import type { Branch } from './branch.js';
import { subStoresOf } from './find-sub-store.js';
import { bringHere, bringStrays } from './strays.js';
import type { SubStore } from './sub-store.js';
import { discardSubstoreDirectory, substoreDirectory } from './substore-directory.js';
import { Walk } from './walk.js';

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
  for (const item of doomed) if (!branch.leaving.has(item.uid)) retireSubstore(branch, item, transaction);
}

/**
 * From now on the store that an item stands for is refused; when the transaction is committed it is closed with all
 * below it, and its directory is removed. By then the item may stand for another one.
 */
export function retireSubstore<S extends KeepingStore>(
  branch: Branch<S>,
  item: SubStore,
  transaction: Transaction,
): void {
  notAtOpening(branch.core, () => bringHere(branch, item));
  const child = branch.child(item);
  const { directory: id } = item;
  const loaded = [...child.loadedBelow(), child];
  const suspended = loaded.filter(({ core }) => core.suspend());
  // In this level: with it, the deletion may be undone, and then the move counts again.
  for (const { core } of loaded) if (transaction.partOf(core)?.isMoving) transaction.joinForWriting(core).stay();
  transaction.onUndo((isOutcomeKnown) => {
    for (const { core } of suspended) core.resume();
    if (!isOutcomeKnown) child.distrust();
  });
  transaction.onCommit(() => {
    for (const { core } of loaded) core.resume();
    for (const store of closedInMemory(child)) store.close('was deleted');
    child.close('was deleted'); // before its directory is moved, which Windows does not do while files are open
    discardBelow(branch, id);
  });
}

/** Removes a directory below a store that no row names any more. */
export function discardBelow<S extends KeepingStore>({ core, root }: Branch<S>, id: string): void {
  const { directory } = core.file;
  if (directory !== undefined && isRidOfStrays(root, substoreDirectory(directory, id)))
    discardSubstoreDirectory(directory, id, core.file.settings);
}

// A directory that still has what belongs elsewhere stays until that was brought there, and is swept then.
function isRidOfStrays<S extends KeepingStore>(root: Branch<S>, directory: string): boolean {
  try {
    return bringStrays(root, directory);
  } catch (error) {
    if (error instanceof CorollaryError) return false;
    throw error;
  }
}

// In memory, the tree keeps what was closed so that it can be opened again. Closed for good, it is let go.
function closedInMemory<S extends KeepingStore>(branch: Branch<S>): readonly Branch<S>[] {
  if (branch.core.file.directory !== undefined) return [];
  return [...new Walk<S>({ onStoreError: () => 'skip' }).from(branch)].reverse();
}
