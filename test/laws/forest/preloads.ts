import type { Item, Store } from 'corollary';
import { expect } from 'vitest';
import { askPreloaded, type Link, referenceOf } from './preload.js';
import { placesIn, type StoreState } from './state.js';
import type { Choice } from './steps.js';
import { Thing } from './thing.js';

/** Something that must stay in memory as long as its first thing is held, and all of its links are there. */
interface Kept {
  readonly first: Thing;
  readonly links: readonly Link[];
  readonly target: WeakRef<Item>;
}

/** How much is remembered at most. */
const MOST = 40;

/** What a program has preloaded through one handle. It holds what it asked for, and nothing of what came with that. */
export class Preloads {
  #kept: readonly Kept[] = [];

  ask(root: Store, state: StoreState, choice: Choice): void {
    const found = askPreloaded(root, state, choice);
    const more = found.map(({ first, links, target }) => ({ first, links, target: new WeakRef(target) }));
    this.#kept = [...this.#kept, ...more].slice(-MOST);
  }

  /** Something was done: what is no longer referred to may go. */
  follow(state: StoreState): void {
    const stores = new Map(placesIn(state).map(({ store }) => [store.life, store]));
    const isThere = ({ life, label, hop, to }: Link) => {
      const store = stores.get(life);
      return store !== undefined && referenceOf(store, label, hop) === to;
    };
    this.#kept = this.#kept.filter(({ links }) => links.every(isThere));
  }

  /** Another handle has moved these: their Store objects may be closed. */
  setAdrift(lives: readonly number[]): void {
    this.#kept = this.#kept.filter(({ links }) => links.every(({ life }) => !lives.includes(life)));
  }

  forgetAll(): void {
    this.#kept = [];
  }

  /** Garbage was collected. */
  agree(said: string): void {
    for (const { first, links, target } of this.#kept) {
      const kept = target.deref();
      const about = `${said}: ${links.map(({ label, hop }) => `${hop} of ${label}`).join(', ')}, preloaded`;
      expect(kept, `${about} and not kept`).toBeDefined();
      expect(ledTo(first, links) === kept, `${about} is another object`).toBe(true);
    }
  }
}

function ledTo(first: Thing, links: readonly Link[]): Item | null {
  return links.reduce<Item | null>((at, { hop }) => (at instanceof Thing ? at[hop] : null), first);
}
