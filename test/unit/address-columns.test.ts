import { type Address, address, Item, item, text } from 'corollary';
import { expect, test } from 'vitest';
import { addressColumns, type TypeShape } from '../../src/store/shape.js';
import { aStore, aStoreDirectory } from '../support/a-store.js';
import { inDatabase } from '../support/on-disk.js';

test('the columns that hold addresses are known from the catalogue, without the class', () => {
  @item('note')
  class Note extends Item {
    @address() declare about: Address;
    @text() declare body: string;
    @address({ nullable: true }) declare other: Address | null;
  }
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const note = store.create(Note, { about: `${store.uid}/1` as Address, body: `${store.uid}/1` });
  note.about = note.address;
  store.close();

  const shape = inDatabase(place, (database) =>
    database.prepare("SELECT shape FROM corollary_types WHERE name = 'note'").pluck().get(),
  );
  expect(addressColumns(JSON.parse(String(shape)) as TypeShape)).toEqual(['about', 'other']);
});
