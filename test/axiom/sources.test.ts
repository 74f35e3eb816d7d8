import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Item, integer, item, Store, text } from 'corollary';
import { importAxiom, mapTo } from 'corollary/axiom';
import { expect, onTestFinished, test, vi } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore } from '../support/a-store.js';
import { inAxiomDatabase, substoreType, writeAxiomStore } from '../support/axiom-store.js';
import { contentsOf } from '../support/on-disk.js';

// Stores of Axiom as they are found: of all times, left in any state, where nothing may be written.

@item('note')
class Note extends Item {
  @text() declare body: string;
}
const types = { note: Note };
const notes = { name: 'note', attributes: { body: 'text' }, items: { 4: ['a'], 7: ['b'] } };

/** The notes of a store of Axiom, and that reading them has changed nothing. */
function bodiesIn(directory: string): string[] {
  const before = contentsOf(directory);
  const store = aMemoryStore();
  importAxiom(directory, { into: store, types });
  expect(contentsOf(directory)).toEqual(before);
  return store
    .query(Note)
    .all()
    .map(({ body }) => body);
}

/** What reading a store leaves in a directory for temporary files. */
function leftInTemp(read: () => void): string[] {
  const place = aDirectory();
  vi.stubEnv('TMPDIR', place);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  read();
  return readdirSync(place);
}

test('a store from before storeIDs had a column is read', () => {
  expect(bodiesIn(writeAxiomStore(aDirectory(), { types: [notes], isOld: true }))).toEqual(['a', 'b']);
});

test('attributes may have the names that SQLite has for row numbers', () => {
  @item('odd')
  class Odd extends Item {
    @text() declare rowid: string;
    @integer() declare oid: number;
  }
  const odd = { name: 'odd', attributes: { rowid: 'text' }, items: { 6: ['x'] } };
  const directory = writeAxiomStore(aDirectory(), { types: [odd] });
  inAxiomDatabase(directory, (database) => {
    database.exec('DROP TABLE item_odd_v1; CREATE TABLE item_odd_v1 ([rowid] TEXT, [oid] INTEGER)');
    database.exec("INSERT INTO item_odd_v1 (_rowid_, rowid, oid) VALUES (6, 'x', 9)");
    database.exec("INSERT INTO axiom_attributes VALUES (1, 1, 0, 'INTEGER', 1, 'integer', 'oid', '')");
  });
  const store = aMemoryStore();
  importAxiom(directory, { into: store, types: { odd: Odd } });
  expect([store.query(Odd).one().rowid, store.query(Odd).one().oid]).toEqual(['x', 9]);
});

test('a type without attributes comes over', () => {
  @item('empty')
  class Empty extends Item {}
  const directory = writeAxiomStore(aDirectory(), { types: [{ name: 'empty', items: { 1: [], 2: [] } }] });
  const store = aMemoryStore();
  importAxiom(directory, { into: store, types: { empty: Empty } });
  expect(store.count(Empty)).toBe(2);
});

test('a store in which nothing was ever made is empty', () => {
  expect(bodiesIn(writeAxiomStore(aDirectory(), { types: [] }))).toEqual([]);
});

const ONE_MORE = "INSERT INTO item_note_v1 (oid, body) VALUES (8, 'late')";

/** A copy of a store while a writer has it, as if it had been killed then. */
function cutOff(write: string, mode: string): string {
  const directory = writeAxiomStore(aDirectory(), { types: [notes] });
  const copy = join(aDirectory({ mayBeCorrupt: true }), 'cut.axiom');
  inAxiomDatabase(directory, (database) => {
    database.pragma(`journal_mode = ${mode}`);
    database.pragma('cache_size = 1');
    database.exec(write);
    cpSync(directory, copy, { recursive: true });
    database.exec('COMMIT');
  });
  return copy;
}

const MANY = `BEGIN; WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO item_note_v1 (oid, body) SELECT i, hex(randomblob(50)) FROM n; UPDATE item_note_v1 SET body = 'undone'`;

test('what a killed writer had not committed is not read, and its journal stays', () => {
  const directory = cutOff(MANY, 'DELETE');
  expect(existsSync(join(directory, 'db.sqlite-journal'))).toBe(true);
  expect(leftInTemp(() => expect(bodiesIn(directory)).toEqual(['a', 'b']))).toEqual([]);
});

test('what is committed in a log is read, and the log stays', () => {
  const directory = cutOff("BEGIN; UPDATE item_note_v1 SET body = 'logged'; COMMIT; BEGIN", 'WAL');
  expect(existsSync(join(directory, 'db.sqlite-wal'))).toBe(true);
  expect(leftInTemp(() => expect(bodiesIn(directory)).toEqual(['logged', 'logged']))).toEqual([]);
});

test('a store that keeps a log is read without making one', () => {
  const directory = writeAxiomStore(aDirectory(), { types: [notes] });
  inAxiomDatabase(directory, (database) => database.pragma('journal_mode = WAL'));
  expect(bodiesIn(directory)).toEqual(['a', 'b']);
});

test('a store where nothing may be written is read', () => {
  const directory = writeAxiomStore(aDirectory(), { types: [notes, substoreType({ 9: ['box'] })] });
  writeAxiomStore(join(directory, 'files/box'), { types: [notes] });
  const places = [directory, join(directory, 'files'), join(directory, 'files/box')];
  for (const place of places) chmodSync(place, 0o500);
  onTestFinished(() => {
    for (const place of places) chmodSync(place, 0o700);
  });
  chmodSync(join(directory, 'db.sqlite'), 0o400);
  expect(bodiesIn(directory)).toEqual(['a', 'b']);
});

test('a store is reached over a link', () => {
  const directory = writeAxiomStore(aDirectory(), { types: [notes] });
  const link = join(aDirectory(), 'link.axiom');
  symlinkSync(directory, link);
  const store = aMemoryStore();
  importAxiom(link, { into: store, types });
  expect(store.count(Note)).toBe(2);
});

test('substores that contain each other by links are a problem', () => {
  const directory = writeAxiomStore(aDirectory(), { types: [substoreType({ 9: ['loop'] })], files: { x: '' } });
  symlinkSync(directory, join(directory, 'files/loop'));
  expect(importAxiom(directory, { dryRun: true }).problems).toEqual([
    { code: 'CORRUPT', message: 'loop: it contains itself' },
  ]);
});

const broken: readonly (readonly [what: string, code: string, make: (directory: string) => void])[] = [
  ['nothing', 'STORE_MISSING', () => {}],
  ['a file', 'NOT_A_STORE', (directory) => writeFileSync(directory, 'x')],
  ['a directory without a database', 'NOT_A_STORE', (directory) => mkdirSync(directory)],
  ['an empty database', 'NOT_A_STORE', (directory) => withDatabase(directory, '')],
  ['another file of that name', 'CORRUPT', (directory) => withDatabase(directory, 'no database'.repeat(100))],
  ['a store of this library', 'NOT_A_STORE', (directory) => aStore({}, directory).close()],
];

function withDatabase(directory: string, content: string): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'db.sqlite'), content);
}

test.each(broken)('%s is no store of Axiom: %s', (_, code, make) => {
  const directory = join(aDirectory({ mayBeCorrupt: true }), 'x.axiom');
  make(directory);
  expect(refusal(() => importAxiom(directory, { dryRun: true })).code).toBe(code);
});

test.each([
  ['a table without a column', 'ALTER TABLE item_note_v1 DROP COLUMN body', 'has no column body'],
  ['an impossible storeID', "INSERT INTO item_note_v1 (oid, body) VALUES (-5, '')", 'storeIDs that Axiom never gave'],
] as const)('%s is damage', (_, damage, message) => {
  const directory = writeAxiomStore(aDirectory(), { types: [notes] });
  inAxiomDatabase(directory, (database) => database.exec(damage));
  const error = refusal(() => importAxiom(directory, { dryRun: true }));
  expect([error.code, error.message]).toEqual(['CORRUPT', expect.stringContaining(message)]);
});

test('a type that was noted twice comes over once', () => {
  const directory = writeAxiomStore(aDirectory(), { types: [notes] });
  inAxiomDatabase(directory, (database) =>
    database.exec("INSERT INTO axiom_types (typename, module, version) VALUES ('note', 'library', 1)"),
  );
  expect(bodiesIn(directory)).toEqual(['a', 'b']);
});

test('tables of other shapes are damage', () => {
  const directory = writeAxiomStore(aDirectory(), { types: [notes] });
  inAxiomDatabase(directory, (database) => database.exec('ALTER TABLE axiom_types DROP COLUMN module'));
  const error = refusal(() => importAxiom(directory, { dryRun: true }));
  expect([error.code, error.message]).toEqual(['CORRUPT', expect.stringContaining('no such column: module')]);
});

test('a store that another program writes after it was checked is not imported', () => {
  const site = writeAxiomStore(aDirectory(), { types: [notes, substoreType({ 9: ['box'] })] });
  writeAxiomStore(join(site, 'files/box'), { types: [notes] });
  // The box is checked after the site.
  const values = vi
    .fn(() => ({}))
    .mockImplementationOnce(() => {
      inAxiomDatabase(site, (database) => database.exec(ONE_MORE));
      return {};
    });
  const substores = () => ({ types: { note: mapTo(Note, { values }) } });
  const store = aMemoryStore();
  expect(refusal(() => importAxiom(site, { into: store, types, substores })).code).toBe('BUSY');
  expect(store.count(Note)).toBe(0);
});

test('a store that is locked by a program that writes is busy, after as long as the new one would wait', () => {
  const directory = writeAxiomStore(aDirectory(), { types: [notes] });
  inAxiomDatabase(directory, (database) => {
    database.exec('BEGIN EXCLUSIVE');
    const storeOptions = { busyTimeoutMs: 20 };
    using store = Store.inMemory(storeOptions);
    const before = performance.now();
    for (const how of [{ storeOptions }, { into: store }])
      expect(refusal(() => importAxiom(directory, { ...how, dryRun: true })).code).toBe('BUSY');
    expect(performance.now() - before).toBeLessThan(4000); // what is waited for if nothing is said: 5000
  });
});
