import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Default, Item, integer, item, reference, Store, SubStore, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { substoreDirectories } from './support/on-disk.js';
import { rawly } from './support/raw-database.js';

@item('note')
class Note extends Item {
  @text() declare title: string;
  @integer({ default: 0 }) declare n: Default<number>;
}
@item('pin')
class Pin extends Item {
  @reference(() => SubStore, { whenDeleted: 'refuse' }) declare to: SubStore;
}

function aRoot(where: string): Store {
  const options = { types: [Note, Pin] };
  return where === 'in memory' ? Store.inMemory(options) : Store.open(aStoreDirectory(), options);
}

describe.each(['on disk', 'in memory'])('%s', (where) => {
  test('a moved store and all below it go on, under their new paths', () => {
    const root = aRoot(where);
    const [a, b] = [root.substores.create('a'), root.substores.create('b')];
    const child = a.substores.create('child');
    const deep = child.substores.create('deep');
    const note = deep.create(Note, { title: 'kept' });
    const { uid } = child;
    a.substores.move('child', b, 'kid');
    expect([a.substores.names(), b.substores.names()]).toEqual([[], ['kid']]);
    expect(child.path).toEqual(['b', 'kid']);
    expect(child.uid).toBe(uid);
    expect(root.at('b/kid/deep')).toBe(deep);
    note.title = 'changed';
    expect(root.at('b/kid/deep').getUnique(Note, { title: 'changed' })).toBe(note);
    expect(root.tree.query(Note).all()).toEqual([note]);
    child.create(Note, { title: 'more' });
    expect(root.tree.count(Note)).toBe(2);
    root.close();
  });

  test('a move inside a transaction goes back with it', () => {
    const root = aRoot(where);
    const [a, b] = [root.substores.create('a'), root.substores.create('b')];
    const child = a.substores.create('child');
    const note = child.create(Note, { title: 'x' });
    const fail = () =>
      root.transact(() => {
        a.substores.move('child', b);
        expect(root.at('b/child')).toBe(child);
        note.title = 'y';
        throw new RangeError('no');
      });
    expect(fail).toThrow(RangeError);
    expect(child.path).toEqual(['a', 'child']);
    expect(note.title).toBe('x');
    root.transact(() => {
      a.substores.move('child', b);
      note.title = 'z';
      b.create(Note, { title: 'beside' });
    });
    expect(root.at('b/child').getUnique(Note, { title: 'z' })).toBe(note);
    root.close();
  });

  // In memory it was moved: a program that was tried there was refused on disk.
  test('what the running transaction has used, or lies above that, is not moved in it', () => {
    const root = aRoot(where);
    const [a, b] = [root.substores.create('a'), root.substores.create('b')];
    const child = a.substores.create('child');
    root.transact(() => {
      child.create(Note, { title: 'used' });
      expect(codeOf(() => a.substores.move('child', b))).toBe('NOT_SUPPORTED');
      expect(codeOf(() => root.substores.move('a', b))).toBe('NOT_SUPPORTED');
    });
    const moveTwice = () => {
      a.substores.move('child', b);
      b.substores.move('child', root);
    };
    expect(codeOf(() => root.transact(moveTwice))).toBe('NOT_SUPPORTED');
    expect(child.path).toEqual(['a', 'child']);
    expect(root.tree.count(Note)).toBe(1);
    root.close();
  });

  test('renaming keeps the store, and goes back with a transaction', () => {
    const root = aRoot(where);
    const a = root.substores.create('a');
    root.substores.create('b');
    root.substores.rename('a', 'c');
    expect(a.name).toBe('c');
    expect(root.at('c')).toBe(a);
    expect(codeOf(() => root.substores.rename('c', 'b'))).toBe('NAME_TAKEN');
    expect(codeOf(() => root.substores.rename('gone', 'd'))).toBe('NOT_FOUND');
    expect(codeOf(() => root.substores.rename('c', 'a/b'))).toBe('BAD_NAME');
    const fail = () =>
      root.transact(() => {
        root.substores.rename('c', 'e');
        expect(a.path).toEqual(['e']);
        throw new RangeError('no');
      });
    expect(fail).toThrow(RangeError);
    expect(a.name).toBe('c');
    root.close();
  });

  test('what cannot be moved stays where it is', () => {
    const root = aRoot(where);
    const other = aRoot(where);
    const [a, b] = [root.substores.create('a'), root.substores.create('b')];
    const child = a.substores.create('child');
    b.substores.create('child');
    root.create(Pin, { to: root.substores.query({ name: 'a' }).one() });
    expect(codeOf(() => a.substores.move('child', child))).toBe('INVALID_VALUE');
    expect(codeOf(() => root.substores.move('a', child, 'x'))).toBe('INVALID_VALUE');
    expect(codeOf(() => a.substores.move('child', b))).toBe('NAME_TAKEN');
    expect(codeOf(() => a.substores.move('child', other))).toBe('OUTSIDE_TREE');
    expect(codeOf(() => a.substores.move('nobody', b))).toBe('NOT_FOUND');
    expect(codeOf(() => a.substores.move('child', b, 'a/b'))).toBe('BAD_NAME');
    expect(codeOf(() => root.substores.move('a', b, 'x'))).toBe('DELETE_REFUSED');
    expect(child.path).toEqual(['a', 'child']);
    expect(root.at('a')).toBe(a);
    root.close();
    other.close();
  });
});

test('a move that goes back with a level inside a transaction leaves nothing to be done when that commits', () => {
  const place = aStoreDirectory();
  using root = Store.open(place, { types: [Note, Pin] });
  const [a, b] = [root.substores.create('a'), root.substores.create('b')];
  const child = a.substores.create('child');
  const fail = () =>
    root.transact(() => {
      a.substores.move('child', b);
      throw new RangeError('no');
    });
  root.transact(() => {
    expect(fail).toThrow(RangeError);
    child.create(Note, { title: 'written' });
    b.create(Note, { title: 'beside' });
  });
  root.close();
  using again = Store.open(place, { types: [Note, Pin] });
  expect(again.at('a/child').query(Note).count()).toBe(1);
  expect(again.tree.check().findings).toEqual([]);
});

// The undone deletion still kept the store from moving: its directory was taken away as that of a deleted one.
test('a moved store stays when the deletion of its new parent goes back with a level inside the transaction', () => {
  const place = aStoreDirectory();
  using root = Store.open(place, { types: [Note, Pin] });
  const [a, b] = [root.substores.create('a'), root.substores.create('b')];
  const child = a.substores.create('child');
  child.create(Note, { title: 'kept' });
  const fail = () =>
    root.transact(() => {
      root.substores.delete('b');
      throw new RangeError('no');
    });
  root.transact(() => {
    a.substores.move('child', b);
    expect(fail).toThrow(RangeError);
    expect(root.at('b/child')).toBe(child);
  });
  root.close();
  using again = Store.open(place, { types: [Note, Pin] });
  expect(again.at('b/child').query(Note).count()).toBe(1);
  expect(again.tree.check().findings).toEqual([]);
});

test('a store that is deleted with the one that it was moved to leaves nothing where it was', () => {
  const place = aStoreDirectory();
  const root = aStore({ types: [Note, Pin] }, place);
  const [a, b] = [root.substores.create('a'), root.substores.create('b')];
  const child = a.substores.create('child');
  child.substores.create('deep').create(Note, { title: 'gone' });
  root.transact(() => {
    a.substores.move('child', b);
    root.substores.delete('b');
  });
  expect([child.isClosed, root.tree.count(Note)]).toEqual([true, 0]);
  expect(substoreDirectories(place)).toHaveLength(1);
});

test('a store that another handle has open is BUSY, and nothing is done', () => {
  const place = aStoreDirectory();
  const root = Store.open(place, { types: [Note] });
  const [a, b] = [root.substores.create('a'), root.substores.create('b')];
  a.substores.create('child').substores.create('deep').create(Note, { title: 'x' });
  const other = Store.open(place, { types: [Note] });
  const note = other.at('a/child/deep').findFirst(Note) as Note;
  expect(codeOf(() => a.substores.move('child', b))).toBe('BUSY');
  expect(root.at('a/child/deep').count(Note)).toBe(1);
  other.at('a/child/deep').close();
  other.at('a/child').close();
  a.substores.move('child', b);
  expect(other.at('b/child/deep').findFirst(Note)?.title).toBe(note.title);
  expect(codeOf(() => other.at('a/child'))).toBe('NOT_FOUND');
  root.close();
  other.close();
});

// Another process takes the directory of a store away as soon as it has deleted it, with all that still lies in it: what
// was moved out of it in between was lost.
test('nothing is moved out of a store that another process has deleted, and not yet taken away', () => {
  const place = aStoreDirectory();
  const root = aStore({ types: [Note] }, place);
  const a = root.substores.create('a');
  a.substores.create('child').create(Note, { title: 'x' });
  rawly(place, (db) => db.exec("DELETE FROM item_corollary_substore_v1 WHERE name = 'a'"));
  expect(codeOf(() => a.substores.move('child', root))).toBe('STORE_CLOSED');
  expect(codeOf(() => root.substores.create('b').substores.move('child', a))).toBe('STORE_CLOSED');
  expect(root.substores.names()).toEqual(['b']);
});

test('what stands above a store that is moved cannot be deleted meanwhile', () => {
  const place = aStoreDirectory();
  const root = aStore({ types: [Note] }, place);
  const a = root.substores.create('a');
  const b = a.substores.create('b');
  b.substores.create('child').create(Note, { title: 'x' });
  const [directory] = substoreDirectories(place) as [string];
  const lock = () => rawly(directory, (db) => db.pragma('busy_timeout = 0') && db.exec('BEGIN IMMEDIATE'));
  root.transact(() => {
    b.substores.move('child', root);
    expect(lock).toThrow('locked');
  });
  expect(lock).not.toThrow();
  expect(root.at('child').count(Note)).toBe(1);
});

test('a store that was moved away and back is deleted as any other', () => {
  const place = aStoreDirectory();
  const root = aStore({ types: [Note] }, place);
  const [a, b] = [root.substores.create('a'), root.substores.create('b')];
  const child = a.substores.create('child');
  a.substores.move('child', b);
  b.substores.move('child', a);
  const [below] = substoreDirectories(place).flatMap(substoreDirectories) as [string];
  a.substores.delete('child');
  expect(child.isClosed).toBe(true);
  expect(existsSync(below)).toBe(false);
});

test('nobody opens a store while it is being moved', () => {
  const place = aStoreDirectory();
  const root = Store.open(place, { types: [Note] });
  const [a, b] = [root.substores.create('a'), root.substores.create('b')];
  a.substores.create('child').create(Note, { title: 'x' });
  const other = Store.open(place, { types: [Note], busyTimeoutMs: 20 });
  root.transact(() => {
    a.substores.move('child', b);
    expect(codeOf(() => other.at('a/child').count(Note))).toBe('BUSY');
  });
  expect(other.at('b/child').count(Note)).toBe(1);
  root.close();
  other.close();
});

test('the directory follows, and nothing is left at the old place', () => {
  const place = aStoreDirectory();
  const root = Store.open(place, { types: [Note] });
  const a = root.substores.create('a');
  const b = root.substores.create('b');
  a.substores.create('child').create(Note, { title: 'x' });
  a.substores.move('child', b);
  const dirs = root.substores
    .query()
    .orderBy((s) => s.name.asc())
    .pluck((s) => s.directory)
    .all();
  const [inA, inB] = dirs.map((id) => join(place, 'sub', id, 'sub'));
  expect(readdirSync(inA as string)).toEqual([]);
  expect(readdirSync(inB as string)).toHaveLength(1);
  expect(existsSync(join(place, 'closed-for-opening'))).toBe(false);
  b.substores.move('child', root, 'top');
  expect(root.at('top').count(Note)).toBe(1);
  root.close();
});

describe('a move that was cut off after its commit, before the directory followed,', () => {
  /** A store that was moved from a to b, and lies below a as if nobody had lived to bring it. */
  function cutOff() {
    const place = aStoreDirectory();
    const root = Store.open(place, { types: [Note] });
    const [a, b] = [root.substores.create('a'), root.substores.create('b')];
    a.substores.create('child').substores.create('deep').create(Note, { title: 'kept' });
    const { directory: id } = a.substores.query().one();
    a.substores.move('child', b);
    const [inA, inB] = [a, b].map((store) => join(place, 'sub', directoryOf(root, store.name as string), 'sub'));
    root.close();
    const [from, to] = [join(inB as string, id), join(inA as string, id)];
    renameSync(from, to);
    return { root: Store.open(place, { types: [Note] }), isBrought: () => existsSync(from) && !existsSync(to) };
  }

  const directoryOf = (root: Store, name: string) => root.substores.query({ name }).one().directory;
  const kept = (root: Store) => root.at('b/child/deep').query(Note).one().title;

  test('is finished by whoever opens the store', () => {
    const { root, isBrought } = cutOff();
    expect(isBrought()).toBe(false);
    expect(kept(root)).toBe('kept');
    expect(isBrought()).toBe(true);
    root.close();
  });

  test('is no fault of the tree', () => {
    const { root, isBrought } = cutOff();
    expect(root.tree.check({ repair: true })).toMatchObject({ isSound: true, stores: 5, findings: [] });
    expect(isBrought()).toBe(true);
    root.close();
  });

  test('keeps the store when what its old parent left behind is swept', () => {
    const { root } = cutOff();
    expect(codeOf(() => root.at('a').substores.open('child'))).toBe('NOT_FOUND'); // sweeps
    expect(kept(root)).toBe('kept');
    root.close();
  });

  test('keeps the store when its old parent is deleted', () => {
    const { root, isBrought } = cutOff();
    root.substores.delete('a');
    expect(isBrought()).toBe(true);
    expect(kept(root)).toBe('kept');
    root.close();
  });

  test('keeps the store when its old parent is moved', () => {
    const { root } = cutOff();
    root.substores.move('a', root.at('b'));
    expect(kept(root)).toBe('kept');
    expect(root.at('b').substores.names()).toEqual(['a', 'child']);
    root.close();
  });

  test('is in a backup, and in a copy', () => {
    const { root } = cutOff();
    const backup = join(aStoreDirectory(), 'backup');
    root.tree.backup(backup);
    const again = Store.restore(backup, aStoreDirectory(), { types: [Note] });
    expect(kept(again)).toBe('kept');
    again.close();
    root.close();
  });
});
