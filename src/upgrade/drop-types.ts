import { CorollaryError } from '../errors.js';
import type { CatalogueEntry } from '../store/catalogue-entry.js';
import type { Noting } from '../store/change.js';
import { assertGone, deletePart, type Forbidding } from '../store/deletion.js';
import { firstIds } from '../store/old-table.js';
import type { StoreCore } from '../store/store-core.js';

/** How many items are deleted at once: what refers to them is collected in memory. */
const BATCH = 500;

/**
 * Deletes all items of types that have no classes any more, by the rules of what refers to them, and takes their tables
 * away. What they refer to among themselves does not count. Runs inside a write of several steps, which an error undoes.
 * @throws CorollaryError UPGRADE_FAILED naming an item that another still refers to; BUSY, DISK_FULL, IO_ERROR
 */
export function dropTypes(core: StoreCore, entries: readonly CatalogueEntry[], noting: Noting): void {
  core.catalog.readyReferrers();
  core.catalog.whileLeaving(entries, () => {
    const forbidden = entries.map((entry) => [entry, deleteAll(core, entry, noting)] as const);
    // Only now: what forbids that an item goes may have gone along with a later one.
    for (const [entry, forbidding] of forbidden) assertAllGone(core, entry, forbidding);
  });
  for (const entry of entries) core.catalog.drop(entry);
}

/** Gives what forbids it. */
function deleteAll(core: StoreCore, entry: CatalogueEntry, noting: Noting): readonly Forbidding[] {
  const forbidding: Forbidding[] = [];
  for (let ids = firstIds(core, entry, BATCH); ids.length > 0; ids = firstIds(core, entry, BATCH))
    for (const one of deletePart(core, entry, ids, noting)) forbidding.push(one);
  return forbidding;
}

function assertAllGone(core: StoreCore, entry: CatalogueEntry, forbidding: readonly Forbidding[]): void {
  try {
    assertGone(core, forbidding);
  } catch (error) {
    throw error instanceof CorollaryError && error.code === 'DELETE_REFUSED' ? failed(core, entry, error) : error;
  }
}

function failed({ file: { place } }: StoreCore, { name }: CatalogueEntry, cause: CorollaryError): CorollaryError {
  const message = `${place}: the items of the retired type ${name} cannot be dropped: ${cause.message}; nothing was changed`;
  return new CorollaryError('UPGRADE_FAILED', message, { store: place, type: name, storeId: cause.storeId, cause });
}
