import type { Store } from 'corollary';
import { expect } from 'vitest';
import type { Binding } from './binding.js';
import { ChangesFollower } from './changes-follower.js';
import { type Follower, POLL_MS } from './following.js';
import { pick } from './pick.js';
import { ResultsFollower } from './results-follower.js';
import { placesIn, type StoreState } from './state.js';
import type { Choice } from './steps.js';

/** How many turns of the timers who follows may be behind what another handle did. */
const PATIENCE = 40;

/** The subscriptions of one handle. */
export class Followers {
  readonly #all = new Set<Follower>();
  /** The lives of stores that another handle has moved. */
  readonly #adrift = new Set<number>();
  /** What went wrong while they were told. */
  readonly #faults: unknown[] = [];

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Somebody subscribes to some question. */
  begin(root: Store, state: StoreState, choice: Choice): void {
    const place = pick(placesIn(state), choice.a);
    if (place === undefined) return;
    const Kind = choice.c % 2 === 0 ? ChangesFollower : ResultsFollower;
    const onError = (error: unknown) => this.#faults.push(error);
    this.#all.add(new Kind({ store: root.at(place.path), life: place.store.life, state, choice, onError }));
  }

  /** Another handle moves these: whoever asks them goes on where they are then, or ends with their Store objects. */
  setAdrift(lives: readonly number[]): void {
    for (const life of lives) this.#adrift.add(life);
  }

  /** Stores are closed or deleted: whoever asks them is told nothing more. */
  endWhere(isOver: (life: number) => boolean): void {
    for (const follower of this.#all) if (isOver(follower.life)) this.#end(follower);
  }

  #end(follower: Follower): void {
    follower.end();
    this.#all.delete(follower);
  }

  #isLost({ life, store }: Follower): boolean {
    return this.#adrift.has(life) && store.isClosed;
  }

  /** Compares what they were told with the model: `soon` if another handle did the last step, else now. */
  async agree(state: StoreState, binding: Binding, { said, soon }: { readonly said: string; readonly soon: boolean }) {
    const lives = new Set(placesIn(state).map(({ store }) => store.life));
    this.endWhere((life) => !lives.has(life));
    for (const follower of this.#all) if (this.#isLost(follower)) this.#end(follower);
    const patience = soon ? PATIENCE : 0;
    for (const follower of this.#all)
      await agreeWithin(patience, () => this.#isLost(follower) || follower.agree(state, binding, said));
    expect(this.#faults, `${said}: who follows is told of an error`).toEqual([]);
  }
}

async function agreeWithin(patience: number, agree: () => unknown): Promise<void> {
  for (let turn = 0; turn < patience; turn++) {
    try {
      agree();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  agree();
}
