import type { StoreCore } from '../../store/store-core.js';
import { transact } from '../../store/transact.js';
import type { OnRows } from '../../store/upgrader.js';

/** True when a type of the store is of an older version than its class. The store joins no transaction. */
export function isUpgradeNeeded(core: StoreCore): boolean {
  core.readingAside();
  return core.catalog.upgrader?.isNeeded ?? false;
}

/** Upgrades all types of one store, each in a transaction of its own; gives their names. */
export function upgradeStore(core: StoreCore, onRows: OnRows | undefined): readonly string[] {
  core.reading();
  return core.catalog.upgrader?.upgradeAll(onRows) ?? [];
}

/**
 * Does the same in one transaction, and takes it back: gives the names of the types that would be upgraded. The
 * transaction covers the whole tree: steps that look into other stores have types upgraded there.
 */
export function tryUpgrade(core: StoreCore, onRows: OnRows | undefined): readonly string[] {
  if (!isUpgradeNeeded(core)) return [];
  const tried = new Tried();
  try {
    transact(
      core.root,
      () => {
        tried.types = upgradeStore(core, onRows);
        throw tried;
      },
      { isReadOnly: false, others: [] },
    );
  } catch (error) {
    if (error !== tried) throw error;
  }
  return tried.types;
}

/** Thrown so that the transaction is undone. */
class Tried extends Error {
  types: readonly string[] = [];
}
