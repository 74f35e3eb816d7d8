import type { Store } from 'corollary';
import { expect } from 'vitest';
import { throwAfterCommit } from './thrown.js';

/** One in so many callbacks throws, and one in so many does something. */
const THROWING = 4;
const ACTING = 3;

/** Callbacks that are to run after a commit, and those that have. */
export class Promises {
  #given: number[] = [];
  #kept: number[] = [];
  #last = 0;

  /** Somebody asks for one inside a transaction; some of them do something. */
  give(root: Store, act: () => void): void {
    const number = ++this.#last;
    this.#given.push(number);
    root.afterCommit(() => {
      this.#kept.push(number);
      if (number % ACTING === 0) act();
      if (number % THROWING === 0) throwAfterCommit();
    });
  }

  /** How many were given until now. */
  get count(): number {
    return this.#given.length;
  }

  /** All but the first are undone. */
  keepFirst(count: number): void {
    this.#given.length = count;
  }

  /** The transaction is over: those that were not undone have run, in order and once. */
  agree(said: string): void {
    expect(this.#kept, `${said}: callbacks after the commit`).toEqual(this.#given);
    this.#given = [];
    this.#kept = [];
  }
}
