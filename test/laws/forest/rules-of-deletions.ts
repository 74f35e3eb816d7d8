import type { Deed } from './deed.js';
import { deletedFrom } from './deletion.js';
import type { StoreState } from './state.js';

export function deleteSome(deed: Deed, store: StoreState, n: number): void {
  const labels = store.things.filter((thing) => thing.n === n).map(({ label }) => label);
  if (labels.length === 0) deed.excuseWrite();
  else deleteItems(deed, labels, store);
}

/** Deletes things or relics with all that goes along. */
export function deleteItems(deed: Deed, labels: readonly number[], store: StoreState = deed.at): void {
  deed.assertWritable();
  const left = deletedFrom(store, labels);
  deed.assert(left !== undefined, 'DELETE_REFUSED');
  Object.assign(store, left);
}

export function deleteFile(deed: Deed, label: number): void {
  deed.assertWritable();
  deed.assert(!deed.at.things.some(({ scan }) => scan === label), 'DELETE_REFUSED');
  deed.at.files = deed.at.files.filter((file) => file.label !== label);
}
