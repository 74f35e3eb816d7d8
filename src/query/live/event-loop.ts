// Kept from the start: a test that replaces the timers must not stop what others wait for.
const { setImmediate, setTimeout } = globalThis;

/** Runs something when this turn of the event loop is over. The process stays alive for it. */
export function endOfTurn(work: () => void): void {
  setImmediate(work);
}

/** Runs something after a while, if the process is still alive then. */
export function later(work: () => void, ms: number): void {
  setTimeout(work, ms).unref();
}
