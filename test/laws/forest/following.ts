import type { Store } from 'corollary';
import type { Binding } from './binding.js';
import { type Asked, type Filter, filtersIn } from './filters.js';
import { thingClass } from './generations.js';
import { pick } from './pick.js';
import { type Place, placesIn, type StoreState, type ThingState } from './state.js';
import type { Choice } from './steps.js';

/** A subscription, and what it knows of the answer by what it was told. */
export interface Follower {
  /** The store that is asked. */
  readonly store: Store;
  readonly life: number;
  /** Fails unless what it was told is the answer. */
  agree(state: StoreState, binding: Binding, said: string): void;
  end(): void;
}

/** How a subscription begins. */
export interface Beginning {
  readonly store: Store;
  readonly life: number;
  readonly state: StoreState;
  readonly choice: Choice;
  readonly onError: (error: unknown) => void;
}

/** Something that is found, and the store that it is in. */
export interface FoundThing {
  readonly key: number;
  readonly thing: ThingState;
}

/** A question that is followed, of a store or a tree. */
export class Following {
  readonly life: number;
  readonly n: number;
  readonly query: Asked;
  /** For messages. */
  readonly name: string;
  readonly #isOfTree: boolean;
  readonly #filter: Filter;

  constructor({ store, life, state, choice: { b, c } }: Beginning) {
    this.life = life;
    this.n = (b + c) % 8;
    this.#isOfTree = b % 2 === 0;
    this.#filter = pick(filtersIn(state.generation), b >> 1) as Filter;
    const Things = thingClass(state.generation);
    const all = this.#isOfTree ? store.tree.query(Things) : store.query(Things);
    this.query = this.#filter[0](all, this.n);
    this.name = `${this.#isOfTree ? 'the tree of ' : ''}${store.path.join('/')}, ${b >> 1} with ${this.n}`;
  }

  /** What the answer must have, in no particular order. */
  answer(state: StoreState): readonly FoundThing[] {
    const { store } = placesIn(state).find((place) => place.store.life === this.life) as Place;
    const stores = this.#isOfTree ? placesIn(store).map((place) => place.store) : [store];
    const all = stores.flatMap(({ key, things }) => things.map((thing) => ({ key, thing })));
    return all.filter(({ thing }) => this.#filter[1](thing, this.n));
  }
}

/** How soon commits of another handle are looked for. */
export const POLL_MS = 1;
