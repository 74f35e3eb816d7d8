/** A listener that keeps what it is told until somebody asks for it. */
export class Updates<U> {
  readonly #told: U[] = [];
  readonly #asked: ((update: U) => void)[] = [];
  /** How often it was called. */
  count = 0;

  readonly listener = (update: U): void => {
    this.count++;
    const asked = this.#asked.shift();
    if (asked === undefined) this.#told.push(update);
    else asked(update);
  };

  /** The next update that nobody has taken yet. */
  next(): Promise<U> {
    const told = this.#told.shift();
    return told === undefined ? new Promise((resolve) => this.#asked.push(resolve)) : Promise.resolve(told);
  }
}

// Taken before any test replaces it.
const { setImmediate: realImmediate } = globalThis;

/** Two turns of the event loop: whoever is to be told of what was committed before has been told then. */
export async function turns(): Promise<void> {
  await new Promise((resolve) => realImmediate(resolve));
  await new Promise((resolve) => realImmediate(resolve));
}
