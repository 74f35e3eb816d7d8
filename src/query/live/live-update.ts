import type { StoreId } from '../../schema/attribute-types.js';

/** What a subscriber is told. */
export interface LiveUpdate<R> {
  /**
   * The answer as `query.all()` gives it: read when you first look at it, and kept. Who only wants to know that
   * something happened need not look, and nothing is read.
   */
  readonly results: R[];
}

/** What a subscriber is told who asked for `changes`. Each item counts once, however often it was written. */
export interface LiveChanges<T> extends LiveUpdate<T> {
  /** Items that were not in the answer that was told before. */
  readonly added: readonly T[];
  /** Items that were, and of which an attribute has another value now. */
  readonly changed: readonly T[];
  /** Items that are no longer in the answer: deleted, or no longer found. */
  readonly removed: readonly RemovedItem<T>[];
}

/** An item that is no longer in an answer; it may be no more. */
export interface RemovedItem<T> {
  readonly storeId: StoreId<T>;
  /** The uid of the store that it was in. */
  readonly uid: string;
  /** The names that led to that store from the root. */
  readonly path: readonly string[];
}

/** The items of an update with changes. */
export interface ItemChanges {
  readonly added: readonly unknown[];
  readonly changed: readonly unknown[];
  readonly removed: readonly unknown[];
}

/** An update whose results are read when they are first asked for. */
export class LazyUpdate implements LiveUpdate<unknown> {
  readonly #read: () => unknown[];
  #results: unknown[] | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(read: () => unknown[], changes: ItemChanges | undefined) {
    this.#read = read;
    Object.assign(this, changes);
  }

  get results(): unknown[] {
    this.#results ??= this.#reading();
    return this.#results;
  }

  #reading(): unknown[] {
    try {
      return this.#read();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** True when this error came out of {@link LazyUpdate.results}. */
  failedWith(error: unknown): boolean {
    return this.#failure?.error === error;
  }
}
