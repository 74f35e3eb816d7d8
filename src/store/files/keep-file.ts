import { CorollaryError } from '../../errors.js';
import { createItem } from '../create.js';
import type { StoreCore } from '../store-core.js';
import type { Digest } from './file-area.js';
import { findFile } from './find-files.js';
import { quietly } from './quietly.js';
import { StoredFile } from './stored-file.js';
import { sweepFiles } from './sweep-files.js';

/** A file that is about to be: its bytes are not there yet. */
export interface NewFile {
  readonly id: string;
  readonly name: string | null;
  /** Puts the bytes where they belong, durably, and says what they came to. */
  readonly bring: () => Digest;
}

/** Makes a file: its bytes first, then the row that makes it exist. An error undoes both. */
export function keepFile(core: StoreCore, { id, name, bring }: NewFile): StoredFile {
  return core.writeInSteps((transaction) => {
    const { files } = core.file;
    sweepFiles(core);
    assertNameFree(core, name);
    transaction.onUndo((isOutcomeKnown) => {
      if (isOutcomeKnown) files.discard(id); // else the row may be there
    });
    const digest = bring();
    const file = createItem(core, core.typeOf(StoredFile), {
      ...{ name, ...digest },
      createdAt: core.file.now(),
      diskName: id,
    });
    transaction.afterCommit(() => quietly(() => files.keep(id)));
    return file as StoredFile; // createItem gives an item of the class that it was given
  });
}

/** @throws CorollaryError NAME_TAKEN, BAD_NAME */
export function assertNameFree(core: StoreCore, name: string | null): void {
  if (name === null || findFile(core, name) === undefined) return;
  const { place } = core.file;
  throw new CorollaryError(
    'NAME_TAKEN',
    `${place} has a file of this name already: delete it or give it another name first`,
    { store: place },
  );
}
