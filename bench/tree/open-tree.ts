import type { Store } from 'corollary';
import type { RawStore } from './raw-store.js';
import { Reading, storeName } from './reading.js';
import type { Site } from './site.js';

/** A tree with all stores open, by hand and with corollary; the root has one reading, the first that was stored. */
export interface OpenTree {
  readonly rawRoot: RawStore;
  /** Those below the root. */
  readonly rawStores: readonly RawStore[];
  readonly root: Store;
  readonly ofRoot: Reading;
  readonly stores: readonly Store[];
}

export function openTree(site: Site): OpenTree {
  const root = site.open();
  const rawRoot = site.openRawRoot();
  rawRoot.statement('insert').run('root', 0, 0);
  const numbers = Array.from({ length: site.size.stores }, (_, at) => at);
  return {
    rawRoot,
    rawStores: numbers.map((at) => site.openRaw(at)),
    root,
    ofRoot: root.create(Reading, { sensor: 'root', watts: 0, noise: 0 }),
    stores: numbers.map((at) => root.substores.open(storeName(at))),
  };
}
