import { CorollaryError } from '../../errors.js';
import type { Item } from '../../item/item.js';
import { getOfType } from '../../store/load.js';
import type { StoreCore } from '../../store/store-core.js';
import type { Transaction } from '../../store/transaction.js';
import { AllInstalled } from './all-installed.js';
import { Installation } from './installation.js';
import { leave } from './leave.js';
import { placeOf } from './place.js';

/**
 * Installations are about to be deleted, with their items or alone: before the transaction commits, what came along and
 * is needed no more goes too. Not at once: the deletion was planned without it.
 */
export function orphansGo(core: StoreCore, ids: readonly number[], transaction: Transaction): void {
  const type = core.typeOf(Installation);
  const targets = new Set(ids.map((id) => (getOfType(core, type, id) as Installation).target));
  for (const target of targets)
    transaction.beforeCommit(`orphans on ${target?.storeId} of ${core.file.uid}`, () => removeOrphans(core, target));
}

function removeOrphans(core: StoreCore, target: Item | null): void {
  if (target?.isStored === false) return; // all that was installed there went with it
  const orphans = orphansOn(core, target);
  if (orphans.length > 0) leave(placeOf(core, target), orphans);
}

function orphansOn(core: StoreCore, target: Item | null): Item[] {
  const implicit = core.face.query(Installation, { target, explicit: false });
  if (!implicit.exists()) return [];
  try {
    return new AllInstalled(placeOf(core, target)).notNeeded();
  } catch (error) {
    // What an item without a class depends on nobody knows: all stays, until somebody who knows uninstalls.
    if (error instanceof CorollaryError && error.code === 'UNKNOWN_TYPE') return [];
    throw error;
  }
}
