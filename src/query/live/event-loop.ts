// Kept from the start: a test that replaces the timers must not stop what others wait for.
const { setImmediate, setTimeout, clearTimeout } = globalThis;

/** Runs something when this turn of the event loop is over. The process stays alive for it. */
export function endOfTurn(work: () => void): void {
  setImmediate(work);
}

/** Something that is tried again after a while, if the process is still alive then. It waits for one time only. */
export class Retry {
  #timer: NodeJS.Timeout | undefined;

  /** Instead of the time that it was to be tried before, if any. */
  in(ms: number, work: () => void): void {
    this.cancel();
    this.#timer = setTimeout(work, ms).unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
