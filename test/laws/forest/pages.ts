import type { Store } from 'corollary';
import { expect } from 'vitest';
import { downAndUp, inOrder, labels } from './filters.js';
import { thingClass } from './generations.js';
import { pick } from './pick.js';
import { type Place, placesIn, type StoreState } from './state.js';
import type { Choice } from './steps.js';

/** Things of one store that are read page by page, while the program does other things in between. */
interface Reading {
  readonly life: number;
  readonly generation: number;
  next: string | undefined;
  readonly seen: number[];
  /** The `n` of the things that have stayed as they were, by label. */
  readonly unchanged: Map<number, number>;
}

/** A question of which the answer is read in pages, one after the other, by whichever handle. */
export class Pages {
  #reading: Reading | undefined;

  /** Reads the next page, or begins with another question. */
  turn(root: Store, state: StoreState, { a, c }: Choice): void {
    this.#reading ??= begin(pick(placesIn(state), a) as Place);
    const reading = this.#reading;
    const { path } = placesIn(state).find(({ store }) => store.life === reading.life) as Place;
    const query = downAndUp(root.at(path).query(thingClass(state.generation)));
    const page = query.page({ size: 1 + (c % 3), after: reading.next });
    reading.seen.push(...labels(page.items));
    reading.next = page.next;
    if (page.next === undefined) this.#end(reading, path.join('/'));
  }

  #end({ seen, unchanged }: Reading, at: string): void {
    const staying = [...unchanged].map(([label, n]) => ({ label, n }));
    const expected = labels(inOrder(staying));
    const found = seen.filter((label) => unchanged.has(label));
    expect(found, `pages of ${at}: what was there all the time`).toEqual(expected);
    this.#reading = undefined;
  }

  /** A step was done: what has changed by it may be found on any page, or on none. */
  follow(state: StoreState): void {
    if (this.#reading === undefined) return;
    const { life, generation, unchanged } = this.#reading;
    const store = placesIn(state).find((place) => place.store.life === life)?.store;
    if (store === undefined || generation !== state.generation) this.#reading = undefined;
    const now = new Map(store?.things.map(({ label, n }) => [label, n]));
    for (const [label, n] of unchanged) if (now.get(label) !== n) unchanged.delete(label);
  }
}

function begin({ store: { life, generation, things } }: Place): Reading {
  return { life, generation, next: undefined, seen: [], unchanged: new Map(things.map(({ label, n }) => [label, n])) };
}
