import { Item, item, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';

// A number that this process has seen on an item never comes on another one, through whichever handle.

@item('note')
class Note extends Item {
  @text() declare title: string;
}

class Undone extends Error {}

/** The number of an item whose creation is undone. */
function undoneId(store: Store): number {
  let storeId = 0;
  const attempt = () =>
    store.transact(() => {
      ({ storeId } = store.create(Note, { title: 'undone' }));
      throw new Undone();
    });
  expect(attempt).toThrow(Undone);
  return storeId;
}

// Each handle counted for itself, and only the one that had rolled back knew of the number.
test('the number of a rolled-back item is not given by a second handle', () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore({}, place), aStore({}, place)];
  one.create(Note, { title: 'x' });
  two.count(Note);
  const undone = undoneId(one);
  expect(two.create(Note, { title: 'z' }).storeId).toBeGreaterThan(undone);
});

test('the number of a rolled-back item is not given by two handles that roll back in turn', () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore({}, place), aStore({}, place)];
  const ids = [undoneId(one), undoneId(two), undoneId(one), two.create(Note, { title: 'z' }).storeId];
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
});

test('the number of a rolled-back item is not given after its handle is closed, while another is open', () => {
  const place = aStoreDirectory();
  const one = Store.open(place);
  one.create(Note, { title: 'x' });
  const two = aStore({}, place);
  const undone = undoneId(one);
  two.count(Note);
  one.close();
  const three = aStore({}, place);
  expect(three.create(Note, { title: 'z' }).storeId).toBeGreaterThan(undone);
  expect(two.create(Note, { title: 'w' }).storeId).toBeGreaterThan(undone + 1);
});

test('the number of an item rolled back in a substore is not given by a second handle on it', () => {
  const place = aStoreDirectory();
  const [one, two] = [aStore({}, place), aStore({}, place)];
  const below = one.substores.create('below');
  below.create(Note, { title: 'x' });
  const undone = undoneId(below);
  expect(two.at('below').create(Note, { title: 'z' }).storeId).toBeGreaterThan(undone);
});
