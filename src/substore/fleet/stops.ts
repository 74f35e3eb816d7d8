import { statSync } from 'node:fs';
import type { KeepingStore } from '../../item/keeping-store.js';
import { databaseFile } from '../../store/directory.js';
import type { StoreCore } from '../../store/store-core.js';
import type { Branch } from '../branch.js';
import { subStoreWithUid } from '../find-sub-store.js';
import { TreeStores } from '../tree-stores.js';
import { Walk, type WalkOptions } from '../walk.js';

/** A store that is to be visited. Noted by what finds it: thousands of them are not to stay in memory. */
export interface Stop<S extends KeepingStore> {
  readonly path: readonly string[];
  /** False where all is upgraded. */
  readonly isNeeded: boolean;
  /** The store; undefined once it was deleted. */
  find(): Branch<S> | undefined;
}

/** Where a walk cannot go further down. */
export interface DeadEnd {
  readonly path: readonly string[];
  readonly error: unknown;
}

/** The stores of a tree: those that were written last come first, as they will be wanted first. */
export async function stopsByUse<S extends KeepingStore>(
  top: Branch<S>,
  where: WalkOptions['where'],
): Promise<{ readonly stops: readonly Stop<S>[]; readonly deadEnds: readonly DeadEnd[] }> {
  const found: { readonly stop: Stop<S>; readonly writtenAt: number }[] = [];
  const deadEnds: DeadEnd[] = [];
  const onStoreError = (error: unknown, path: readonly string[]) => {
    deadEnds.push({ path, error });
    return 'skip' as const;
  };
  const branches = new Walk<S>({ ...(where && { where }), onStoreError }).from(top);
  for await (const branch of new TreeStores(branches)) {
    const writtenAt = lastWritten(branch.core.file.directory);
    // Asked now, as the walk is about to open the store.
    found.push({ stop: { ...stopAt(branch), isNeeded: isNeeded(branch.core) }, writtenAt });
  }
  return { stops: found.sort((a, b) => b.writtenAt - a.writtenAt).map(({ stop }) => stop), deadEnds };
}

// What fails now is told when the store is visited.
function isNeeded(core: StoreCore): boolean {
  try {
    core.readingAside();
    return core.catalog.upgrader?.isNeeded ?? false;
  } catch {
    return true;
  }
}

function stopAt<S extends KeepingStore>(branch: Branch<S>): Omit<Stop<S>, 'isNeeded'> {
  const { parent, path, core } = branch;
  const { uid } = core.file;
  const find = parent === undefined ? () => branch : () => childOf(parent, uid);
  return { path, find };
}

function childOf<S extends KeepingStore>(parent: Branch<S>, uid: string): Branch<S> | undefined {
  if (parent.core.isOver) return undefined;
  const item = subStoreWithUid(parent.core, uid);
  return item && parent.child(item);
}

/** When a store was written last, in milliseconds since 1970, as far as its files tell; 0 in memory. */
function lastWritten(directory: string | undefined): number {
  if (directory === undefined) return 0;
  const file = databaseFile(directory);
  const times = [file, `${file}-wal`].map((one) => statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times);
}
