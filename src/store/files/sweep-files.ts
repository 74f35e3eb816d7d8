import { syncLog } from '../database-file.js';
import type { StoreCore } from '../store-core.js';
import { filesOf } from './find-files.js';

/**
 * Finishes what killed processes have begun with files, once for each handle. The caller holds the write lock and has
 * done nothing with files yet: so whatever is in the middle of a step is nobody's, or already decided by its row. Not
 * while the store is prepared: rows may be among the steps.
 */
export function sweepFiles(core: StoreCore): void {
  const { files } = core.file;
  if (files.isSwept || core.file.isPrepared) return;
  const ids = files.leftovers();
  const known = ids.length === 0 ? new Set() : new Set(committed(core, ids));
  // A row that is gone may come back with the power, if who deleted it was killed.
  if (known.size < ids.length && core.file.directory !== undefined) syncLog(core.file.directory);
  for (const id of ids) {
    if (!known.has(id)) files.discard(id);
    else {
      files.keep(id);
      files.withdrawRemoval(id);
    }
  }
  files.dropAbandoned();
  files.isSwept = true;
}

function committed(core: StoreCore, ids: readonly string[]): string[] {
  return filesOf(core)
    .where((f) => f.diskName.in(ids))
    .pluck((f) => f.diskName)
    .all();
}
