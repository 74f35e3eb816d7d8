/**
 * Whether somebody has asked just now to have types upgraded, or what is done now is no reason to. The stores of a
 * forest share one: a step may look into another of them, whose types are then asked for, too.
 */
export class Asking {
  #isUnderway = false;
  #isNotAtOpening = false;

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

  /** True while {@link Asking.notAtOpening} runs something. */
  get isNotAtOpening(): boolean {
    return this.#isNotAtOpening;
  }

  /** Runs something by which stores may be opened, and are not upgraded for that. */
  notAtOpening<R>(work: () => R): R {
    const before = this.#isNotAtOpening;
    this.#isNotAtOpening = true;
    try {
      return work();
    } finally {
      this.#isNotAtOpening = before;
    }
  }
}
