import { numbersFrom } from '../support/random-numbers.js';

/** Choices by chance, the same for the same seed. */
export class Choice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = numbersFrom(seed);
  }

  /** A whole number from 0 to below the bound. */
  below(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  of<V>(list: readonly V[]): V {
    return list[this.below(list.length)] as V;
  }
}
