import { readdirSync } from 'node:fs';
import { CorollaryError, Item, integer, item, role, Store, text } from 'corollary';

const Namer = role<Entry>('app.namer');

@item('entry', { roles: () => [Namer] })
export class Entry extends Item {
  @integer({ indexed: true }) declare number: number;
  @text({ fullText: true }) declare words: string;
}

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

function opened(place: string): Store {
  return Store.open(place, { types: [Entry], durability: 'relaxed' });
}

/** How many files this process has open; undefined where the system does not say. */
function descriptors(): number | undefined {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : undefined;
}

/** Makes substores with an item each, many in one transaction. */
export function makeSubstores(place: string, count: number): void {
  using store = opened(place);
  for (let made = 0; made < count; made += 25)
    store.transact(() => {
      for (let n = made; n < Math.min(made + 25, count); n++)
        store.substores.create(`s${n}`).create(Entry, { number: n, words: 'one' });
    });
}

/** Writes into each store of the tree, asks all of them, and tells what came of it. */
export async function useSubstores(place: string) {
  using store = opened(place);
  let most = 0;
  for await (const one of store.tree.stores()) {
    one.findFirst(Entry)?.set({ words: 'two' });
    most = Math.max(most, descriptors() ?? 0);
  }
  const entries = store.tree.query(Entry);
  return {
    substores: store.substores.size,
    sum: entries.sum((e) => e.number),
    last: entries
      .orderBy((e) => e.number.desc())
      .page({ size: 1 })
      .items.map((e) => e.number),
    changed: store.tree.query(Entry, (e) => e.words.matches('two')).count(),
    isSound: store.tree.check().isSound,
    mostDescriptors: most,
  };
}

/** Makes so many items. */
export async function makeItems(place: string, count: number): Promise<void> {
  using store = opened(place);
  for (let made = 0; made < count; made += 5000) {
    const numbers = Array.from({ length: Math.min(5000, count - made) }, (_, n) => made + n);
    store.createMany(
      Entry,
      numbers.map((number) => ({ number, words: `number ${number % 100}` })),
    );
    await pause();
  }
}

/** The sum of all numbers, read in one of the ways that a program with little memory has. */
export async function sumOf(place: string, way: 'awaited pages' | 'plain values' | 'all items'): Promise<number> {
  using store = opened(place);
  let sum = 0;
  if (way === 'all items') for (const { number } of store.query(Entry).all()) sum += number;
  else if (way === 'plain values') for (const number of store.query(Entry).pluck((e) => e.number)) sum += number;
  else for await (const page of store.query(Entry).pages(1000)) for (const { number } of page) sum += number;
  return sum;
}

/** What a process and its store take, after so much churn. */
export interface Taken {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly descriptors: number | undefined;
  readonly fileBytes: number;
  readonly itemsInMemory: number;
}

/**
 * Does what servers do all day, again and again: items and substores come, change and go, files too, queries are
 * subscribed to, roles are asked for, transactions fail. Gives what is taken at several moments. `leak`: holds on to what
 * it should let go.
 */
export async function churn(place: string, rounds: number, looks: number, leak: boolean): Promise<Taken[]> {
  using store = opened(place);
  const named = store.create(Entry, { number: -1, words: 'namer' });
  store.powerUp(named, Namer);
  const kept: unknown[] = [];
  const taken: Taken[] = [];
  for (let round = 1; round <= rounds; round++) {
    const rest = day(store, round);
    if (leak)
      kept.push(rest, Array(20_000).fill(round), store.create(Entry, { number: -2, words: 'kept '.repeat(2000) }));
    await pause();
    if (round % Math.ceil(rounds / looks) === 0) taken.push(await takenBy(store));
  }
  return taken;
}

function day(store: Store, round: number): unknown {
  const entries = store.createMany(
    Entry,
    Array.from({ length: 20 }, (_, n) => ({ number: n, words: `round ${round} number ${n}` })),
    { items: true },
  );
  for (const one of entries) one.number += 1;
  store.query(Entry, (e) => e.number.gt(10)).update({ words: 'changed' });
  const subscription = store.query(Entry, (e) => e.number.lt(5)).subscribe(() => undefined);
  store.as(Namer).words.length;
  store.files.write(`content of ${round}`, { name: `file ${round}` });
  failing(store);
  const below = store.substores.create(`sub ${round}`);
  below.create(Entry, { number: 1, words: 'below' });
  below.substores.create('deep').create(Entry, { number: 1, words: 'deep' });
  store.tree.query(Entry, (e) => e.words.matches('deep')).count();
  store.substores.delete(`sub ${round}`);
  store.files.named(`file ${round}`)?.delete();
  subscription.close();
  store.query(Entry, (e) => e.number.gte(0)).delete();
  return [entries, below];
}

function failing(store: Store): void {
  try {
    store.transact(() => {
      store.create(Entry, { number: 3, words: 'never' });
      store.substores.create('never');
      throw new CorollaryError('CONFLICT', 'on purpose');
    });
  } catch (error) {
    if (!(error instanceof CorollaryError && error.code === 'CONFLICT')) throw error;
  }
}

async function takenBy(store: Store): Promise<Taken> {
  for (let turn = 0; turn < 5; turn++) {
    await pause();
    globalThis.gc?.();
  }
  const { heapUsed, rss } = process.memoryUsage();
  const { databaseBytes, itemsInMemory } = store.stats();
  return { heapBytes: heapUsed, rssBytes: rss, descriptors: descriptors(), fileBytes: databaseBytes, itemsInMemory };
}
