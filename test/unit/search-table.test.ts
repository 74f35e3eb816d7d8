import { Item, item, Store, text } from 'corollary';
import { expect, onTestFinished, test } from 'vitest';
import { typeOf } from '../../src/item/type-of.js';
import type { ItemClass } from '../../src/schema/item-class.js';
import { searchTable } from '../../src/store/search-table.js';
import type { StoreCore } from '../../src/store/store-core.js';
import { transact } from '../../src/store/transact.js';
import { openRoot } from '../../src/substore/open-root.js';
import { checkedOptions, type StoreOptions } from '../../src/substore/options.js';
import { refusal } from '../support/a-refusal.js';
import { aStoreDirectory } from '../support/a-store.js';
import { inDatabase, ownTables, tablesOf } from '../support/on-disk.js';

type Searched = readonly ('title' | 'body')[];

/** The class Note of one version of the program, with its full-text attributes. */
function noteWith(fullText: Searched) {
  @item('note', { fullText })
  class Note extends Item {
    @text() declare title: string;
    @text() declare body: string;
  }
  return Note;
}

/** Where a program whose class had these full-text attributes has stored one note. */
function placeWrittenBy(fullText: Searched): string {
  const place = aStoreDirectory();
  const store = Store.open(place);
  store.create(noteWith(fullText), { title: 'hot tea', body: 'cold milk' });
  store.close();
  return place;
}

/** The inside of a store, which queries are answered from. */
function coreAt(place: string, Note: ItemClass<Item>, options: StoreOptions = {}): StoreCore {
  const branch = openRoot(place, checkedOptions({ ...options, types: [Note] }), () => ({}) as never);
  onTestFinished(() => branch.core.close('is closed'));
  return branch.core;
}

const TABLE = '"item_note_v1$text"';

function idsIn(place: string, expression: string): unknown[] {
  const sql = `SELECT rowid FROM ${TABLE} WHERE ${TABLE} MATCH ?`;
  return inDatabase(place, (database) => database.prepare(sql).pluck().all(expression));
}

test('a type that was never stored has no table, and gets none by a search', () => {
  const place = aStoreDirectory();
  const Note = noteWith(['title']);
  expect(searchTable(coreAt(place, Note), typeOf(Note))).toBeUndefined();
  expect(tablesOf(place)).toEqual(ownTables);
});

test('an index that is there is used as it is, by read-only stores too', () => {
  const place = placeWrittenBy(['title']);
  const Note = noteWith(['title']);
  expect(searchTable(coreAt(place, Note), typeOf(Note))?.table).toBe(TABLE);
  expect(searchTable(coreAt(place, Note, { readOnly: true }), typeOf(Note))?.table).toBe(TABLE);
});

test('an index of more than is searched is used as it is', () => {
  const place = placeWrittenBy(['title', 'body']);
  const Note = noteWith(['body']);
  expect(searchTable(coreAt(place, Note, { readOnly: true }), typeOf(Note))?.table).toBe(TABLE);
});

test('an index that the file lacks is made by the search', () => {
  const place = placeWrittenBy([]);
  const Note = noteWith(['title']);
  expect(searchTable(coreAt(place, Note), typeOf(Note))?.table).toBe(TABLE);
  expect(idsIn(place, 'tea')).toHaveLength(1);
});

test('a column that the index lacks is added by the search', () => {
  const place = placeWrittenBy(['title']);
  const Note = noteWith(['title', 'body']);
  const core = coreAt(place, Note);
  expect(searchTable(core, typeOf(Note))?.table).toBe(TABLE);
  expect(idsIn(place, 'milk')).toHaveLength(1);
});

test('an index that a search made in a transaction goes back with it, and the next search makes it again', () => {
  const place = placeWrittenBy([]);
  const Note = noteWith(['title']);
  const core = coreAt(place, Note);
  const fail = () => {
    expect(searchTable(core, typeOf(Note))?.table).toBe(TABLE);
    throw new RangeError('no');
  };
  expect(() => transact(core, fail, { isReadOnly: false, others: [] })).toThrow(RangeError);
  expect(tablesOf(place)).not.toContain('item_note_v1$text');
  expect(searchTable(core, typeOf(Note))?.table).toBe(TABLE);
  expect(idsIn(place, 'tea')).toHaveLength(1);
});

test('an index that another handle made is found', () => {
  const place = placeWrittenBy([]);
  const Note = noteWith(['title']);
  const reader = coreAt(place, Note, { readOnly: true });
  expect(refusal(() => searchTable(reader, typeOf(Note))).code).toBe('UPGRADE_NEEDED');
  searchTable(coreAt(place, Note), typeOf(Note));
  reader.reading();
  expect(searchTable(reader, typeOf(Note))?.table).toBe(TABLE);
});

test('where nothing may be written, a missing index is UPGRADE_NEEDED, which says what to do', () => {
  const place = placeWrittenBy([]);
  const Note = noteWith(['title']);
  const inReadOnlyStore = refusal(() => searchTable(coreAt(place, Note, { readOnly: true }), typeOf(Note)));
  const core = coreAt(place, Note);
  const inReadOnlyTransaction = refusal(() =>
    transact(core, () => searchTable(core, typeOf(Note)), { isReadOnly: true, others: [] }),
  );
  expect(inReadOnlyStore).toMatchObject({ code: 'UPGRADE_NEEDED', type: 'note', store: place });
  expect(inReadOnlyStore.message).toMatch(/title.*READ_ONLY.*opened for writing/);
  expect(inReadOnlyTransaction).toMatchObject({ code: 'UPGRADE_NEEDED', type: 'note', store: place });
  expect(tablesOf(place)).not.toContain('item_note_v1$text');
});

test('other errors of the write stay what they are', () => {
  const place = placeWrittenBy([]);
  const Note = noteWith(['title']);
  const core = coreAt(place, Note, { busyTimeoutMs: 0 });
  const error = inDatabase(place, (database) => {
    database.exec('BEGIN IMMEDIATE');
    return refusal(() => searchTable(core, typeOf(Note)));
  });
  expect([error.code, error.retry]).toEqual(['BUSY', true]);
});
