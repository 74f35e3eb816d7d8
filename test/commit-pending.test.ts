import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Item, item, type Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aDirectory, aStore, aStoreDirectory } from './support/a-store.js';
import { rawly } from './support/raw-database.js';

// A step of a commit over several stores fails: here by a trigger that somebody has put into a file. A full disk and
// killed processes are in test/faults.

@item('note')
class Note extends Item {
  @text() declare title: string;
}
const types = [Note];

/** A root with the stores one and two, and their directories. */
function aTree() {
  const place = aStoreDirectory();
  const root = aStore({ types }, place);
  const [one, two] = [root.substores.create('one'), root.substores.create('two')];
  const directoryOf = (name: string) => join(place, 'sub', root.substores.query({ name }).one().directory);
  return { place, root, one, two, inOne: directoryOf('one') };
}

/** From now on, until the function is called that it gives, a statement on a table fails in one database. */
function refusing(directory: string, statement: string): () => void {
  rawly(directory, (database) =>
    database.exec(`CREATE TRIGGER refusing BEFORE ${statement} BEGIN SELECT RAISE(ABORT, 'refused'); END`),
  );
  return () => rawly(directory, (database) => void database.exec('DROP TRIGGER refusing'));
}

/** Has a transaction over one and two end committed, with `one` not written yet. */
function leavePending({ root, two, inOne }: ReturnType<typeof aTree>, work: () => void): () => void {
  const allow = refusing(inOne, 'DELETE ON corollary_prepared');
  const error = refusal(() =>
    root.transact(() => {
      work();
      two.create(Note, { title: 'two' });
    }),
  );
  expect(error).toMatchObject({ code: 'COMMIT_PENDING', committed: true });
  return allow;
}

test('a part that could not be written is refused until it can, and then is as the objects say', () => {
  const tree = aTree();
  const { root, one } = tree;
  const note = one.create(Note, { title: 'before' });
  const seen: string[] = [];
  const allow = leavePending(tree, () => {
    note.title = 'after';
    root.afterCommit(() => seen.push(note.title));
  });
  expect(seen).toEqual(['after']);
  expect(codeOf(() => one.count(Note))).toBe('CONSTRAINT');
  expect(codeOf(() => note.set({ title: 'too early' }))).toBe('CONSTRAINT');
  expect(note.title).toBe('after');
  allow();
  expect(one.query(Note, { title: 'after' }).one()).toBe(note);
  note.title = 'later';
  expect(root.tree.check()).toMatchObject({ isSound: true });
});

test('its files and new substores wait for it', () => {
  const tree = aTree();
  const { one, place } = tree;
  const allow = leavePending(tree, () => {
    one.files.write('bytes', { name: 'a file' });
    one.substores.create('new').create(Note, { title: 'new' });
  });
  allow();
  const other = aStore({ types }, place);
  expect(other.at('one').files.named('a file')?.read()).toHaveLength(5);
  expect(other.at('one/new').count(Note)).toBe(1);
  expect(other.tree.check()).toMatchObject({ isSound: true });
});

test('it can be deleted', () => {
  const tree = aTree();
  const { root, one, inOne } = tree;
  leavePending(tree, () => one.create(Note, { title: 'one' }));
  root.substores.delete('one');
  expect(existsSync(inOne)).toBe(false);
});

test('it is neither backed up, copied nor moved half', () => {
  const tree = aTree();
  const { root, one, two } = tree;
  const allow = leavePending(tree, () => one.create(Note, { title: 'one' }));
  const backup = join(aDirectory(), 'backup');
  expect(codeOf(() => root.tree.backup(backup))).toBe('CONSTRAINT');
  expect(codeOf(() => root.substores.copy('one', root, 'copy'))).toBe('CONSTRAINT');
  expect(codeOf(() => root.substores.move('one', two))).toBe('CONSTRAINT');
  expect(root.substores.names()).toEqual(['one', 'two']);
  allow();
  root.tree.backup(backup);
  root.substores.move('one', two);
  expect(root.at('two/one').count(Note)).toBe(1);
});

test.each([
  ['the decision', 'INSERT ON corollary_decisions', (place: string) => place],
  ['a part that is put aside', 'INSERT ON corollary_prepared', (_: string, inOne: string) => inOne],
])('where %s is refused, items, stores and files are as before', (_, statement, where) => {
  const { place, root, one, two, inOne } = aTree();
  const note = one.create(Note, { title: 'before' });
  two.substores.create('moved').create(Note, { title: 'moved' });
  two.files.write('bytes', { name: 'a file' });
  const work = () =>
    root.transact(() => {
      note.title = 'after';
      one.substores.create('new').create(Note, { title: 'new' });
      two.substores.move('moved', one);
      two.files.named('a file')?.delete();
      one.files.write('more', { name: 'another' });
    });
  const allow = refusing(where(place, inOne), statement);
  expect(codeOf(work)).toBe('CONSTRAINT');
  const found = (store: Store) => ({
    titles: [...store.tree.query(Note).pluck((n) => n.title)],
    stores: [...store.tree.stores()].map(({ path }) => path.join('/')),
    files: ['one', 'two'].map((name) => store.at(name).files.query().count()),
    isSound: store.tree.check().isSound,
  });
  const before = { titles: ['before', 'moved'], stores: ['', 'one', 'two', 'two/moved'], files: [0, 1], isSound: true };
  expect(found(root)).toEqual(before);
  expect(found(aStore({ types }, place))).toEqual(before);
  expect(note.title).toBe('before');
  allow();
});
