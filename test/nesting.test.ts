import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Item, integer, item, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aDirectory, aStore, databasesBelow, type StoreOptions } from './support/a-store.js';

// Stores lie in stores, as deep as the paths that SQLite takes.

@item('note')
class Note extends Item {
  @text() declare title: string;
  @integer() declare level: number;
}

const relaxed: StoreOptions = { durability: 'relaxed' };

/** A place whose path has exactly so many bytes. */
function aPlaceOf(bytes: number): string {
  const top = join(aDirectory(), 'r'.repeat(110));
  mkdirSync(top);
  const place = join(top, 'r'.repeat(Math.floor((bytes - top.length) / 2)), 'r'.repeat(bytes)).slice(0, bytes);
  mkdirSync(dirname(place), { recursive: true });
  expect(Buffer.byteLength(place)).toBe(bytes);
  return place;
}

/** A note in a store and in each of so many levels of substores below it; gives the deepest store. */
function deepen(store: Store, levels: number, name: (level: number) => string = String): Store {
  let deepest = store;
  deepest.create(Note, { title: 'level 0', level: 0 });
  for (let level = 1; level <= levels; level++) {
    deepest = deepest.substores.create(name(level));
    deepest.create(Note, { title: `level ${level}`, level });
  }
  return deepest;
}

const upTo = (levels: number) => Array.from({ length: levels + 1 }, (_, level) => level);
const pathOf = (levels: number) => upTo(levels).slice(1).join('/');

test('24 levels fit under a root path of 150 bytes, and open again', () => {
  const place = aPlaceOf(150);
  const store = Store.open(place, relaxed);
  const deepest = deepen(store, 24);
  expect(deepest.depth).toBe(24);
  expect(
    store.tree
      .query(Note)
      .orderBy((n) => n.level.desc())
      .pluck((n) => n.level)
      .all(),
  ).toEqual(upTo(24).reverse());
  store.close();
  const again = aStore(relaxed, place);
  expect(again.at(pathOf(24)).findFirst(Note)?.title).toBe('level 24');
  again.at(pathOf(24)).findFirst(Note)!.title = 'changed';
  expect(again.tree.count(Note, { title: 'changed' })).toBe(1);
  expect(again.tree.count(Note)).toBe(25);
});

test('the length of the names costs nothing', () => {
  const store = aStore(relaxed, aPlaceOf(150));
  const deepest = deepen(store, 24, (level) => String.fromCodePoint(0x6f22 + level).repeat(255));
  expect(deepest.path).toHaveLength(24);
  expect(store.tree.count(Note)).toBe(25);
});

test('24 levels come and go in one transaction each', () => {
  const place = aPlaceOf(150);
  const store = aStore(relaxed, place);
  const deepest = store.transact(() => deepen(store, 24));
  expect(deepest.path).toHaveLength(24);
  expect(store.tree.count(Note)).toBe(25);
  store.substores.delete('1');
  expect(deepest.isClosed).toBe(true);
  expect(store.tree.count(Note)).toBe(1);
  expect(databasesBelow(place)).toHaveLength(1);
});

test('24 levels made in a transaction that is undone leave nothing', () => {
  const place = aPlaceOf(150);
  const store = aStore(relaxed, place);
  let deepest: Store | undefined;
  expect(() =>
    store.transact(() => {
      deepest = deepen(store, 24);
      throw new TypeError('no');
    }),
  ).toThrow('no');
  expect(deepest?.isClosed).toBe(true);
  expect(store.tree.count(Note)).toBe(0);
  expect(databasesBelow(place)).toHaveLength(1);
});

test('a level whose path SQLite could not take is PATH_TOO_LONG before anything changes', () => {
  const place = aPlaceOf(320);
  const store = aStore(relaxed, place);
  let deepest = deepen(store, 1);
  const goOn = () => {
    for (let level = 2; level < 30; level++) deepest = deepest.substores.create(String(level));
  };
  expect(codeOf(goOn)).toBe('PATH_TOO_LONG');
  const [levels, files] = [deepest.depth, databasesBelow(place)];
  expect(levels).toBeGreaterThanOrEqual(10);
  expect(codeOf(() => deepest.substores.create('x'))).toBe('PATH_TOO_LONG');
  expect(codeOf(() => deepest.substores.openOrCreate('x'))).toBe('PATH_TOO_LONG');
  expect(deepest.substores.names()).toEqual([]);
  expect(databasesBelow(place)).toEqual(files);
  deepest.create(Note, { title: 'goes on', level: levels });
  expect(store.tree.count(Note)).toBe(3);
});

test('a move that takes a store, or one below it, too deep is PATH_TOO_LONG before anything changes', () => {
  const store = aStore(relaxed, aPlaceOf(455)); // with room for three levels
  const child = store.substores.create('a').substores.create('child');
  const below = child.substores.create('below');
  const two = store.substores.create('one').substores.create('two');
  below.create(Note, { title: 'kept', level: 3 });
  expect(codeOf(() => store.at('a').substores.move('child', two))).toBe('PATH_TOO_LONG');
  expect([child.path, two.substores.names()]).toEqual([['a', 'child'], []]);
  store.at('a').substores.move('child', store.at('one'));
  expect(store.at('one/child/below').count(Note)).toBe(1);
});

test('PATH_TOO_LONG that is caught in a transaction undoes nothing else of it', () => {
  const place = aPlaceOf(480);
  const store = aStore(relaxed, place);
  store.transact(() => {
    store.create(Note, { title: 'before', level: 0 });
    expect(codeOf(() => store.substores.create('one').substores.create('two').substores.create('three'))).toBe(
      'PATH_TOO_LONG',
    );
    store.create(Note, { title: 'after', level: 0 });
  });
  expect(store.count(Note)).toBe(2);
});

test('the deepest part that fits opens alone', () => {
  const place = aPlaceOf(150);
  const store = Store.open(place, relaxed);
  const { uid } = deepen(store, 24);
  store.close();
  const deepest = databasesBelow(place).sort((a, b) => b.length - a.length)[0] as string;
  const alone = aStore({ mustExist: true }, deepest.slice(0, -'/db.sqlite'.length));
  expect(alone.uid).toBe(uid);
  expect(alone.query(Note).one().level).toBe(24);
});

test('nothing but the way to a substore is laid out on disk for it', () => {
  const place = join(aDirectory(), 'a.store');
  const store = aStore(relaxed, place);
  deepen(store, 2);
  const [id] = readdirSync(join(place, 'sub')) as [string];
  const [below] = readdirSync(join(place, 'sub', id, 'sub')) as [string];
  expect(existsSync(join(place, 'sub', id, 'sub', below, 'db.sqlite'))).toBe(true);
  expect(existsSync(join(place, 'sub', id, 'sub', below, 'sub'))).toBe(false);
});

// Twelve levels, two stores a level, items everywhere.

function aTallTree(): Store {
  const place = join(aDirectory(), 'tall');
  mkdirSync(place);
  const store = aStore(relaxed, place);
  deepen(store, 12);
  for (const one of [...store.tree.stores()].slice(0, 12))
    one.substores.create('side').createMany(Note, [
      { title: 'side', level: -one.depth - 1 },
      { title: 'side', level: 100 + one.depth },
    ]);
  return store;
}

test('a tree of 12 levels answers as one store, from every level', () => {
  const store = aTallTree();
  expect(store.tree.count(Note)).toBe(13 + 24);
  const largest = (from: Store) =>
    from.tree
      .query(Note)
      .orderBy((n) => n.level.desc())
      .limit(3)
      .pluck((n) => n.level)
      .all();
  expect(largest(store)).toEqual([111, 110, 109]);
  expect(largest(store.at('1/2/3/4/5/6'))).toEqual([111, 110, 109]);
  expect(largest(store.at('1/2/3/side'))).toEqual([103, -4]);
  expect(largest(store.at(pathOf(12)))).toEqual([12]);
  expect(store.tree.query(Note, { title: 'side' }).sum((n) => n.level)).toBe(1266 - 78);
});

test('items found in a tree of 12 levels can be changed where they live', () => {
  const store = aTallTree();
  for (const note of store.tree.query(Note, (n) => n.level.gt(0)))
    note.title = `${note.title} of ${note.store.path.join('/')}`;
  expect(store.at('1/2/3').findFirst(Note)?.title).toBe('level 3 of 1/2/3');
  expect(store.at('1/2/side').query(Note, { level: 102 }).one().title).toBe('side of 1/2/side');
});

test('stores() goes through a tree of 12 levels, parents first, siblings by name', () => {
  const store = aTallTree();
  const paths = [...store.tree.stores()].map((one) => one.path.join('/'));
  expect(paths.slice(0, 4)).toEqual(['', '1', '1/2', '1/2/3']);
  expect(paths.slice(-2)).toEqual(['1/side', 'side']);
  expect(paths).toHaveLength(25);
  expect([...store.tree.stores({ depth: 2 })].map((one) => one.path.join('/'))).toEqual([
    '',
    '1',
    '1/2',
    '1/side',
    'side',
  ]);
});

test('a transaction at the top covers the twelfth level, one at the sixth does not cover the fifth', () => {
  const store = aTallTree();
  const [five, six, twelve] = [store.at(pathOf(5)), store.at(pathOf(6)), store.at(pathOf(12))];
  const note = twelve.findFirst(Note)!;
  expect(() =>
    store.transact(() => {
      note.title = 'spoilt';
      throw new TypeError('no');
    }),
  ).toThrow('no');
  expect(note.title).toBe('level 12');
  six.transact(() => {
    note.title = 'changed';
    expect(codeOf(() => five.create(Note, { title: 'x', level: 5 }))).toBe('OUTSIDE_TREE');
  });
  expect(note.title).toBe('changed');
});
