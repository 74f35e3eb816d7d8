import type { StoreCore } from '../../store/store-core.js';
import { transact } from '../../store/transact.js';
import type { UpgradeWatch } from '../../store/upgrader.js';

/** True when a type of the store is of an older version than its class. The store joins no transaction. */
export function isUpgradeNeeded(core: StoreCore): boolean {
  core.readingAside();
  return core.catalog.upgrader?.isNeeded ?? false;
}

/** Upgrades all types of one store, each in a transaction of its own. */
export function upgradeStore(core: StoreCore, watch: UpgradeWatch): void {
  core.reading();
  core.catalog.upgrader?.upgradeAll(watch);
}

/**
 * Does the same in one transaction, and takes it back. The transaction covers the whole tree: steps that look into
 * other stores have types upgraded there.
 */
export function tryUpgrade(core: StoreCore, watch: UpgradeWatch): void {
  if (!isUpgradeNeeded(core)) return;
  const tried = new Tried();
  const upgraded = new Set<string>();
  try {
    transact(
      core.root,
      () => {
        try {
          upgradeStore(core, { ...watch, upgraded });
        } finally {
          for (const type of upgraded) watch.upgraded.add(type); // before they leave again
        }
        throw tried;
      },
      { isReadOnly: false, others: [] },
    );
  } catch (error) {
    if (error !== tried) throw error;
  }
}

/** Thrown so that the transaction is undone. */
class Tried extends Error {}
