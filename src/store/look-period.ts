import { currentTurn } from './turn.js';

// Kept from the start: a test that replaces the clock must not stop it here.
const { now } = Date;

let period = 0;
let turn = -1;
let millisecond = -1;

/**
 * A number that stays the same as long as an answer from memory need not be checked by a look at the file: for the turn
 * of the event loop, but no longer than a millisecond (a turn may wait for another process), and not past a commit of
 * this thread (by another handle on the same file).
 */
export function lookPeriod(): number {
  const at = now();
  if (at !== millisecond || currentTurn() !== turn) {
    millisecond = at;
    turn = currentTurn();
    period++;
  }
  return period;
}

/** Something was committed by this thread. Gives the period that begins: who has committed needs no look in it. */
export function endLookPeriod(): number {
  return ++period;
}
