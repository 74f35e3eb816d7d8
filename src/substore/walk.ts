import type { KeepingStore } from '../item/keeping-store.js';
import type { Query, Where } from '../query/query.js';
import type { StoreCore } from '../store/store-core.js';
import type { Branch } from './branch.js';
import { hasSubStore, subStoresOf, subStoreWithUid } from './find-sub-store.js';
import { SubStore } from './sub-store.js';

/** Decides about a store that fails, given the error and the store's path of names. */
export type OnStoreError = (error: unknown, path: readonly string[]) => 'throw' | 'skip';

/** Which stores of a tree are visited. */
export interface WalkOptions {
  readonly depth?: number;
  readonly where?: Where<SubStore>;
  readonly onStoreError?: OnStoreError;
  /** The only ones that are visited; all if not given. For walks of the library's own. */
  readonly among?: ReadonlySet<StoreCore>;
}

/** A store that is still to be visited. */
interface Place<S extends KeepingStore> {
  readonly parent: Branch<S>;
  readonly item: SubStore;
  /** How many levels below it are visited, too. */
  readonly levels: number;
}

/** One way through the stores of a tree: parents first, siblings by name, which is the order of their paths. */
export class Walk<S extends KeepingStore> {
  readonly #options: WalkOptions;
  /** Names this walk for {@link StoreCore.readingAside}: a store is looked at once in it. */
  readonly period = Symbol('walk');
  /** Stores that failed, and those that were deleted meanwhile: nothing below them is visited. */
  readonly #left = new Set<Branch<S>>();
  #top: Branch<S> | undefined;

  /** `top`: the store that was asked for, where the walk does not begin by going {@link Walk.from} it. */
  constructor(options: WalkOptions, top?: Branch<S>) {
    this.#options = options;
    this.#top = top;
  }

  *from(top: Branch<S>): Generator<Branch<S>> {
    this.#top = top;
    yield top;
    // The next one comes last.
    const waiting = this.#placesBelow(top, this.#options.depth ?? Number.POSITIVE_INFINITY);
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      const { parent, item, levels } = place;
      if (!item.isStored) continue;
      const branch = this.#stillOpen(parent)?.child(item);
      if (branch === undefined || this.#options.among?.has(branch.core) === false) continue;
      yield branch;
      for (const below of this.#placesBelow(this.#stillOpen(branch), levels)) waiting.push(below);
    }
  }

  // The visitor may have closed the store, or one above it: it is found again. What is below a closed one, nobody closes.
  #stillOpen(branch: Branch<S>): Branch<S> | undefined {
    const { core, parent } = branch;
    if (branch === this.#top) core.assertOpen();
    if (!core.isOver || parent === undefined) return branch;
    const above = this.#stillOpen(parent);
    const item = above && this.ask(above, () => subStoreWithUid(above.core, core.file.uid));
    return item && above?.child(item);
  }

  #placesBelow(parent: Branch<S> | undefined, levels: number): Place<S>[] {
    if (parent === undefined || levels <= 0 || this.#left.has(parent)) return [];
    const items = this.ask(parent, () => this.below(parent)) ?? [];
    return items.map((item) => ({ parent, item, levels: levels - 1 })).reverse();
  }

  /** The items of the stores directly below that are to be visited, by name. */
  below(branch: Branch<S>): readonly SubStore[] {
    if (isLeaf(branch.core, this.period)) return [];
    const all = this.#toVisit(branch).orderBy((s) => s.name.asc());
    return this.#options.where === undefined ? branch.substoresSeen.now(() => all.all()) : all.all();
  }

  /** The item of the one directly below that has its files there, if it is to be visited. */
  belowIn(branch: Branch<S>, directory: string): SubStore | undefined {
    return this.#toVisit(branch)
      .where((s) => s.directory.eq(directory))
      .first();
  }

  #toVisit({ core }: Branch<S>): Query<SubStore> {
    const { where } = this.#options;
    const all = subStoresOf(core, true);
    return where === undefined ? all : all.where(where);
  }

  /** What a store gives; undefined when it is no more, or failed and the caller chose to skip it. */
  ask<R>(branch: Branch<S>, question: () => R): R | undefined {
    if (this.#left.has(branch)) return undefined;
    try {
      return question();
    } catch (error) {
      if (!this.#wasDeleted(branch) && this.#options.onStoreError?.(error, branch.path) !== 'skip') throw error;
      this.#left.add(branch);
      return undefined;
    }
  }

  // The uppermost is the one that was asked for: where it is no more, there is no answer.
  #wasDeleted(branch: Branch<S>): boolean {
    return branch !== this.#top && isGone(branch);
  }
}

/** True when there was never a store below: nothing needs to be asked then. */
function isLeaf(core: StoreCore, period: symbol): boolean {
  return core.catalogueAside(period).find(core.typeOf(SubStore)) === undefined;
}

/** True when the store was deleted since it was found, here or by another process. */
export function isGone<S extends KeepingStore>({ core, parent }: Branch<S>): boolean {
  return parent !== undefined && !hasSubStore(parent.core, core.file.uid);
}
