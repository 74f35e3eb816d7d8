import { CorollaryError, type Item, Store } from 'corollary';
import { expect } from 'vitest';
import { Account, Note, type ToldTree, told, types } from '../tasks/deeds.js';

const textOf = (one: Account | Note) =>
  one instanceof Account ? `${one.owner} ${one.cents}` : `${one.title} ${one.of.owner}`;
const keyOf = ({ store, storeId }: Item) => `${store.uid}/${storeId}`;

/** A process that had a tree and its items in memory when another one was killed: this one. */
export class Survivor {
  readonly #place: string;
  readonly #root: Store;
  readonly #held: ReadonlyMap<string, Account | Note>;

  /** With `alone` it has nothing but the root open, as who wants to move stores needs it. */
  constructor(place: string, { alone }: { readonly alone: boolean }) {
    this.#place = place;
    this.#root = Store.open(place, { types, mustExist: true });
    this.#held = new Map(itemsIn(alone ? [this.#root] : this.#root.tree.stores()).map((one) => [keyOf(one), one]));
    for (const one of this.#held.values()) textOf(one);
  }

  /** What it is told by its own handle. */
  told(): ToldTree {
    return told(this.#root);
  }

  /**
   * Its items read as those of a fresh handle, and those that are gone know it. With `mayBeReplaced`, so are those of a store
   * that was closed because another one with the same uid was put in its place.
   */
  expectFresh(what: string, { mayBeReplaced }: { readonly mayBeReplaced: boolean }): void {
    using fresh = Store.open(this.#place, { types, mustExist: true });
    expect(this.told(), what).toEqual(told(fresh));
    const found = new Map(itemsIn(fresh.tree.stores()).map((one) => [keyOf(one), textOf(one)]));
    const stored = [...this.#held].filter(([, one]) => isStoredNow(one));
    const isExpected = (one: Item | undefined) =>
      one !== undefined && !(mayBeReplaced && (one.store as Store).isClosed);
    expect(Object.fromEntries(stored.map(([key, one]) => [key, textOf(one)])), what).toEqual(
      Object.fromEntries([...found].filter(([key]) => isExpected(this.#held.get(key)))),
    );
  }

  close(): void {
    this.#root.close();
  }
}

/** Whether an item is stored once its store has been looked at, which may have been deleted. */
function isStoredNow(one: Item): boolean {
  try {
    one.store.refresh();
  } catch (error) {
    if (!(error instanceof CorollaryError) || error.code !== 'STORE_CLOSED') throw error;
  }
  return one.isStored;
}

function itemsIn(stores: Iterable<Store>): (Account | Note)[] {
  return [...stores].flatMap((store) => [...store.query(Account).all(), ...store.query(Note).all()]);
}
