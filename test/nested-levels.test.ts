import { type Default, Item, integer, item, Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { indexesOfTableWith } from './support/on-disk.js';
import { rawly, tableWith } from './support/raw-database.js';

// Levels inside a transaction: what each leaves to the level around it, in the database and in memory.

@item('thing')
class Thing extends Item {
  @text() declare name: string;
  @integer({ default: 0 }) declare n: Default<number>;
}

class Undone extends Error {}

/** Does the work in a level that is undone at its end; gives what the work gave. */
function undone<R>(store: Store, work: () => R): R {
  let result: R | undefined;
  const attempt = () =>
    store.transact(() => {
      result = work();
      throw new Undone();
    });
  expect(attempt).toThrow(Undone);
  return result as R;
}

const names = (store: Store) =>
  store
    .query(Thing)
    .pluck((t) => t.name)
    .all();

/** Rises with every commit that has written something. */
function generationOf(place: string): unknown {
  return rawly(place, (database) => database.prepare('SELECT generation FROM corollary_store').pluck().get());
}

const stores: [string, () => Store][] = [
  ['on disk', () => aStore()],
  ['in memory', () => aMemoryStore()],
];

describe('what a transaction has to commit', () => {
  // What an inner level had undone was counted again when the level around it was undone: with as many rows after it,
  // nothing seemed to be left to commit.
  test('is what stays, however often levels around it were undone', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Thing, { name: 'before' });

    store.transact(() => {
      undone(store, () => {
        undone(store, () => store.createMany(Thing, [{ name: 'x' }, { name: 'y' }]));
        store.create(Thing, { name: 'z' });
      });
      store.create(Thing, { name: 'kept 1' });
      store.create(Thing, { name: 'kept 2' });
    });

    expect(names(store)).toEqual(['before', 'kept 1', 'kept 2']);
    expect(names(aStore({}, place))).toEqual(['before', 'kept 1', 'kept 2']);
  });

  // The same miscount the other way round: other handles were told of a change where there was none.
  test('is nothing when all of it was undone', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Thing, { name: 'before' });
    const before = generationOf(place);

    store.transact(() => {
      undone(store, () => {
        undone(store, () => store.create(Thing, { name: 'x' }));
      });
    });

    expect(generationOf(place)).toBe(before);
  });

  test('does not hold what was undone in one store against a write to another', () => {
    const store = aStore();
    const below = store.substores.create('below');
    below.create(Thing, { name: 'before' });

    store.transact(() => {
      undone(store, () => {
        undone(store, () => store.createMany(Thing, [{ name: 'x' }, { name: 'y' }]));
        store.create(Thing, { name: 'z' });
      });
      below.create(Thing, { name: 'kept' });
    });

    expect([names(store), names(below)]).toEqual([[], ['before', 'kept']]);
  });
});

describe('an item that is first read in a level that is undone', () => {
  // Undoing the inner level dropped the note that the outer one has to undo what was read, so the item went on showing
  // a value that was never committed.
  test('shows what the levels around it have left, and at the end what is stored', () => {
    const place = aStoreDirectory();
    const before = Store.open(place);
    const { storeId } = before.create(Thing, { name: 'x', n: 1 });
    before.close();
    const store = aStore({}, place);

    const [thing, meanwhile] = undone(store, () => {
      store.query(Thing).update({ n: 99 });
      const read = undone(store, () => {
        store.create(Thing, { name: 'undone' });
        return store.get(Thing, storeId);
      });
      return [read, read.n] as const;
    });

    expect([meanwhile, thing.n]).toEqual([99, 1]);
    expect(store.get(Thing, storeId)).toBe(thing);
  });

  // For the same reason it stayed in memory when its row was undone, and was given out by its id.
  test('is no item when the level around it, which created its row, is undone too', () => {
    const store = aStore();

    const [phantom, meanwhile] = undone(store, () => {
      store.createMany(Thing, [{ name: 'new' }]);
      const read = undone(store, () => {
        store.create(Thing, { name: 'undone' });
        return store.query(Thing, { name: 'new' }).one();
      });
      return [read, read.name] as const;
    });

    expect([meanwhile, phantom.isStored]).toEqual(['new', false]);
    expect(store.find(Thing, phantom.storeId)).toBeUndefined();
    expect(codeOf(() => phantom.set({ n: 1 }))).toBe('ITEM_GONE');
  });

  test('is as before when it was changed and deleted at several levels', () => {
    const store = aStore();
    const thing = store.create(Thing, { name: 'x' });

    const meanwhile = undone(store, () => {
      thing.n = 1;
      undone(store, () => {
        thing.n = 2;
        thing.delete();
      });
      const between = thing.n;
      thing.n = 3;
      store.query(Thing).delete();
      return between;
    });

    expect([meanwhile, thing.n, thing.isStored]).toEqual([1, 0, true]);
    expect(store.find(Thing, thing.storeId)).toBe(thing);
  });
});

describe('a second existing store, written while a write to the first has begun,', () => {
  function twoStores() {
    const store = aStore();
    const [one, two] = [store.substores.create('one'), store.substores.create('two')];
    one.create(Thing, { name: 'one' });
    two.create(Thing, { name: 'two' });
    return { store, one, two };
  }

  test('is written with it when a generator given to createMany writes it', () => {
    const { store, one, two } = twoStores();
    function* rows() {
      two.create(Thing, { name: 'from a generator' });
      yield { name: 'row' };
    }
    store.transact(() => one.createMany(Thing, rows()));
    expect([names(one), names(two)]).toEqual([
      ['one', 'row'],
      ['two', 'from a generator'],
    ]);
  });

  test('is not, when that then throws and nobody catches it', () => {
    const { store, one, two } = twoStores();
    function* rows() {
      yield { name: 'row' };
      two.create(Thing, { name: 'from a generator' });
      throw new RangeError('no');
    }
    expect(() => store.transact(() => one.createMany(Thing, rows()))).toThrow(RangeError);
    expect([names(one), names(two)]).toEqual([['one'], ['two']]);
  });

  test('is written with it when a default function writes it', () => {
    const { store, one, two } = twoStores();
    const counter = two.query(Thing).one();
    @item('invoice')
    class Invoice extends Item {
      @integer({ default: () => ++counter.n }) declare number: Default<number>;
    }
    store.transact(() => one.create(Invoice, {}));
    expect([one.count(Invoice), counter.n]).toEqual([1, 1]);
  });
});

// Indexes that a class asks for are made at the first write of its type. When rows broke a new unique index and the
// program caught that, the indexes dropped before it, and those made before it, stayed so.
describe('a change of indexes that fails, when the error is caught in a transaction that goes on,', () => {
  @item('point', { unique: [['a', 'b']] })
  class Before extends Item {
    @integer() declare a: number;
    @integer() declare b: number;
    @integer() declare c: number;
  }
  @item('point', {
    unique: [
      ['a', 'c'],
      ['b', 'c'],
    ],
  })
  class After extends Item {
    @integer() declare a: number;
    @integer() declare b: number;
    @integer() declare c: number;
  }

  /** Two points that break the second rule of After, and a transaction that has met it. */
  function afterTheFailure(): string {
    const place = aStoreDirectory();
    const before = Store.open(place);
    before.createMany(Before, [
      { a: 1, b: 1, c: 1 },
      { a: 2, b: 1, c: 1 },
    ]);
    before.close();
    const store = Store.open(place);
    store.transact(() => {
      expect(codeOf(() => store.create(After, { a: 3, b: 3, c: 3 }))).toBe('CONSTRAINT');
      store.create(Thing, { name: 'goes on' });
    });
    expect(names(store)).toEqual(['goes on']);
    store.close();
    return place;
  }

  test('leaves every index as it was', () => {
    expect(indexesOfTableWith(afterTheFailure(), 'c')).toEqual(['unique a,b']);
  });

  test('leaves the old class its rule', () => {
    const store = aStore({}, afterTheFailure());
    expect(codeOf(() => store.create(Before, { a: 1, b: 1, c: 9 }))).toBe('CONSTRAINT');
    expect(store.count(Before)).toBe(2);
  });

  test('can be made once the rows allow it', () => {
    const place = afterTheFailure();
    const repair = Store.open(place);
    repair.query(Before, { a: 2 }).update({ b: 2 });
    repair.close();
    aStore({}, place).create(After, { a: 3, b: 3, c: 3 });
    expect(indexesOfTableWith(place, 'c')).toEqual(['unique a,c', 'unique b,c']);
  });
});

describe.each(stores)('a substore that is deleted in a level, %s,', (_, aRoot) => {
  // Undoing the deletion of the store above opened again whatever lies below, also what had been deleted before.
  test('stays deleted when the deletion of the store above it is undone', () => {
    const root = aRoot();
    const [above, below] = root.transact(() => {
      const upper = root.substores.create('above');
      const lower = upper.substores.create('below');
      upper.substores.delete('below');
      undone(root, () => root.substores.delete('above'));
      expect(codeOf(() => lower.create(Thing, { name: 'lost' }))).toBe('STORE_CLOSED');
      expect(root.at('above')).toBe(upper);
      return [upper, lower];
    });
    expect([above.isClosed, below.isClosed, above.substores.names()]).toEqual([false, true, []]);
  });

  test('is back when that level is undone, and what was made in its place is gone', () => {
    const root = aRoot();
    root.transact(() => {
      const one = root.substores.create('one');
      one.create(Thing, { name: 'a' });
      undone(root, () => {
        root.substores.delete('one');
        root.substores.create('one').create(Thing, { name: 'undone' });
      });
      one.create(Thing, { name: 'b' });
      undone(root, () => {
        const two = root.substores.create('two');
        two.substores.create('three').create(Thing, { name: 'undone' });
      });
      root.substores.create('two').create(Thing, { name: 'c' });
      expect(root.at('one')).toBe(one);
    });
    expect([names(root.at('one')), names(root.at('two'))]).toEqual([['a', 'b'], ['c']]);
    expect(root.tree.count(Thing)).toBe(3);
  });
});

// The level had no savepoint any more: releasing it threw what SQLite says of that, and the transaction ended in it.
test('a level in which SQLite has ended the transaction is an IO_ERROR at its end, though the function caught it', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.create(Thing, { name: 'before' });
  rawly(place, (database) =>
    database.exec(
      `CREATE TRIGGER ending BEFORE INSERT ON "${tableWith(database, 'n')}" WHEN NEW.name = 'ender'
       BEGIN SELECT RAISE(ROLLBACK, 'ended'); END`,
    ),
  );
  const level = () =>
    store.transact(() => {
      store.create(Thing, { name: 'inner' });
      expect(() => {
        store.create(Thing, { name: 'ender' });
        store.count(Thing); // rows may be written as late as this
      }).toThrow();
    });
  const whole = () =>
    store.transact(() => {
      store.create(Thing, { name: 'outer' });
      expect(codeOf(level)).toBe('IO_ERROR');
    });

  expect(codeOf(whole)).toBe('IO_ERROR');

  expect(names(store)).toEqual(['before']);
  store.create(Thing, { name: 'after' });
  expect(names(aStore({}, place))).toEqual(['before', 'after']);
});
