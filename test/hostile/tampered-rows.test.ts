import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, address, Item, item, json, Store, text, upgrade } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from '../support/a-refusal.js';
import { aDirectory, aStore, aStoreDirectory } from '../support/a-store.js';
import { aFifo, inDatabase, substoreDirectories } from '../support/on-disk.js';

// What chance has found in damaged stores, each by itself.

@item('note')
class Note extends Item {
  @text() declare words: string;
  @json() declare extra: Record<string, string>;
}

@item('letter')
class Letter extends Item {
  @address() declare to: Address;
}

/** A closed store with a note, and a substore with a note. */
function aPlace(): string {
  const place = aStoreDirectory({ mayBeCorrupt: true });
  const store = Store.open(place, { types: [Note] });
  store.create(Note, { words: 'above', extra: { a: 'b' } });
  store.substores.create('below').create(Note, { words: 'below', extra: {} });
  store.close();
  return place;
}

const tampered = (place: string, sql: string) =>
  inDatabase(place, (database) => {
    database.unsafeMode(true);
    database.pragma('ignore_check_constraints = ON');
    database.exec(sql);
  });

const asked = (place: string) =>
  codeOf(() =>
    aStore({}, place)
      .query(Note)
      .all()
      .map((note) => note.extra),
  );

describe('is CORRUPT', () => {
  test.each<[string, string]>([
    ['a shape that is no JSON', `UPDATE corollary_types SET shape = '../..'`],
    ['a shape that is null', `UPDATE corollary_types SET shape = 'null'`],
    ['a shape without rules', `UPDATE corollary_types SET shape = json_remove(shape, '$.rules')`],
    ['an attribute that is a number', `UPDATE corollary_types SET shape = json_set(shape, '$.attributes[0]', 7)`],
    ['a type in one of the tables of the library', `UPDATE corollary_types SET "table" = 'corollary_store'`],
    ['a type in a table that is not there', `UPDATE corollary_types SET "table" = 'item_note_v9' WHERE name = 'note'`],
    ['a table without a column', 'ALTER TABLE item_note_v1 RENAME COLUMN words TO other'],
    ['a cell that is no JSON', `UPDATE item_note_v1 SET extra = '{'`],
    ['steps of a transaction without its mark', `INSERT INTO corollary_prepared (entry) VALUES ('{"parent":"x"}')`],
    [
      'a mark with a billion levels',
      `INSERT INTO corollary_prepared (entry) VALUES ('{"token":"t","decider":"x","levels":1000000000}')`,
    ],
  ])('%s', (_what, sql) => {
    const place = aPlace();
    tampered(place, sql);
    expect(asked(place)).toBe('CORRUPT');
  });

  test('a step that reaches out of the database, and it is not done', () => {
    const place = aPlace();
    const elsewhere = join(place, '..', 'attached.sqlite');
    const step = JSON.stringify({ define: `ATTACH DATABASE '${elsewhere}' AS more`, values: [] });
    tampered(
      place,
      `INSERT INTO corollary_prepared (entry) SELECT json_object('token', 't', 'decider', uid, 'levels', 0) FROM corollary_store;
       INSERT INTO corollary_prepared (entry) VALUES ('${step.replaceAll("'", "''")}');
       INSERT INTO corollary_decisions SELECT uid, 't' FROM corollary_store`,
    );
    expect(asked(place)).toBe('CORRUPT');
    expect(existsSync(elsewhere)).toBe(false);
  });
});

describe('a substore whose row is damaged is not removed', () => {
  test.each<[string, string]>([
    ['when its row has lost the name of its directory', `UPDATE item_corollary_substore_v1 SET directory = 'x'`],
    ['when its row names another directory', `UPDATE item_corollary_substore_v1 SET directory = '00000000'`],
    ['when the catalogue has lost the type', `DELETE FROM corollary_types WHERE name = 'corollary_substore'`],
    [
      'when the table has lost rows that its indexes know',
      `PRAGMA writable_schema = ON;
       UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'corollary_prepared')
       WHERE name = 'item_corollary_substore_v1'`,
    ],
  ])('%s', (_what, sql) => {
    const place = aPlace();
    const [below] = substoreDirectories(place) as [string];
    inDatabase(place, (database) => {
      database.unsafeMode(true);
      database.exec(sql);
    });
    const store = aStore({}, place);
    try {
      store.substores.create('another');
    } catch {} // it may be refused
    expect(store.tree.check({ repair: true }).isSound).toBe(false);
    store.close();
    expect(aStore({}, below).query(Note).one().words).toBe('below');
  });
});

test.runIf(process.platform !== 'win32').each(['db.sqlite-wal', 'db.sqlite-shm', 'db.sqlite-journal'])(
  'a named pipe at the place of %s is NOT_A_STORE, and is not waited for',
  (name) => {
    const place = aPlace();
    aFifo(join(place, name));
    expect(codeOf(() => Store.open(place))).toBe('NOT_A_STORE');
  },
);

test('a store that says it has another parent than its row is NOT_A_STORE', () => {
  const place = aPlace();
  const [below] = substoreDirectories(place) as [string];
  inDatabase(below, (database) => database.exec("UPDATE corollary_store SET parent = 'another'"));
  const store = aStore({}, place);
  const [name] = store.substores.names() as [string];
  expect(codeOf(() => store.at(name).count(Note))).toBe('NOT_A_STORE');
  inDatabase(below, (database) => database.prepare('UPDATE corollary_store SET parent = ?').run(store.uid));
  expect(store.at(name).count(Note)).toBe(1);
});

// A statement was made of the text, which ends where SQLite sees the zero.
test('a name with a zero in it is CORRUPT for a backup, too', () => {
  const place = aPlace();
  tampered(place, `UPDATE corollary_types SET "table" = 'item_' || char(0) WHERE name = 'corollary_substore'`);
  expect(codeOf(() => aStore({}, place).tree.backup(join(aDirectory(), 'backup')))).toBe('CORRUPT');
});

test('a store below whose row says a number for its name is CORRUPT for a backup', () => {
  const place = aPlace();
  tampered(
    place,
    `PRAGMA writable_schema = ON;
     UPDATE sqlite_schema SET sql = replace(replace(sql, '"directory" TEXT', '"directory" INTEGER'), 'STRICT', '')
     WHERE name = 'item_corollary_substore_v1';
     PRAGMA writable_schema = RESET;
     UPDATE item_corollary_substore_v1 SET directory = 7`,
  );
  expect(codeOf(() => aStore({}, place).tree.backup(join(aDirectory(), 'backup')))).toBe('CORRUPT');
});

// JavaScript rounds it, and SQLite takes no fraction for a number of a row.
test('an item with a number beyond 2^53 is CORRUPT for an upgrade, which changes nothing', () => {
  @item('note', { version: 2, upgrades: () => [upgrade(1, { words: text(), extra: json() })] })
  class Later extends Item {
    @text() declare words: string;
  }
  const place = aPlace();
  tampered(place, 'UPDATE item_note_v1 SET storeId = 9223372036854775807');
  const later = aStore({ types: [Later] }, place);
  expect(codeOf(() => later.count(Later))).toBe('CORRUPT');
  later.close();
  expect(aStore({}, place).query(Note).count()).toBe(1);
});

// The object of the one was handed out as that of the other.
test('two items of different types with one number are CORRUPT', () => {
  const place = aPlace();
  const store = aStore({}, place);
  store.create(Letter, { to: store.query(Note).one().address });
  store.close();
  tampered(place, 'UPDATE item_letter_v1 SET storeId = (SELECT storeId FROM item_note_v1)');
  const reopened = aStore({}, place);
  const [note] = reopened.query(Note).all();
  expect(note?.words).toBe('above');
  expect(codeOf(() => reopened.query(Letter).all())).toBe('CORRUPT');
});

test('an address that is a number is a finding of a check', () => {
  const place = aPlace();
  const store = aStore({}, place);
  store.create(Letter, { to: store.query(Note).one().address });
  store.close();
  tampered(
    place,
    `PRAGMA writable_schema = ON;
     UPDATE sqlite_schema SET sql = replace(replace(sql, '"to" TEXT', '"to" INTEGER'), 'STRICT', '') WHERE name = 'item_letter_v1';
     PRAGMA writable_schema = RESET;
     UPDATE item_letter_v1 SET "to" = 7;
     PRAGMA writable_schema = ON;
     UPDATE sqlite_schema SET sql = replace(sql, '"to" INTEGER', '"to" TEXT') || ' STRICT' WHERE name = 'item_letter_v1'`,
  );
  expect(aStore({}, place).tree.check().findings).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('non-TEXT value in item_letter_v1.to') }),
  );
});

// What FTS5 says of it has no code of its own.
test.each(['remove_diacritics', 'unicode61', 'content', 'tokenize'])(
  'an index of words that was made in another way is CORRUPT: %s',
  (word) => {
    @item('page')
    class Page extends Item {
      @text({ fullText: true }) declare words: string;
    }
    const place = aPlace();
    const store = aStore({}, place);
    store.create(Page, { words: 'some words' });
    store.close();
    tampered(
      place,
      `PRAGMA writable_schema = ON;
       UPDATE sqlite_schema SET sql = replace(sql, '${word}', 'x${word.slice(1)}') WHERE sql LIKE '%fts5%'`,
    );
    const reopened = aStore({}, place);
    expect(codeOf(() => reopened.query(Page, (page) => page.words.matches('words')).all())).toBe('CORRUPT');
    expect(codeOf(() => reopened.create(Page, { words: 'more' }))).toBe('CORRUPT');
  },
);

// SQLite has no code of its own for these either. Where they stand: https://www.sqlite.org/fileformat2.html
test.each<[string, number, number]>([
  ['another text encoding', 59, 2],
  ['a newer form of the schema', 47, 9],
])('a database with %s is refused by name', (_what, at, byte) => {
  const place = aPlace();
  const file = join(place, 'db.sqlite');
  const bytes = readFileSync(file);
  bytes[at] = byte;
  writeFileSync(file, bytes);
  expect(codeOf(() => Store.open(place))).toBe('CORRUPT');
});

test.each([
  ['what is not there', 'nothing_of_ours(1)'],
  ['what only a program may call', 'load_extension(1)'],
  ['with too many values', 'length(1, 2)'],
  ['a sum where there is none', '1 WHERE sum(1) > 1'],
  ['a row for a value', '(1, 2)'],
])('a trigger that calls %s is CORRUPT', (_what, call) => {
  const place = aPlace();
  tampered(place, `CREATE TRIGGER other AFTER INSERT ON item_note_v1 BEGIN SELECT ${call}; END`);
  expect(codeOf(() => aStore({}, place).create(Note, { words: 'more', extra: {} }))).toBe('CORRUPT');
});

describe('a commit over several stores is CORRUPT, and changes nothing,', () => {
  test.each([
    ['without the column of the parts', 'CREATE TABLE corollary_decisions (token TEXT)'],
    ['without the key of the parts', 'CREATE TABLE corollary_decisions (part TEXT, token TEXT)'],
    [
      'with parts that are calculated',
      'CREATE TABLE corollary_decisions (token TEXT, part TEXT AS (token) UNIQUE, a, b)',
    ],
    ['that is a view', 'CREATE VIEW corollary_decisions AS SELECT 1 AS part, 2 AS token'],
  ])('where the table of decisions is one %s', (_what, sql) => {
    const place = aPlace();
    tampered(place, `DROP TABLE corollary_decisions; ${sql}`);
    const store = aStore({ types: [Note] }, place);
    const write = () =>
      store.transact(() => {
        for (const one of [store, store.at('below')]) one.create(Note, { words: 'more', extra: {} });
      });
    expect(codeOf(write)).toBe('CORRUPT');
    expect(store.tree.count(Note)).toBe(2);
    store.at('below').create(Note, { words: 'more', extra: {} });
    expect(store.tree.count(Note)).toBe(3);
  });
});

test('an index by an order that there is not is CORRUPT', () => {
  const place = aPlace();
  tampered(
    place,
    `CREATE INDEX "by words" ON item_note_v1 (words COLLATE NOCASE);
     PRAGMA writable_schema = ON;
     UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'FOCASE') WHERE name = 'by words'`,
  );
  const store = aStore({ types: [Note] }, place);
  expect(codeOf(() => store.create(Note, { words: 'more', extra: {} }))).toBe('CORRUPT');
});

describe('a table that has become something else is CORRUPT', () => {
  @item('note')
  class Indexed extends Item {
    @text({ indexed: true }) declare words: string;
    @json() declare extra: Record<string, string>;
  }
  @item('note')
  class Searched extends Item {
    @text({ fullText: true }) declare words: string;
    @json() declare extra: Record<string, string>;
  }
  @item('added')
  class Added extends Item {
    @text() declare words: string;
    @json() declare extra: Record<string, string>;
  }
  @item('note', { version: 2, upgrades: () => [upgrade(1, { words: text(), extra: json() })] })
  class Newer extends Item {
    @text() declare words: string;
    @json() declare extra: Record<string, string>;
  }
  const AS_VIEW = `ALTER TABLE item_note_v1 RENAME TO other; CREATE VIEW item_note_v1 AS SELECT * FROM other`;

  test.each<[string, string, typeof Note, RegExp]>([
    ['for a type that has an index now', AS_VIEW, Indexed, /views may not be indexed/],
    ['for a type that is searched now', AS_VIEW, Searched, /cannot create AFTER trigger on view/],
    ['for an upgrade', AS_VIEW, Newer, /use DROP VIEW/],
    [
      'for a new type whose table has the name of an index',
      'CREATE INDEX item_added_v1 ON item_note_v1 (words)',
      Added,
      /there is already an index/,
    ],
  ])('%s', (_what, sql, type, saying) => {
    const place = aPlace();
    tampered(place, sql);
    const wrong = refusal(() => aStore({ types: [type] }, place).create(type, { words: 'more', extra: {} }));
    expect(wrong.code).toBe('CORRUPT');
    expect(wrong.message).toMatch(saying);
  });
});
