import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What counts: the clock on the wall, or only the time that this thread had the processor. */
export type Clock = 'ms' | 'processorMs';

/** What was measured, and what the work gave. */
export interface Timed<R> {
  /** By the clock on the wall. */
  readonly ms: number;
  /** That this thread had the processor: neither waiting for the disk is in it, nor for other programs. */
  readonly processorMs: number;
  readonly result: R;
}

/** A moment by one of the clocks, to be taken from a later one. */
export function now(clock: Clock): number {
  return clock === 'ms' ? performance.now() : processorMs();
}

let isClean = true;

/** From now on garbage is collected when V8 wants, as in a program that runs, and compiled code is not thrown away with it. */
export function leaveGarbage(): void {
  isClean = false;
}

/**
 * How long work takes, begun with a clean heap: nobody pays for the garbage of the one before, and no item is in memory
 * that nobody holds.
 */
export async function timed<R>(work: () => R | Promise<R>): Promise<Timed<R>> {
  await turn(); // whatever a WeakRef has given stays in memory until then
  if (isClean) collectGarbage();
  const processor = processorMs();
  const began = performance.now();
  const promised = work();
  // Awaited only where there is something to wait for: whoever works synchronously does not pay for a turn.
  const result = promised instanceof Promise ? await promised : promised;
  const ms = performance.now() - began;
  return { ms, processorMs: processorMs() - processor, result };
}

/** Lets the event loop turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function collectGarbage(): void {
  collect();
}

const cell = new Int32Array(new SharedArrayBuffer(4));

// Linux brings the figure up to date when the thread gives up the processor; else it is up to 4 ms old.
function processorMs(): number {
  Atomics.wait(cell, 0, 0, 0.01);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
