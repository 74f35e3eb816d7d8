import type { SqlRow } from '../driver/sql-value.js';
import { CorollaryError } from '../errors.js';
import type { FoundItem, FoundPart, Watcher, Watching } from '../query/runner.js';
import type { ItemType } from '../schema/item-type.js';
import { itemOfRow } from './load.js';
import type { StoreCore } from './store-core.js';
import { runningTransaction } from './transaction.js';
import { keyOf } from './watches.js';

/** Tells a watcher of commits to a store and, for a tree, so many levels below. @throws CorollaryError STORE_CLOSED */
export function watchStore(core: StoreCore, levels: number, watcher: Watcher): Watching {
  core.assertOpen();
  const stop = core.watches.begin({
    store: core,
    levels,
    types: new Set([...watcher.types].map(({ name }) => name.toLowerCase())),
    pollMs: watcher.pollMs,
    told: (where, byOthers) => watcher.mayHaveChanged(where, byOthers),
    ended: () => watcher.ended(),
  });
  return {
    stop,
    get isOver() {
      return core.isOver;
    },
  };
}

/** What a store has of an answer, from rows of id and cells that were read at an epoch. */
export function foundPart(core: StoreCore, type: ItemType, rows: readonly SqlRow[], epoch: number): FoundPart {
  const { uid } = core.file;
  const items = rows.map((row) => foundItem(core, type, row, epoch));
  return { ...whereIs(core), uid, items };
}

/** Where a store is, as answers tell it. */
export function whereIs(core: StoreCore): Pick<FoundPart, 'key' | 'path'> {
  return { key: keyOf(core) ?? placeInMemory(core), path: pathOf(core) };
}

function foundItem(core: StoreCore, type: ItemType, row: SqlRow, epoch: number): FoundItem {
  const [storeId, ...cells] = row;
  return { storeId: storeId as number, cells, item: () => itemOfRow(core, type, row, epoch) };
}

// As a directory does, it changes when the store is moved or another is restored in its place, and stays when it is renamed.
function placeInMemory({ parent, file: { uid, incarnation } }: StoreCore): string {
  const name = `${uid}-${incarnation}`;
  return parent === undefined ? name : `${placeInMemory(parent)}/${name}`;
}

function pathOf({ parent, name }: StoreCore): readonly string[] {
  return parent === undefined ? [] : [...pathOf(parent), name as string];
}

/** @throws CorollaryError NOT_SUPPORTED: what a transaction has changed may be undone, and nothing to compare with. */
export function assertComparable({ file: { place } }: StoreCore): void {
  if (runningTransaction() === undefined) return;
  throw new CorollaryError(
    'NOT_SUPPORTED',
    `${place}: a subscription with changes cannot begin inside a transaction, which may be undone: begin it before or after`,
    { store: place },
  );
}
