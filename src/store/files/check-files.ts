import { CorollaryError } from '../../errors.js';
import type { StoreCore } from '../store-core.js';
import { filesOf } from './find-files.js';
import type { StoredFile } from './stored-file.js';

/** Something that is wrong with a file. */
export interface FileFault {
  readonly message: string;
  readonly type?: string;
  readonly storeId?: number;
}

/** What is wrong with the files of a store. Reads all their bytes. */
export function fileFaults(core: StoreCore): FileFault[] {
  const wrong = filesOf(core)
    .all()
    .filter((file) => !isRight(file))
    .map(wrongBytes);
  return [...wrong, ...orphans(core).map(orphan)];
}

// Another handle may delete a file while it is examined, which is no fault.
function isRight(file: StoredFile): boolean {
  try {
    return file.verify();
  } catch (error) {
    if (error instanceof CorollaryError && error.code === 'ITEM_GONE') return true;
    throw error;
  }
}

/**
 * Bytes that no row names, and that nobody is about to name. The order counts: whoever writes or deletes a file at this
 * moment has a trace in `temp` before, or its row is there, or its bytes are gone afterwards.
 */
function orphans(core: StoreCore): string[] {
  const { files } = core.file;
  const found = files.ids();
  const inStepBefore = new Set(files.leftovers());
  const named = new Set(
    filesOf(core)
      .pluck((f) => f.diskName)
      .all(),
  );
  const inStepAfter = new Set(files.leftovers());
  const there = new Set(files.ids());
  return found.filter((id) => !inStepBefore.has(id) && !named.has(id) && !inStepAfter.has(id) && there.has(id));
}

function wrongBytes({ storeId, path }: StoredFile): FileFault {
  const message = `the bytes of file ${storeId} are missing, or not those that were written: ${path}`;
  return { message, type: 'corollary_file', storeId };
}

function orphan(id: string): FileFault {
  const message = `files/${id} has no row: it is the rest of something that a power cut has ended, and can be removed`;
  return { message };
}
