import type { KeepingStore } from '../../item/keeping-store.js';
import { databaseFile } from '../../store/directory.js';
import { statOf } from '../../store/disk.js';
import { notAtOpening } from '../../store/upgrader.js';
import type { Branch } from '../branch.js';
import { mayBeHolder } from '../find-store.js';
import { subStoreWithUid } from '../find-sub-store.js';
import type { SubStore } from '../sub-store.js';
import { substoreDirectory } from '../substore-directory.js';
import { isGone, Walk, type WalkOptions } from '../walk.js';
import type { Rests } from './rests.js';
import { isUpgradeNeeded } from './upgrade-store.js';

/** A store that is to be visited. Noted by what finds it: thousands of them are not to stay in memory. */
export interface Stop<S extends KeepingStore> {
  readonly uid: string;
  readonly path: readonly string[];
  /** True where the store was opened already, and all is upgraded. */
  readonly isDone: boolean;
  /** What went wrong when the store was asked what lies below it. */
  readonly deadEnd: { readonly error: unknown } | undefined;
  /** The store; undefined once it was deleted, or moved. */
  find(): Branch<S> | undefined;
}

/** A stop as it is found. */
interface Found<S extends KeepingStore> extends Stop<S> {
  readonly writtenAt: number;
  isDone: boolean;
  deadEnd: Stop<S>['deadEnd'];
}

/** A store that may hold others. */
interface Holder<S extends KeepingStore> {
  readonly branch: Branch<S>;
  readonly stop: Found<S>;
}

/**
 * The stores of a tree: those that were written last come first, as they will be wanted first. Only those are opened
 * that may hold others.
 */
export async function stopsByUse<S extends KeepingStore>(
  top: Branch<S>,
  where: WalkOptions['where'],
  rests: Rests,
): Promise<readonly Stop<S>[]> {
  const found: Found<S>[] = [];
  for (const stop of stopsFrom(top, new Walk<S>({ ...(where && { where }) }))) {
    found.push(stop);
    await rests.rest();
  }
  return found.sort((a, b) => b.writtenAt - a.writtenAt);
}

/** Upper levels first. */
function* stopsFrom<S extends KeepingStore>(top: Branch<S>, walk: Walk<S>): Generator<Found<S>> {
  const first = foundAt({ uid: top.core.file.uid, path: top.path, find: () => top }, top.core.file.directory);
  yield first;
  const holders: Holder<S>[] = [{ branch: top, stop: first }];
  for (const { branch, stop } of holders)
    for (const item of itemsBelow(walk, branch, stop)) {
      if (branch.core.isOver || !item.isStored) continue; // since it was found
      const below = stopBelow(branch, item);
      if (mayBeHolder(branch, item)) holders.push({ branch: branch.child(item), stop: below });
      yield below;
    }
}

function itemsBelow<S extends KeepingStore>(walk: Walk<S>, branch: Branch<S>, stop: Found<S>): readonly SubStore[] {
  try {
    return notAtOpening(branch.core, () => {
      const items = walk.below(branch);
      stop.isDone = !isUpgradeNeeded(branch.core);
      return items;
    });
  } catch (error) {
    if (!isGone(branch)) stop.deadEnd = { error };
    return [];
  }
}

function stopBelow<S extends KeepingStore>(parent: Branch<S>, { name, uid, directory: id }: SubStore): Found<S> {
  const above = parent.core.file.directory;
  const directory = above === undefined ? undefined : substoreDirectory(above, id);
  return foundAt({ uid, path: [...parent.path, name], find: () => childOf(parent, uid) }, directory);
}

function foundAt<S extends KeepingStore>(
  place: Pick<Stop<S>, 'uid' | 'path' | 'find'>,
  directory: string | undefined,
): Found<S> {
  return { ...place, isDone: false, deadEnd: undefined, writtenAt: lastWritten(directory) };
}

function childOf<S extends KeepingStore>(parent: Branch<S>, uid: string): Branch<S> | undefined {
  if (parent.core.isOver) return undefined;
  const item = subStoreWithUid(parent.core, uid);
  return item && parent.child(item);
}

/**
 * When a store was written last, in milliseconds since 1970, as far as its files tell. In memory they tell nothing. A
 * store without a database comes first: something is wrong, and whoever sends a canary wants to know.
 */
function lastWritten(directory: string | undefined): number {
  if (directory === undefined) return 0;
  const file = databaseFile(directory);
  const [database, log] = [file, `${file}-wal`].map((one) => statOf(one)?.mtimeMs);
  return database === undefined ? Number.POSITIVE_INFINITY : Math.max(database, log ?? 0);
}
