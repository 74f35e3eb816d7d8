import type { StoreCore } from '../store-core.js';
import type { Transaction } from '../transaction.js';
import { filesOf } from './find-files.js';
import { quietly } from './quietly.js';
import { sweepFiles } from './sweep-files.js';

/** What happens to the bytes of files whose items are about to be deleted, in whatever way: they go after the commit. */
export function removeFiles(core: StoreCore, storeIds: readonly number[], transaction: Transaction): void {
  const { files } = core.file;
  sweepFiles(core);
  const ids = filesOf(core)
    .where((f) => f.storeId.in(storeIds))
    .pluck((f) => f.diskName)
    .all();
  transaction.onUndo((isOutcomeKnown) => {
    if (isOutcomeKnown) for (const id of ids) files.withdrawRemoval(id); // else the row may be gone
  });
  for (const id of ids) files.announceRemoval(id);
  transaction.afterCommit(() => {
    for (const id of ids) quietly(() => files.discard(id));
  });
}
