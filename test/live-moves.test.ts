import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { type LiveChanges, Store } from 'corollary';
import { describe, expect, test } from 'vitest';
import { aStoreDirectory } from './support/a-store.js';
import { Updates } from './support/updates.js';
import { City } from './tasks/live-queries.js';

/** A tree with two parents, one of which has a store, and the same through a handle of its own. */
function aTree(maxOpenSubstores = 50) {
  const place = aStoreDirectory();
  const store = Store.open(place, { types: [City], maxOpenSubstores });
  const [a, b] = [store.substores.create('a'), store.substores.create('b')];
  const child = a.substores.create('child');
  const city = child.create(City, { name: 'Lyon' });
  return { place, store, a, b, child, city, changes: new Updates<LiveChanges<City>>() };
}

test('a subscription to a tree goes on with a store that is moved in it', async () => {
  const { store, a, b, child, city, changes } = aTree();
  using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true });
  a.substores.move('child', b);
  city.name = 'Nice';
  // At its new path it is another part of the answer.
  const { added, removed } = await changes.next();
  expect([added, removed.length]).toEqual([[city], 1]);
  child.create(City, { name: 'Metz' });
  expect((await changes.next()).added.map(({ name }) => name)).toEqual(['Metz']);
  store.close();
});

test('a subscription below one parent loses a store that is moved to another, which gains it', async () => {
  const { store, a, b, changes } = aTree();
  const gained = new Updates<LiveChanges<City>>();
  using _lost = a.tree.query(City).subscribe(changes.listener, { changes: true });
  using _won = b.tree.query(City).subscribe(gained.listener, { changes: true });
  a.substores.move('child', b);
  expect((await gained.next()).added.map(({ name }) => name)).toEqual(['Lyon']);
  expect((await changes.next()).removed).toHaveLength(1);
  store.close();
});

// In memory a store was known by its uid alone, which it keeps: its move was not told of, and later changes at a new path.
test('a move within a tree in memory is told of as one on disk is, and a renaming by neither', async () => {
  const told = [];
  for (const store of [Store.inMemory({ types: [City] }), Store.open(aStoreDirectory(), { types: [City] })]) {
    const [a, b] = [store.substores.create('a'), store.substores.create('b')];
    const deep = a.substores.create('child').substores.create('deep');
    const city = deep.create(City, { name: 'Lyon' });
    const changes = new Updates<LiveChanges<City>>();
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true });
    a.substores.move('child', b);
    const moved = await changes.next();
    store.substores.rename('b', 'c');
    await new Promise((resolve) => setImmediate(resolve));
    city.name = 'Nice';
    const changed = await changes.next();
    store.substores.delete('c');
    const { removed } = await changes.next();
    told.push({
      moved: [moved.removed.map(({ path }) => path), moved.added.map((one) => one === city)],
      changed: [changed.added.length, changed.changed.length, changed.removed.length],
      removed: removed.map(({ path }) => path),
    });
    store.close();
  }
  expect(told[0]).toEqual(told[1]);
  expect(told[0]).toEqual({
    moved: [[['a', 'child', 'deep']], [true]],
    changed: [0, 1, 0],
    removed: [['c', 'child', 'deep']],
  });
});

test('what another handle moves, and writes there, is noticed', async () => {
  const { place, store, changes } = aTree();
  store.at('a/child').close();
  const other = Store.open(place, { types: [City] });
  using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 20 });
  store.at('a/child').close();
  other.at('a').substores.move('child', other.at('b'));
  other.at('b/child').create(City, { name: 'Metz' });
  const seen: string[] = [];
  while (!seen.includes('Metz')) seen.push(...(await changes.next()).added.map(({ name }) => name));
  expect(store.at('b/child').count(City)).toBe(2);
  store.close();
  other.close();
});

// Where it lay before, it was looked at no more; where it came to, not yet.
test.each(['b/child', 'b/child/deep'])(
  'what another handle writes into %s, which was moved there here, is noticed',
  async (path) => {
    const { place, store, a, b, child, changes } = aTree();
    child.substores.create('deep');
    using other = Store.open(place, { types: [City] });
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
    a.substores.move('child', b);
    await changes.next();
    other.at(path).create(City, { name: 'Metz' });
    expect((await changes.next()).added.map(({ name }) => name)).toEqual(['Metz']);
    store.close();
  },
);

// It was looked for where it should be when its parent was found to be written, and never again.
describe.each(['b/child', 'b/child/deep'])(
  'what another handle writes into %s, which it moved there, is noticed',
  (path) => {
    /** Moves the store, but its directory stays where it was. Gives the function with which that follows. */
    function moveWithoutDirectory(place: string, other: Store): () => void {
      const [a, b] = ['a', 'b'].map((name) =>
        join(place, 'sub', other.substores.query({ name }).one().directory, 'sub'),
      );
      const { directory } = other.at('a').substores.query({ name: 'child' }).one();
      other.at('a').substores.move('child', other.at('b'));
      other.at('b/child').close();
      const [before, after] = [join(a as string, directory), join(b as string, directory)];
      renameSync(after, before);
      return () => renameSync(before, after);
    }

    const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

    test('where its directory followed when it was read here', async () => {
      const { place, store, child, changes } = aTree();
      child.substores.create('deep');
      using other = Store.open(place, { types: [City] });
      using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
      child.close();
      moveWithoutDirectory(place, other);
      while ((await changes.next()).added.length === 0);
      await pause();
      other.at(path).create(City, { name: 'Metz' });
      expect((await changes.next()).added.map(({ name }) => name)).toEqual(['Metz']);
      store.close();
    });

    test('where its directory followed after the move was noticed', async () => {
      const { place, store, b, child } = aTree();
      const updates = new Updates<unknown>();
      child.substores.create('deep');
      using other = Store.open(place, { types: [City] });
      using _subscription = b.tree.query(City).subscribe(updates.listener, { pollMs: 5 });
      child.close();
      const follow = moveWithoutDirectory(place, other);
      await updates.next();
      follow();
      await pause();
      updates.count = 0;
      other.at(path).create(City, { name: 'Metz' });
      await pause();
      expect(updates.count).toBeGreaterThan(0);
      store.close();
    });
  },
);

// It took what was moved for something new, and was not told of what others wrote there.
test('a subscription to a tree that is moved itself goes on', async () => {
  const { place, store, a, b, child, changes } = aTree();
  child.substores.create('deep');
  using other = Store.open(place, { types: [City] });
  using subscription = child.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 5 });
  a.substores.move('child', b);
  const { added, removed } = await changes.next();
  expect([added.map(({ store }) => store.path.join('/')), removed.map(({ path }) => path.join('/'))]).toEqual([
    ['b/child'],
    ['a/child'],
  ]);
  for (const path of ['b/child', 'b/child/deep']) {
    other.at(path).create(City, { name: path });
    expect((await changes.next()).added.map(({ name }) => name)).toEqual([path]);
  }
  subscription.close();
  store.close();
});

// Its directory gets another name where the one it had is taken: by what came from a copy of the same store. Whoever had
// subscribed to it found it there, and went on looking for commits of others where it had been.
test.each(['child', 'tree'])(
  'a subscription follows a store that others move to another directory: %s',
  async (asked) => {
    const { place, store, b, child, changes } = aTree(1);
    using other = Store.open(place, { types: [City] });
    other.at('a').tree.export(`${place}-exported`);
    other.tree.import(`${place}-exported`, 'twin');
    const query = { child: child.query(City), tree: child.tree.query(City) }[asked];
    using subscription = query?.subscribe(changes.listener, { changes: true, pollMs: 5 });
    b.count(City); // the only one that is open
    other.at('a').substores.move('child', other.at('b'));
    other.at('twin').substores.move('child', other.at('a'), 'other child');
    other.at('b').substores.move('child', other.at('a'));
    expect(store.at('a/child')).toBe(child);
    b.count(City);
    other.at('a/child').create(City, { name: 'Metz' });
    expect((await changes.next()).added.map(({ name }) => name)).toContain('Metz');
    other.at('a/child').create(City, { name: 'Nancy' });
    expect((await changes.next()).added.map(({ name }) => name)).toEqual(['Nancy']);
    subscription?.close();
    store.close();
  },
);

// In memory only those items were told of that the backup lacks: of the others the subscriber had objects that were gone.
test('a restored store is another part of the answer, in memory as on disk', async () => {
  for (const store of [Store.inMemory({ types: [City] }), Store.open(aStoreDirectory(), { types: [City] })]) {
    const deep = store.substores.create('a').substores.create('deep');
    const before = deep.create(City, { name: 'Lyon' });
    const backup = aStoreDirectory();
    store.at('a').tree.export(backup);
    const changes = new Updates<LiveChanges<City>>();
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true });
    store.substores.restore('a', backup);
    const { added, changed, removed } = await changes.next();
    expect([added.map((city) => [city === before, city.isStored]), changed.length, removed.length]).toEqual([
      [[false, true]],
      0,
      1,
    ]);
    store.close();
  }
});

// They were two updates, `added` first or `removed`, as others looked at the one parent or the other first.
test.each(['a', 'b'])(
  'a store that others move is told of in one update, though only %s was looked at',
  async (first) => {
    const { place, store, a, b, child, changes } = aTree(1);
    child.substores.create('deep').create(City, { name: 'Metz' });
    const other = Store.open(place, { types: [City] });
    using _subscription = store.tree.query(City).subscribe(changes.listener, { changes: true, pollMs: 60_000 });
    for (const one of [a, b, child]) one.close();
    other.at('a').substores.move('child', other.at('b'));
    other.close();
    store.at(first).count(City); // it is opened, and seen to be written
    const { added, changed, removed } = await changes.next();
    expect(added.map((city) => city.store.path.join('/')).sort()).toEqual(['b/child', 'b/child/deep']);
    expect(removed.map(({ path }) => path.join('/')).sort()).toEqual(['a/child', 'a/child/deep']);
    expect(changed).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(changes.count).toBe(1);
    store.close();
  },
);

test('what is removed is told of with the path of now, after a store that is watched, or one above it, was renamed', async () => {
  for (const store of [Store.inMemory({ types: [City] }), Store.open(aStoreDirectory(), { types: [City] })]) {
    const top = store.substores.create('above').substores.create('top');
    const [one, gone] = [top.substores.create('one'), top.substores.create('gone')];
    const cities = [top, one, gone].map((each) => each.create(City, { name: 'Lyon' }));
    const tree = new Updates<LiveChanges<City>>();
    const alone = new Updates<LiveChanges<City>>();
    using _tree = top.tree.query(City).subscribe(tree.listener, { changes: true });
    using _alone = top.query(City).subscribe(alone.listener, { changes: true });
    store.substores.rename('above', 'now');
    store.at('now').substores.rename('top', 'there');
    for (const city of cities.slice(0, 2)) city.delete();
    top.substores.delete('gone');
    const { removed } = await tree.next();
    expect(removed.map(({ path }) => path.join('/')).sort()).toEqual(['now/there', 'now/there/gone', 'now/there/one']);
    expect((await alone.next()).removed.map(({ path }) => path)).toEqual([['now', 'there']]);
    store.close();
  }
});
