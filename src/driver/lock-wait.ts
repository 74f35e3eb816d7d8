import { sleep } from './sleep.js';
import { busyAfter, isBusy } from './sqlite-error.js';
import type { WaitingSign } from './waiting-sign.js';

/** How long a connection writes, one transaction after the other, before it looks whether somebody waits. */
const TURN_MS = 2;
/** How long it then leaves the lock alone: longer than anybody sleeps who waits. */
const PAUSE_MS = 2;
/** How long somebody waits before leaving a sign, and how long before leaving the next one. */
const FIRST_SIGN_MS = 2;
const NEXT_SIGN_MS = 5;
/** The sleep between two attempts is 0.5 to 1.5 ms at first; after so long a wait, half of that; and so on. */
const AGE_MS = 20;
const SHORTEST_SLEEP_MS = 0.3;

// Random, so that two who began to wait together do not go on missing together. Shorter with age: the attempts are a
// lottery, and who has waited longest should hold most of the tickets.
function sleepMs(waitedMs: number): number {
  return Math.max(SHORTEST_SLEEP_MS, (0.5 + Math.random()) / (1 + waitedMs / AGE_MS));
}

export interface LockWaitOptions {
  readonly timeoutMs: number;
  /** Where the store is, for messages. */
  readonly place: string;
  /** How others are told; nobody is, without. */
  readonly sign: WaitingSign | undefined;
}

/**
 * Waiting for the locks of other connections, and leaving the write lock to those that wait. SQLite's own waiting
 * sleeps longer and longer, up to 100 ms, and who writes without a break takes the lock again in between: the others
 * starve. See `docs/decisions/0021-waiting-for-the-lock.md`.
 */
export class LockWait {
  readonly #options: LockWaitOptions;
  #turnBegan = 0;

  constructor(options: LockWaitOptions) {
    this.#options = options;
  }

  /**
   * To be called before the write lock is taken: pauses if others wait since this connection last looked. Costs one
   * look at the clock, and at most one at the sign for each turn.
   */
  giveWay(): void {
    const { sign } = this.#options;
    if (sign === undefined || performance.now() - this.#turnBegan < TURN_MS) return;
    if (sign.isNew()) sleep(PAUSE_MS);
    this.#turnBegan = performance.now();
  }

  /**
   * Repeats what a lock of another connection has refused, until it is not refused.
   * @throws CorollaryError BUSY when the time is over; what the attempt throws for other reasons
   */
  retry<R>(attempt: () => R, refusal: unknown): R {
    const { timeoutMs, place } = this.#options;
    const began = performance.now();
    let last = refusal;
    let nextSignMs = FIRST_SIGN_MS;
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs = performance.now() - began) {
      if (waitedMs >= nextSignMs) nextSignMs = this.#signedUntil(waitedMs);
      sleep(Math.min(sleepMs(waitedMs), timeoutMs - waitedMs));
      try {
        const result = attempt();
        this.#turnBegan = performance.now();
        return result;
      } catch (error) {
        if (!isBusy(error)) throw error;
        last = error;
      }
    }
    throw busyAfter(performance.now() - began, last, place);
  }

  #signedUntil(waitedMs: number): number {
    this.#options.sign?.leave();
    return waitedMs + NEXT_SIGN_MS;
  }
}
