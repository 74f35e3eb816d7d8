/**
 * Whether somebody has asked just now to have types upgraded. The stores of a forest share one: a step may look into
 * another of them, whose types are then asked for, too.
 */
export class Asking {
  #isUnderway = false;

  get isUnderway(): boolean {
    return this.#isUnderway;
  }

  /** Runs the work for which it was asked. */
  during<R>(work: () => R): R {
    const before = this.#isUnderway;
    this.#isUnderway = true;
    try {
      return work();
    } finally {
      this.#isUnderway = before;
    }
  }
}
