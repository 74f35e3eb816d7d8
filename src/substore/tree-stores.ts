import { setImmediate as nextTurn } from 'node:timers/promises';

/** After so many stores an asynchronous walk lets the event loop turn: a few milliseconds. */
const STORES_PER_TURN = 50;

/**
 * The stores of a tree, one after the other. `for ... of` gives them in one go. `for await ... of` lets the event loop
 * turn in between: timers and requests get their time, and the memory of databases that were closed is freed, which
 * Node.js does only then. Use it for thousands of stores.
 */
export class TreeStores<S> implements IterableIterator<S>, AsyncIterable<S> {
  readonly #stores: Generator<S>;

  /** Made by `tree.stores()`. */
  constructor(stores: Generator<S>) {
    this.#stores = stores;
  }

  next(): IteratorResult<S> {
    return this.#stores.next();
  }
  return(): IteratorResult<S> {
    return this.#stores.return(undefined);
  }
  [Symbol.iterator](): this {
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<S, void, undefined> {
    let given = 0;
    for (const store of this.#stores) {
      yield store;
      if (++given % STORES_PER_TURN === 0) await nextTurn();
    }
  }
}
