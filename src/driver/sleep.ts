const never = new Int32Array(new SharedArrayBuffer(4));

/** Stops this thread: the library is synchronous. */
export function sleep(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}
