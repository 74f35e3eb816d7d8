import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { Item, item, Store, text } from 'corollary';
import { expect, onTestFinished, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore, aStoreDirectory, type StoreOptions } from './support/a-store.js';
import { childProgram, runChild } from './support/child-program.js';
import { contentsOf, contentsWithoutLogs, inDatabase, substoreDirectories } from './support/on-disk.js';

// Opening gives a whole store, or a named error and nothing made or changed.

@item('note')
class Note extends Item {
  @text() declare title: string;
}

@item('late')
class Late extends Item {
  @text() declare title: string;
}

/** Makes a store with two notes and a substore that has one, closes it, and gives its directory. */
function aClosedStore(place: string = aStoreDirectory()): string {
  const store = Store.open(place);
  store.create(Note, { title: 'one' });
  store.create(Note, { title: 'two' });
  store.substores.create('part').create(Note, { title: 'below' });
  store.close();
  return place;
}

/** The code with which a place is refused. Everything around it must stay as it was. */
function opensNothing(place: string, options: StoreOptions = {}): string {
  // Reading a database in WAL mode needs its log files; a reader cannot remove them again.
  const contents = options?.readOnly === true ? contentsWithoutLogs : contentsOf;
  const before = contents(dirname(place));
  const code = codeOf(() => Store.open(place, options).close());
  expect(contents(dirname(place))).toEqual(before);
  return code;
}

test('a store is made where there is none', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  expect(statSync(place).isDirectory()).toBe(true);
  expect(store.count(Note)).toBe(0);
});

test('a store is made in an empty directory', () => {
  const place = aDirectory();
  aStore({}, place).create(Note, { title: 'one' });
  expect(readdirSync(place)).toContain('db.sqlite');
});

test('a closed store opens with what was stored, as the same store', () => {
  const place = aStoreDirectory();
  const first = aStore({}, place);
  const { storeId } = first.create(Note, { title: 'one' });
  const { uid } = first;
  first.close();
  const second = aStore({}, place);
  expect(second.get(Note, storeId).title).toBe('one');
  expect(second.uid).toBe(uid);
});

test('every store has a uid of its own', () => {
  const uids = [aStore(), aStore(), aMemoryStore(), aStore().substores.create('a')].map(({ uid }) => uid);
  expect(new Set(uids).size).toBe(4);
  expect(uids.every((uid) => uid.length >= 22)).toBe(true);
});

test('a relative path is taken from the working directory, once and for all', () => {
  const [here, elsewhere, before] = [aDirectory(), aDirectory(), process.cwd()];
  onTestFinished(() => process.chdir(before));
  process.chdir(here);
  const store = aStore({ maxOpenSubstores: 1 }, 'a.store');
  store.substores.create('one');
  process.chdir(elsewhere);
  store.substores.create('two').create(Note, { title: 'there' });
  expect(store.at('one').count(Note)).toBe(0);
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(substoreDirectories(join(here, 'a.store'))).toHaveLength(2);
});

test('the file is in WAL mode and says what it is', () => {
  const place = aClosedStore();
  const header = inDatabase(place, (database) => ({
    journal: database.pragma('journal_mode', { simple: true }),
    application: database.pragma('application_id', { simple: true }),
    row: database.prepare('SELECT * FROM corollary_store').get() as Record<string, unknown>,
  }));
  expect(header.journal).toBe('wal');
  expect(header.application).not.toBe(0);
  expect(header.row).toMatchObject({ format: 1, uid: expect.any(String), library: expect.any(String) });
});

test('the header of a part names its parent, and the generation rises with every writing transaction', () => {
  const place = aClosedStore();
  const header = (directory: string) =>
    inDatabase(
      directory,
      (database) => database.prepare('SELECT * FROM corollary_store').get() as Record<string, string | number>,
    );
  const before = header(place);
  const store = Store.open(place);
  store.create(Note, { title: 'three' });
  store.close();
  expect(header(substoreDirectories(place)[0] as string).parent).toBe(before.uid);
  expect(Number(header(place).generation)).toBeGreaterThan(Number(before.generation));
});

test('mustExist refuses a store that is not there, and makes nothing', () => {
  expect(opensNothing(aStoreDirectory(), { mustExist: true })).toBe('STORE_MISSING');
  expect(aStore({ mustExist: true }, aClosedStore()).count(Note)).toBe(2);
});

// Read-only

test('readOnly makes no store', () => {
  expect(opensNothing(aStoreDirectory(), { readOnly: true })).toBe('STORE_MISSING');
});

test.each<[string, (store: Store) => unknown]>([
  ['create', (store) => store.create(Note, { title: 'x' })],
  ['create of a type never stored', (store) => store.create(Late, { title: 'x' })],
  ['createMany', (store) => store.createMany(Note, [{ title: 'x' }])],
  ['findOrCreate', (store) => store.findOrCreate(Note, { title: 'x' })],
  ['an assignment', (store) => Object.assign(store.findFirst(Note)!, { title: 'x' })],
  ['set', (store) => store.findFirst(Note)!.set({ title: 'x' })],
  ['item.delete', (store) => store.findFirst(Note)!.delete()],
  ['store.delete', (store) => store.delete(store.findFirst(Note)!)],
  ['a query update', (store) => store.query(Note).update({ title: 'x' })],
  ['a query delete', (store) => store.query(Note).delete()],
  ['a write in a transaction', (store) => store.transact(() => store.create(Note, { title: 'x' }))],
  ['substores.create', (store) => store.substores.create('x')],
  ['substores.openOrCreate', (store) => store.substores.openOrCreate('x')],
  ['substores.delete', (store) => store.substores.delete('part')],
  ['a write in a substore', (store) => store.at('part').create(Note, { title: 'x' })],
  ['a change of an item in a substore', (store) => Object.assign(store.at('part').findFirst(Note)!, { title: 'x' })],
  ['vacuum', (store) => store.vacuum()],
])('%s is refused with READ_ONLY by a store opened readOnly', (_what, write) => {
  const store = aStore({ readOnly: true }, aClosedStore());
  expect(codeOf(() => write(store))).toBe('READ_ONLY');
  expect(
    store.tree
      .query(Note)
      .pluck((n) => n.title)
      .all()
      .sort(),
  ).toEqual(['below', 'one', 'two']);
});

test('reading a store opened readOnly leaves every file as it was, leftovers too', () => {
  const place = aClosedStore();
  mkdirSync(join(place, 'sub', 'orphan00'));
  mkdirSync(join(place, 'temp', 'left'), { recursive: true });
  const before = contentsWithoutLogs(place);
  const store = Store.open(place, { readOnly: true, types: [Note, Late] });
  expect(store.query(Note).all()).toHaveLength(2);
  expect(store.tree.count(Late)).toBe(0);
  expect(store.tree.query(Note).all()).toHaveLength(3);
  expect([...store.tree.stores()]).toHaveLength(2);
  expect(store.substores.open('part').check().isSound).toBe(true);
  store.close();
  expect(contentsWithoutLogs(place)).toEqual(before);
});

test('a store opened readOnly sees what another handle commits', () => {
  const place = aClosedStore();
  const [reader, writer] = [aStore({ readOnly: true }, place), aStore({}, place)];
  const seen = reader.findFirst(Note)!;
  writer.get(Note, seen.storeId as never).title = 'changed';
  expect(reader.count(Note, { title: 'changed' })).toBe(1);
  expect(seen.title).toBe('changed');
});

test('openOrCreate of a substore that is there needs no writing', () => {
  const store = aStore({ readOnly: true }, aClosedStore());
  expect(store.substores.openOrCreate('part').count(Note)).toBe(1);
});

// Options

test.each<[string, object]>([
  ['an unknown name', { mustExists: true }],
  ['types that is no list', { types: Note }],
  ['types with something else in it', { types: ['note'] }],
  ['mustExist that is no boolean', { mustExist: 1 }],
  ['readOnly that is no boolean', { readOnly: 'yes' }],
  ['an unknown durability', { durability: 'none' }],
  ['a negative busyTimeoutMs', { busyTimeoutMs: -1 }],
  ['a fractional busyTimeoutMs', { busyTimeoutMs: 0.5 }],
  ['NaN as busyTimeoutMs', { busyTimeoutMs: Number.NaN }],
  ['maxOpenSubstores of zero', { maxOpenSubstores: 0 }],
  ['a clock that is no function', { clock: 5 }],
])('the options are checked before anything is made: %s', (_what, options) => {
  expect(opensNothing(aStoreDirectory(), options as StoreOptions)).toBe('INVALID_VALUE');
  expect(codeOf(() => Store.inMemory(options as StoreOptions))).toBe('INVALID_VALUE');
});

test('all faults of the options are listed together', () => {
  const options = { mustExists: true, readOnly: 'yes', durability: 'none', busyTimeoutMs: -1, maxOpenSubstores: 0 };
  const { message, problems } = refusal(() => Store.open(aStoreDirectory(), options as unknown as StoreOptions));
  expect(problems).toHaveLength(5);
  for (const name of Object.keys(options)) expect(message).toContain(name);
});

test.each([null, 5, 'readOnly'])('options that are no object are refused: %s', (options) => {
  expect(opensNothing(aStoreDirectory(), options as unknown as StoreOptions)).toBe('INVALID_VALUE');
});

test('an option that is undefined counts as not given', () => {
  const options = { mustExist: undefined, types: undefined, busyTimeoutMs: undefined } as unknown as StoreOptions;
  expect(aStore(options).count(Note)).toBe(0);
});

test.each([{ driver: {} }])('an option of a later version is NOT_SUPPORTED: %o', (options) => {
  expect(opensNothing(aStoreDirectory(), options as StoreOptions)).toBe('NOT_SUPPORTED');
});

test('a class that is no item type is refused, and nothing is made', () => {
  class Plain {}
  class Unmarked extends Item {}
  expect(opensNothing(aStoreDirectory(), { types: [Plain] } as unknown as StoreOptions)).toBe('BAD_TYPE');
  expect(opensNothing(aStoreDirectory(), { types: [Note, Unmarked] })).toBe('BAD_TYPE');
});

test('busyTimeoutMs is how long a write waits for another connection before BUSY, and nothing is done then', () => {
  const place = aClosedStore();
  const store = aStore({ busyTimeoutMs: 150 }, place);
  const error = inDatabase(place, (database) => {
    database.exec('BEGIN IMMEDIATE');
    return refusal(() => store.create(Note, { title: 'x' }));
  });
  expect(error).toMatchObject({ code: 'BUSY', retry: true });
  expect(store.count(Note)).toBe(2);
  store.create(Note, { title: 'x' });
  expect(store.count(Note)).toBe(3);
});

test.each(['full', 'relaxed'] as const)(
  'what was stored with durability %s survives the death of the process',
  async (durability) => {
    const place = aStoreDirectory();
    const child = await childProgram(`
    import { Item, item, Store, text } from 'corollary';
    @item('note') class Note extends Item { @text() declare title: string }
    const store = Store.open(process.argv[2], { durability: process.argv[3] });
    store.create(Note, { title: 'kept' });
    store.substores.create('part').create(Note, { title: 'kept' });
    process.kill(process.pid, 'SIGKILL');
  `);
    const { status } = await runChild(child, [place, durability]);
    expect(status).not.toBe(0);
    expect(
      aStore({}, place)
        .tree.query(Note)
        .pluck((n) => n.title)
        .all(),
    ).toEqual(['kept', 'kept']);
  },
);

// Modes

test.each([0o000, 0o022, 0o077])('directories are made 0700 and files 0600, whatever the umask (%o)', (umask) => {
  const before = process.umask(umask);
  onTestFinished(() => void process.umask(before));
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.create(Note, { title: 'one' });
  store.substores.create('part').substores.create('deep').create(Note, { title: 'two' });
  const modes = readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((path) => lstatSync(join(place, path)))
    .map((stat) => `${stat.isDirectory() ? 'directory' : 'file'} ${(stat.mode & 0o777).toString(8)}`);
  expect((statSync(place).mode & 0o777).toString(8)).toBe('700');
  expect([...new Set(modes)].sort()).toEqual(['directory 700', 'file 600']);
});

// What is no store

function foreignDatabase(file: string, prepare: string): void {
  const database = new Database(file);
  database.exec(prepare);
  database.close();
}

test.each<[string, (place: string) => void]>([
  ['a file', (place) => writeFileSync(place, 'text')],
  ['an empty file', (place) => writeFileSync(place, '')],
  [
    'a directory with other files',
    (place) => {
      mkdirSync(place);
      writeFileSync(join(place, 'letter.txt'), 'text');
    },
  ],
  [
    'a directory with a hidden file',
    (place) => {
      mkdirSync(place);
      writeFileSync(join(place, '.profile'), 'text');
    },
  ],
  [
    'a foreign SQLite database',
    (place) => {
      mkdirSync(place);
      foreignDatabase(join(place, 'db.sqlite'), 'CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    },
  ],
  [
    'a foreign SQLite database in WAL mode',
    (place) => {
      mkdirSync(place);
      foreignDatabase(join(place, 'db.sqlite'), 'PRAGMA journal_mode = WAL; CREATE TABLE t (a)');
    },
  ],
  [
    'a SQLite database of another application',
    (place) => {
      mkdirSync(place);
      foreignDatabase(join(place, 'db.sqlite'), 'PRAGMA application_id = 7; CREATE TABLE corollary_store (format)');
    },
  ],
  [
    'a short text as db.sqlite',
    (place) => {
      mkdirSync(place);
      writeFileSync(join(place, 'db.sqlite'), 'text');
    },
  ],
  [
    'a long text as db.sqlite',
    (place) => {
      mkdirSync(place);
      writeFileSync(join(place, 'db.sqlite'), 'a long text '.repeat(2000));
    },
  ],
  [
    'an empty db.sqlite',
    (place) => {
      mkdirSync(place);
      writeFileSync(join(place, 'db.sqlite'), '');
    },
  ],
  ['a directory as db.sqlite', (place) => mkdirSync(join(place, 'db.sqlite'), { recursive: true })],
  [
    'a link to a store as db.sqlite',
    (place) => {
      aClosedStore(`${place}.other`);
      mkdirSync(place);
      symlinkSync(join(`${place}.other`, 'db.sqlite'), join(place, 'db.sqlite'));
    },
  ],
  [
    'a link to nothing as db.sqlite',
    (place) => {
      mkdirSync(place);
      symlinkSync(join(place, 'nowhere'), join(place, 'db.sqlite'));
    },
  ],
])('%s is NOT_A_STORE, and nothing is made or changed', (_what, prepare) => {
  const place = aStoreDirectory({ mayBeCorrupt: true });
  prepare(place);
  expect(opensNothing(place)).toBe('NOT_A_STORE');
  expect(opensNothing(place, { mustExist: true })).toBe('NOT_A_STORE');
  expect(opensNothing(place, { readOnly: true })).toBe('NOT_A_STORE');
});

test('a path that leads through a file is NOT_A_STORE', () => {
  const file = aStoreDirectory();
  writeFileSync(file, 'text');
  expect(codeOf(() => Store.open(join(file, 'a.store')))).toBe('NOT_A_STORE');
  expect(readFileSync(file, 'utf8')).toBe('text');
});

test('the refusal names the directory', () => {
  const place = aStoreDirectory();
  writeFileSync(place, 'text');
  expect(refusal(() => Store.open(place)).message).toContain(place);
});

// It would be taken for an empty store, and everything below swept as orphans.
test('a store whose db.sqlite is gone is not made anew over its substores', () => {
  const place = aClosedStore();
  rmSync(join(place, 'db.sqlite'));
  expect(opensNothing(place)).toBe('NOT_A_STORE');
});

// Damage

test.each([1, 100, 512, 4096, 8192])(
  'a database cut off after %i bytes is refused, and nothing is made or changed',
  (bytes) => {
    const place = aClosedStore(aStoreDirectory({ mayBeCorrupt: true }));
    truncateSync(join(place, 'db.sqlite'), bytes);
    expect(opensNothing(place)).toMatch(/^(CORRUPT|NOT_A_STORE)$/);
    expect(opensNothing(place, { readOnly: true })).toMatch(/^(CORRUPT|NOT_A_STORE)$/);
  },
);

test('a database whose header page is overwritten is refused, and nothing is made or changed', () => {
  const place = aClosedStore(aStoreDirectory({ mayBeCorrupt: true }));
  const file = join(place, 'db.sqlite');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xff, 100, 4096));
  expect(opensNothing(place)).toMatch(/^(CORRUPT|NOT_A_STORE)$/);
});

test('a truncated substore is refused when it is used, and the rest of the tree goes on', () => {
  const place = aClosedStore(aStoreDirectory({ mayBeCorrupt: true }));
  truncateSync(join(substoreDirectories(place)[0] as string, 'db.sqlite'), 4096);
  const store = aStore({}, place);
  expect(store.count(Note)).toBe(2);
  expect(codeOf(() => store.at('part').count(Note))).toMatch(/^(CORRUPT|NOT_A_STORE)$/);
  expect(codeOf(() => store.tree.count(Note))).toMatch(/^(CORRUPT|NOT_A_STORE)$/);
  store.substores.create('new').create(Note, { title: 'three' });
  expect(store.substores.names()).toEqual(['new', 'part']);
});

// It was NEWER_DATABASE: what a torn page is read as.
test.each(['format', 'uid', 'parent', 'generation'])('a header whose %s is none is NOT_A_STORE', (column) => {
  const place = aClosedStore(aStoreDirectory({ mayBeCorrupt: true }));
  inDatabase(place, (database) => {
    database.unsafeMode();
    database.exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')");
  });
  inDatabase(place, (database) => database.exec(`UPDATE corollary_store SET ${column} = NULL`));
  expect(opensNothing(place)).toBe('NOT_A_STORE');
  expect(opensNothing(place, { readOnly: true })).toBe('NOT_A_STORE');
});

// Newer

test('a database of a newer format is NEWER_DATABASE, and nothing is made or changed', () => {
  const place = aClosedStore();
  inDatabase(place, (database) => database.exec('UPDATE corollary_store SET format = format + 1'));
  expect(opensNothing(place)).toBe('NEWER_DATABASE');
  expect(opensNothing(place, { readOnly: true })).toBe('NEWER_DATABASE');
});

test('a substore of a newer format is NEWER_DATABASE when it is used', () => {
  const place = aClosedStore();
  inDatabase(substoreDirectories(place)[0] as string, (database) =>
    database.exec('UPDATE corollary_store SET format = format + 1'),
  );
  const store = aStore({}, place);
  expect(store.count(Note)).toBe(2);
  expect(codeOf(() => store.at('part').count(Note))).toBe('NEWER_DATABASE');
});

// Below the root

test('the root itself may be reached over a link', () => {
  const place = aClosedStore();
  const link = join(aDirectory(), 'link');
  symlinkSync(place, link);
  const store = aStore({}, link);
  expect(store.tree.count(Note)).toBe(3);
});

test.each<[string, (part: string, elsewhere: string) => void]>([
  [
    'a substore directory',
    (part, elsewhere) => {
      renameSync(part, elsewhere);
      symlinkSync(elsewhere, part);
    },
  ],
  [
    "a substore's db.sqlite",
    (part, elsewhere) => {
      renameSync(join(part, 'db.sqlite'), elsewhere);
      symlinkSync(elsewhere, join(part, 'db.sqlite'));
    },
  ],
  [
    'the directory of all substores',
    (part, elsewhere) => {
      renameSync(dirname(part), elsewhere);
      symlinkSync(elsewhere, dirname(part));
    },
  ],
])('%s that is a link is refused', (_what, replace) => {
  const elsewhere = join(aDirectory(), 'elsewhere'); // made first, so it is removed last
  const place = aClosedStore();
  replace(substoreDirectories(place)[0] as string, elsewhere);
  expect(
    codeOf(() => {
      const store = aStore({}, place);
      store.at('part').count(Note);
    }),
  ).toBe('NOT_A_STORE');
});

test('sweeping leftovers never follows a link out of the store', () => {
  const place = aClosedStore();
  const elsewhere = aDirectory();
  writeFileSync(join(elsewhere, 'mine.txt'), 'text');
  rmSync(join(place, 'temp'), { recursive: true, force: true });
  symlinkSync(elsewhere, join(place, 'temp'));
  try {
    Store.open(place).close();
  } catch {} // It may be refused as well.
  expect(readdirSync(elsewhere)).toEqual(['mine.txt']);
});

test('leftovers that are links are removed, not what they point to', () => {
  const place = aClosedStore();
  const elsewhere = aDirectory();
  writeFileSync(join(elsewhere, 'mine.txt'), 'text');
  mkdirSync(join(place, 'temp'), { recursive: true });
  symlinkSync(elsewhere, join(place, 'temp', 'left'));
  symlinkSync(elsewhere, join(place, 'sub', 'orphan00'));
  aStore({}, place).close();
  expect(readdirSync(elsewhere)).toEqual(['mine.txt']);
});

// The directories below a deleted store are marked as deleted, so that other processes learn of it: over the link, those of
// the other store were.
test.each<[string, (place: string, link: (path: string) => void) => void]>([
  [
    'a substore that is deleted',
    (place, link) => {
      const part = substoreDirectories(place)[0] as string;
      rmSync(part, { recursive: true });
      link(part);
      aStore({}, place).substores.delete('part');
    },
  ],
  [
    'a directory that no substore has',
    (place, link) => {
      link(join(place, 'sub', 'orphan00'));
      const store = aStore({}, place);
      store.substores.create('another');
      store.tree.check({ repair: true });
    },
  ],
])('%s, and is a link to another store, takes nothing of that along', (_what, remove) => {
  const other = aClosedStore();
  const before = contentsOf(other);
  const place = aClosedStore();
  remove(place, (path) => symlinkSync(other, path));
  expect(contentsOf(other)).toEqual(before);
});

test('two substores whose directories were swapped are refused', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.substores.create('a').create(Note, { title: 'a' });
  store.substores.create('b').create(Note, { title: 'b' });
  store.close();
  const [one, two] = substoreDirectories(place) as [string, string];
  renameSync(one, `${place}.spare`);
  renameSync(two, one);
  renameSync(`${place}.spare`, two);
  const again = aStore({}, place);
  expect(codeOf(() => again.at('a').count(Note))).toMatch(/^(NOT_A_STORE|CORRUPT|STORE_MISSING)$/);
  expect(codeOf(() => again.at('b').create(Note, { title: 'x' }))).toMatch(/^(NOT_A_STORE|CORRUPT|STORE_MISSING)$/);
  expect(codeOf(() => again.tree.count(Note))).toMatch(/^(NOT_A_STORE|CORRUPT|STORE_MISSING)$/);
});

test('a substore whose directory is gone is STORE_MISSING and is not made anew', () => {
  const place = aClosedStore();
  const part = substoreDirectories(place)[0] as string;
  rmSync(part, { recursive: true });
  const store = aStore({}, place);
  expect(codeOf(() => store.at('part').count(Note))).toBe('STORE_MISSING');
  expect(existsSync(part)).toBe(false);
});

// Paths

test.each([5, null, undefined, '', {}, new URL('file:///tmp')])(
  'a path that is no text, or empty, is INVALID_VALUE: %s',
  (path) => {
    expect(codeOf(() => Store.open(path as string))).toBe('INVALID_VALUE');
  },
);

test('a path with NUL is INVALID_VALUE, and what stands before the NUL is not made', () => {
  const place = aStoreDirectory();
  expect(codeOf(() => Store.open(`${place}\0/x`))).toBe('INVALID_VALUE');
  expect(existsSync(place)).toBe(false);
});

test('a path that SQLite could not open is PATH_TOO_LONG before anything is made', () => {
  const top = aDirectory();
  const place = join(top, ...Array.from({ length: 6 }, () => 'x'.repeat(100)));
  expect(codeOf(() => Store.open(place))).toBe('PATH_TOO_LONG');
  expect(readdirSync(top)).toEqual([]);
});

test('the length of a path counts in bytes', () => {
  const top = aDirectory();
  const place = join(top, ...Array.from({ length: 4 }, () => '漢'.repeat(60)));
  expect(codeOf(() => Store.open(place))).toBe('PATH_TOO_LONG');
  expect(readdirSync(top)).toEqual([]);
});

test('a name that the file system cannot take is a named error', () => {
  const top = aDirectory();
  expect(codeOf(() => Store.open(join(top, 'x'.repeat(300))))).toMatch(/^(PATH_TOO_LONG|IO_ERROR)$/);
  expect(readdirSync(top)).toEqual([]);
});

test.each(["it's", 'a b', 'ünï漢字', '100%', 'a?b#c', 'file:x', '-x', ':memory:', '"q"'])(
  'a store can lie in a directory called %s',
  (name) => {
    const place = join(aDirectory(), name);
    const store = aStore({}, place);
    store.substores.create('part').create(Note, { title: 'below' });
    store.close();
    expect(readdirSync(place)).toContain('db.sqlite');
    expect(aStore({ mustExist: true }, place).tree.count(Note)).toBe(1);
  },
);

// Creation that is cut off, and creation by two

test('a creation that was cut off is done again, and what it left is swept', () => {
  const place = aDirectory();
  mkdirSync(join(place, 'temp'), { mode: 0o700 });
  writeFileSync(join(place, 'temp', 'new-1-2'), 'SQLite format 3\0half of it');
  const store = aStore({}, place);
  store.create(Note, { title: 'one' });
  expect(store.count(Note)).toBe(1);
  const left = existsSync(join(place, 'temp')) ? readdirSync(join(place, 'temp')) : [];
  expect(left).toEqual([]);
});

test('a directory with an empty temp only is taken for one to make a store in', () => {
  const place = aDirectory();
  mkdirSync(join(place, 'temp'));
  expect(aStore({}, place).count(Note)).toBe(0);
});

test('two processes that make the same store at the same time both get it', async () => {
  const top = aDirectory();
  const child = await childProgram(`
    import { join } from 'node:path';
    import { Item, item, Store, text } from 'corollary';
    @item('note') class Note extends Item { @text() declare title: string }
    const [top, start] = process.argv.slice(2);
    const uids: string[] = [];
    for (let i = 0; i < 20; i++) {
      while (Date.now() < Number(start) + i * 40);
      const store = Store.open(join(top, String(i)), { types: [Note] });
      uids.push(store.uid);
      store.create(Note, { title: 'mine' });
      store.substores.openOrCreate('shared').create(Note, { title: 'below' });
      store.close();
    }
    console.log(JSON.stringify(uids));
  `);
  const start = String(Date.now() + 600);
  const [one, two] = await Promise.all([runChild(child, [top, start]), runChild(child, [top, start])]);
  expect([one.status, two.status, one.output + two.output]).toMatchObject([0, 0, expect.any(String)]);
  expect(JSON.parse(one.output)).toEqual(JSON.parse(two.output));
  const counts = readdirSync(top).map((name) => aStore({ mustExist: true }, join(top, name)).tree.count(Note));
  expect(counts).toEqual(Array.from({ length: 20 }, () => 4));
});

// Closing

test('closing twice does nothing more, and using a closed store is STORE_CLOSED', () => {
  const store = aStore({ types: [Note] });
  const note = store.create(Note, { title: 'one' });
  store.close();
  store.close();
  expect(store.isClosed).toBe(true);
  const uses: (() => unknown)[] = [
    () => store.create(Note, { title: 'x' }),
    () => store.createMany(Note, [{ title: 'x' }]),
    () => store.get(Note, note.storeId as never),
    () => store.find(Note, note.storeId as never),
    () => store.getAny(note.storeId),
    () => store.findFirst(Note),
    () => store.query(Note).all(),
    () => store.count(Note),
    () => store.delete(note),
    () => store.transact(() => 1),
    () => store.refresh(),
    () => store.vacuum(),
    () => store.check(),
    () => store.stats(),
    () => store.tree.stats(),
    () => store.afterCommit(() => undefined),
    () => store.substores.create('a'),
    () => store.substores.names(),
    () => store.substores.size,
    () => store.substores.has('a'),
    () => store.at('a'),
    () => store.tree.count(Note),
    () => [...store.tree.stores()],
    () => Object.assign(note, { title: 'x' }),
    () => note.delete(),
  ];
  expect(uses.map(codeOf)).toEqual(uses.map(() => 'STORE_CLOSED'));
});

test('closing a store closes those below it, and their items refuse writes', () => {
  const store = aStore();
  const part = store.substores.create('part');
  const deep = part.substores.create('deep');
  const note = deep.create(Note, { title: 'x' });
  store.close();
  expect([part.isClosed, deep.isClosed]).toEqual([true, true]);
  expect(codeOf(() => deep.count(Note))).toBe('STORE_CLOSED');
  expect(codeOf(() => Object.assign(note, { title: 'y' }))).toBe('STORE_CLOSED');
});

test('a closed substore is opened again by its parent, as a new object', () => {
  const store = aStore();
  const part = store.substores.create('part');
  part.create(Note, { title: 'x' });
  part.close();
  const again = store.substores.open('part');
  expect(store.isClosed).toBe(false);
  expect(again).not.toBe(part);
  expect(again.count(Note)).toBe(1);
});

test('using closes the store at the end of its block', () => {
  const place = aStoreDirectory();
  let kept: Store | undefined;
  {
    using store = Store.open(place);
    kept = store;
  }
  expect(kept.isClosed).toBe(true);
});

test('closing inside its own transaction is refused, and the transaction goes on', () => {
  const store = aStore();
  store.transact(() => {
    store.create(Note, { title: 'one' });
    expect(codeOf(() => store.close())).toBe('NOT_SUPPORTED');
    store.create(Note, { title: 'two' });
  });
  expect(store.count(Note)).toBe(2);
});

// It was the bare error of process.cwd().
test('a path that is not absolute is IO_ERROR where the working directory was removed', () => {
  const [before, place, gone] = [process.cwd(), aStoreDirectory(), join(aDirectory(), 'gone')];
  onTestFinished(() => process.chdir(before));
  mkdirSync(gone);
  process.chdir(gone);
  rmSync(gone, { recursive: true });
  expect(refusal(() => Store.open('notes.store'))).toMatchObject({ code: 'IO_ERROR', path: 'notes.store' });
  expect(aStore({}, place).count(Note)).toBe(0);
});

// Node's own making of missing directories never came back from there.
test.skipIf(process.platform !== 'linux')('where the system makes no directories, opening is IO_ERROR', () => {
  expect(refusal(() => Store.open('/proc/notes/notes.store'))).toMatchObject({ code: 'IO_ERROR' });
});
