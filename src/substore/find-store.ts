import type { KeepingStore } from '../item/keeping-store.js';
import type { Branch } from './branch.js';
import { subStoreWithUid } from './find-sub-store.js';
import type { SubStore } from './sub-store.js';
import { mayHoldSubstores } from './substore-directory.js';
import { Walk } from './walk.js';

/**
 * The store with a uid: this one, or one below it to any depth; undefined when there is none. Nobody keeps a list of all
 * stores: their parents are asked, by an index. First along the way where it was last seen; then everywhere, upper
 * levels first, where only stores that may hold others are opened. As in a question to a tree, none of them is locked.
 * @throws CorollaryError when it was not found and a store could not be asked: the error of the first of these.
 */
export function findStore<S extends KeepingStore>(top: Branch<S>, uid: string): Branch<S> | undefined {
  return alongKnownWay(top, uid) ?? searchBelow(top, uid);
}

function alongKnownWay<S extends KeepingStore>(top: Branch<S>, uid: string): Branch<S> | undefined {
  const way = top.forest.parentsSeen.wayDown(top.core.file.uid, uid);
  const walk = new Walk<S>({ onStoreError: () => 'skip' });
  return way?.reduce<Branch<S> | undefined>((branch, step) => branch && childWithUid(walk, branch, step), top);
}

function searchBelow<S extends KeepingStore>(top: Branch<S>, uid: string): Branch<S> | undefined {
  const errors: unknown[] = [];
  const onStoreError = (error: unknown) => {
    errors.push(error);
    return 'skip' as const;
  };
  const found = breadthFirst(new Walk<S>({ onStoreError }), top, uid);
  if (found === undefined && errors.length > 0) throw errors[0];
  return found;
}

function breadthFirst<S extends KeepingStore>(walk: Walk<S>, top: Branch<S>, uid: string): Branch<S> | undefined {
  const holders = [top];
  for (const branch of holders) {
    const found = childWithUid(walk, branch, uid);
    if (found !== undefined) return found;
    // At once, while the store is open. The loop goes on with what is added.
    for (const holder of holdersBelow(walk, branch)) holders.push(holder);
  }
  return undefined;
}

function childWithUid<S extends KeepingStore>(walk: Walk<S>, branch: Branch<S>, uid: string): Branch<S> | undefined {
  const item = walk.ask(branch, () => subStoreWithUid(branch.core, uid));
  return item && branch.child(item);
}

/** The stores directly below that may hold substores themselves. */
function holdersBelow<S extends KeepingStore>(walk: Walk<S>, branch: Branch<S>): Branch<S>[] {
  const holders = walk.ask(branch, () => walk.below(branch).filter((item) => mayBeHolder(branch, item)));
  return (holders ?? []).map((item) => branch.child(item));
}

/** False when it is sure that a substore holds no stores itself. Opens nothing. */
export function mayBeHolder<S extends KeepingStore>(branch: Branch<S>, item: SubStore): boolean {
  const { directory } = branch.core.file;
  if (directory !== undefined) return mayHoldSubstores(directory, item.directory);
  return branch.child(item).core.file.isOpen; // one in memory that was never used has no database
}
