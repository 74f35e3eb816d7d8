import { attributes, Item, integer, item, reference, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { aProgram } from './support/a-process.js';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { inDatabase, ownTables, tablesOf } from './support/on-disk.js';
import type * as tasks from './tasks/full-text-index.js';
import { Memo } from './tasks/full-text-index.js';

// There is no `matches` in these tests: they look at the index as another program does.

@item('folder')
class Folder extends Item {
  @text() declare label: string;
}

@item('note', { fullText: ['title', 'body'] })
class Note extends Item {
  @text({ collate: 'nocase' }) declare title: string;
  @text({ nullable: true }) declare body: string | null;
  @integer() declare size: number;
  @reference(() => Folder, { nullable: true, whenDeleted: 'cascade' }) declare folder: Folder | null;
  @reference(() => Folder, { nullable: true, whenDeleted: 'nullify' }) declare origin: Folder | null;
}

/** The titles of the notes whose words match, after the whole index was compared with the rows. */
function found(place: string, expression: string): unknown[] {
  return inDatabase(place, (database) => {
    database.exec(`INSERT INTO "item_note_v1$text" ("item_note_v1$text", rank) VALUES ('integrity-check', 1)`);
    const ids = 'SELECT rowid FROM "item_note_v1$text" WHERE "item_note_v1$text" MATCH ?';
    return database.prepare(`SELECT title FROM item_note_v1 WHERE storeId IN (${ids})`).pluck().all(expression);
  });
}

function aStoreWithNotes(): { store: Store; place: string; tea: Note; coffee: Note } {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const tea = store.create(Note, { title: 'Tea', body: 'hot leaves', size: 1 });
  const coffee = store.create(Note, { title: 'Café', body: 'hot beans', size: 2 });
  return { store, place, tea, coffee };
}

test('a created item is found by the words of every full-text attribute, whatever case and diacritics', () => {
  const { place } = aStoreWithNotes();
  expect(found(place, 'hot')).toEqual(['Tea', 'Café']);
  expect(found(place, 'CAFE')).toEqual(['Café']);
  expect(found(place, 'title : hot')).toEqual([]);
});

test('createMany indexes every row', () => {
  const { store, place } = aStoreWithNotes();
  const rows = Array.from({ length: 100 }, (_, at) => ({ title: `number ${at}`, size: at }));
  store.createMany(Note, rows);
  expect(found(place, 'number')).toHaveLength(100);
  expect(found(place, '"number 71"')).toEqual(['number 71']);
});

test('an assigned text is found by its new words only', () => {
  const { place, tea } = aStoreWithNotes();
  tea.title = 'Green';
  expect(found(place, 'tea')).toEqual([]);
  expect(found(place, 'green AND leaves')).toEqual(['Green']);
});

test('set changes several texts at once, and null has no words', () => {
  const { place, tea } = aStoreWithNotes();
  tea.set({ title: 'Water', body: null });
  expect(found(place, 'leaves OR tea')).toEqual([]);
  expect(found(place, 'water')).toEqual(['Water']);
});

test('update of a query tells how many items it changed, and indexes them', () => {
  const { store, place } = aStoreWithNotes();
  expect(store.query(Note, (n) => n.size.gte(1)).update({ body: 'cold' })).toBe(2);
  expect(found(place, 'cold')).toEqual(['Tea', 'Café']);
  expect(found(place, 'hot')).toEqual([]);
});

test('delete of a query tells how many items it deleted, and their words are gone', () => {
  const { store, place } = aStoreWithNotes();
  expect(store.query(Note, { title: 'TEA' }).delete()).toBe(1);
  expect(found(place, 'hot')).toEqual(['Café']);
});

test('a deletion that cascades or nullifies keeps the index right', () => {
  const { store, place, tea, coffee } = aStoreWithNotes();
  const folder = store.create(Folder, { label: 'drinks' });
  tea.folder = folder;
  coffee.origin = folder;
  folder.delete();
  expect(coffee.origin).toBeNull();
  expect(found(place, 'hot')).toEqual(['Café']);
});

test('what is rolled back is not found, and what it changed is found as before', () => {
  const { store, place, tea, coffee } = aStoreWithNotes();
  const fail = () =>
    store.transact(() => {
      store.create(Note, { title: 'Milk', size: 3 });
      tea.title = 'Green';
      coffee.delete();
      throw new RangeError('no');
    });
  expect(fail).toThrow(RangeError);
  expect(found(place, 'milk OR green')).toEqual([]);
  expect(found(place, 'tea OR cafe')).toEqual(['Tea', 'Café']);
});

test('an inner transaction that fails alone takes its words back, and no others', () => {
  const { store, place, tea } = aStoreWithNotes();
  store.transact(() => {
    store.create(Note, { title: 'Milk', size: 3 });
    const fail = () =>
      store.transact(() => {
        tea.title = 'Green';
        throw new RangeError('no');
      });
    expect(fail).toThrow(RangeError);
  });
  expect(found(place, 'green')).toEqual([]);
  expect(found(place, 'tea OR milk')).toEqual(['Tea', 'Milk']);
});

test('a refused row leaves no words behind', () => {
  @item('note', { fullText: ['title'], unique: [['title']] })
  class UniqueNote extends Item {
    @text() declare title: string;
  }
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const titles = Array.from({ length: 40 }, (_, at) => ({ title: `tea ${at % 35}` }));
  expect(codeOf(() => store.createMany(UniqueNote, titles))).toBe('CONSTRAINT');
  store.create(UniqueNote, { title: 'tea' });
  expect(found(place, 'tea')).toEqual(['tea']);
});

test('vacuum keeps the words with their items', () => {
  const { store, place, tea } = aStoreWithNotes();
  tea.delete();
  store.vacuum();
  expect(found(place, 'hot')).toEqual(['Café']);
});

test('a second handle and another program write words too', () => {
  const { place, tea } = aStoreWithNotes();
  const second = aStore({}, place);
  second.get(Note, tea.storeId).title = 'Green';
  inDatabase(place, (database) => {
    database.exec(`UPDATE item_note_v1 SET body = 'iced' WHERE title = 'Café';
      UPDATE item_note_v1 SET storeId = storeId + 4096000 WHERE title = 'Green'`);
  });
  expect(found(place, 'green')).toEqual(['Green']);
  expect(found(place, 'iced')).toEqual(['Café']);
});

test('another process writes words, and they outlive its death', async () => {
  const place = aStoreDirectory();
  const program = await aProgram<typeof tasks>('full-text-index.ts');
  program.callSync('createMemo', place, 'from elsewhere');
  const killed = program.start();
  await killed.call('createMemo', place, 'from one that dies');
  await killed.kill();
  const store = aStore({ types: [Memo] }, place);
  expect(store.check()).toEqual({ isSound: true, findings: [] });
  const matches = inDatabase(place, (database) =>
    database.prepare('SELECT line FROM "item_memo_v1$text" WHERE "item_memo_v1$text" MATCH ?').pluck().all('from'),
  );
  expect(matches).toEqual(['from elsewhere', 'from one that dies']);
});

test('a type without full-text attributes has neither index nor triggers, and its catalogue says nothing of it', () => {
  const place = aStoreDirectory();
  aStore({}, place).create(Folder, { label: 'a' });
  expect(tablesOf(place)).toEqual([...ownTables, 'item_folder_v1']);
  const [triggers, shape] = inDatabase(place, (database) => [
    database.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").pluck().get(),
    database.prepare('SELECT shape FROM corollary_types').pluck().get(),
  ]);
  expect(triggers).toBe(0);
  expect(shape).not.toContain('fullText');
});

// Adapting

type Options = Parameters<typeof text>[0] & object;

/** The class Note of another version of the program, with other full-text attributes. */
function noteWith(title: Options, body: Options) {
  @item('note')
  class OtherNote extends Item {
    @text(title) declare title: string;
    @text(body) declare body: string;
  }
  return OtherNote;
}
const SEARCHED = { fullText: true };

/** Opens the store with another version of the class, writes one item, and closes it. */
function writeWith(place: string, OtherNote: ReturnType<typeof noteWith>, title: string, body = ''): void {
  const store = Store.open(place, { types: [OtherNote] });
  store.create(OtherNote, { title, body });
  expect(store.check().findings).toEqual([]);
  store.close();
}

test('an attribute that becomes full text is indexed with its old values at the next write', () => {
  const place = aStoreDirectory();
  writeWith(place, noteWith({}, {}), 'old tea');
  writeWith(place, noteWith(SEARCHED, {}), 'new tea');
  expect(found(place, 'tea')).toEqual(['old tea', 'new tea']);
});

test('other full-text attributes than before are indexed, and those that no longer are, are not', () => {
  const place = aStoreDirectory();
  writeWith(place, noteWith(SEARCHED, {}), 'tea', 'hot');
  writeWith(place, noteWith(SEARCHED, SEARCHED), 'coffee', 'hot');
  expect(found(place, 'hot')).toEqual(['tea', 'coffee']);
  writeWith(place, noteWith({}, SEARCHED), 'milk', 'hot');
  expect(found(place, 'hot')).toEqual(['tea', 'coffee', 'milk']);
  expect(found(place, 'tea')).toEqual([]);
});

test('an index that is no longer declared is dropped, and can come back', () => {
  const place = aStoreDirectory();
  writeWith(place, noteWith(SEARCHED, SEARCHED), 'tea');
  writeWith(place, noteWith({}, {}), 'coffee');
  expect(tablesOf(place)).toEqual([...ownTables, 'item_note_v1']);
  writeWith(place, noteWith(SEARCHED, {}), 'milk');
  expect(found(place, 'tea OR coffee OR milk')).toEqual(['tea', 'coffee', 'milk']);
});

test('a transaction that adds the index and fails leaves none, and the next one adds it', () => {
  const place = aStoreDirectory();
  writeWith(place, noteWith({}, {}), 'tea');
  const Searched = noteWith(SEARCHED, {});
  const store = Store.open(place, { types: [Searched] });
  const fail = () =>
    store.transact(() => {
      store.create(Searched, { title: 'coffee', body: '' });
      throw new RangeError('no');
    });
  expect(fail).toThrow(RangeError);
  expect(tablesOf(place)).not.toContain('item_note_v1$text');
  store.create(Searched, { title: 'milk', body: '' });
  store.close();
  expect(found(place, 'tea OR coffee OR milk')).toEqual(['tea', 'milk']);
});

test('a first item that is rolled back takes the index along, and the next makes it again', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const fail = () =>
    store.transact(() => {
      store.create(Note, { title: 'tea', size: 1 });
      throw new RangeError('no');
    });
  expect(fail).toThrow(RangeError);
  expect(tablesOf(place)).toEqual(ownTables);
  store.create(Note, { title: 'coffee', size: 1 });
  expect(found(place, 'tea OR coffee')).toEqual(['coffee']);
});

// SQLite failed the commit: FTS5 had words left to write into the table that was no more.
test('a first item that is undone at an inner level takes the index along, and the transaction goes on', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const fail = () =>
    store.transact(() => {
      store.create(Note, { title: 'tea', size: 1 });
      throw new RangeError('no');
    });
  store.transact(() => {
    store.create(Folder, { label: 'stays' });
    expect(fail).toThrow(RangeError);
  });
  expect(tablesOf(place)).toEqual([...ownTables, 'item_folder_v1']);
  store.transact(() => {
    expect(fail).toThrow(RangeError);
    store.create(Note, { title: 'coffee', size: 1 });
  });
  expect(found(place, 'tea OR coffee')).toEqual(['coffee']);
});

test('a substore has an index of its own', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.create(Note, { title: 'above', size: 1 });
  store.substores.create('sub').create(Note, { title: 'below', size: 1 });
  expect(found(place, 'above OR below')).toEqual(['above']);
  expect(store.at('sub').check()).toEqual({ isSound: true, findings: [] });
});

// Checking

test('check names the type whose index lacks a word', () => {
  const { store, place } = aStoreWithNotes();
  inDatabase(place, (database) => {
    database.exec(`DROP TRIGGER "item_note_v1$text_insert";
      INSERT INTO item_note_v1 (storeId, title, size) VALUES (40961, 'unheard of', 1)`);
  });
  const { isSound, findings } = store.check();
  expect(isSound).toBe(false);
  expect(findings).toMatchObject([{ kind: 'fullText', type: 'note', message: expect.stringContaining('note') }]);
});

test('what check says makes a wrong index right', () => {
  const { store, place } = aStoreWithNotes();
  inDatabase(place, (database) => {
    database.exec(`INSERT INTO "item_note_v1$text" (rowid, title) VALUES (40961, 'ghost')`);
  });
  const [finding] = store.check().findings;
  const cure = String(finding?.message.split('anew: ')[1]);
  inDatabase(place, (database) => database.exec(cure));
  expect(store.check()).toEqual({ isSound: true, findings: [] });
});

test('check names the type whose index was taken away', () => {
  const { store, place } = aStoreWithNotes();
  inDatabase(place, (database) => database.exec('DROP TABLE "item_note_v1$text"'));
  expect(store.check().findings).toMatchObject([{ kind: 'fullText', type: 'note' }]);
});

test('check writes nothing: other handles see no commit, and a transaction stays without one', () => {
  const { store, place } = aStoreWithNotes();
  const generation = () =>
    inDatabase(place, (database) => database.prepare('SELECT generation FROM corollary_store').pluck().get());
  const before = generation();
  expect(store.check().isSound).toBe(true);
  expect(store.transact(() => store.check().isSound)).toBe(true);
  expect(generation()).toBe(before);
});

test('check inside a transaction sees the words of that transaction', () => {
  const { store, place, tea } = aStoreWithNotes();
  store.transact(() => {
    tea.title = 'Green';
    store.create(Note, { title: 'Milk', size: 3 });
    expect(store.check()).toEqual({ isSound: true, findings: [] });
  });
  expect(found(place, 'green OR milk')).toEqual(['Green', 'Milk']);
});

test('check of a store or transaction that only reads leaves the comparison out', () => {
  const { store, place } = aStoreWithNotes();
  const writing = aStore({}, place);
  const readOnly = aStore({ readOnly: true, types: [Note] }, place);
  writing.transact(() => {
    writing.create(Note, { title: 'Milk', size: 1 });
    expect(readOnly.check()).toEqual({ isSound: true, findings: [] });
  });
  expect(store.transact(() => store.check(), { readOnly: true })).toEqual({ isSound: true, findings: [] });
});

test('a store in memory checks its indexes too', () => {
  const store = aMemoryStore();
  store.create(Note, { title: 'Tea', size: 1 }).title = 'Coffee';
  expect(store.check()).toEqual({ isSound: true, findings: [] });
});

// Declaring

test('names that mean something to SQLite can be those of full-text attributes', () => {
  @item('odd', { fullText: ['content', 'tokenize', 'order', 'match', 'oid'] })
  class Odd extends Item {
    @text() declare content: string;
    @text() declare tokenize: string;
    @text() declare order: string;
    @text() declare match: string;
    @text() declare oid: string;
    @text() declare rank: string;
  }
  const store = aStore();
  store.create(Odd, { content: 'a', tokenize: 'b', order: 'c', match: 'd', oid: 'e', rank: 'f' }).match = 'g';
  expect(store.check()).toEqual({ isSound: true, findings: [] });
});

test('rank and rowid, which FTS5 keeps for itself, are refused as full-text attributes', () => {
  class Ranked extends Item {
    declare rank: string;
    declare Rowid: string;
  }
  attributes(Ranked, { rank: text({ fullText: true }), Rowid: text() });
  item('ranked', { fullText: ['Rowid'] })(Ranked);
  const { code, problems } = refusal(() => aStore({ types: [Ranked] }));
  expect(code).toBe('BAD_TYPE');
  expect(problems?.map(({ attribute }) => attribute)).toEqual(['rank', 'Rowid']);
});
