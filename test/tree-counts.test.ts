import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Item, integer, item, Store, text } from 'corollary';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';
import { allStatementsOf } from './support/statements.js';

// A tree is counted by one statement for each open store, which looks for commits of others as well.

@item('letter')
class Letter extends Item {
  @text() declare subject: string;
  @integer({ indexed: true }) declare year: number;
}

@item('note')
class Note extends Item {
  @text() declare subject: string;
}

const types = [Letter, Note];
const letter = { subject: 'peace', year: 1945 };

/** Two handles on a tree of three stores, with a letter in each; all are open, and were counted by the first. */
function twoHandles() {
  const place = aStoreDirectory();
  const [one, two] = [aStore({ types }, place), aStore({ types }, place)];
  for (const store of [one, one.substores.create('in'), one.substores.create('out')]) store.create(Letter, letter);
  one.tree.count(Letter);
  two.tree.count(Letter);
  return { place, one, two };
}

const asked = (work: () => unknown) => allStatementsOf(work).filter((sql) => !sql.includes('sub-store'));

test('each store is asked one statement', () => {
  const { one } = twoHandles();
  expect(asked(() => one.tree.count(Letter))).toHaveLength(3);
  expect(asked(() => one.tree.query(Letter).max((l) => l.subject))).toHaveLength(3);
  expect(asked(() => one.tree.count(Letter, (l) => l.subject.ne('war')))).toHaveLength(3);
});

test('after a commit of its own, too', () => {
  const { one } = twoHandles();
  one.transact(() => {
    for (const store of [one, one.at('in')]) store.create(Letter, letter);
  });
  expect(one.tree.count(Letter)).toBe(5);
  expect(asked(() => one.tree.count(Letter))).toHaveLength(3);
});

const deeds: [string, (two: Store) => unknown, counts: { letters: number; notes: number }][] = [
  ['an item', (two) => two.at('in').create(Letter, letter), { letters: 4, notes: 0 }],
  ['the first item of a type', (two) => two.at('in').create(Note, { subject: 'milk' }), { letters: 3, notes: 1 }],
  ['no item any more', (two) => two.at('out').query(Letter).delete(), { letters: 2, notes: 0 }],
  ['a store below', (two) => two.at('in').substores.create('1945').create(Letter, letter), { letters: 4, notes: 0 }],
  ['a store less', (two) => two.substores.delete('out'), { letters: 2, notes: 0 }],
  ['a store with another name', (two) => two.substores.rename('out', 'sent'), { letters: 3, notes: 0 }],
  [
    'items in several stores',
    (two) =>
      two.transact(() => {
        for (const store of [two.at('in'), two.at('out')]) store.create(Letter, letter);
      }),
    { letters: 5, notes: 0 },
  ],
];

test.each(deeds)('of what another handle did, it counts %s', (_, deed, counts) => {
  const { one, two } = twoHandles();
  deed(two);
  expect({ letters: one.tree.count(Letter), notes: one.tree.count(Note) }).toEqual(counts);
  expect([...one.tree.stores()].map(({ path }) => path)).toEqual([...two.tree.stores()].map(({ path }) => path));
});

test('after a count, items show what another handle wrote', () => {
  const { one, two } = twoHandles();
  const mine = one.at('in').query(Letter).one();
  two.at('in').query(Letter).one().year = 1946;
  expect(one.tree.count(Letter)).toBe(3);
  expect(mine.year).toBe(1946);
});

test('a table that another handle took away is not asked for', () => {
  const { place, one, two } = twoHandles();
  two.close();
  using without = Store.open(place, { types: [Note], retired: { letter: 'drop' }, upgrade: 'open' });
  expect(without.tree.count(Note)).toBe(0);
  expect(() => one.tree.count(Letter)).toThrow(expect.objectContaining({ code: 'NEWER_DATABASE' }));
});

test('what another program did counts, and is seen by the next look', () => {
  const { place, one } = twoHandles();
  const inbox = join(place, 'sub', readdirSync(join(place, 'sub'))[0] as string);
  rawly(inbox, (database) => database.exec(`DELETE FROM "${tableWith(database, 'subject')}"`));
  expect(one.tree.count(Letter)).toBe(2);
  expect(one.tree.query(Letter).all()).toHaveLength(2);
});

test('inside a transaction it counts what is not committed, and nothing of it after a rollback', () => {
  const { one } = twoHandles();
  const inside: number[] = [];
  expect(() =>
    one.transact(() => {
      one.at('in').create(Letter, letter);
      one.substores.create('new').create(Letter, letter);
      inside.push(one.tree.count(Letter));
      throw new Error('no');
    }),
  ).toThrow('no');
  expect([...inside, one.tree.count(Letter)]).toEqual([5, 3]);
});

/** What one of two handles does next, in one of the stores that are there. */
const steps = fc.array(
  fc.record({
    by: fc.nat(1),
    where: fc.nat(),
    deed: fc.constantFrom('write', 'remove', 'nest', 'delete', 'rename', 'count', 'write two'),
  }),
  { minLength: 1, maxLength: 25 },
);

test('law: two handles count the same, whoever did what', () => {
  fc.assert(
    fc.property(steps, (done) => {
      const place = aStoreDirectory();
      using one = Store.open(place, { types, durability: 'relaxed' });
      using two = Store.open(place, { types, durability: 'relaxed' });
      for (const [at, { by, where, deed }] of done.entries()) {
        const mine = by === 0 ? one : two;
        const stores = [...mine.tree.stores()];
        const store = stores[where % stores.length] as Store;
        if (deed === 'write') store.create(Letter, { subject: 'a', year: at });
        if (deed === 'remove') store.query(Letter).delete();
        if (deed === 'nest') store.substores.create(`n${at}`);
        if (deed === 'delete' && store !== mine) store.parent?.substores.delete(store.name as string);
        if (deed === 'rename' && store !== mine) store.parent?.substores.rename(store.name as string, `r${at}`);
        if (deed === 'write two')
          mine.transact(() => [mine, store].map((s) => s.create(Letter, { subject: 'b', year: at })));
        expect(one.tree.count(Letter)).toBe(two.tree.count(Letter));
        expect(one.tree.count(Letter)).toBe([...two.tree.stores()].reduce((sum, s) => sum + s.count(Letter), 0));
        expect([...one.tree.stores()].map((s) => s.path)).toEqual([...two.tree.stores()].map((s) => s.path));
      }
    }),
    { numRuns: 15 },
  );
});
