// Kept from the start: a test that replaces the timers must not stop the turns of stores.
const { setImmediate } = globalThis;

let turn = 0;
let isScheduled = false;

/**
 * A number that is the same throughout one turn of the event loop. What was looked at in this turn need not be looked
 * at again: no other code of this thread has run, and promises run within the turn.
 */
export function currentTurn(): number {
  if (!isScheduled) {
    isScheduled = true;
    setImmediate(endTurn).unref();
  }
  return turn;
}

function endTurn(): void {
  isScheduled = false;
  turn++;
}
