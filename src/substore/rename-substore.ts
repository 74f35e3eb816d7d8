import type { KeepingStore } from '../item/keeping-store.js';
import { writeReadOnly } from '../store/change.js';
import type { Branch } from './branch.js';
import { findSubStore } from './find-sub-store.js';
import { checkedName } from './name.js';
import { nameTaken, notFound } from './named.js';

/** Gives a substore another name: one changed row, and every path through it. */
export function renameSubstore<S extends KeepingStore>(branch: Branch<S>, name: string, newName: string): void {
  const { core } = branch;
  checkedName(newName, core.file.place);
  core.writeInSteps((transaction) => {
    const item = findSubStore(core, name);
    if (item === undefined) throw notFound(branch, name);
    if (newName === name) return;
    if (findSubStore(core, newName) !== undefined) throw nameTaken(core, newName);
    writeReadOnly(core, item, 'name', newName);
    const child = branch.child(item);
    transaction.onUndo((isOutcomeKnown) => {
      child.rename(name);
      if (!isOutcomeKnown) child.distrust();
    });
  });
}
