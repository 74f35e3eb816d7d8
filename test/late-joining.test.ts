import { type Default, Item, integer, item, reference, type Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { substoreDirectories } from './support/on-disk.js';
import { rawly, tableWith } from './support/raw-database.js';

// A tree query does not lock the stores that it asks. A store that a transaction locks later may have changed since:
// then nothing may be written on the ground of what was read before.

@item('thing')
class Thing extends Item {
  @text() declare name: string;
  @integer({ default: 0 }) declare n: Default<number>;
}

/** A root, and a substore with two things of which another program can change one. */
function aTree() {
  const place = aStoreDirectory();
  const root = aStore({}, place);
  const below = root.substores.create('below');
  const thing = below.create(Thing, { name: 'x', n: 1 });
  const other = below.create(Thing, { name: 'y', n: 2 });
  const [directory] = substoreDirectories(place) as [string];
  return { root, below, thing, other, changeElsewhere: () => changeBehind(directory) };
}

/** Writes n = 10 into the thing x as another process would. */
function changeBehind(directory: string): void {
  rawly(directory, (database) =>
    database.exec(
      `BEGIN; UPDATE "${tableWith(database, 'n')}" SET n = 10 WHERE name = 'x';
       UPDATE corollary_store SET generation = generation + 1; COMMIT`,
    ),
  );
}

const readInTree = (root: Store) => root.tree.query(Thing, { name: 'x' }).one();

/** What locks a store before it is written. */
const joins: [string, (below: Store, thing: Thing) => unknown][] = [
  ['nothing else', () => undefined],
  ['a query of its store', (below) => below.query(Thing).all()],
  ['a query of another item of its store', (below) => below.query(Thing, { name: 'y' }).all()],
  ['a count', (below) => below.count(Thing)],
  ['a get', (below, thing) => below.get(Thing, thing.storeId)],
  ['a find', (below, thing) => below.find(Thing, thing.storeId)],
  ['refresh', (below) => below.refresh()],
  ['another tree query', (below) => below.root.tree.query(Thing).all()],
];

/** How an item is written, and what its store has afterwards when 2 was to be written. */
const writes: [string, (thing: Thing, n: number) => void, readonly number[]][] = [
  [
    'an assignment',
    (thing, n) => {
      thing.n = n;
    },
    [2],
  ],
  ['set', (thing, n) => thing.set({ n }), [2]],
  ['item.delete()', (thing) => thing.delete(), []],
  ['store.delete(item)', (thing) => thing.store.delete(thing), []],
  [
    'an assignment in a transaction of its store',
    (thing, n) =>
      thing.store.transact(() => {
        thing.n = n;
      }),
    [2],
  ],
];
const everyWay = joins.flatMap(([join, act]) =>
  writes.map(([write, deed, after]) => [join, write, act, deed, after] as const),
);

describe('an item read by a tree query, whose row another process changes before its store is locked,', () => {
  // A query or a get between reading and writing took the new row into memory, so the write found nothing changed. A
  // deletion did not look at all.
  test.each(everyWay)('is a CONFLICT after %s, by %s; nothing is done', (_, __, join, write) => {
    const { root, below, thing, changeElsewhere } = aTree();
    const attempt = () =>
      root.transact(() => {
        const { n } = readInTree(root);
        changeElsewhere();
        join(below, thing);
        write(thing, n + 1);
      });
    expect(refusal(attempt)).toMatchObject({ code: 'CONFLICT', retry: true, store: expect.any(String) });
    below.refresh();
    expect([thing.n, thing.isStored, below.count(Thing)]).toEqual([10, true, 2]);
  });

  test('is written when the transaction is run again', () => {
    const { root, below, thing, changeElsewhere } = aTree();
    const addOne = (meanwhile: () => void) =>
      root.transact(() => {
        const { n } = readInTree(root);
        meanwhile();
        below.query(Thing).all();
        thing.n = n + 1;
      });
    expect(codeOf(() => addOne(changeElsewhere))).toBe('CONFLICT');
    addOne(() => undefined);
    expect(below.query(Thing, { name: 'x' }).one().n).toBe(11);
  });

  test('does not keep another item of its store from being written', () => {
    const { root, below, other, changeElsewhere } = aTree();
    root.transact(() => {
      readInTree(root);
      changeElsewhere();
      below.query(Thing).all();
      other.n += 1;
    });
    expect(below.query(Thing, { name: 'y' }).one().n).toBe(3);
  });
});

test.each(everyWay)(
  'an item read by a tree query whose row stays as it is can be written after %s, by %s',
  (...way) => {
    const [, , join, write, after] = way;
    const { root, below, thing } = aTree();
    const act = () =>
      root.transact(() => {
        const { n } = readInTree(root);
        join(below, thing);
        write(thing, n + 1);
      });
    expect(act).not.toThrow();
    const stored = below.query(Thing, { name: 'x' }).pluck((t) => t.n);
    expect(stored.all()).toEqual(after);
  },
);

// The store joined at the first write only, so what the function read until then was what memory had.
test('a transaction of a substore inside one of the root reads what is stored now', () => {
  const { root, below, thing, changeElsewhere } = aTree();
  changeElsewhere();
  root.transact(() =>
    below.transact(() => {
      thing.n += 1;
    }),
  );
  expect(thing.n).toBe(11);
  expect(below.query(Thing, { name: 'x' }).one().n).toBe(11);
});

// What the transaction itself had done to many items by one statement was taken for another connection's doing.
describe('an item read by a tree query, and then changed together with others,', () => {
  @item('note')
  class Note extends Item {
    @integer() declare n: number;
    @reference(() => Note, { nullable: true, whenDeleted: 'nullify' }) declare about: Note | null;
  }
  const many: [string, (root: Store, below: Store, first: Note) => unknown][] = [
    ['an update of its store', (_, below) => below.query(Note).update({ n: 5 })],
    ['an update of the tree', (root) => root.tree.query(Note).update({ n: 5 })],
    ['a deletion that nullifies', (_, __, first) => first.delete()],
    [
      'an update that is undone, and one that is not',
      (_, below) => {
        const undone = () =>
          below.transact(() => {
            below.query(Note).update({ n: 7 });
            throw new Error('undone');
          });
        expect(undone).toThrow('undone');
        below.query(Note).update({ n: 5 });
      },
    ],
  ];
  const everyWay = many.flatMap(([name, act]) =>
    writes.map(([write, deed, after]) => [name, write, act, deed, after] as const),
  );

  test.each(everyWay)('by %s, can be written, by %s', (_, __, act, write, after) => {
    const { root, below } = aTree();
    const first = below.create(Note, { n: 0, about: null });
    const note = below.create(Note, { n: 1, about: first });
    root.transact(() => {
      root.tree.query(Note).all();
      act(root, below, first);
      write(note as unknown as Thing, 2);
    });
    const ofOthers = 5;
    const stored = below.query(Note).pluck((c) => c.n);
    expect(stored.all().filter((n) => n !== ofOthers)).toEqual(after);
  });

  test('is a CONFLICT all the same when another process changed it before', () => {
    const { root, below, thing, changeElsewhere } = aTree();
    const attempt = () =>
      root.transact(() => {
        const { n } = readInTree(root);
        changeElsewhere();
        below.query(Thing).update({ name: 'z' });
        thing.n = n + 1;
      });
    expect(codeOf(attempt)).toBe('CONFLICT');
  });
});
