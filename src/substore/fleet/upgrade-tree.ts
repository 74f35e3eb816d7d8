import type { KeepingStore } from '../../item/keeping-store.js';
import type { Where } from '../../query/query.js';
import type { Branch } from '../branch.js';
import type { SubStore } from '../sub-store.js';
import { isGone } from '../walk.js';
import { assertOutsideTransaction } from '../whole-tree.js';
import { Rests } from './rests.js';
import { type Stop, stopsByUse } from './stops.js';
import { tryUpgrade, upgradeStore } from './upgrade-store.js';

/** How a tree is upgraded. */
export interface TreeUpgradeOptions {
  /** Called after each store. What it throws ends the walk. */
  readonly onProgress?: (progress: TreeUpgradeProgress) => void;
  /** Calls it off between two stores. */
  readonly signal?: AbortSignal;
  /** A condition over SubStore items: a store that is left out leaves out all below it. */
  readonly only?: Where<SubStore>;
  /** If one of the first so many stores fails, no further one is touched. */
  readonly canary?: number;
  /** True: each store is upgraded in a transaction that is taken back. Nothing stays but the report. */
  readonly dryRun?: boolean;
}

/** How far it has come. */
export interface TreeUpgradeProgress {
  /** The names that lead to the store that was visited last. */
  readonly path: readonly string[];
  /** How many stores were visited, of how many. */
  readonly stores: number;
  readonly of: number;
  readonly upgraded: number;
  readonly failed: number;
}

/** A store that could not be upgraded. It is as it was, and says so whenever the type is used. */
export interface FailedUpgrade {
  /** The names that lead there from the root. */
  readonly path: readonly string[];
  readonly error: unknown;
}

/** What was done. */
export interface TreeUpgradeReport {
  /** True when every store was visited and none has failed. */
  readonly isComplete: boolean;
  /** How many stores were visited. */
  readonly stores: number;
  /** In how many of them something was upgraded. */
  readonly upgraded: number;
  /** In how many stores each type was, by type name. */
  readonly types: ReadonlyMap<string, number>;
  readonly failed: readonly FailedUpgrade[];
}

/** Upgrades every store of a tree; see `Tree.upgrade`. */
export async function upgradeTree<S extends KeepingStore>(
  top: Branch<S>,
  options: TreeUpgradeOptions,
): Promise<TreeUpgradeReport> {
  assertOutsideTransaction(top.core, 'upgraded');
  const rests = new Rests();
  const stops = await stopsByUse(top, options.only, rests);
  const round = new Round<S>(options, stops.length);
  for (const stop of stops) {
    if (round.isOver || top.core.isOver) break;
    round.visit(stop);
    await rests.rest();
  }
  return round.report;
}

/** One way through the stores of a tree. */
class Round<S extends KeepingStore> {
  readonly #options: TreeUpgradeOptions;
  readonly #of: number;
  readonly #types = new Map<string, number>();
  readonly #failed: FailedUpgrade[] = [];
  #stores = 0;
  #upgraded = 0;
  /** How many stores were visited when the first one failed. */
  #firstFailure = 0;

  constructor(options: TreeUpgradeOptions, of: number) {
    this.#options = options;
    this.#of = of;
  }

  get report(): TreeUpgradeReport {
    const isComplete = this.#stores === this.#of && this.#failed.length === 0;
    return { isComplete, stores: this.#stores, upgraded: this.#upgraded, types: this.#types, failed: this.#failed };
  }

  /** True when no further store is to be touched: it was called off, or one of the first has failed. */
  get isOver(): boolean {
    const { signal, canary = 0 } = this.#options;
    return signal?.aborted === true || (this.#failed.length > 0 && this.#firstFailure <= canary);
  }

  visit(stop: Stop<S>): void {
    this.#stores++;
    const types = stop.isDone ? [] : this.#typesUpgraded(stop);
    // One that cannot be opened has failed by now. Another one may be upgraded, and what lies below it is not known.
    if (stop.deadEnd !== undefined) this.#noteFailure(stop.path, stop.deadEnd.error);
    if (types.length > 0) this.#upgraded++;
    for (const type of types) this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    this.#options.onProgress?.({
      path: stop.path,
      stores: this.#stores,
      of: this.#of,
      upgraded: this.#upgraded,
      failed: this.#failed.length,
    });
  }

  // One that fails keeps none of the others from going on.
  #typesUpgraded({ find, path }: Stop<S>): readonly string[] {
    let branch: Branch<S> | undefined;
    try {
      branch = find();
      if (branch === undefined) return [];
      return this.#options.dryRun === true ? tryUpgrade(branch.core) : upgradeStore(branch.core);
    } catch (error) {
      if (branch === undefined || !isGone(branch)) this.#noteFailure(path, error);
      return [];
    }
  }

  #noteFailure(path: readonly string[], error: unknown): void {
    const isKnown = this.#failed.some((one) => one.path.join('/') === path.join('/'));
    if (isKnown) return;
    if (this.#failed.length === 0) this.#firstFailure = this.#stores;
    this.#failed.push({ path, error });
  }
}
