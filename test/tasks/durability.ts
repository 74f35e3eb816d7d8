import { Item, integer, item, Store, text } from 'corollary';
import { hear, say } from '../support/task-loop.js';

/** Five of each round, made together with everything else of the round. */
@item('row')
export class Row extends Item {
  @integer() declare round: number;
  @text({ unique: true }) declare key: string;
}

/** One of each round, made by itself after it. */
@item('single')
export class Single extends Item {
  @integer() declare round: number;
}

/** How many rounds are done: one item. */
@item('progress')
export class Progress extends Item {
  @integer() declare round: number;
}

export type Durability = 'full' | 'relaxed';

export const ROWS = 5;
/** Each round makes a substore and deletes the one that so many rounds before had made. */
export const SUBSTORES = 3;

/** Goes on, round after round, until this process is killed. Says the round's number after each commit. */
export function churn(place: string, durability: Durability): void {
  const store = Store.open(place, { durability });
  const progress = store.findOrCreate(Progress, {}, { round: 0 });
  for (;;) {
    const round = progress.round + 1;
    store.transact(() => {
      progress.round = round;
      playRound(store, round);
    });
    say(`round ${round}`);
    store.create(Single, { round });
    say(`single ${round}`);
  }
}

function playRound(store: Store, round: number): void {
  store.createMany(Row, rowsOf(round));
  const made = store.substores.create(`s${round}`);
  made.createMany(Row, rowsOf(round));
  made.substores.create('inner').createMany(Row, rowsOf(round));
  if (round > SUBSTORES) store.substores.delete(`s${round - SUBSTORES}`);
}

function rowsOf(round: number) {
  return Array.from({ length: ROWS }, (_, n) => ({ round, key: `${round}/${n}` }));
}

/** Makes store after store in a directory until this process is killed. Says the number of each that is there. */
export function makeStores(directory: string, first: number): void {
  for (let n = first; ; n++) {
    const store = Store.open(`${directory}/${n}`);
    say(`made ${n}`);
    store.create(Single, { round: n });
    say(`single ${n}`);
    store.close();
  }
}

/** Does the work of one round but never gets to its end. Says 'inside' when all is done but the commit. */
export function stopInside(place: string, round: number): void {
  const store = Store.open(place);
  store.transact(() => {
    store.query(Progress).update({ round });
    playRound(store, round);
    say('inside');
    hear();
  });
}
