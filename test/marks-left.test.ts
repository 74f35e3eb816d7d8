import { existsSync, linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Item, item, Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { substoreDirectories } from './support/on-disk.js';
import { rawly, tableWith } from './support/raw-database.js';

// What killed processes leave in a part, written here by hand as docs/commits.md says: so it is found also what no
// single kill leaves. Kills are in test/faults.

@item('note')
class Note extends Item {
  @text() declare title: string;
}
const types = [Note];

const uidOf = (directory: string) =>
  rawly(directory, (database) => String(database.prepare('SELECT uid FROM corollary_store').pluck().get()));

/** Notes a transaction in a part as prepared: `levels` above, the store in `decider` decides. */
function prepare(part: string, levels: number, decider: string, steps: readonly object[] = []): void {
  const mark = { token: crypto.randomUUID(), decider: uidOf(decider), levels };
  rawly(part, (database) => {
    const insert = database.prepare(
      'INSERT INTO corollary_prepared SELECT coalesce(max(position) + 1, 0), ? FROM corollary_prepared',
    );
    for (const entry of [mark, ...steps]) insert.run(JSON.stringify(entry));
  });
}

/** A root, a store below it, and one below that with one item; and what a step does that gives the item another title. */
function aLine() {
  const place = aStoreDirectory();
  const root = Store.open(place, { types });
  const note = root.substores.create('middle').substores.create('low').create(Note, { title: 'old' });
  const { storeId } = note;
  root.close();
  const [middle] = substoreDirectories(place) as [string];
  const [low] = substoreDirectories(middle) as [string];
  const table = rawly(low, (database) => tableWith(database, 'title'));
  const retitle = (title: string) => [
    { remove: table, ids: [storeId] },
    { insert: table, columns: ['storeId', 'title'], rows: [[storeId, title]] },
  ];
  return { place, middle, low, retitle };
}

const titleIn = (store: Store) => store.query(Note).one().title;

test('Store.repair decides only about the transaction that is in doubt, where there are two', () => {
  const { place, middle, low, retitle } = aLine();
  prepare(low, 1, middle, retitle('in doubt'));
  prepare(low, 2, place, retitle('never decided'));
  renameSync(join(middle, 'db.sqlite'), join(middle, 'away'));
  expect(codeOf(() => Store.open(low, { types }))).toBe('IN_DOUBT');
  expect(Store.repair(low, { inDoubt: 'commit' })).toMatchObject({ wasInDoubt: true, outcome: 'committed' });
  expect(titleIn(aStore({ types }, low))).toBe('in doubt');
});

test('Store.repair undoes nothing while one of two may still be decided', () => {
  const { place, middle, low, retitle } = aLine();
  prepare(low, 2, place, retitle('being decided'));
  prepare(low, 1, middle, retitle('in doubt'));
  renameSync(join(middle, 'db.sqlite'), join(middle, 'away'));
  const repair = () => Store.repair(low, { inDoubt: 'undo' });
  const code = rawly(place, (database) => {
    database.exec('BEGIN IMMEDIATE');
    return codeOf(repair);
  });
  expect(code).toBe('BUSY');
  expect(repair()).toMatchObject({ wasInDoubt: true });
});

describe('a transaction that was never decided', () => {
  test('does not keep a read-only handle waiting inside transact', () => {
    const { place, middle, low, retitle } = aLine();
    prepare(low, 1, middle, retitle('never decided'));
    const root = aStore({ types, readOnly: true, busyTimeoutMs: 0 }, place);
    expect(root.transact(() => titleIn(root.at('middle/low')), { readOnly: true })).toBe('old');
  });

  test('keeps its files as long as it may turn out to be decided', () => {
    const { place, middle } = aLine();
    prepare(middle, 1, place);
    const id = '0123456789abcdef';
    for (const name of ['temp', 'files']) mkdirSync(join(middle, name), { recursive: true });
    const [coming, file] = [join(middle, 'temp', `coming-${id}`), join(middle, 'files', id)];
    writeFileSync(coming, 'bytes');
    linkSync(coming, file);
    const root = Store.open(place, { types });
    root.transact(() => {
      root.at('middle').files.write('others'); // the root is locked, so it cannot be asked for the last time yet
      expect(existsSync(file)).toBe(true);
    });
    root.close();
    aStore({ types }, place).at('middle').substores.names();
    aStore({ types }, middle);
    expect(existsSync(file)).toBe(false);
  });

  // It was STORE_MISSING: its directory can follow only once it is known what becomes of the transaction.
  test('keeps a store that was moved waiting while it may turn out to be decided', () => {
    const { place, middle, low } = aLine();
    const root = Store.open(place, { types });
    const deep = root.at('middle/low').substores.create('deep');
    deep.substores.create('deeper').create(Note, { title: 'moved' });
    const [before] = substoreDirectories(low) as [string];
    root.at('middle/low').substores.move('deep', root);
    root.close();
    const after = substoreDirectories(place).find((one) => one !== middle) as string;
    renameSync(after, before); // as if the process had been killed before it followed
    const [deeper] = substoreDirectories(before) as [string];
    prepare(deeper, 3, middle);
    const again = aStore({ types, busyTimeoutMs: 20 }, place);
    const code = rawly(middle, (database) => {
      database.exec('BEGIN IMMEDIATE'); // as a process does that decides, or does something else
      return codeOf(() => titleIn(again.at('deep/deeper')));
    });
    expect(code).toBe('BUSY');
    expect(titleIn(again.at('deep/deeper'))).toBe('moved');
  });

  test('does not keep a deleted store from being swept by the store that decides', () => {
    const { place, middle } = aLine();
    prepare(middle, 1, place);
    rawly(place, (database) => database.prepare(`DELETE FROM "${tableWith(database, 'movedFrom')}"`).run());
    aStore({ types }, place);
    expect(existsSync(middle)).toBe(false);
  });
});
