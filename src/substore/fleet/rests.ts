import { setImmediate as nextTurn } from 'node:timers/promises';

/** For so many milliseconds at most, but for one large store, the event loop has to wait. */
const LONGEST_TURN_MS = 20;

/** Lets the event loop turn now and then: others get their time, and the memory of closed databases is freed. */
export class Rests {
  #turnBegan = performance.now();

  /** To be awaited between two stores. */
  async rest(): Promise<void> {
    if (performance.now() - this.#turnBegan < LONGEST_TURN_MS) return;
    await nextTurn();
    this.#turnBegan = performance.now();
  }
}
