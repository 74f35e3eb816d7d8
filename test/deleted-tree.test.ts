import { Item, item, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStoreDirectory } from './support/a-store.js';

@item('note')
class Note extends Item {
  @text() declare title: string;
}

/** A store that another handle has deleted. */
function aDeletedStore() {
  const place = aStoreDirectory();
  const root = Store.open(place, { types: [Note] });
  const acme = root.substores.create('acme');
  acme.substores.create('deep').create(Note, { title: 'x' });
  const elsewhere = Store.open(place, { types: [Note] });
  elsewhere.substores.delete('acme');
  elsewhere.close();
  return { root, acme };
}

test.each<[string, (acme: Store) => unknown]>([
  ['counted', (acme) => acme.tree.count(Note)],
  ['queried', (acme) => acme.tree.query(Note).all()],
  [
    'summed up in groups',
    (acme) =>
      acme.tree
        .query(Note)
        .groupBy((n) => n.title)
        .pluck((n) => n.title)
        .all(),
  ],
  ['walked through', (acme) => [...acme.tree.stores()]],
])('the tree of a store that another handle has deleted is not %s as if it were empty', (_, ask) => {
  const { root, acme } = aDeletedStore();
  expect(codeOf(() => ask(acme))).toBe('STORE_CLOSED');
  root.close();
});

test('the tree above goes on without it', () => {
  const { root } = aDeletedStore();
  expect(root.tree.count(Note)).toBe(0);
  expect([...root.tree.stores()]).toEqual([root]);
  root.close();
});
