/** How many stores are looked at before other work gets its turn: about a millisecond. */
const STORES_PER_STEP = 200;
/** The shortest pause between two steps: with very many stores a round takes longer, not all the time there is. */
const MIN_PAUSE_MS = 50;
/** What opening a closed store costs, in looks. */
export const LOOKS_PER_OPENING = 20;

/** How a round over all stores is parted into steps. */
export interface Pace {
  readonly looksPerStep: number;
  readonly pauseMs: number;
}

/** Spreads a round over `pollMs`, or over more where there are very many stores. */
export function paceFor(stores: number, pollMs: number): Pace {
  const steps = Math.max(1, Math.ceil(stores / STORES_PER_STEP));
  const pauseMs = Math.max(Math.min(pollMs, MIN_PAUSE_MS), Math.floor(pollMs / steps));
  return { looksPerStep: Math.ceil(stores / steps), pauseMs };
}
