import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LiveChanges, type LiveUpdate, Store } from 'corollary';
import { beforeAll, describe, expect, test } from 'vitest';
import { aFaultyProcess } from './support/a-faulty-disk.js';
import { aProgram, type Program, type TaskProcess } from './support/a-process.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { whyNoFaults } from './support/faulty-library.js';
import { substoreDirectories } from './support/on-disk.js';
import { turns, Updates } from './support/updates.js';
import type * as tasks from './tasks/live-queries.js';
import { City, Note } from './tasks/live-queries.js';

// Commits of other handles and of other processes, which are found by polling.

const types = [City, Note];
const names = (items: readonly City[]) => items.map(({ name }) => name).sort();

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('live-queries.ts');
});

async function withAnother(maxOpenSubstores = 2) {
  const place = aStoreDirectory();
  const store = aStore({ types, maxOpenSubstores }, place);
  store.create(City, { name: 'Paris' });
  const [other] = program.kept(1, 'close', '--expose-gc') as [TaskProcess<typeof tasks>];
  await other.call('open', place);
  return { place, store, other, updates: new Updates<LiveUpdate<City>>(), changes: new Updates<LiveChanges<City>>() };
}

/** A round of looks at all stores, and more. */
const rounds = () => new Promise((resolve) => setTimeout(resolve, 150));

describe('a commit of another process', () => {
  test('is told', async () => {
    const { store, other, updates } = await withAnother();
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('create', '', 'Lyon');
    expect(names((await updates.next()).results)).toEqual(['Lyon', 'Paris']);
  });

  test('is told once', async () => {
    const { store, other, updates } = await withAnother();
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('create', '', 'Lyon');
    await updates.next();
    store.count(City);
    await rounds();
    expect(updates.count).toBe(1);
  });

  test('is told with its changes', async () => {
    const { store, other, changes } = await withAnother();
    const paris = store.query(City).one();
    const { storeId, uid } = { storeId: paris.storeId, uid: store.uid };
    using _ = store.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
    await other.call('rename', '', 'Paris', 'Lutetia');
    const first = await changes.next();
    expect(first.changed).toEqual([paris]);
    expect(paris.name).toBe('Lutetia');
    await other.call('remove', '', 'Lutetia');
    const second = await changes.next();
    expect(second.removed).toEqual([{ storeId, uid, path: [] }]);
  });

  test('is told though a query has seen it before the poll did', async () => {
    const { store, other, updates } = await withAnother();
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 50 });
    await other.call('create', '', 'Lyon');
    store.count(City);
    await updates.next();
    expect(updates.count).toBe(1);
  });

  test('is told though a commit of ours, of another type, came after it', async () => {
    const { store, other, updates } = await withAnother();
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 60_000 });
    await other.call('create', '', 'Lyon');
    store.create(Note, { words: 'ours' });
    await turns();
    expect(updates.count).toBe(1);
  });

  test('that was undone is not told', async () => {
    const { store, other, updates } = await withAnother();
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('undoOne', '', 'Ys');
    await rounds();
    expect(updates.count).toBe(0);
  });

  test('wakes a loop', async () => {
    const { store, other } = await withAnother();
    const loop = store.query(City).subscribe({ pollMs: 5 })[Symbol.asyncIterator]();
    await loop.next();
    const next = loop.next();
    await other.call('create', '', 'Lyon');
    expect((await next).value?.results).toHaveLength(2);
    await loop.return?.();
  });

  test('is told to those who go on after another has stopped, as soon as they want it', async () => {
    const { store, other, updates } = await withAnother();
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 5 });
    const patient = store.query(City).subscribe(() => {}, { pollMs: 60_000 });
    await other.call('create', '', 'Lyon');
    await rounds();
    expect(updates.count).toBe(1);
    patient.close();
    await other.call('create', '', 'Nice');
    await rounds();
    expect(updates.count).toBe(2);
  });

  test('is told to one who wants it sooner than those before', async () => {
    const { store, other, updates } = await withAnother();
    using _patient = store.query(City).subscribe(() => {}, { pollMs: 3_600_000 });
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('create', '', 'Lyon');
    await updates.next();
    expect(updates.count).toBe(1);
  });

  test('is told though others subscribe more often than it is looked for', async () => {
    const { store, other, updates } = await withAnother();
    using _ = store.query(City).subscribe(updates.listener, { pollMs: 50 });
    const comeAndGo = () =>
      store
        .query(Note)
        .subscribe(() => {}, { pollMs: 50 })
        .close();
    const timer = setInterval(comeAndGo, 10);
    await other.call('create', '', 'Lyon');
    await updates.next().finally(() => clearInterval(timer));
    expect(updates.count).toBe(1);
  });

  test('is told to a store that only reads', async () => {
    const { place, other, updates } = await withAnother();
    const reader = aStore({ types, readOnly: true }, place);
    using _ = reader.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('create', '', 'Lyon');
    expect((await updates.next()).results).toHaveLength(2);
  });
});

test('a commit of another handle of this process is told', async () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore({ types }, place), aStore({ types }, place)];
  const updates = new Updates<LiveUpdate<City>>();
  using _ = one.query(City).subscribe(updates.listener, { pollMs: 5 });
  two.create(City, { name: 'Lyon' });
  expect((await updates.next()).results).toHaveLength(1);
});

/** Four substores, of which at most one is open; the first two have rested longest. */
async function withClosed() {
  const world = await withAnother(1);
  const parts = ['a', 'b', 'c', 'd'].map((name) => world.store.substores.create(name));
  for (const part of parts) part.create(City, { name: `in ${part.name}` });
  const [a, b] = parts as [Store, Store, Store, Store];
  return { ...world, parts, a, b };
}

describe('in a closed substore', () => {
  test('a commit of another process is told', async () => {
    const { a, other, updates } = await withClosed();
    using _ = a.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('create', 'a', 'Lyon');
    expect(names((await updates.next()).results)).toEqual(['Lyon', 'in a']);
  });

  // SQLite writes a commit, syncs, and only then shows it: files change long before there is anything to see.
  test.skipIf(whyNoFaults() !== undefined).each([false, true])(
    'a commit of another process is told that takes long to sync; asked by a handle that only reads: %s',
    async (readOnly) => {
      const { place, parts, updates } = await withClosed();
      for (const part of parts.slice(1)) part.count(City);
      const slow = aFaultyProcess(program);
      await slow.call('slowDown', place, 0); // it knows the files that are opened from now on
      await slow.call('open', place);
      await slow.call('create', 'a', 'Lyon');
      const asking = readOnly ? aStore({ types, readOnly, maxOpenSubstores: 1 }, place) : parts[0]?.parent;
      const a = asking?.at('a') as Store;
      asking?.at('b').count(City);
      using _ = a.query(City).subscribe(updates.listener, { pollMs: 5 });
      await slow.call('slowDown', place, 400);
      await slow.call('create', 'a', 'Ys');
      expect(names((await updates.next()).results)).toEqual(['Lyon', 'Ys', 'in a']);
    },
  );

  test('nothing is told of commits to its neighbours', async () => {
    const { a, other, updates } = await withClosed();
    using _ = a.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('create', 'b', 'Lyon');
    await rounds();
    expect(updates.count).toBe(0);
  });

  test('nothing is told of being opened, read, and closed again', async () => {
    const { store, parts, updates } = await withClosed();
    using _ = store.tree.query(City).subscribe(updates.listener, { pollMs: 5 });
    for (let n = 0; n < 5; n++) {
      for (const part of parts) part.count(City);
      await rounds();
    }
    expect(updates.count).toBe(0);
  });

  test('nothing is told of commits of ours to other types, though closing it changes its files', async () => {
    const { store, parts, updates } = await withClosed();
    using _ = store.tree.query(City).subscribe(updates.listener, { pollMs: 5 });
    for (const part of parts) part.create(Note, { words: 'no city' });
    await rounds();
    expect(updates.count).toBe(0);
  });

  test('nothing is told when another process moves the log into the file', async () => {
    const { place, a, other, updates } = await withClosed();
    using _ = a.query(City).subscribe(updates.listener, { pollMs: 5 });
    await other.call('create', 'a', 'Lyon');
    await updates.next();
    await other.kill();
    const again = program.start();
    await again.call('open', place);
    await again.call('undoOne', 'a', 'Ys');
    await again.call('close');
    await rounds();
    expect(updates.count).toBe(1);
  });

  test('polling opens it for a commit, and not again at each look', async () => {
    const { place, parts, a, updates } = await withClosed();
    using _ = a.query(City).subscribe(updates.listener, { pollMs: 5 });
    const two = Store.open(place, { types });
    two.at('a').create(City, { name: 'Lyon' });
    two.close();
    await updates.next();
    parts[3]?.count(City);
    await rounds();
    // To open a database makes a log beside it, which goes when it is closed.
    const written = () => substoreDirectories(place).map((one) => statSync(one, { bigint: true }).mtimeNs);
    const before = written();
    await rounds();
    expect(written()).toEqual(before);
  });

  test('polling keeps it closed, and leaves the one open that was used last', async () => {
    const { place, store, parts, updates } = await withClosed();
    const wereOpen = openBelow(place);
    using _ = store.tree.query(City).subscribe(updates.listener, { pollMs: 5 });
    await rounds();
    expect(openBelow(place)).toEqual(wereOpen);
    expect(wereOpen).toHaveLength(1);
    parts[1]?.count(City);
    const areOpen = openBelow(place);
    expect(areOpen).not.toEqual(wereOpen);
    await rounds();
    expect(openBelow(place)).toEqual(areOpen);
  });
});

// To read what lies below, the store above is opened. What others had written there was noticed at that moment, and
// forgotten when the reading was over.
test('commits of another handle to a store and to one below it are both told, whichever is looked at first', async () => {
  const place = aStoreDirectory();
  const store = aStore({ types, maxOpenSubstores: 1 }, place);
  const upper = store.substores.create('upper');
  upper.substores.create('lower');
  using other = Store.open(place, { types });
  const told: City[] = [];
  const listener = ({ added }: LiveChanges<City>) => told.push(...added);
  using _ = upper.tree.query(City).subscribe(listener, { changes: true, pollMs: 5 });
  store.substores.create('else').count(City); // the only one that is open
  await rounds();
  other.at('upper').create(City, { name: 'Lyon' });
  other.at('upper/lower').create(City, { name: 'Nice' });
  await rounds();
  expect(names(told)).toEqual(['Lyon', 'Nice']);
});

test('a comparison asks only the store that was written', async () => {
  const { place, store, parts, changes } = await withClosed();
  using _ = store.tree.query(City).subscribe(changes.listener, { changes: true });
  parts[1]?.create(City, { name: 'Lyon' });
  const before = openBelow(place);
  expect(names((await changes.next()).added)).toEqual(['Lyon']);
  expect(openBelow(place)).toEqual(before);
});

test('a commit is told in a tree of more stores than are looked at in one go', async () => {
  const { store, other, changes } = await withAnother(16);
  for (let n = 0; n < 250; n++) store.substores.create(`s${n}`);
  using _ = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 20 });
  await other.call('create', 's3', 'first');
  expect((await changes.next()).added[0]?.store.path).toEqual(['s3']);
  await other.call('create', 's247', 'last');
  expect((await changes.next()).added[0]?.store.path).toEqual(['s247']);
});

// A database in use has a log beside it.
function openBelow(place: string): string[] {
  return substoreDirectories(place).filter((directory) => existsSync(join(directory, 'db.sqlite-wal')));
}

// What it had shown stayed as it was in between, although it was not so any more.
describe('what is told again although the answer is as it was told: what was read when others had written meanwhile', () => {
  /** A tree in which the name of one city is changed by others, and what somebody shows of it. */
  function aName(maxOpenSubstores: number) {
    const place = aStoreDirectory();
    const store = aStore({ types, maxOpenSubstores }, place);
    for (const name of ['a', 'b']) store.substores.create(name).create(City, { name: 'Lyon' });
    const other = aStore({ types }, place);
    const [city] = other.at('a').query(City).all() as [City];
    const shown: string[] = [];
    return {
      store,
      shown,
      write: (name: string) => (city.name = name),
      look: () => store.at('a').count(City), // others are seen to have written
      show: (read: () => readonly City[]) => {
        if (shown.length === 0) city.name = 'Lyon';
        store.at('b').count(City); // with one open at once, the other one is opened again
        for (const { name, store: where } of read()) if (where.name === 'a') shown.push(name);
      },
    };
  }
  const options = { changes: true, pollMs: 60_000 } as const;
  const until = async (isSo: () => boolean) => {
    for (let turn = 0; turn < 2000 && !isSo(); turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  test.each<[string, number, (update: LiveChanges<City>) => readonly City[]]>([
    ['changed items, in a store that was closed to make room', 1, ({ changed }) => changed],
    ['results', 10, ({ results }) => results],
  ])('%s', async (_, maxOpenSubstores, read) => {
    const { store, shown, write, look, show } = aName(maxOpenSubstores);
    using _subscription = store.tree.query(City).subscribe((update) => show(() => read(update)), options);
    write('Nice');
    look();
    await until(() => shown.length === 1);
    write('Nice');
    look();
    await until(() => shown.length === 2);
    expect(shown).toEqual(['Lyon', 'Nice']);
    await turns();
    expect(shown).toHaveLength(2);
  });

  test('in a loop', async () => {
    const { store, shown, write, look, show } = aName(1);
    const aborting = new AbortController();
    const loop = (async () => {
      let isFirst = true;
      for await (const { changed } of store.tree.query(City).subscribe({ ...options, signal: aborting.signal })) {
        if (!isFirst) show(() => changed);
        isFirst = false;
      }
    })();
    await turns();
    write('Nice');
    look();
    await until(() => shown.length === 1);
    write('Nice');
    look();
    await until(() => shown.length === 2);
    expect(shown).toEqual(['Lyon', 'Nice']);
    aborting.abort();
    await loop;
  });
});
