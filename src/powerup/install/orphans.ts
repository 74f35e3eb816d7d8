import { CorollaryError } from '../../errors.js';
import type { Item } from '../../item/item.js';
import { findById, getOfType } from '../../store/load.js';
import type { StoreCore } from '../../store/store-core.js';
import type { Transaction } from '../../store/transaction.js';
import { AllInstalled } from './all-installed.js';
import { Installation } from './installation.js';
import { isLeaving, leave } from './leave.js';
import { type Place, placeOf } from './place.js';

/**
 * Installations are about to be deleted, with their items or alone: before the transaction commits, what came along and
 * is needed no more goes too. Not at once: the deletion was planned without it. By `uninstall`, all of them go at once.
 */
export function orphansGo(core: StoreCore, ids: readonly number[], transaction: Transaction): void {
  if (isLeaving()) return;
  const type = core.typeOf(Installation);
  // By id: the target's class need not be known.
  const targets = new Set(ids.map((id) => (getOfType(core, type, id) as Installation).idOf('target')));
  for (const target of targets)
    transaction.beforeCommit(`orphans on ${target} of ${core.file.uid}`, () => removeOrphans(core, target));
}

function removeOrphans(core: StoreCore, target: number | null): void {
  if (core.isClosed) return; // the transaction has deleted it since
  const place = ifKnown(() => placeWithId(core, target));
  const orphans = place && ifKnown(() => orphansOn(place));
  if (place !== undefined && orphans !== undefined && orphans.length > 0) leave(place, orphans);
}

/** Undefined where the target is gone: all that was installed there went with it. */
function placeWithId(core: StoreCore, target: number | null): Place | undefined {
  const item = target === null ? null : findById(core, target);
  return item === undefined ? undefined : placeOf(core, item);
}

function orphansOn(place: Place): Item[] {
  const implicit = place.core.face.query(Installation, { target: place.item, explicit: false });
  return implicit.exists() ? new AllInstalled(place).notNeeded() : [];
}

// What an item without a class depends on nobody knows: all stays, until somebody who knows uninstalls.
function ifKnown<R>(look: () => R): R | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof CorollaryError && error.code === 'UNKNOWN_TYPE') return undefined;
    throw error;
  }
}
