import { randomBytes } from 'node:crypto';
import type { KeepingStore } from '../item/keeping-store.js';
import { createItem } from '../store/create.js';
import { assertPathFits } from '../store/directory.js';
import { emptyStoreImage, newUid } from '../store/image.js';
import { findByText } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import type { Transaction } from '../store/transaction.js';
import type { Branch } from './branch.js';
import { findSubStore } from './find-sub-store.js';
import { checkedName } from './name.js';
import { nameTaken } from './named.js';
import { SubStore } from './sub-store.js';
import { createSubstoreDirectory, discardSubstoreDirectory, substoreDirectory } from './substore-directory.js';

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
    transaction.addNew(child.core);
    transaction.onCommit(() => child.core.watches.created(child.core));
    transaction.onUndo((isOutcomeKnown) => {
      if (!isOutcomeKnown) {
        child.distrust();
        return;
      }
      transaction.dropNew(child.core);
      child.close('was created in a transaction that was rolled back');
    });
    return child;
  });
}

function makeDirectory(core: StoreCore, id: string, uid: string, transaction: Transaction): void {
  const { directory } = core.file;
  if (directory === undefined) return;
  assertPathFits(substoreDirectory(directory, id));
  transaction.onUndo((isOutcomeKnown) => {
    if (isOutcomeKnown) discardSubstoreDirectory(directory, id, core.file.settings); // else the row may be there
  });
  createSubstoreDirectory({ parent: directory, id, transaction }, emptyStoreImage(uid, core.file.uid));
}

/** A name for a directory that no other substore has: the wanted one, if that is free. */
export function freeDirectoryName(core: StoreCore, wanted = newDirectoryName()): string {
  let id = wanted;
  const reading = core.readingAside();
  while (findByText({ core, reading }, core.typeOf(SubStore), 'directory', id) !== undefined) id = newDirectoryName();
  return id;
}

// 40 bits in 8 characters that every file system keeps apart, whatever case it folds.
function newDirectoryName(): string {
  return BigInt(`0x${randomBytes(5).toString('hex')}`)
    .toString(32)
    .padStart(8, '0');
}
