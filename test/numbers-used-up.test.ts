import { Item, item, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { inDatabase, tablesOf } from './support/on-disk.js';

// Nobody waits for so many types and items: the file is made to say that they were there.

@item('note')
class Note extends Item {
  @text() declare title: string;
}
@item('letter')
class Letter extends Item {
  @text() declare title: string;
}

const LAST_TYPE = 4095;
const LAST_ITEM = 2 ** 41 - 1;

/** A store with the type note and no items, of which the file says something else afterwards. */
function aStoreThatSays(sql: string): string {
  const place = aStoreDirectory();
  const store = aStore({ types: [Note] }, place);
  store.create(Note, { title: 'gone' }).delete();
  store.close();
  inDatabase(place, (database) => database.exec(sql));
  return place;
}

test('a store takes no type beyond its 4,095th, and goes on', () => {
  const place = aStoreThatSays(`UPDATE corollary_types SET tag = ${LAST_TYPE} WHERE name = 'note'`);
  const tables = tablesOf(place);
  const store = aStore({ types: [Note, Letter] }, place);

  expect(codeOf(() => store.create(Letter, { title: 'one too many' }))).toBe('OUT_OF_RANGE');

  const note = store.create(Note, { title: 'the last type' });
  expect([note.storeId % 4096, store.count(Note), store.count(Letter)]).toEqual([LAST_TYPE, 1, 0]);
  expect(tablesOf(place)).toEqual(tables);
});

test('a store takes no item beyond the 2^41 of its life, and ids never come back', () => {
  const place = aStoreThatSays(`UPDATE corollary_store SET sequence = ${LAST_ITEM}`);
  const store = aStore({ types: [Note] }, place);

  const last = store.create(Note, { title: 'the last' });

  expect(Number.isSafeInteger(last.storeId)).toBe(true);
  expect(codeOf(() => store.create(Note, { title: 'one too many' }))).toBe('OUT_OF_RANGE');
  expect(codeOf(() => store.createMany(Note, [{ title: 'one too many' }]))).toBe('OUT_OF_RANGE');
  last.delete();
  expect(codeOf(() => store.create(Note, { title: 'one too many' }))).toBe('OUT_OF_RANGE');
  expect(store.count(Note)).toBe(0);
});
