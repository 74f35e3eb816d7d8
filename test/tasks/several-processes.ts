import { CorollaryError, type Default, Item, integer, item, Store, text } from 'corollary';
import { hear, inThread, say, sleep } from '../support/task-loop.js';

@item('counter')
export class Counter extends Item {
  @text({ unique: true }) declare name: string;
  @integer({ default: 0 }) declare value: Default<number>;
}

/** Numbered from 1, without a gap. */
@item('ticket')
export class Ticket extends Item {
  @integer({ unique: true }) declare number: number;
  @text() declare owner: string;
}

@item('apple')
export class Apple extends Item {
  @text({ indexed: true }) declare owner: string;
}
@item('pear')
export class Pear extends Item {
  @text({ fullText: true }) declare owner: string;
}
@item('plum')
export class Plum extends Item {
  @text() declare owner: string;
}
const fruits = [Apple, Pear, Plum];

let store: Store | undefined;

function opened(): Store {
  if (store === undefined) throw new Error('open comes first');
  return store;
}

/** Opens the store that all other functions work on. Many transactions make a test, so none waits for the disk. */
export function open(place: string, maxOpenSubstores = 100): string {
  store?.close();
  store = Store.open(place, { durability: 'relaxed', maxOpenSubstores, busyTimeoutMs: 30_000 });
  return store.uid;
}

/** Closes what is open. */
export function rest(): void {
  store?.close();
}

/** Makes a store with the counter 'n'. */
export function makeCounter(place: string): void {
  open(place);
  opened().create(Counter, { name: 'n' });
  opened().close();
}

/** Opens it at a moment that several processes are told, so that they begin at once. */
export function openAt(moment: number, place: string): string {
  sleep(Math.max(0, moment - Date.now()));
  return open(place);
}

/** Adds one so many times through one object that it holds all the while. */
export function addThroughObject(times: number): void {
  const counter = opened().getUnique(Counter, { name: 'n' });
  for (let n = 0; n < times; n++)
    opened().transact(() => {
      counter.value += 1;
    });
}

/** The same in a thread of its own, which opens the store for itself. */
export function openAndAdd(place: string, times: number): void {
  open(place);
  addThroughObject(times);
  opened().close();
}

/** The same, reading by a query each time. */
export function addByQuery(times: number): void {
  for (let n = 0; n < times; n++)
    opened().transact(() => {
      const { value } = opened()
        .query(Counter, { name: 'n' })
        .select((c) => ({ value: c.value }))
        .one();
      opened()
        .query(Counter, { name: 'n' })
        .update({ value: value + 1 });
    });
}

/** Takes the next free number so many times; gives those that it got. */
export function takeTickets(owner: string, times: number): number[] {
  return Array.from({ length: times }, () =>
    opened().transact(() => {
      const number =
        (opened()
          .query(Ticket)
          .max((t) => t.number) ?? 0) + 1;
      return opened().create(Ticket, { number, owner }).number;
    }),
  );
}

/** The first items of three types, beginning with another type in each process. */
export function createFruits(owner: string, first: number): void {
  for (let n = 0; n < fruits.length; n++) createFruit(owner, first + n);
}
/** The same in one transaction. */
export function createFruitsTogether(owner: string, first: number): void {
  opened().transact(() => createFruits(owner, first));
}
function createFruit(owner: string, number: number): void {
  const type = fruits[number % fruits.length] as typeof Apple;
  opened().create(type, { owner });
}

/** Makes sure of substores, from the one with this number on, and leaves a counter in each. */
export function countInAll(names: readonly string[], first: number, owner: string): string[] {
  return names.map((_, n) => {
    const below = opened().substores.openOrCreate(names[(first + n) % names.length] as string);
    below.create(Counter, { name: owner });
    return `${below.name} ${below.uid}`;
  });
}

/** Makes substores with a store below, and deletes them, in turn; gives all errors, each with what it came from. */
export function churn(names: readonly string[], times: number): string[] {
  const errors = new Set<string>();
  for (let n = 0; n < times; n++) {
    const name = names[n % names.length] as string;
    const below = noting(errors, 'openOrCreate', () => opened().substores.openOrCreate(name));
    noting(errors, 'write', () => below?.create(Counter, { name: `${process.pid}-${n}` }));
    noting(errors, 'write', () =>
      below?.substores.openOrCreate('deep').create(Counter, { name: `${process.pid}-${n}` }),
    );
    noting(errors, 'delete', () => opened().substores.delete(name));
  }
  return [...errors].sort();
}

/** Writes into substores that others delete; gives all errors, each with what it came from. */
export function writeInto(names: readonly string[], times: number): string[] {
  const errors = new Set<string>();
  for (let n = 0; n < times; n++) {
    const below = noting(errors, 'open', () => opened().substores.open(names[n % names.length] as string));
    const counter = noting(errors, 'write', () => below?.create(Counter, { name: `${process.pid}-${n}` }));
    noting(errors, 'write', () => counter?.set({ value: 1 }));
  }
  return [...errors].sort();
}

/** Asks a tree in all ways until a moment; gives all errors, each with what it came from. */
export function askTree(until: number): string[] {
  const errors = new Set<string>();
  const all = () => opened().tree.query(Counter);
  while (Date.now() < until) {
    noting(errors, 'all', () => all().all());
    noting(errors, 'count', () => all().count());
    noting(errors, 'max', () => all().max((c) => c.value));
    noting(errors, 'page', () => all().page({ size: 3 }));
    noting(errors, 'stores', () => [...opened().tree.stores()]);
    noting(errors, 'transact', () => opened().transact(() => all().all()));
  }
  return [...errors].sort();
}

function noting<R>(errors: Set<string>, what: string, work: () => R): R | undefined {
  try {
    return work();
  } catch (error) {
    errors.add(`${what}: ${error instanceof CorollaryError ? error.code : String(error)}`);
    return undefined;
  }
}

/** Adds one to the counter 'n' of each substore in turn, so many times round. */
export function addBelow(names: readonly string[], times: number): void {
  for (let n = 0; n < times; n++)
    for (const name of names) {
      const below = opened().at(name);
      below.transact(() => {
        below.getUnique(Counter, { name: 'n' }).value += 1;
      });
    }
}

/** As long as both counters together are below a bound, adds one to the last that it reads. Gives how often it did. */
export function addInOrder(start: string, paths: readonly string[], bound: number): { added: number; busy: number } {
  const from = start === '' ? opened() : opened().at(start);
  const found = { added: 0, busy: 0 };
  for (let sum = 0; sum < bound; ) {
    try {
      sum = from.transact(() => addToLast(paths, bound));
      found.added++;
    } catch (error) {
      if (!(error instanceof CorollaryError && error.retry)) throw error;
      found.busy++;
    }
  }
  return found;
}

// The sum that the transaction has found, so the one who reaches the bound adds once more than it must: nothing.
function addToLast(paths: readonly string[], bound: number): number {
  const counters = paths.map((path) => opened().at(path).getUnique(Counter, { name: 'n' }));
  const sum = counters.reduce((total, { value }) => total + value, 0);
  const last = counters[counters.length - 1] as Counter;
  if (sum < bound) last.value += 1;
  return sum;
}

/** Opens a store, starts a transaction, says 'locked', and ends it when it is told to. */
export function holdLock(place: string): void {
  open(place);
  opened().transact(() => {
    say('locked');
    hear();
  });
}

/** Moves one from the first counter to the second, so many times, as transactions below a store. Gives the refusals. */
export function transfer(start: string, [from, to]: readonly [string, string], times: number): number {
  const below = start === '' ? opened() : opened().at(start);
  let refusals = 0;
  for (let done = 0; done < times; ) {
    try {
      below.transact(() => {
        opened().at(from).getUnique(Counter, { name: 'n' }).value -= 1;
        opened().at(to).getUnique(Counter, { name: 'n' }).value += 1;
      });
      done++;
    } catch (error) {
      if (!(error instanceof CorollaryError && error.retry)) throw error;
      refusals++;
    }
  }
  return refusals;
}

/** Starts transactions in stores, one after the other, says the name of each, and stays in it for a while. */
export function holdEach(names: readonly string[], insideMs: number): void {
  for (const name of names) {
    opened()
      .at(name)
      .transact(() => {
        say(name);
        sleep(insideMs);
      });
    hear();
  }
}

/** What a process got out of a time in which all wanted the lock. */
export interface Share {
  readonly commits: number;
  readonly longestWaitMs: number;
}

/** Writes until a moment, one transaction after the other, and stays so long in each. */
export function compete(place: string, from: number, until: number, insideMs: number): Share {
  open(place);
  sleep(Math.max(0, from - Date.now()));
  return competeUntil(until, insideMs);
}

/** The same when so many threads have come here, for a time from then on. */
export function competeWith(threads: number, came: Int32Array, place: string, forMs: number, insideMs: number): Share {
  open(place);
  if (Atomics.add(came, 0, 1) + 1 === threads) Atomics.notify(came, 0);
  for (let so = Atomics.load(came, 0); so < threads; so = Atomics.load(came, 0)) Atomics.wait(came, 0, so);
  return competeUntil(Date.now() + forMs, insideMs);
}

function competeUntil(until: number, insideMs: number): Share {
  const counter = opened().getUnique(Counter, { name: 'n' });
  let [commits, longestWaitMs] = [0, 0];
  while (Date.now() < until) {
    const began = performance.now();
    opened().transact(() => {
      longestWaitMs = Math.max(longestWaitMs, performance.now() - began);
      counter.value += 1;
      if (insideMs > 0) sleep(insideMs);
    });
    commits++;
  }
  opened().close();
  return { commits, longestWaitMs };
}

/** {@link openAndAdd} in so many threads of this process at once. */
export async function addInThreads(threads: number, place: string, times: number): Promise<void> {
  await Promise.all(Array.from({ length: threads }, () => inThread(openAndAdd, place, times)));
}

/** {@link competeWith} in so many threads of this process at once. */
export function competeInThreads(threads: number, place: string, forMs: number, insideMs: number): Promise<Share[]> {
  const came = new Int32Array(new SharedArrayBuffer(4));
  return Promise.all(
    Array.from({ length: threads }, () => inThread(competeWith, threads, came, place, forMs, insideMs)),
  );
}
