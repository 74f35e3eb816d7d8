import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CorollaryError,
  Item,
  item,
  type LiveChanges,
  type LiveUpdate,
  reference,
  type Store,
  text,
} from 'corollary';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program, type TaskProcess } from './support/a-process.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { substoreDirectories } from './support/on-disk.js';
import { turns, Updates } from './support/updates.js';
import type * as tasks from './tasks/live-queries.js';
import { City, Note } from './tasks/live-queries.js';

@item('region')
class Region extends Item {
  @text() declare name: string;
}

@item('town')
class Town extends Item {
  @text() declare name: string;
  @reference(() => Region) declare region: Region;
}

const types = [City, Note];
const names = (items: readonly City[]) => items.map(({ name }) => name).sort();

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('live-queries.ts');
});

/** A tree with a pool that holds fewer stores than there are. */
function aTree(store: Store = aStore({ types, maxOpenSubstores: 2 })) {
  store.create(City, { name: 'at the top' });
  const [a, b] = ['a', 'b'].map((name) => store.substores.create(name)) as [Store, Store];
  a.create(City, { name: 'in a' });
  b.create(City, { name: 'in b' });
  const deep = a.substores.create('deep');
  deep.create(City, { name: 'deep' });
  return { store, a, b, deep, updates: new Updates<LiveUpdate<City>>(), changes: new Updates<LiveChanges<City>>() };
}

async function withAnother() {
  const place = aStoreDirectory();
  const tree = aTree(aStore({ types, maxOpenSubstores: 2 }, place));
  const [other] = program.kept(1, 'close') as [TaskProcess<typeof tasks>];
  await other.call('open', place);
  return { ...tree, place, other };
}

describe.each([
  ['on disk', () => aTree()],
  ['in memory', () => aTree(aMemoryStore())],
])('a subscription to a tree %s', (_, make) => {
  test('is told of commits at every level', async () => {
    const { store, b, deep, updates } = make();
    using _subscription = store.tree.query(City).subscribe(updates.listener);
    deep.create(City, { name: 'deeper' });
    expect((await updates.next()).results).toHaveLength(5);
    b.create(City, { name: 'Lyon' });
    expect((await updates.next()).results).toHaveLength(6);
    store.create(City, { name: 'Nice' });
    expect((await updates.next()).results).toHaveLength(7);
  });

  test('is not told of other types, nor of stores that are not in the tree', async () => {
    const { store, a, b, deep, updates } = make();
    using _subscription = a.tree.query(City).subscribe(updates.listener);
    deep.create(Note, { words: 'no city' });
    b.create(City, { name: 'Lyon' });
    store.create(City, { name: 'Nice' });
    await turns();
    expect(updates.count).toBe(0);
    a.create(City, { name: 'Metz' });
    await turns();
    expect(updates.count).toBe(1);
  });

  test('is told of items that a commit in another store brings into the answer', async () => {
    const { store, a, b, changes } = make();
    const inNotes = store.tree.query(City, (c) => c.name.in(store.tree.query(Note).pluck((n) => n.words)));
    using _ = inNotes.subscribe(changes.listener, { changes: true });
    const note = b.create(Note, { words: 'in a' });
    await turns();
    expect(changes.count).toBe(1);
    expect((await changes.next()).added).toEqual([a.query(City).one()]);
    note.words = 'in b';
    const { added, removed } = await changes.next();
    expect([names(added), removed.length]).toEqual([['in b'], 1]);
  });

  test('goes as deep as the tree is asked', async () => {
    const { store, a, deep, updates } = make();
    using _subscription = store.tree.query(City, undefined, { depth: 1 }).subscribe(updates.listener);
    deep.create(City, { name: 'deeper' });
    await turns();
    expect(updates.count).toBe(0);
    a.create(City, { name: 'Metz' });
    await turns();
    expect(updates.count).toBe(1);
  });

  test('is told of stores that are made later, and of commits to them', async () => {
    const { store, deep, changes } = make();
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true });
    const later = store.transact(() => {
      const made = deep.substores.create('later');
      made.create(City, { name: 'late' });
      return made;
    });
    const first = await changes.next();
    expect(first.added[0]?.store.path).toEqual(['a', 'deep', 'later']);
    later.create(City, { name: 'later still' });
    expect(names((await changes.next()).added)).toEqual(['later still']);
    await turns();
    expect(changes.count).toBe(2);
  });

  test('is told of the items of a deleted store as removed, with its path', async () => {
    const { store, a, changes } = make();
    const uids = [a.uid, a.at('deep').uid].sort();
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true });
    store.substores.delete('a');
    const { added, changed, removed, results } = await changes.next();
    expect([added, changed]).toEqual([[], []]);
    expect(removed.map(({ path }) => path.join('/')).sort()).toEqual(['a', 'a/deep']);
    expect(removed.map(({ uid }) => uid).sort()).toEqual(uids);
    expect(names(results)).toEqual(['at the top', 'in b']);
  });

  test('tells items with the same id in two stores apart', async () => {
    const { store, a, b, changes } = make();
    const [inA, inB] = [a.query(City).one(), b.query(City).one()];
    expect(inA.storeId).toBe(inB.storeId);
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true });
    inB.people = 7;
    expect((await changes.next()).changed).toEqual([inB]);
    inA.delete();
    expect((await changes.next()).removed).toEqual([{ storeId: inB.storeId, uid: a.uid, path: ['a'] }]);
  });

  test('goes on when a store of the tree is closed, and ends when its own is', async () => {
    const { store, a, updates } = make();
    using _subscription = store.tree.query(City).subscribe(updates.listener);
    const inner = new Updates<LiveUpdate<City>>();
    a.tree.query(City).subscribe(inner.listener);
    a.close();
    store.at('a').create(City, { name: 'Metz' });
    await turns();
    expect([updates.count, inner.count]).toEqual([1, 0]);
  });
});

describe('a subscription to a tree', () => {
  test('is told of commits of another process to a closed store', async () => {
    const { store, other, changes } = await withAnother();
    using _ = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
    await other.call('create', 'a/deep', 'Lyon');
    const { added } = await changes.next();
    expect(added.map((city) => [city.name, city.store.path])).toEqual([['Lyon', ['a', 'deep']]]);
  });

  test('is told of stores that another process makes, and of later commits to them', async () => {
    const { store, other, changes } = await withAnother();
    using _ = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
    await other.call('makeStore', 'a/deep', 'later', 'late');
    expect((await changes.next()).added.map((city) => city.store.path)).toEqual([['a', 'deep', 'later']]);
    await other.call('create', 'a/deep/later', 'later still');
    expect(names((await changes.next()).added)).toEqual(['later still']);
    await other.call('makeStore', 'a/deep/later', 'last', 'latest');
    expect(names((await changes.next()).added)).toEqual(['latest']);
  });

  // Our commit saw that another had come before it, and nobody looked any more for what that one had made.
  test('is told of commits to a store that another process made just before a commit of ours', async () => {
    const { store, other, changes } = await withAnother();
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 20 });
    await other.call('makeStore', '', 'theirs', 'first');
    store.create(City, { name: 'ours' });
    expect(names((await changes.next()).added)).toEqual(['first', 'ours']);
    await other.call('create', 'theirs', 'second');
    expect(names((await changes.next()).added)).toEqual(['second']);
  });

  // Only the uppermost of the stores that came was looked at.
  test.each<[string, (store: Store, from: string) => Store]>([
    ['copied', (store) => store.substores.copy('a', store, 'again')],
    ['imported', (store, from) => store.tree.import(from, 'again')],
    ['restored', (store, from) => store.substores.restore('b', from)],
  ])('is told of commits of another process below a store that was %s', async (_, bring) => {
    const { store, place, other, changes } = await withAnother();
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
    store.at('a').tree.export(`${place}-export`);
    const { name } = bring(store, `${place}-export`);
    await changes.next();
    await other.call('create', `${name}/deep`, 'deeper');
    expect(names((await changes.next()).added)).toEqual(['deeper']);
  });

  test('is told of stores that another process deletes', async () => {
    const { store, other, changes } = await withAnother();
    using _ = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
    await other.call('removeStore', '', 'a');
    const removed: string[] = [];
    while (removed.length < 2) removed.push(...(await changes.next()).removed.map(({ path }) => path.join('/')));
    expect(removed.sort()).toEqual(['a', 'a/deep']);
  });

  test('is told of commits of another process to a store that we made after it began', async () => {
    const { store, a, other, changes } = await withAnother();
    using _ = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
    a.substores.create('ours');
    await other.call('create', 'a/ours', 'theirs');
    expect(names((await changes.next()).added)).toEqual(['theirs']);
  });

  test('is not told by a poll of what it was told after our own commits', async () => {
    const { store, a, b, deep, updates } = aTree();
    using _ = store.tree.query(City).subscribe(updates.listener, { pollMs: 5 });
    for (const part of [a, b, deep]) part.create(City, { name: 'one more' });
    store.substores.create('new').create(City, { name: 'one more' });
    await updates.next();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(updates.count).toBe(1);
  });

  // Of each store below, which had lain in a directory of its own, a poll told once more.
  test.each(['delete', 'move'] as const)(
    'is not told by a poll of stores that we %s, nor of those below',
    async (way) => {
      const { store, a, deep, updates } = aTree();
      deep.substores.create('deeper').substores.create('deepest');
      a.close(); // so that those below are known by their directories only
      using _ = store.tree.query(City).subscribe(updates.listener, { pollMs: 5 });
      const act = {
        delete: () => store.substores.delete('a'),
        move: () => store.at('a').substores.move('deep', store),
      };
      act[way]();
      await updates.next();
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(updates.count).toBe(1);
    },
  );

  test('gives the error of a store that was taken away to onError, until it is back or deleted', async () => {
    const { store, b, other, place, changes } = await withAnother();
    const errors = new Updates<unknown>();
    const onError = errors.listener;
    using _ = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5, onError });
    b.count(City); // so that the others are closed
    const [one, two] = substoreDirectories(place) as [string, string];
    const taken = store.substores.query({ name: 'a' }).one().directory;
    rmSync(one.endsWith(taken) ? one : two, { recursive: true });
    expect(((await errors.next()) as CorollaryError).code).toBe('STORE_MISSING');
    await other.call('removeStore', '', 'a');
    expect((await changes.next()).removed.map(({ path }) => path.join('/')).sort()).toEqual(['a', 'a/deep']);
  });
});

// It was asked by itself as it had been written, and so stayed in the answer, as did all that was written there later.
test.each(['a', 'a/deep'])(
  'a store that the tree leaves out from now on leaves the answer, though %s was written in the same turn',
  async (path) => {
    const { store, changes } = aTree();
    const query = store.tree.query(City, {}, { where: (s) => s.name.in(['a', 'deep']) });
    using _ = query.subscribe(changes.listener, { changes: true });
    store.at(path).create(City, { name: 'new' });
    store.substores.rename('a', 'c');
    expect((await changes.next()).removed.map((one) => one.path.join('/')).sort()).toEqual(['a', 'a/deep']);
    store.at('c').create(City, { name: 'one more' });
    await turns();
    expect(changes.count).toBe(1);
  },
);

test('a store that was skipped is asked again at each comparison, though nobody has written it', async () => {
  const place = aStoreDirectory();
  aTree(aStore({ types }, place)).store.close();
  const store = aStore({ types }, place);
  const directory = join(place, 'sub', store.substores.query({ name: 'a' }).one().directory);
  renameSync(directory, `${place}-away`);
  const changes = new Updates<LiveChanges<City>>();
  const skipping = store.tree.query(City, {}, { onStoreError: () => 'skip' });
  using _ = skipping.subscribe(changes.listener, { changes: true, pollMs: 60_000 });
  renameSync(`${place}-away`, directory);
  store.at('b').create(City, { name: 'Lyon' }); // not in the store above, which would list those below it anew
  expect(names((await changes.next()).added)).toEqual(['Lyon', 'deep', 'in a']);
});

test('an item whose place in the order is told by another one does not change with that', async () => {
  const store = aStore({ types: [Region, Town] });
  const [north, south] = ['North', 'South'].map((name) => store.create(Region, { name })) as [Region, Region];
  const part = store.substores.create('part');
  const east = part.create(Region, { name: 'East' });
  part.create(Town, { name: 'Ems', region: east });
  for (const region of [north, south]) store.create(Town, { name: `in ${region.name}`, region });
  const changes = new Updates<LiveChanges<Town>>();
  const first = store.tree
    .query(Town)
    .orderBy((t) => t.region.to.name.asc())
    .limit(2);
  using _ = first.subscribe(changes.listener, { changes: true });
  north.name = 'Northern';
  await turns();
  expect(changes.count).toBe(0);
  north.name = 'West';
  const { added, removed, changed } = await changes.next();
  expect([added.map(({ name }) => name), removed.length, changed]).toEqual([['in South'], 1, []]);
});

// That of a tree was told of all as removed, and never ended.
test.each([
  ['substore', (store: Store) => store.query(City)],
  ['tree', (store: Store) => store.tree.query(City)],
])('a subscription to a %s that another process deletes ends without an error', async (_name, query) => {
  const { b, other, changes } = await withAnother();
  const errors = new Updates<unknown>();
  const loop = query(b).subscribe({ changes: true, pollMs: 5, onError: errors.listener })[Symbol.asyncIterator]();
  await loop.next();
  using _ = query(b).subscribe(changes.listener, { changes: true, pollMs: 5, onError: errors.listener });
  const next = loop.next();
  await other.call('removeStore', '', 'b');
  expect(await next).toEqual({ done: true, value: undefined });
  await turns();
  expect([errors.count, changes.count]).toEqual([0, 0]);
});
