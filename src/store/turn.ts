import { keepLatestShape } from '../driver/kept-shapes.js';

// Kept from the start: a test that replaces the timers must not stop the turns of stores.
const { setImmediate } = globalThis;

let turn = 0;
let isScheduled = false;
let atEnd: (() => void)[] = [];

/**
 * A number that is the same throughout one turn of the event loop. What was looked at in this turn need not be looked
 * at again: no other code of this thread has run, and promises run within the turn.
 */
export function currentTurn(): number {
  if (!isScheduled) {
    isScheduled = true;
    keepLatestShape('turn', setImmediate(endTurn).unref());
  }
  return turn;
}

/** Something to do when the running turn ends. It may not throw, and does not keep the process running. */
export function whenTurnEnds(action: () => void): void {
  currentTurn();
  atEnd.push(action);
}

function endTurn(): void {
  isScheduled = false;
  turn++;
  const actions = atEnd;
  atEnd = [];
  for (const action of actions) action();
}
