import { Item, integer, item, Store, text } from 'corollary';
import { say } from '../support/task-loop.js';

/** What a store has. All together never changes, however much goes from one to another. */
@item('account')
export class Account extends Item {
  @integer() declare amount: number;
}

/** One transfer that a process has done; its number is said after the commit. */
@item('transfer')
export class Transfer extends Item {
  @text() declare by: string;
  @integer() declare number: number;
}

export const PARTS = ['north', 'south', 'north/inner', 'south/inner'] as const;
export const TOTAL = 4000;

/** A tree of five stores, four of which have an account. */
export function makeBank(place: string): void {
  const store = Store.open(place);
  for (const part of PARTS) {
    const [name, inner] = part.split('/') as [string, string?];
    const made = inner === undefined ? store.substores.create(name) : store.at(name).substores.create(inner);
    made.create(Account, { amount: TOTAL / PARTS.length });
  }
  store.close();
}

/** What all accounts have, and the number of the last transfer that each process did. */
export function sumOf(store: Store): { total: number; last: Record<string, number> } {
  const last: Record<string, number> = {};
  const transfers = store.tree.query(Transfer).all();
  for (const { by, number } of transfers) last[by] = Math.max(last[by] ?? 0, number);
  return { total: store.tree.query(Account).sum((a) => a.amount), last };
}

/** Moves amounts between stores until this process is killed. Says the number of each transfer once it is committed. */
export function transferForEver(place: string, by: string): void {
  const store = Store.open(place, { busyTimeoutMs: 20_000 });
  for (let number = 1; ; number++) {
    const [from, to] = [PARTS[number % 4], PARTS[(number + 1 + (number % 3)) % 4]];
    transfer(store, { from: from as string, to: to as string, by, number });
    say(`${by} ${number}`);
  }
}

interface Wanted {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly number: number;
}

function transfer(store: Store, { from, to, by, number }: Wanted): void {
  const [source, target] = [store.at(from), store.at(to)];
  const stores = source === target ? [source] : [source, target];
  store.transact(
    () => {
      const paying = source.query(Account).one();
      paying.amount -= 7;
      const receiving = target.query(Account).one();
      receiving.amount += 7;
      store.create(Transfer, { by, number });
    },
    { stores },
  );
}

/** Backs up into one directory after another, and between them changes a store, until this process is killed. */
export function backUpForEver(place: string, directory: string): void {
  const store = Store.open(place);
  for (let number = 1; ; number++) {
    transfer(store, { from: PARTS[number % 4] as string, to: PARTS[(number + 1) % 4] as string, by: 'self', number });
    say(`committed ${number}`);
    store.tree.backup(directory);
    say(`saved ${number}`);
  }
}

/** Restores into one place after another until this process is killed. */
export function restoreForEver(backup: string, directory: string, first: number): void {
  for (let number = first; ; number++) {
    Store.restore(backup, `${directory}/${number}`).close();
    say(`restored ${number}`);
  }
}
