import { CorollaryError, type Item, Store } from 'corollary';
import { expect } from 'vitest';
import { agreeOnActivation } from './activation.js';
import { cellsOf, expectedCells } from './agree.js';
import type { Binding } from './binding.js';
import { type Path, placesIn, type StoreState, storeAt } from './state.js';
import { Thing } from './thing.js';

interface HeldStore {
  readonly key: number;
  readonly life: number;
}
interface HeldThing extends HeldStore {
  readonly label: number;
}

/** When it is that things are compared. */
interface Circumstance {
  readonly said: string;
  /** True inside a transaction. */
  readonly mayBeUndone?: boolean;
}

/** How many objects of a kind are held at most. */
const MOST = 50;

/** Store and Item objects of one handle that a program keeps for long. */
export class Held {
  readonly #stores = new Map<Store, HeldStore>();
  readonly #things = new Map<Thing, HeldThing>();
  readonly #adrift = new Set<number>();

  /** Holds objects of a tree as it is now. */
  hold(objects: readonly (Store | Item)[], state: StoreState): void {
    for (const one of objects) {
      const store = one instanceof Store ? one : one.store;
      const model = store.isClosed ? undefined : storeAt(state, store.path);
      if (model === undefined) continue;
      const { key, life } = model;
      if (!this.#stores.has(store)) remember(this.#stores, store, { key, life });
      if (one instanceof Thing && !this.#things.has(one) && one.isStored)
        remember(this.#things, one, { key, life, label: one.label });
    }
  }

  /**
   * Another handle moves stores that this one has not open: its Store objects either find out where they are, or are
   * closed at their next use, as those of deleted stores are.
   */
  setAdrift(lives: readonly number[]): void {
    for (const life of lives) this.#adrift.add(life);
  }

  #dropLost(): void {
    for (const [thing, { life }] of this.#things)
      if (this.#adrift.has(life) && !thing.isStored) this.#things.delete(thing);
    for (const [store, { life }] of this.#stores)
      if (this.#adrift.has(life) && useOf(store) === 'STORE_CLOSED') this.#stores.delete(store);
  }

  forgetAll(): { readonly stores: readonly Store[]; readonly things: readonly Thing[] } {
    const all = { stores: [...this.#stores.keys()], things: [...this.#things.keys()] };
    this.#stores.clear();
    this.#things.clear();
    return all;
  }

  /** Compares where the stores say that they are, without having anything read. */
  agreeOnPaths(state: StoreState, said: string): void {
    const paths = new Map(placesIn(state).map(({ path, store }) => [store.life, path]));
    for (const [store, { life }] of this.#stores) {
      const path = this.#adrift.has(life) ? undefined : paths.get(life);
      if (path !== undefined) expect(store.path, `${said}: where a store that is held says it is`).toEqual(path);
    }
  }

  /** Compares all that is held with the model. The tree was read through the same handle just now. */
  agree(root: Store, state: StoreState, binding: Binding, circumstance: Circumstance): void {
    this.#dropLost();
    const paths = new Map(placesIn(state).map(({ store, path }) => [store.life, path]));
    for (const [store, { life }] of this.#stores) agreeOnStore(store, paths.get(life), root, circumstance.said);
    this.agreeOnThings(state, binding, circumstance);
  }

  /** Looks for what others have committed, in every store of which something is held. */
  refresh(): void {
    const stores = new Set([...this.#stores.keys(), ...[...this.#things.keys()].map(({ store }) => store)]);
    for (const store of stores) useOf(store);
  }

  /** The same of the items alone: what they hold is what is committed, whoever did it, even if nothing was read since. */
  agreeOnThings(state: StoreState, binding: Binding, { said, mayBeUndone = false }: Circumstance): void {
    this.#dropLost();
    agreeOnActivation(this.#things.keys(), said);
    const lives = new Map(placesIn(state).map((place) => [place.store.life, place]));
    for (const [thing, { life, label, key }] of this.#things) {
      const store = lives.get(life)?.store;
      // Items of a store that the running transaction deletes are gone when that is committed.
      if (store === undefined && mayBeUndone) continue;
      const model = store?.things.find((one) => one.label === label);
      expect(thing.isStored, `${said}: isStored of ${label}`).toBe(model !== undefined);
      if (model === undefined) continue;
      const id = (one: number) => binding.id(key, one, Number.NaN);
      expect(cellsOf(thing), `${said}: what is held of ${label}`).toEqual(expectedCells(model, id, binding, thing.to));
      expect(thing.store.findAny(thing.storeId), said).toBe(thing);
    }
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}

function agreeOnStore(store: Store, path: Path | undefined, root: Store, said: string): void {
  if (path === undefined) {
    expect(useOf(store), `${said}: use of a store that is gone`).toBe('STORE_CLOSED');
    return;
  }
  const about = `${said}: what the store held at ${path.join('/')} says`;
  expect([store.path, store.name, store.depth, store.isClosed], about).toEqual([
    path,
    path.at(-1) ?? null,
    path.length,
    false,
  ]);
  expect(root.at(path) === store && store.root === root, about).toBe(true);
  expect(store.parent === (path.length === 0 ? undefined : root.at(path.slice(0, -1))), about).toBe(true);
}

function useOf(store: Store): string {
  try {
    store.refresh();
    return `${store.substores.size} substores`;
  } catch (error) {
    if (error instanceof CorollaryError) return error.code;
    throw error;
  }
}
