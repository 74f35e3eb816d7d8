import type { KeepingStore } from '../../item/keeping-store.js';
import type { Where } from '../../query/query.js';
import { refuseUnfinished } from '../../store/async-guard.js';
import type { StoreCore } from '../../store/store-core.js';
import { notAtOpening, type OnRows } from '../../store/upgrader.js';
import type { Branch } from '../branch.js';
import type { SubStore } from '../sub-store.js';
import { isGone } from '../walk.js';
import { assertOutsideTransaction } from '../whole-tree.js';
import { Rests } from './rests.js';
import { type Stop, stopsByUse } from './stops.js';
import { tryUpgrade, upgradeStore } from './upgrade-store.js';

/** How a tree is upgraded. */
export interface TreeUpgradeOptions {
  /** Called after each store, and not waited for: it may not be asynchronous. What it throws ends the walk. */
  readonly onProgress?: (progress: TreeUpgradeProgress) => void;
  /**
   * Called while a type of many items is upgraded in one store, between batches of at most 500. That is in the middle of
   * a transaction, as in a step: items of the type cannot be reached, and what it throws undoes the upgrade of the type
   * and counts as the failure of the store. It may not be asynchronous.
   */
  readonly onRows?: (progress: RowsProgress) => void;
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

/** How far a type has come in one store. */
export interface RowsProgress {
  /** The names that lead to the store. */
  readonly path: readonly string[];
  readonly type: string;
  /** How many of its items are upgraded, of how many. */
  readonly rows: number;
  readonly of: number;
}

/** A store of which a type could not be upgraded. That is as it was, and says so whenever it is used. */
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
  const round = new Round<S>(top.core, options, stops.length);
  const goThrough = async (found: readonly Stop<S>[], visit: (stop: Stop<S>) => void) => {
    for (const stop of found) {
      if (round.isOver || top.core.isOver) return;
      visit(stop);
      await rests.rest();
    }
  };
  await goThrough(stops, (stop) => round.visit(stop));
  // Deleted, or moved meanwhile: then they are elsewhere.
  if (round.hasMissed) await goThrough(await stopsByUse(top, options.only, rests), (stop) => round.visitMissed(stop));
  return round.report;
}

const NOTHING: ReadonlySet<string> = new Set();

/** One way through the stores of a tree. */
class Round<S extends KeepingStore> {
  readonly #top: StoreCore;
  readonly #options: TreeUpgradeOptions;
  readonly #of: number;
  readonly #types = new Map<string, number>();
  readonly #failed: FailedUpgrade[] = [];
  /** The uids of stores that were not where they had been found. */
  readonly #missed = new Set<string>();
  #stores = 0;
  #upgraded = 0;
  /** How many stores were visited when the first one failed. */
  #firstFailure = 0;

  constructor(top: StoreCore, options: TreeUpgradeOptions, of: number) {
    this.#top = top;
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

  get hasMissed(): boolean {
    return this.#missed.size > 0;
  }

  /** Visits a store that was missed where it was; it counts as visited already. */
  visitMissed(stop: Stop<S>): void {
    if (this.#missed.delete(stop.uid)) this.#upgrade(stop);
  }

  visit(stop: Stop<S>): void {
    this.#stores++;
    this.#upgrade(stop);
  }

  #upgrade(stop: Stop<S>): void {
    // By what is asked of each, and by nothing else: the report is to tell of it, and a dry run to take it back.
    const types = stop.isDone ? NOTHING : notAtOpening(this.#top, () => this.#typesUpgraded(stop));
    // One that cannot be opened has failed by now. Another one may be upgraded, and what lies below it is not known.
    if (stop.deadEnd !== undefined) this.#noteFailure(stop.path, stop.deadEnd.error);
    if (types.size > 0) this.#upgraded++;
    for (const type of types) this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    this.#tell(stop.path);
  }

  #tell(path: readonly string[]): void {
    const [stores, of, upgraded, failed] = [this.#stores, this.#of, this.#upgraded, this.#failed.length];
    refuseUnfinished(this.#options.onProgress?.({ path, stores, of, upgraded, failed }), 'onProgress');
  }

  #onRowsOf(path: readonly string[]): OnRows | undefined {
    const { onRows } = this.#options;
    return onRows && ((progress) => refuseUnfinished(onRows({ path, ...progress }), 'onRows'));
  }

  // One that fails keeps none of the others from going on. It may have had other types upgraded before.
  #typesUpgraded({ uid, find, path }: Stop<S>): ReadonlySet<string> {
    const upgraded = new Set<string>();
    let branch: Branch<S> | undefined;
    try {
      branch = find();
      const upgrade = this.#options.dryRun === true ? tryUpgrade : upgradeStore;
      if (branch === undefined) this.#missed.add(uid);
      else upgrade(branch.core, { upgraded, onRows: this.#onRowsOf(path) });
    } catch (error) {
      if (branch !== undefined && isGone(branch)) this.#missed.add(uid);
      else this.#noteFailure(path, error);
    }
    return upgraded;
  }

  #noteFailure(path: readonly string[], error: unknown): void {
    if (this.#failed.at(-1)?.path === path) return; // its first reason is enough
    if (this.#failed.length === 0) this.#firstFailure = this.#stores;
    this.#failed.push({ path, error });
  }
}
