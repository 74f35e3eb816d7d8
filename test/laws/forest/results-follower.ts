import type { Store, Subscription } from 'corollary';
import { expect } from 'vitest';
import type { Binding } from './binding.js';
import { downAndUp, inOrder, labels } from './filters.js';
import { type Beginning, type Follower, Following, POLL_MS } from './following.js';
import type { StoreState } from './state.js';

/** Keeps the first of an answer, as the results that it is told say. */
export class ResultsFollower implements Follower {
  readonly store: Store;
  readonly life: number;
  readonly #following: Following;
  readonly #subscription: Subscription;
  readonly #limit: number;
  #labels: readonly number[];

  constructor(beginning: Beginning) {
    this.store = beginning.store;
    this.life = beginning.life;
    this.#following = new Following(beginning);
    this.#limit = 1 + (beginning.choice.c % 7);
    const query = downAndUp(this.#following.query).limit(this.#limit);
    this.#labels = labels(query.all());
    this.#subscription = query.subscribe(
      ({ results }) => {
        this.#labels = labels(results);
      },
      { pollMs: POLL_MS, onError: beginning.onError },
    );
  }

  agree(state: StoreState, _: Binding, said: string): void {
    const all = this.#following.answer(state).map(({ thing }) => thing);
    const about = `${said}: results that were told of ${this.#following.name}`;
    expect(this.#labels, about).toEqual(labels(inOrder(all).slice(0, this.#limit)));
  }

  end(): void {
    this.#subscription.close();
  }
}
