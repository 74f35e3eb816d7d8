import { CorollaryError } from '../errors.js';
import { TAGS } from './format.js';

/** 2^53 / 4096: past it, ids would no longer be safe integers. */
const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER / TAGS;

/**
 * The next sequence numbers of stores, by uid, where this process has given numbers that the file does not know, or not
 * yet: those of rolled-back items must not come back through any handle.
 */
const given = new Map<string, number>();

/** The numbers that one handle gives to the items of a store. */
export class Sequence {
  #next = 1;

  /** The least number that the next item can have. */
  get next(): number {
    return this.#next;
  }

  /** What the file says: all below is taken. */
  startFrom(next: number): void {
    this.#next = Math.max(this.#next, next);
  }

  /**
   * A number that was never given out here before; not even after a rollback. Where more than one is wanted, the first of
   * so many in a row.
   * @throws CorollaryError OUT_OF_RANGE
   */
  take(uid: string, place: string, count = 1): number {
    const number = Math.max(this.#next, given.get(uid) ?? 1);
    if (number + count - 1 > MAX_SEQUENCE)
      throw new CorollaryError('OUT_OF_RANGE', `${place} has used up its 2^41 item numbers`, { store: place });
    this.#next = number + count;
    given.set(uid, this.#next);
    return number;
  }
}

/** What a store's file says by now need not be remembered. */
export function forgetGiven(uid: string, next: number): void {
  if (given.get(uid) === next) given.delete(uid);
}
