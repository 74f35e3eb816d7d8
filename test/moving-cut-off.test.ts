import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Address, Item, item, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aDirectory, aStore, aStoreDirectory } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';

// A process has moved a store and was killed after the commit, before the directory followed: it still lies below the
// parent that the store has left.

@item('note')
class Note extends Item {
  @text() declare title: string;
}
const types = [Note];

/**
 * A tree in which x/child is y/child now, with the directory left below x; where that of x is, and the address of a note
 * below the child.
 */
function cutOff(): { place: string; x: string; address: Address } {
  const place = aStoreDirectory();
  using root = Store.open(place, { types });
  const [x, y] = [root.substores.create('x'), root.substores.create('y')];
  const { address } = x.substores.create('child').substores.create('below').create(Note, { title: 'kept' });
  x.substores.move('child', y);
  const directoryOf = (store: Store, name: string) => store.substores.query({ name }).one().directory;
  const [inRoot, id] = [(name: string) => join(place, 'sub', directoryOf(root, name)), directoryOf(y, 'child')];
  const [from, to] = [inRoot('x'), inRoot('y')];
  root.close();
  renameSync(join(to, 'sub', id), join(from, 'sub', id));
  return { place, x: from, address };
}

const titles = (root: Store, path: string) =>
  root
    .at(path)
    .query(Note)
    .pluck((n) => n.title)
    .all();

test('the store is brought when it is opened', () => {
  const { place } = cutOff();
  expect(titles(aStore({ types }, place), 'y/child/below')).toEqual(['kept']);
});

// Room was made before its parent was opened for the way to it.
test('the store is brought without more stores being open than may be', () => {
  const { place } = cutOff();
  const root = aStore({ types, maxOpenSubstores: 1 }, place);
  const child = root.at('y/child');
  root.at('x').refresh();
  child.refresh();
  expect(root.tree.stats().openSubstores).toBe(1);
});

test('it is STORE_MISSING when its directory is in neither place', () => {
  const { place, x } = cutOff();
  rmSync(join(x, 'sub'), { recursive: true });
  const root = aStore({ types }, place);
  expect(codeOf(() => titles(root, 'y/child/below'))).toBe('STORE_MISSING');
  expect(root.tree.check().findings).toMatchObject([{ kind: 'registry', path: ['y', 'child'] }]);
});

test('what lies below it is found by its address', () => {
  const { place, address } = cutOff();
  const root = aStore({ types }, place);
  expect(root.getAny(address)).toMatchObject({ title: 'kept' });
});

test('it stays when the parent that it left is deleted', () => {
  const { place, x } = cutOff();
  const root = aStore({ types }, place);
  root.substores.delete('x');
  expect(existsSync(x)).toBe(false);
  expect(titles(root, 'y/child/below')).toEqual(['kept']);
});

test('it stays when the process that deleted that parent was killed, too, and the rest is swept', () => {
  const { place, x } = cutOff();
  rawly(place, (database) =>
    database.prepare(`DELETE FROM "${tableWith(database, 'movedFrom')}" WHERE name = 'x'`).run(),
  );
  const root = Store.open(place, { types });
  expect(existsSync(x)).toBe(true);
  expect(titles(root, 'y/child/below')).toEqual(['kept']);
  root.close();
  aStore({ types }, place);
  expect(existsSync(x)).toBe(false);
});

// Its directory stayed for ever below the parent that it had left: no row named it, and it belonged elsewhere.
test.each([
  ['it is deleted', (root: Store) => root.at('y').substores.delete('child')],
  ['its new parent is deleted', (root: Store) => root.substores.delete('y')],
])('its directory goes when %s', (_, act) => {
  const { place, x } = cutOff();
  const root = aStore({ types }, place);
  act(root);
  expect(readdirSync(join(x, 'sub'))).toEqual([]);
  expect(root.tree.check().findings).toEqual([]);
});

test('it is found when that parent is moved', () => {
  const { place } = cutOff();
  const root = aStore({ types }, place);
  root.substores.move('x', root.substores.create('z'));
  expect(titles(root, 'y/child/below')).toEqual(['kept']);
  expect(root.tree.check()).toMatchObject({ isSound: true, stores: 6 });
});

test('it stays when that parent is replaced by a backup', () => {
  const { place } = cutOff();
  const root = aStore({ types }, place);
  const backup = join(aDirectory(), 'backup');
  root.at('x').tree.backup(backup);
  root.substores.restore('x', backup);
  expect(titles(root, 'y/child/below')).toEqual(['kept']);
});

test('it is found when its new parent was moved in the same transaction, and that directory did not follow either', () => {
  const place = aStoreDirectory();
  const root = Store.open(place, { types });
  const [x, y, z] = ['x', 'y', 'z'].map((name) => root.substores.create(name)) as [Store, Store, Store];
  const child = x.substores.create('child');
  child.create(Note, { title: 'kept' });
  const id = (store: Store) => (store.parent as Store).substores.query({ name: store.name as string }).one().directory;
  const [inX, inY, inZ] = [x, y, z].map((store) => join(place, 'sub', id(store), 'sub')) as [string, string, string];
  const [childId, yId] = [id(child), id(y)];
  root.transact(() => {
    root.substores.move('y', z);
    x.substores.move('child', y);
  });
  root.close();
  renameSync(join(inZ, yId, 'sub', childId), join(inX, childId));
  renameSync(join(inZ, yId), dirname(inY));
  expect(titles(aStore({ types }, place), 'z/y/child')).toEqual(['kept']);
});
