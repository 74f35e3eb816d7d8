import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Item, item, Store, SubStore, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aMemoryStore, aStoreDirectory } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';

@item('note')
class Note extends Item {
  @text() declare title: string;
}

function aTreeWithAnItem(root = Store.open(aStoreDirectory(), { types: [Note] })) {
  const acme = root.substores.create('acme');
  acme.substores.create('deep').create(Note, { title: 'x' });
  return { root, acme };
}

/** A store that another handle has deleted. */
function aDeletedStore() {
  const place = aStoreDirectory();
  const { root, acme } = aTreeWithAnItem(Store.open(place, { types: [Note] }));
  const elsewhere = Store.open(place, { types: [Note] });
  elsewhere.substores.delete('acme');
  elsewhere.close();
  return { root, acme };
}

test.each<[string, (acme: Store) => unknown]>([
  ['counted', (acme) => acme.tree.count(Note)],
  ['queried', (acme) => acme.tree.query(Note).all()],
  [
    'summed up in groups',
    (acme) =>
      acme.tree
        .query(Note)
        .groupBy((n) => n.title)
        .pluck((n) => n.title)
        .all(),
  ],
  ['walked through', (acme) => [...acme.tree.stores()]],
])('the tree of a store that another handle has deleted is not %s as if it were empty', (_, ask) => {
  const { root, acme } = aDeletedStore();
  expect(codeOf(() => ask(acme))).toBe('STORE_CLOSED');
  root.close();
});

test('the tree above goes on without it', () => {
  const { root } = aDeletedStore();
  expect(root.tree.count(Note)).toBe(0);
  expect([...root.tree.stores()]).toEqual([root]);
  root.close();
});

// Whoever had read isStored before got ITEM_GONE, and others STORE_CLOSED.
test('items of a deleted store refuse changes for the same reason, whether or not they were looked at before', () => {
  const { root, acme } = aTreeWithAnItem();
  const note = acme.at('deep').query(Note).one();
  root.substores.delete('acme');
  expect([note.isStored, note.title]).toEqual([false, 'x']);
  expect(codeOf(() => (note.title = 'y'))).toBe('STORE_CLOSED');
  expect(codeOf(() => note.set({ title: 'y' }))).toBe('STORE_CLOSED');
  expect(codeOf(() => note.delete())).toBe('STORE_CLOSED');
  root.close();
});

// They said that they were stored until the commit, though every change was refused.
test('within the transaction that deletes a store its items are not stored, and are so again after a rollback', () => {
  const { root, acme } = aTreeWithAnItem();
  const note = acme.at('deep').query(Note).one();
  root.transact(() => {
    expect(
      codeOf(() =>
        root.transact(() => {
          root.substores.delete('acme');
          expect(note.isStored).toBe(false);
          note.title = 'y';
        }),
      ),
    ).toBe('STORE_CLOSED');
    expect(note.isStored).toBe(true);
  });
  note.title = 'z';
  expect([note.isStored, root.tree.count(Note, { title: 'z' })]).toEqual([true, 1]);
  root.close();
});

// The upper ones were deleted first, with those below: what had been found in them was then refused.
test.each([
  ['on disk', () => aTreeWithAnItem().root],
  ['in memory', () => aTreeWithAnItem(aMemoryStore({ types: [Note] })).root],
])('a query of a tree %s deletes substores one inside another, each once', (_, treeOf) => {
  const root = treeOf();
  const deep = root.at('acme/deep');
  expect(root.tree.query(SubStore, (s) => s.name.ne('no such')).delete()).toBe(2);
  expect([root.substores.size, root.tree.count(Note), deep.isClosed]).toEqual([0, 0, true]);
  expect(root.tree.check().isSound).toBe(true);
  root.close();
});

// It could not be marked then, and whoever had it open went on writing into files that were gone.
test('a store that was locked while another handle deleted it refuses to be written afterwards', () => {
  const place = aStoreDirectory();
  const { root, acme } = aTreeWithAnItem(Store.open(place, { types: [Note] }));
  const { directory } = root.substores.query({ name: 'acme' }).one();
  const writer = new Database(join(place, 'sub', directory, 'db.sqlite'));
  writer.exec('BEGIN IMMEDIATE');
  const elsewhere = Store.open(place, { types: [Note], busyTimeoutMs: 20 });
  elsewhere.substores.delete('acme');
  elsewhere.close();
  writer.exec('ROLLBACK');
  writer.close();

  expect(codeOf(() => acme.create(Note, { title: 'after' }))).toBe('STORE_CLOSED');
  expect(codeOf(() => acme.count(Note))).toBe('STORE_CLOSED');
  root.close();
});

// As the one above, but for who came by the directory: he was told that all was well, and it was lost.
test('a part that was opened alone, and locked while the tree deleted it, refuses to be written afterwards', () => {
  const place = aStoreDirectory();
  const { root } = aTreeWithAnItem(Store.open(place, { types: [Note] }));
  const part = join(place, 'sub', root.substores.query({ name: 'acme' }).one().directory);
  root.close();
  const alone = Store.open(part, { types: [Note] });
  const writer = new Database(join(part, 'db.sqlite'));
  writer.exec('BEGIN IMMEDIATE');
  const elsewhere = Store.open(place, { busyTimeoutMs: 20 });
  elsewhere.substores.delete('acme');
  elsewhere.close();
  writer.exec('ROLLBACK');
  writer.close();

  expect(codeOf(() => alone.create(Note, { title: 'after' }))).toBe('STORE_MISSING');
  expect(codeOf(() => alone.substores.create('after'))).toBe('STORE_MISSING');
  expect(existsSync(part)).toBe(false);
  alone.close();
});

// It was IO_ERROR: the directory was gone in which something was to be made.
test('a substore that is made below a store which another process deletes meanwhile is refused for that', () => {
  const place = aStoreDirectory();
  const { root, acme } = aTreeWithAnItem(Store.open(place, { types: [Note] }));
  const deep = acme.substores.open('deep');
  const { directory } = root.substores.query({ name: 'acme' }).one();
  const deletedByAnother = () => {
    rawly(place, (db) => db.exec('DELETE FROM item_corollary_substore_v1'));
    renameSync(join(place, 'sub', directory), join(place, 'temp', directory.slice(1)));
  };
  const make = () =>
    deep.transact(() => {
      deletedByAnother();
      deep.substores.create('new');
    });
  expect(codeOf(make)).toBe('STORE_CLOSED');
  expect(deep.isClosed).toBe(true);
  root.close();
});

// Who deletes a large tree takes its directory away some time after its row: whatever has to be brought out of it comes first.
describe('while a deleted store still lies in its place, a transaction over several stores', () => {
  /** Deletes the row of a store, as its deletion does first. */
  function forget(place: string, [name = '', ...below]: readonly string[]): void {
    const id = rawly(place, (database) => {
      const table = tableWith(database, 'movedFrom');
      const found = database.prepare(`SELECT directory FROM ${table} WHERE name = ?`).pluck().get(name);
      if (below.length > 0) return found as string;
      database.prepare(`DELETE FROM ${table} WHERE name = ?`).run(name);
      database.exec('UPDATE corollary_store SET generation = generation + 1');
      return undefined;
    });
    if (id !== undefined) forget(join(place, 'sub', id), below);
  }

  for (const maxOpenSubstores of [2, 10])
    for (const path of [['big'], ['big', 'mid'], ['big', 'mid', 'part']])
      test(`writes nothing of it, deleted ${path.join('/')}, with ${maxOpenSubstores} open at once`, () => {
        const place = aStoreDirectory();
        const root = Store.open(place, { types: [Note], maxOpenSubstores });
        const kept = root.substores.create('bank').create(Note, { title: 'before' });
        const part = root.substores.create('big').substores.create('mid').substores.create('part');
        const lost = part.create(Note, { title: 'before' });
        const write = (title: string) => root.transact(() => [kept, lost].map((note) => note.set({ title })));
        write('meanwhile'); // what is known by then is to be asked again
        forget(place, path);
        expect(codeOf(() => write('after'))).toBe('STORE_CLOSED');
        expect(kept.title).toBe('meanwhile');
        expect(root.at('bank').query(Note).one().title).toBe('meanwhile');
        expect(lost.isStored).toBe(false);
        root.close();
      });
});
