import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Item, item, json, role, type Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aDirectory, aStore } from './support/a-store.js';
import { contentsOf, inDatabase } from './support/on-disk.js';

// Whatever a program calls its stores and files, and whatever it keeps in them: nothing of it becomes part of a path, or
// of a statement.

@item('note')
class Note extends Item {
  @text({ unique: true, fullText: true }) declare words: string;
  @json() declare places: Readonly<Record<string, string>>;
}

/** What would be something else as a path, as SQL, as a pattern or as a place in JSON. */
const WORDS = [
  '../outside',
  '..\\outside',
  '../../../../../../tmp/outside',
  '/etc/passwd',
  'C:\\outside',
  '~root',
  '$HOME',
  '%2e%2e%2foutside',
  'file:outside?mode=memory',
  ':memory:',
  'db.sqlite',
  'db.sqlite-wal',
  'sub',
  'temp',
  '-rf',
  'CON',
  'outside.',
  "'; DROP TABLE item_note_v1; --",
  '"; DROP TABLE item_note_v1; --',
  '`; DROP TABLE item_note_v1; --',
  "' OR '1'='1",
  "') UNION SELECT sql FROM sqlite_schema --",
  "'||(SELECT uid FROM corollary_store)||'",
  "'; ATTACH DATABASE '../outside' AS outside; --",
  'item_note_v1',
  'sqlite_schema',
  '$."words"',
  '$.a[0]"',
  '?1',
  ':name',
  '@name',
  '%',
  '_%',
  '*',
  'NEAR(a b)',
  'words:a OR "',
  '__proto__',
  'constructor',
  '\u202egnp.exe',
  'line\nbreak',
];
/** Those that can be the name of a substore: it has no slash. */
const NAMES = WORDS.filter((word) => !word.includes('/'));

/** A store that has a neighbour. */
function aStreet(): { readonly street: string; readonly store: Store } {
  const street = aDirectory();
  mkdirSync(join(street, 'outside'));
  writeFileSync(join(street, 'outside', 'letter'), 'dear all');
  const store = aStore({ types: [Note] }, join(street, 'a.store'));
  return { street, store };
}

/** The tables, indexes and triggers of the store, and what lies beside it. */
function aroundIt(street: string): unknown {
  const schema = inDatabase(join(street, 'a.store'), (database) =>
    database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all(),
  );
  return { schema, beside: readdirSync(street), outside: contentsOf(join(street, 'outside')) };
}

const OWN_PATH =
  /^(db\.sqlite(-wal|-shm)?|temp|sub|files|sub\/[a-z0-9]{8}(\/db\.sqlite(-wal|-shm)?)?|files\/[0-9a-v]{16})$/;
const strangePaths = (street: string) =>
  readdirSync(join(street, 'a.store'), { recursive: true, encoding: 'utf8' }).filter((path) => !OWN_PATH.test(path));

describe('is what it says, and nothing else', () => {
  test('the name of a substore', () => {
    const { street, store } = aStreet();
    store.substores.create('first');
    const before = aroundIt(street);

    for (const name of NAMES) store.substores.create(name);

    expect(NAMES.map((name) => store.substores.open(name).name)).toEqual(NAMES);
    expect(strangePaths(street)).toEqual([]);
    for (const name of NAMES) store.substores.rename(name, `${name}'`);
    for (const name of NAMES) store.substores.delete(`${name}'`);
    expect([store.substores.names(), strangePaths(street)]).toEqual([['first'], []]);
    expect(aroundIt(street)).toEqual(before);
  });

  test('a name with a slash is none, and nothing is made', () => {
    const { street, store } = aStreet();
    const before = aroundIt(street);
    const refused = WORDS.filter((word) => word.includes('/'));
    expect(refused.map((name) => codeOf(() => store.substores.create(name)))).toEqual(refused.map(() => 'BAD_NAME'));
    expect([aroundIt(street), strangePaths(street)]).toEqual([before, []]);
  });

  test('the name of a file, and what is in it', () => {
    const { street, store } = aStreet();
    for (const word of WORDS) store.files.write(word, { name: word });
    expect(WORDS.map((name) => store.files.named(name)?.text())).toEqual(WORDS);
    expect(strangePaths(street)).toEqual([]);
  });

  test('a value, as it is kept, asked for and searched', () => {
    const { street, store } = aStreet();
    store.create(Note, { words: 'first', places: {} });
    store.query(Note, (note) => note.words.matches('first')).all();
    const before = aroundIt(street);

    for (const word of WORDS) store.create(Note, { words: word, places: JSON.parse(JSON.stringify({ [word]: word })) });

    const ask = (word: string) => [
      store.getUnique(Note, { words: word }).words,
      store.query(Note, (note) => note.words.eq(word)).one().words,
      store.query(Note, (note) => note.words.in([word, 'none'])).one().words,
      store
        .query(Note, (note) => note.words.startsWith(word))
        .orderBy((note) => note.words.asc())
        .first()?.words,
      store.query(Note, (note) => note.words.contains(word)).count() > 0,
      store.query(Note, (note) => note.places.at(word).eq(word)).one().words,
      store
        .query(Note)
        .where((note) => note.words.like(word, { escape: '!' } as never))
        .count() >= 0,
      store.query(Note, (note) => note.words.matches(word)).count() >= 0,
    ];
    expect(WORDS.map(ask)).toEqual(WORDS.map((word) => [word, word, word, word, true, word, true, true]));
    expect(store.count(Note)).toBe(WORDS.length + 1);
    expect([aroundIt(street), strangePaths(street)]).toEqual([before, []]);
  });

  test('a column of an answer', () => {
    const { store } = aStreet();
    store.create(Note, { words: 'first', places: {} });
    const names = WORDS.filter((word) => word !== '__proto__');
    const answer = store
      .query(Note)
      .select((note) => Object.fromEntries(names.map((name) => [name, note.words])))
      .one();
    expect(Object.entries(answer)).toEqual(names.map((name) => [name, 'first']));
  });

  test('the name of a role', () => {
    const { street, store } = aStreet();
    const note = store.create(Note, { words: 'first', places: {} });
    const ids = WORDS.filter((word) => !word.includes('\n'));
    const roles = ids.map((id) => role<Note>(id));
    for (const one of roles) store.powerUp(note, one);
    expect(roles.every((one) => store.as(one) === note)).toBe(true);
    expect(
      store
        .rolesOf(note)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...ids].sort());
    expect(strangePaths(street)).toEqual([]);
  });
});

test('no such word can be the name of a type or of an attribute', () => {
  const bad = WORDS.filter((word) => !/^\w+$/.test(word));
  expect(bad.map((word) => codeOf(() => item(word)))).toEqual(bad.map(() => 'BAD_TYPE'));
});
