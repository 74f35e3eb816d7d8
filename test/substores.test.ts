import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Item, integer, item, reference, Store, SubStore, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { substoreDirectories } from './support/on-disk.js';

// A substore is a store, and an item of its parent: it comes, goes and is found as one thing with all below it.

@item('note')
class Note extends Item {
  @text() declare title: string;
}

@item('owner')
class Owner extends Item {
  @reference(() => SubStore, { nullable: true, whenDeleted: 'nullify' }) declare home: SubStore | null;
}

@item('lease')
class Lease extends Item {
  @reference(() => SubStore, { whenDeleted: 'cascade' }) declare home: SubStore;
}

@item('guard')
class Guard extends Item {
  @reference(() => SubStore) declare home: SubStore;
  @integer({ nullable: true }) declare rank: number | null;
}

const titles = (store: Store) =>
  store.tree
    .query(Note)
    .pluck((n) => n.title)
    .all()
    .sort();

class Undo extends Error {}
/** Runs a transaction that is undone at its end. */
function undone(store: Store, work: () => void): void {
  expect(() =>
    store.transact(() => {
      work();
      throw new Undo();
    }),
  ).toThrow(Undo);
}

describe.each([
  ['on disk', () => aStore()],
  ['in memory', () => aMemoryStore()],
])('%s', (_where, aRoot) => {
  test('a created substore is a store of its own', () => {
    const store = aRoot();
    const acme = store.substores.create('acme');
    acme.create(Note, { title: 'in acme' });
    expect(acme).toBeInstanceOf(Store);
    expect(acme.count(Note)).toBe(1);
    expect(store.count(Note)).toBe(0);
    expect(acme.uid).not.toBe(store.uid);
  });

  test('whoever opens a substore gets the same object', () => {
    const store = aRoot();
    const acme = store.substores.create('acme');
    const teams = acme.substores.create('teams');
    expect(store.substores.open('acme')).toBe(acme);
    expect(store.substores.openOrCreate('acme')).toBe(acme);
    expect(store.at('acme')).toBe(acme);
    expect(store.at('acme/teams')).toBe(teams);
    expect([...store.tree.stores()]).toEqual([store, acme, teams]);
    expect(teams.parent).toBe(acme);
    expect(teams.root).toBe(store);
  });

  test('openOrCreate makes what is not there, once', () => {
    const store = aRoot();
    const acme = store.substores.openOrCreate('acme');
    expect(store.substores.openOrCreate('acme')).toBe(acme);
    expect(store.substores.size).toBe(1);
  });

  test('a store tells where it stands', () => {
    const store = aRoot();
    const seven = store.substores.create('acme').substores.create('teams').substores.create('7');
    expect([store.path, store.depth, store.name, store.parent, store.root]).toEqual([[], 0, null, undefined, store]);
    expect([seven.path, seven.depth, seven.name]).toEqual([['acme', 'teams', '7'], 3, '7']);
    seven.path.push('spoilt');
    expect(seven.path).toEqual(['acme', 'teams', '7']);
  });

  test('names, size, has and query tell of the direct substores only', () => {
    const store = aRoot();
    for (const name of ['b', 'a', 'B', 'é']) store.substores.create(name);
    store.at('a').substores.create('below');
    expect(store.substores.names()).toEqual(['B', 'a', 'b', 'é']);
    expect(store.substores.size).toBe(4);
    expect(store.substores.has('a')).toBe(true);
    expect(store.substores.has('below')).toBe(false);
    expect(
      store.substores
        .query()
        .orderBy((s) => s.name.desc())
        .limit(2)
        .pluck((s) => s.name)
        .all(),
    ).toEqual(['é', 'b']);
    expect(store.substores.query((s) => s.name.startsWith('b')).one().name).toBe('b');
  });

  test('names are listed in code-point order, not in that of UTF-16', () => {
    const store = aRoot();
    store.substores.create('\u{1f600}');
    store.substores.create('\uffee');
    expect(store.substores.names()).toEqual(['\uffee', '\u{1f600}']);
  });

  test('names that differ in case or in normal form are different stores', () => {
    const store = aRoot();
    for (const name of ['acme', 'ACME', 'caf\u00e9', 'cafe\u0301'])
      store.substores.create(name).create(Note, { title: name });
    expect(store.substores.size).toBe(4);
    expect(store.at('ACME').findFirst(Note)?.title).toBe('ACME');
    expect(store.at('cafe\u0301').findFirst(Note)?.title).toBe('cafe\u0301');
  });

  test.each([
    'CON',
    'nul.txt',
    ' ',
    ' leading and trailing ',
    '.hidden',
    '...',
    '..x',
    '-rf',
    '~',
    '\u{1f600}',
    '漢字',
    'a\\b',
    "it's",
    '"quoted"',
    'a;b',
    '%_*?',
    'line\nbreak',
    '\u0001',
    '\u202e',
    'db.sqlite',
    'sub',
    'temp',
    '__proto__',
    'constructor',
    'toString',
    'null',
    'x'.repeat(255),
    '\u{1f600}'.repeat(127),
  ])('%j is a name', (name) => {
    const store = aRoot();
    const made = store.substores.create(name);
    made.create(Note, { title: 'x' });
    expect(made.name).toBe(name);
    expect(store.substores.names()).toEqual([name]);
    expect(store.substores.has(name)).toBe(true);
    expect(store.at([name])).toBe(made);
    expect(store.tree.count(Note)).toBe(1);
    store.substores.delete(name);
    expect(store.substores.size).toBe(0);
  });

  test.each<[string, unknown]>([
    ['empty', ''],
    ['.', '.'],
    ['..', '..'],
    ['with a slash', 'a/b'],
    ['a slash', '/'],
    ['with NUL', 'a\0b'],
    ['of 256 characters', 'x'.repeat(256)],
    ['with a lone high surrogate', 'a\ud800'],
    ['with a lone low surrogate', '\udc00a'],
    ['a number', 7],
    ['null', null],
    ['undefined', undefined],
    ['an object', {}],
    ['a String object', Object('acme')],
    ['an array', ['acme']],
  ])('a name that is %s is BAD_NAME wherever it is given', (_what, name) => {
    const store = aRoot();
    const uses = [
      () => store.substores.create(name as string),
      () => store.substores.open(name as string),
      () => store.substores.openOrCreate(name as string),
      () => store.substores.has(name as string),
      () => store.substores.delete(name as string),
      () => store.at([name as string]),
    ];
    expect(uses.map(codeOf)).toEqual(uses.map(() => 'BAD_NAME'));
    expect(store.substores.size).toBe(0);
  });

  test('a name is taken once in each parent', () => {
    const store = aRoot();
    const acme = store.substores.create('acme');
    acme.create(Note, { title: 'kept' });
    expect(refusal(() => store.substores.create('acme'))).toMatchObject({ code: 'NAME_TAKEN' });
    expect(acme.substores.create('acme').path).toEqual(['acme', 'acme']);
    expect(titles(store)).toEqual(['kept']);
    expect(store.substores.size).toBe(1);
  });

  test('NAME_TAKEN in a transaction undoes nothing else of it', () => {
    const store = aRoot();
    store.substores.create('acme');
    store.transact(() => {
      store.create(Note, { title: 'before' });
      expect(codeOf(() => store.substores.create('acme'))).toBe('NAME_TAKEN');
      store.create(Note, { title: 'after' });
    });
    expect(titles(store)).toEqual(['after', 'before']);
  });

  test('what is not there is NOT_FOUND', () => {
    const store = aRoot();
    expect(codeOf(() => store.substores.open('acme'))).toBe('NOT_FOUND');
    expect(codeOf(() => store.substores.delete('acme'))).toBe('NOT_FOUND');
    expect(store.substores.has('acme')).toBe(false);
  });

  test('at takes a text or the names, and names the first part that is missing', () => {
    const store = aRoot();
    const teams = store.substores.create('acme').substores.create('teams');
    expect(store.at('acme/teams')).toBe(teams);
    expect(store.at(['acme', 'teams'])).toBe(teams);
    expect(store.at('acme').at('teams')).toBe(teams);
    expect(store.at([])).toBe(store);
    const error = refusal(() => store.at('acme/missing/deeper'));
    expect(error).toMatchObject({ code: 'NOT_FOUND', path: 'acme/missing' });
    expect(error.message).toContain('missing');
    expect(error.message).not.toContain('deeper');
  });

  test.each(['', '/', '/acme', 'acme/', 'acme//teams', 'acme/../acme', './acme'])('at(%j) is BAD_NAME', (path) => {
    const store = aRoot();
    store.substores.create('acme').substores.create('teams');
    expect(codeOf(() => store.at(path))).toBe('BAD_NAME');
  });

  // The item that stands for a substore

  test('a SubStore item has the name and the time of creation by the clock', () => {
    const store = Store.inMemory({ clock: () => 86_400_000 });
    store.substores.create('acme').substores.create('deep');
    expect(store.substores.query().one()).toMatchObject({ name: 'acme', createdAt: new Date(86_400_000) });
    expect(store.at('acme').substores.query().one().createdAt).toEqual(new Date(86_400_000));
    store.close();
  });

  test('SubStore items are live objects of the parent', () => {
    const store = aRoot();
    store.substores.create('acme');
    const acme = store.substores.query().one();
    expect(acme).toBeInstanceOf(SubStore);
    expect(acme.store).toBe(store);
    expect(store.get(SubStore, acme.storeId)).toBe(acme);
    expect(store.query(SubStore).one()).toBe(acme);
    expect(store.count(SubStore)).toBe(1);
  });

  test('the name of a SubStore item cannot be assigned in any way', () => {
    const store = aRoot();
    store.substores.create('acme');
    const acme = store.substores.query().one();
    const ways = [
      () => Object.assign(acme, { name: 'other' }),
      () => acme.set({ name: 'other' } as never),
      () => store.substores.query().update({ name: 'other' } as never),
      () => Object.assign(acme, { createdAt: new Date() }),
    ];
    expect(ways.map(codeOf)).toHaveLength(4);
    expect(acme.name).toBe('acme');
    expect(store.substores.names()).toEqual(['acme']);
    expect(store.at('acme').isClosed).toBe(false);
  });

  test('a SubStore is not created as an item', () => {
    const store = aRoot();
    const values = { name: 'acme', createdAt: new Date(), uid: 'x', directory: 'x' } as never;
    const ways = [
      () => store.create(SubStore, values),
      () => store.createMany(SubStore, [values]),
      () => store.findOrCreate(SubStore, { name: 'acme' } as never, values),
    ];
    expect(ways.map(codeOf)).toEqual(['NOT_SUPPORTED', 'NOT_SUPPORTED', 'NOT_SUPPORTED']);
    expect(store.substores.size).toBe(0);
  });

  test('items may refer to a SubStore, and are found by it', () => {
    const store = aRoot();
    store.substores.create('acme');
    const acme = store.substores.query().one();
    const owner = store.create(Owner, { home: acme });
    expect(owner.home).toBe(acme);
    expect(store.query(Owner, (o) => o.home.eq(acme)).one()).toBe(owner);
  });

  test('a SubStore item of another store is WRONG_STORE', () => {
    const store = aRoot();
    const part = store.substores.create('acme');
    const acme = store.substores.query().one();
    expect(codeOf(() => part.create(Owner, { home: acme }))).toBe('WRONG_STORE');
  });

  // Deletion

  /** A tree of four stores with a note in each, and the SubStore item of its middle. */
  function aTree() {
    const store = aRoot();
    const acme = store.substores.create('acme');
    const teams = acme.substores.create('teams');
    const other = store.substores.create('other');
    const notes = [store, acme, teams, other].map((place) => place.create(Note, { title: place.path.join('/') }));
    return { store, acme, teams, other, notes, item: store.substores.query({ name: 'acme' }).one() };
  }

  test.each<[string, (tree: ReturnType<typeof aTree>) => unknown]>([
    ['substores.delete', ({ store }) => store.substores.delete('acme')],
    ['item.delete', ({ item: acme }) => acme.delete()],
    ['store.delete', ({ store, item: acme }) => store.delete(acme)],
    ['substores.query().delete', ({ store }) => store.substores.query({ name: 'acme' }).delete()],
    ['query(SubStore).delete', ({ store }) => store.query(SubStore, (s) => s.name.startsWith('ac')).delete()],
    ['a transaction', ({ store }) => store.transact(() => store.substores.delete('acme'))],
    ['a nested transaction', ({ store }) => store.transact(() => store.transact(() => store.substores.delete('acme')))],
  ])('%s deletes the substore and all below it', (_what, remove) => {
    const tree = aTree();
    const { store, acme, teams, notes, item: gone } = tree;
    remove(tree);
    expect(store.substores.names()).toEqual(['other']);
    expect(titles(store)).toEqual(['', 'other']);
    expect([acme.isClosed, teams.isClosed]).toEqual([true, true]);
    expect(codeOf(() => acme.count(Note))).toBe('STORE_CLOSED');
    expect(codeOf(() => teams.create(Note, { title: 'x' }))).toBe('STORE_CLOSED');
    expect(codeOf(() => Object.assign(notes[2]!, { title: 'x' }))).toMatch(/^(STORE_CLOSED|ITEM_GONE)$/);
    expect(gone.isStored).toBe(false);
    expect(codeOf(() => store.at('acme'))).toBe('NOT_FOUND');
    expect(store.check().isSound).toBe(true);
  });

  test('deleting all by one query deletes every substore', () => {
    const { store } = aTree();
    expect(store.substores.query().delete()).toBe(2);
    expect(store.substores.size).toBe(0);
    expect(titles(store)).toEqual(['']);
  });

  test('a name is free again after the deletion, for a new and empty store', () => {
    const { store, acme } = aTree();
    store.substores.delete('acme');
    const again = store.substores.create('acme');
    expect(again).not.toBe(acme);
    expect(again.uid).not.toBe(acme.uid);
    expect(again.count(Note)).toBe(0);
    expect(again.substores.size).toBe(0);
    expect(acme.isClosed).toBe(true);
  });

  test('a rolled-back deletion brings the same stores and items back', () => {
    const { store, acme, teams, notes, item: back } = aTree();
    undone(store, () => {
      store.substores.delete('acme');
      expect(store.substores.has('acme')).toBe(false);
      expect(codeOf(() => acme.count(Note))).toBe('STORE_CLOSED');
      expect(titles(store)).toEqual(['', 'other']);
    });
    expect(store.at('acme')).toBe(acme);
    expect(store.at('acme/teams')).toBe(teams);
    expect(acme.isClosed).toBe(false);
    expect(teams.findFirst(Note)).toBe(notes[2]);
    expect(back.isStored).toBe(true);
    notes[2]!.title = 'written again';
    expect(titles(store)).toEqual(['', 'acme', 'other', 'written again']);
  });

  test('an inner deletion that is undone leaves the outer transaction as it was', () => {
    const { store, acme } = aTree();
    store.transact(() => {
      store.create(Note, { title: 'kept' });
      undone(store, () => store.substores.delete('acme'));
      expect(store.at('acme')).toBe(acme);
    });
    expect(titles(store)).toEqual(['', 'acme', 'acme/teams', 'kept', 'other']);
  });

  test('deleting and making the same name in one transaction gives a new store', () => {
    const { store, acme } = aTree();
    const again = store.transact(() => {
      store.substores.delete('acme');
      const made = store.substores.create('acme');
      made.create(Note, { title: 'new' });
      return made;
    });
    expect(store.at('acme')).toBe(again);
    expect(acme.isClosed).toBe(true);
    expect(titles(store)).toEqual(['', 'new', 'other']);
  });

  test('deleting and making the same name in a transaction that is undone gives the old store', () => {
    const { store, acme } = aTree();
    let made: Store | undefined;
    undone(store, () => {
      store.substores.delete('acme');
      made = store.substores.create('acme');
      made.create(Note, { title: 'new' });
    });
    expect(made?.isClosed).toBe(true);
    expect(store.at('acme')).toBe(acme);
    expect(titles(store)).toEqual(['', 'acme', 'acme/teams', 'other']);
  });

  test('making and deleting in one transaction leaves nothing', () => {
    const store = aRoot();
    const made = store.transact(() => {
      const fresh = store.substores.create('acme');
      fresh.create(Note, { title: 'x' });
      store.substores.delete('acme');
      return fresh;
    });
    expect(store.substores.size).toBe(0);
    expect(made.isClosed).toBe(true);
    expect(store.tree.count(Note)).toBe(0);
  });

  test('the deletion of a SubStore nullifies, cascades and is refused as references say', () => {
    const { store, item: acme } = aTree();
    const owner = store.create(Owner, { home: acme });
    const lease = store.create(Lease, { home: acme });
    const guard = store.create(Guard, { home: acme });
    expect(codeOf(() => store.substores.delete('acme'))).toBe('DELETE_REFUSED');
    expect(codeOf(() => store.substores.query().delete())).toBe('DELETE_REFUSED');
    expect(titles(store)).toEqual(['', 'acme', 'acme/teams', 'other']);
    guard.delete();
    store.substores.delete('acme');
    expect(owner.home).toBeNull();
    expect(lease.isStored).toBe(false);
  });

  test('a substore whose deletion was refused can be used', () => {
    const { store, acme, item: subStore } = aTree();
    store.create(Guard, { home: subStore });
    expect(codeOf(() => acme.parent?.substores.delete('acme'))).toBe('DELETE_REFUSED');
    acme.create(Note, { title: 'more' });
    expect(acme.isClosed).toBe(false);
    expect(titles(store)).toContain('more');
  });

  test('hooks and afterCommit see the deletion done', () => {
    const { store } = aTree();
    const seen: unknown[] = [];
    store.transact(() => {
      store.afterCommit(() => seen.push(store.substores.names()));
      store.substores.delete('acme');
    });
    expect(seen).toEqual([['other']]);
  });

  // Creation in a transaction

  test('a substore made in a transaction is committed with what was written in it', () => {
    const store = aRoot();
    const made = store.transact(() => {
      const acme = store.substores.create('acme');
      const deep = acme.substores.create('deep');
      store.create(Note, { title: 'above' });
      acme.create(Note, { title: 'in acme' });
      deep.createMany(Note, [{ title: 'deep 1' }, { title: 'deep 2' }]);
      expect(titles(store)).toEqual(['above', 'deep 1', 'deep 2', 'in acme']);
      return deep;
    });
    expect(store.at('acme/deep')).toBe(made);
    expect(titles(store)).toEqual(['above', 'deep 1', 'deep 2', 'in acme']);
  });

  test('a substore made in a transaction that is undone is closed, with its items', () => {
    const store = aRoot();
    let acme: Store | undefined;
    let note: Note | undefined;
    undone(store, () => {
      acme = store.substores.create('acme');
      note = acme.create(Note, { title: 'x' });
      acme.substores.create('deep').create(Note, { title: 'y' });
    });
    expect(acme?.isClosed).toBe(true);
    expect(codeOf(() => acme?.count(Note))).toBe('STORE_CLOSED');
    expect(note?.title).toBe('x');
    expect(codeOf(() => Object.assign(note!, { title: 'z' }))).toMatch(/^(STORE_CLOSED|ITEM_GONE)$/);
    expect(store.substores.size).toBe(0);
    expect(store.substores.create('acme').count(Note)).toBe(0);
  });

  test('a substore made in an inner transaction that is undone is gone, the rest stays', () => {
    const store = aRoot();
    store.transact(() => {
      store.substores.create('kept').create(Note, { title: 'kept' });
      undone(store, () => store.substores.create('gone').create(Note, { title: 'gone' }));
      expect(store.substores.names()).toEqual(['kept']);
    });
    expect(titles(store)).toEqual(['kept']);
  });

  test('a substore made in a transaction of its parent, which is a part, works as well', () => {
    const store = aRoot();
    const acme = store.substores.create('acme');
    store.transact(() => acme.substores.create('deep').create(Note, { title: 'deep' }));
    acme.transact(() => acme.substores.create('deep2').create(Note, { title: 'deep2' }));
    expect(titles(store)).toEqual(['deep', 'deep2']);
  });

  test('any existing stores are written together, and go back together', () => {
    const { store, acme, teams } = aTree();
    store.transact(() => {
      store.create(Note, { title: 'first' });
      acme.create(Note, { title: 'second' });
      teams.query(Note).update({ title: 'third' });
      acme.substores.create('new').create(Note, { title: 'fourth' });
    });
    const done = ['', 'acme', 'first', 'fourth', 'other', 'second', 'third'];
    expect(titles(store)).toEqual(done);
    undone(store, () => {
      store.create(Note, { title: 'spoilt' });
      acme.query(Note).delete();
      teams.query(Note).update({ title: 'spoilt' });
      acme.substores.delete('new');
    });
    expect(titles(store)).toEqual(done);
    expect(acme.substores.names()).toEqual(['new', 'teams']);
  });

  test('a transaction started above covers one store below, when it returns and when it throws', () => {
    const { store, teams, notes } = aTree();
    store.transact(() => {
      notes[2]!.title = 'changed';
      teams.create(Note, { title: 'made' });
    });
    undone(store, () => {
      notes[2]!.title = 'spoilt';
      teams.query(Note).update({ title: 'spoilt' });
      teams.create(Note, { title: 'spoilt' });
    });
    expect(notes[2]!.title).toBe('changed');
    expect(titles(store)).toEqual(['', 'acme', 'changed', 'made', 'other']);
  });

  test('writing a store outside the tree of the transaction is OUTSIDE_TREE, reading it is allowed', () => {
    const { store, acme, other } = aTree();
    acme.transact(() => {
      expect(codeOf(() => other.create(Note, { title: 'x' }))).toBe('OUTSIDE_TREE');
      expect(codeOf(() => store.create(Note, { title: 'x' }))).toBe('OUTSIDE_TREE');
      expect(codeOf(() => store.substores.create('x'))).toBe('OUTSIDE_TREE');
      expect(codeOf(() => store.substores.delete('acme'))).toBe('OUTSIDE_TREE');
      expect(other.count(Note)).toBe(1);
    });
    expect(titles(store)).toEqual(['', 'acme', 'acme/teams', 'other']);
  });
});

// On disk

/** The substore directories and what waits in temp. */
function leftIn(place: string): string[] {
  return ['sub', 'temp'].flatMap((part) => (existsSync(join(place, part)) ? readdirSync(join(place, part)) : []));
}

test('a name never becomes part of a path', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  for (const name of ['acme', '...', 'CON', 'x'.repeat(255)]) store.substores.create(name);
  const ids = substoreDirectories(place).map((directory) => directory.slice(place.length + 5));
  expect(ids).toHaveLength(4);
  expect(ids.filter((id) => /^[a-z0-9]{1,8}$/.test(id))).toHaveLength(4);
});

test('a deleted substore has no directory any more, nor one whose creation was undone', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.substores.create('acme').substores.create('deep').create(Note, { title: 'x' });
  store.substores.delete('acme');
  undone(store, () => store.substores.create('acme').substores.create('deep').create(Note, { title: 'x' }));
  expect(codeOf(() => store.substores.create('a/b'))).toBe('BAD_NAME');
  expect(leftIn(place)).toEqual([]);
});

test('the directory of a substore whose deletion was undone is where it was', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.substores.create('acme');
  const before = substoreDirectories(place);
  undone(store, () => store.substores.delete('acme'));
  expect(substoreDirectories(place)).toEqual(before);
});

test('orphans and what lies in temp are swept on open, what is known stays', () => {
  const place = aStoreDirectory();
  const before = Store.open(place);
  const deepOf = (store: Store) => store.at('acme/deep');
  before.substores.create('acme').substores.create('deep').create(Note, { title: 'kept' });
  before.close();
  const [acme] = substoreDirectories(place) as [string];
  for (const parent of [place, acme]) {
    mkdirSync(join(parent, 'sub', 'orphan00', 'sub'), { recursive: true });
    mkdirSync(join(parent, 'temp', 'half'), { recursive: true });
    writeFileSync(join(parent, 'temp', 'half', 'db.sqlite'), '');
    writeFileSync(join(parent, 'temp', 'file'), 'text');
  }
  const store = aStore({}, place);
  expect(deepOf(store).findFirst(Note)?.title).toBe('kept');
  expect(leftIn(place)).toHaveLength(1);
  expect(leftIn(acme)).toHaveLength(1);
  expect(titles(store)).toEqual(['kept']);
});

test('a substore that another handle is just making is not swept', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.transact(() => {
    store.substores.create('acme').create(Note, { title: 'x' });
    aStore({ busyTimeoutMs: 0 }, place).substores.names();
  });
  expect(store.at('acme').count(Note)).toBe(1);
});

test('a part opens alone by its directory, as a root with the same uid', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const acme = store.substores.create('acme');
  acme.substores.create('deep').create(Note, { title: 'deep' });
  const { storeId } = acme.create(Note, { title: 'x' });
  store.close();
  const alone = aStore({ mustExist: true }, substoreDirectories(place)[0]);
  expect([alone.uid, alone.path, alone.name, alone.parent, alone.depth]).toEqual([acme.uid, [], null, undefined, 0]);
  alone.get(Note, storeId as never).title = 'changed alone';
  expect(titles(alone)).toEqual(['changed alone', 'deep']);
  alone.close();
  expect(titles(aStore({}, place))).toEqual(['changed alone', 'deep']);
});

test('what a part opened alone commits is seen through the root at once', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const note = store.substores.create('acme').create(Note, { title: 'x' });
  const alone = aStore({}, substoreDirectories(place)[0]);
  alone.query(Note).update({ title: 'changed alone' });
  expect(titles(store)).toEqual(['changed alone']);
  expect(note.title).toBe('changed alone');
});

test('substores made and deleted through one handle are seen through another', () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore({}, place), aStore({}, place)];
  one.substores.create('acme').create(Note, { title: 'x' });
  expect(two.at('acme').findFirst(Note)?.title).toBe('x');
  two.substores.delete('acme');
  expect(one.substores.names()).toEqual([]);
  expect(codeOf(() => one.substores.open('acme'))).toBe('NOT_FOUND');
});

test('a substore deleted through another handle is a named error, and is not made anew', () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore({}, place), aStore({}, place)];
  const acme = one.substores.create('acme');
  acme.create(Note, { title: 'x' });
  acme.close();
  const again = one.substores.open('acme');
  two.substores.delete('acme');
  expect(codeOf(() => again.create(Note, { title: 'y' }))).toMatch(/^(STORE_MISSING|STORE_CLOSED|NOT_FOUND)$/);
  expect(leftIn(place)).toEqual([]);
});

// Its file is open and can be written although no directory holds it any more: the write would be lost in silence.
test('a write to a substore that another handle has deleted is refused while it is still open here', () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore({}, place), aStore({}, place)];
  const acme = one.substores.create('acme');
  const note = acme.create(Note, { title: 'x' });
  two.substores.delete('acme');
  expect(codeOf(() => acme.create(Note, { title: 'y' }))).toMatch(/^(STORE_MISSING|STORE_CLOSED|NOT_FOUND)$/);
  expect(codeOf(() => Object.assign(note, { title: 'y' }))).toMatch(
    /^(STORE_MISSING|STORE_CLOSED|NOT_FOUND|ITEM_GONE)$/,
  );
});

test('many substores of one parent are made and listed in order', () => {
  const store = aStore({ durability: 'relaxed' });
  const names = Array.from({ length: 60 }, (_, i) => `s${String(i).padStart(2, '0')}`);
  store.transact(() => names.forEach((name) => void store.substores.create(name)));
  expect(store.substores.names()).toEqual(names);
  expect(store.substores.size).toBe(60);
});
