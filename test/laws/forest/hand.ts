import { type Item, Store } from 'corollary';
import { expect } from 'vitest';
import { Followers } from './followers.js';
import { programOf, thingClass } from './generations.js';
import { Held } from './held.js';
import { Preloads } from './preloads.js';

/** A handle on the tree, and what a program holds of it. */
export interface Hand {
  readonly root: Store;
  readonly held: Held;
  readonly followers: Followers;
  readonly preloads: Preloads;
}

/** How a tree is opened. */
export interface Opening {
  /** In memory, if not given. */
  readonly place: string | undefined;
  readonly maxOpenSubstores: number;
}

/** Opens a tree, as a version of the program does. */
export function openHand({ place, maxOpenSubstores }: Opening, generation: number): Hand {
  const options = { ...programOf(generation), maxOpenSubstores, busyTimeoutMs: 30 };
  const root = place === undefined ? Store.inMemory(options) : Store.open(place, { ...options, durability: 'relaxed' });
  return { root, held: new Held(), followers: new Followers(), preloads: new Preloads() };
}

/** All that a program can hold of a tree. */
export function allOf({ tree }: Store, generation: number): readonly (Store | Item)[] {
  return [...tree.stores(), ...tree.query(thingClass(generation))];
}

export function closeHand({ root, held, followers, preloads }: Hand): void {
  root.close();
  preloads.forgetAll();
  followers.endWhere(() => true);
  const { stores, things } = held.forgetAll();
  expect(stores.every(({ isClosed }) => isClosed)).toBe(true);
  for (const thing of things) expect(typeof thing.n).toBe('number');
}

/** Another handle has moved these stores. */
export function setAdrift({ held, followers, preloads }: Hand, lives: readonly number[]): void {
  held.setAdrift(lives);
  followers.setAdrift(lives);
  preloads.setAdrift(lives);
}
