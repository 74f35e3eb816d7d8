import { type Default, Item, integer, item, Store, text } from 'corollary';
import { say } from '../support/task-loop.js';

// --expose-gc. A garbage collection finds what no turn of the event loop still needs.
declare function gc(): void;

@item('city')
export class City extends Item {
  @text() declare name: string;
  @integer({ default: 0 }) declare people: Default<number>;
}

@item('note')
export class Note extends Item {
  @text() declare words: string;
}

let root: Store | undefined;

/** Opens the store that all other functions work on. */
export function open(place: string): void {
  root = Store.open(place);
}

/** From now on each sync of files below a directory takes so many milliseconds: for a faulty process. */
export function slowDown(below: string, milliseconds: number): void {
  Object.assign(process.env, { FAULTS_BELOW: `${below}/`, FAULTS_SLOW: `${milliseconds}` });
}

const at = (path: string): Store => {
  if (root === undefined) throw new Error('open comes first');
  return path === '' ? root : root.at(path);
};

export function create(path: string, name: string): void {
  at(path).create(City, { name });
}

/** Closes the store; the logs are moved into the files where nobody else has them open. */
export function close(): void {
  at('').close();
}

export function rename(path: string, from: string, to: string): void {
  at(path).getUnique(City, { name: from }).name = to;
}

export function remove(path: string, name: string): void {
  at(path).getUnique(City, { name }).delete();
}

export function makeStore(path: string, store: string, city: string): void {
  at(path).transact(() => at(path).substores.create(store).create(City, { name: city }));
}

export function removeStore(path: string, name: string): void {
  at(path).substores.delete(name);
}

export function undoOne(path: string, name: string): void {
  const store = at(path);
  try {
    store.transact(() => {
      store.create(City, { name });
      throw new Error('undone');
    });
  } catch {
    // as intended
  }
}

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
}

/** Takes the first update of each of so many loops and drops the loops; counts those that are still there. */
export async function dropLoops(count: number): Promise<number> {
  const loops = await Promise.all(Array.from({ length: count }, droppedLoop));
  await collectGarbage();
  return loops.filter((loop) => loop.deref() !== undefined).length;
}

// A function of its own, so that no variable of a running one holds the loop.
async function droppedLoop(): Promise<WeakRef<object>> {
  const loop = at('').query(City).subscribe({ changes: true, pollMs: 5 })[Symbol.asyncIterator]();
  await loop.next();
  return new WeakRef(loop);
}

/** Keeps the process alive until a promise is kept: what waits for commits does not. */
async function awake<R>(promise: Promise<R>): Promise<R> {
  const timer = setInterval(() => undefined, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

/** A loop that nobody holds waits for a commit, while garbage is collected. Gives what it was told. */
export async function waitUnheld(place: string): Promise<string[]> {
  const told = (async () => {
    for await (const { results } of Store.open(place).query(City).subscribe({ pollMs: 5 })) {
      if (results.length > 0) return results.map(({ name }) => name);
      say('waiting');
    }
    return [];
  })();
  await collectGarbage();
  say('collected');
  return awake(told);
}

/** A subscription that nobody holds, of a store that nobody holds, is told after garbage is collected. */
export async function listenUnheld(place: string): Promise<string[]> {
  const told = new Promise<string[]>((resolve) => {
    Store.open(place)
      .query(City)
      .subscribe(({ results }) => resolve(results.map(({ name }) => name)), { pollMs: 5 });
  });
  await collectGarbage();
  say('collected');
  return awake(told);
}

/** Whether items that an update gave are let go while the subscription goes on. */
export async function letGoOfItems(): Promise<boolean> {
  const store = at('');
  let item: WeakRef<object> | undefined;
  using _ = store.query(City).subscribe(
    ({ results, added }) => {
      item = new WeakRef(results[0] ?? added[0] ?? {});
    },
    { changes: true, pollMs: 5 },
  );
  store.createMany(City, [{ name: 'Ys' }]);
  while (item === undefined) await new Promise(setImmediate);
  await collectGarbage();
  return item.deref() === undefined;
}

/** Closes so many subscriptions; counts those whose listener is still there. */
export async function closeAll(count: number): Promise<number> {
  const { signal } = new AbortController();
  const listeners = Array.from({ length: count }, () => closedListener(signal));
  await collectGarbage();
  return listeners.filter((listener) => listener.deref() !== undefined).length;
}

function closedListener(signal: AbortSignal): WeakRef<object> {
  const listener = () => say('told');
  using _ = at('').query(City).subscribe(listener, { pollMs: 5, signal });
  return new WeakRef(listener);
}

/** True when a closed store with a subscription that nobody closed is let go. */
export async function closeStore(place: string): Promise<boolean> {
  const store = (() => {
    const opened = Store.open(place);
    opened.query(City).subscribe(() => say('never'), { pollMs: 5 });
    opened.close();
    return new WeakRef(opened);
  })();
  await collectGarbage();
  return store.deref() === undefined;
}
