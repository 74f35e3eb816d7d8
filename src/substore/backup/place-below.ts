import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../../driver/connection.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import { onDisk, ownDirectory } from '../../store/disk.js';
import { identify } from '../../store/identify-image.js';
import { newIncarnation } from '../../store/image.js';
import type { StoreSettings } from '../../store/settings.js';
import { StoreFile } from '../../store/store-file.js';
import type { Transaction } from '../../store/transaction.js';
import type { Branch } from '../branch.js';
import { freeDirectoryName } from '../create-substore.js';
import { discardSubstoreDirectory, placeSubstoreDirectory, substoreDirectory } from '../substore-directory.js';
import { assertAllFit, buildTree, type Copied } from './build-tree.js';

/** Stores that are to become a substore and what is below it. */
export interface Arriving {
  /** Where each of them is to lie, from the uppermost on. */
  readonly places: Iterable<string>;
  /** The new uids of those that get others. */
  readonly uids: ReadonlyMap<string, string>;
  /** The stores, parents first. To be asked for once. */
  stores(): Iterable<Copied>;
}

/**
 * Puts stores below a parent, under a directory name that it gives; part of a write of the parent, and undone with it.
 * Until a row names the directory, they do not exist.
 * @throws CorollaryError PATH_TOO_LONG, before anything is made; DISK_FULL, IO_ERROR, CORRUPT
 */
export function placeBelow<S extends KeepingStore>(
  parent: Branch<S>,
  arriving: Arriving,
  transaction: Transaction,
): string {
  const { directory } = parent.core.file;
  const id = freeDirectoryName(parent.core);
  if (directory === undefined) placeInMemory(parent, arriving, transaction);
  else placeOnDisk({ parent: directory, id, settings: parent.forest.settings }, arriving, transaction);
  return id;
}

interface Place {
  readonly parent: string;
  readonly id: string;
  readonly settings: StoreSettings;
}

function placeOnDisk(
  { parent, id, settings }: Place,
  { places, uids, stores }: Arriving,
  transaction: Transaction,
): void {
  assertAllFit(substoreDirectory(parent, id), places);
  transaction.onUndo((isOutcomeKnown) => {
    if (isOutcomeKnown) discardSubstoreDirectory(parent, id, settings); // else the row may be there
  });
  const scratch = join(
    onDisk(parent, () => ownDirectory(parent, 'temp')),
    `${id}-new`,
  );
  try {
    placeSubstoreDirectory({ parent, id, transaction }, (directory) =>
      buildTree({ directory, scratch, uids }, stores()),
    );
  } finally {
    onDisk(scratch, () => rmSync(scratch, { force: true }));
  }
}

function placeInMemory<S extends KeepingStore>(
  { forest: { inMemory, settings }, core }: Branch<S>,
  { uids, stores }: Arriving,
  transaction: Transaction,
): void {
  const { whereabouts, place } = core.file; // their own, once there is a branch
  for (const { was, uid, parent, image, files } of stores()) {
    const content = new Connection(image(), { ...settings, readOnly: false, place });
    identify(content, { was, is: { uid, parentUid: parent, incarnation: newIncarnation() }, uids }, place);
    const file = new StoreFile({ whereabouts, settings, openFiles: undefined, content });
    for (const { id, pieces } of files) file.files.write(id, pieces());
    transaction.onCommit(() => inMemory.set(uid, file)); // by then a store that it replaces is gone
  }
}
