import { CorollaryError, Item, integer, item, Store, text } from 'corollary';
import { say, sleep } from '../support/task-loop.js';

/** Money that is moved between stores. */
@item('purse')
export class Purse extends Item {
  @integer({ check: (p) => p.coins.gte(0) }) declare coins: number;
  /** How often it was taken from. */
  @integer() declare taken: number;
}

/** One of each round in each store. */
@item('entry')
export class Entry extends Item {
  @integer({ unique: true }) declare round: number;
  @text({ fullText: true }) declare words: string;
}

const types = [Purse, Entry];

export const PATHS = ['a', 'a/b', 'c', 'c/d'];
export const COINS = 1000;

/** Where a transfer is begun, from where it goes, and to where. */
const ways: readonly (readonly [scope: string, from: string, to: string])[] = [
  ['', 'a', 'c'],
  ['', 'c/d', 'a/b'],
  ['a', 'a', 'a/b'],
  ['a', 'a/b', 'a'],
  ['c', 'c', 'c/d'],
  ['', 'c', 'a'],
  ['c', 'c/d', 'c'],
  ['', 'a/b', 'c/d'],
];

export function seed(place: string): void {
  using root = Store.open(place, { types });
  for (const path of PATHS) {
    const above = path.split('/').slice(0, -1).join('/');
    const parent = above === '' ? root : root.at(above);
    parent.substores.create(path.split('/').at(-1) as string).create(Purse, { coins: COINS, taken: 0 });
  }
}

const purseAt = (root: Store, path: string) => root.at(path).query(Purse).one();

/** So many transfers, each repeated for as long as it is BUSY. Gives how often it was. */
export function transfer(place: string, count: number, first: number): { refused: number } {
  using root = Store.open(place, { types, busyTimeoutMs: 2000 });
  let refused = 0;
  for (let n = 0; n < count; n++) {
    const [scope, from, to] = ways[(n * 5 + first) % ways.length] as (typeof ways)[number];
    const store = scope === '' ? root : root.at(scope);
    refused += patiently(() =>
      store.transact(() => {
        const [giver, taker] = [purseAt(root, from), purseAt(root, to)];
        taker.coins += 1;
        giver.set({ coins: giver.coins - 1, taken: giver.taken + 1 });
      }),
    );
  }
  return { refused };
}

function patiently(work: () => void): number {
  for (let refused = 0; ; refused++) {
    try {
      work();
      return refused;
    } catch (error) {
      // Anything else, or one without `retry`, is a fault.
      if (!(error instanceof CorollaryError && error.retry)) throw error;
    }
  }
}

/** Reads all purses in a transaction again and again until so many transfers are done. Gives every sum it found. */
export function watch(place: string, transfers: number): { sums: number[]; reads: number } {
  using root = Store.open(place, { types, busyTimeoutMs: 2000 });
  const sums = new Set<number>();
  for (let reads = 1; ; reads++) {
    let taken = 0;
    patiently(() =>
      root.transact(() => {
        const purses = PATHS.map((path) => purseAt(root, path));
        sums.add(purses.reduce((sum, { coins }) => sum + coins, 0));
        taken = purses.reduce((sum, purse) => sum + purse.taken, 0);
      }),
    );
    if (taken >= transfers) return { sums: [...sums], reads };
    sleep(3); // who reads without pause would keep the writers waiting
  }
}

/** What is there now. */
export function counted(place: string): { coins: number; taken: number; isSound: boolean } {
  using root = Store.open(place, { types });
  return {
    coins: root.tree.query(Purse).sum((p) => p.coins),
    taken: root.tree.query(Purse).sum((p) => p.taken),
    isSound: [...root.tree.stores()].every((store) => store.check().isSound),
  };
}

/** Round after round in all stores until this process is killed. Says each round that is committed. */
export function churn(place: string): void {
  using root = Store.open(place, { types });
  for (let round = lastRounds(root)[0] as number; ; ) {
    round += 1;
    root.transact(() => {
      for (const path of PATHS) {
        const store = root.at(path);
        store.create(Entry, { round, words: `round ${round}` });
        store.query(Entry, (e) => e.round.lt(round - 5)).delete();
      }
    });
    say(String(round));
  }
}

function lastRounds(root: Store): number[] {
  return PATHS.map(
    (path) =>
      root
        .at(path)
        .query(Entry)
        .max((e) => e.round) ?? 0,
  );
}

/** The last round of each store, each opened by its own path, and whether they are sound. */
export function rounds(place: string): { rounds: number[]; isSound: boolean } {
  using root = Store.open(place, { types });
  return { rounds: lastRounds(root), isSound: [...root.tree.stores()].every((store) => store.check().isSound) };
}
