import { Item, integer, item, Store } from 'corollary';
import { say } from '../support/task-loop.js';

/** How often the store was moved; one in the moved store, one in the root. */
@item('moves')
export class Moves extends Item {
  @integer() declare done: number;
}

/** The parents between which the store goes round, and what it is called there. */
export const PLACES = ['a', 'b', 'b/deep'];
export const NAME = 'child';

/** Makes the places, and the store in the first of them with one below it. */
export function lay(place: string): void {
  const root = Store.open(place);
  for (const path of PLACES) path.split('/').reduce((at, name) => at.substores.openOrCreate(name), root);
  const child = root.at(PLACES[0] as string).substores.create(NAME);
  const below = child.substores.create('below');
  for (const store of [root, child, below]) store.create(Moves, { done: 0 });
  root.close();
}

/** Moves the store from place to place until this process is killed. Says after each commit how often it has. */
export function moveOn(place: string): void {
  const root = Store.open(place);
  const [top] = root.query(Moves).all() as [Moves];
  for (let from = whereIs(root); ; from = (from + 1) % PLACES.length) {
    const [here, there] = [root.at(PLACES[from] as string), root.at(PLACES[(from + 1) % PLACES.length] as string)];
    root.transact(() => {
      here.substores.move(NAME, there);
      const done = ++top.done;
      const child = there.at(NAME);
      for (const store of [child, child.at('below')]) store.query(Moves).update({ done });
    });
    say(String(top.done));
  }
}

/** Which place has the store. */
function whereIs(root: Store): number {
  return PLACES.findIndex((path) => root.at(path).substores.has(NAME));
}
