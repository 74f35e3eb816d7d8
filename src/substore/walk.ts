import type { KeepingStore } from '../item/keeping-store.js';
import type { Where } from '../query/query.js';
import type { Branch } from './branch.js';
import { subStoresOf } from './structure.js';
import type { SubStore } from './sub-store.js';

/** Decides about a store that fails, given the error and the store's path of names. */
export type OnStoreError = (error: unknown, path: readonly string[]) => 'throw' | 'skip';

export interface WalkOptions {
  readonly depth?: number;
  readonly where?: Where<SubStore>;
  readonly onStoreError?: OnStoreError;
}

/** The stores of a tree, parents first, siblings by name: the order of their paths. */
export function* walk<S extends KeepingStore>(branch: Branch<S>, options: WalkOptions): Generator<Branch<S>> {
  yield branch;
  yield* walkBelow(branch, options, options.depth ?? Number.POSITIVE_INFINITY);
}

function* walkBelow<S extends KeepingStore>(
  branch: Branch<S>,
  options: WalkOptions,
  levels: number,
): Generator<Branch<S>> {
  if (levels <= 0) return;
  for (const child of orSkip(branch, options, () => children(branch, options.where)) ?? []) {
    yield child;
    yield* walkBelow(child, options, levels - 1);
  }
}

function children<S extends KeepingStore>(branch: Branch<S>, where: Where<SubStore> | undefined): Branch<S>[] {
  const all = subStoresOf(branch.core, true).orderBy((s) => s.name.asc());
  return (where === undefined ? all : all.where(where)).all().map((item) => branch.child(item));
}

/** What a store gives; undefined when it failed and the caller chose to skip it. */
export function orSkip<S extends KeepingStore, R>(
  branch: Branch<S>,
  options: WalkOptions,
  work: () => R,
): R | undefined {
  try {
    return work();
  } catch (error) {
    if (options.onStoreError?.(error, branch.path) !== 'skip') throw error;
    return undefined;
  }
}
