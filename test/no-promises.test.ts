import { Item, integer, item, type Store } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

// What runs inside a transaction is over when it returns. Of a promise or a generator, the rest would run outside of it.

@item('plain')
class Plain extends Item {
  @integer() declare n: number;
}

@item('eager')
class Eager extends Item {
  @integer() declare n: number;
  override async stored(): Promise<void> {
    this.n += 1;
    await null;
    this.n += 100;
  }
}

@item('rejecting')
class Rejecting extends Item {
  @integer() declare n: number;
  override async stored(): Promise<void> {
    throw new TypeError('nobody waits for this');
  }
}

@item('loading')
class Loading extends Item {
  @integer() declare n: number;
}

@item('loading')
class LoadingLater extends Item {
  @integer() declare n: number;
  override async activate(): Promise<void> {}
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

// Promises of hooks were dropped: the creation counted as done whatever became of them, and a rejection ended the
// process.
describe('an asynchronous hook is ASYNC_TRANSACTION:', () => {
  test.each([[Eager], [Rejecting]])('stored(), which undoes the creation: %o', async (type) => {
    const store = aStore();
    expect(codeOf(() => store.create(type, { n: 1 }))).toBe('ASYNC_TRANSACTION');
    await nextTurn();
    expect(store.count(type)).toBe(0);
  });

  test('stored() of one of many rows, which undoes them all', () => {
    const store = aStore();
    expect(codeOf(() => store.createMany(Eager, [{ n: 1 }, { n: 2 }]))).toBe('ASYNC_TRANSACTION');
    expect(store.count(Eager)).toBe(0);
  });

  test('stored() in a transaction, which goes on without the item', () => {
    const store = aStore();
    store.transact(() => {
      store.create(Plain, { n: 1 });
      expect(codeOf(() => store.create(Eager, { n: 1 }))).toBe('ASYNC_TRANSACTION');
    });
    expect([store.count(Plain), store.count(Eager)]).toEqual([1, 0]);
  });

  test('activate() of a new item, which is not created', () => {
    const store = aStore();
    expect(codeOf(() => store.create(LoadingLater, { n: 1 }))).toBe('ASYNC_TRANSACTION');
    expect(store.count(LoadingLater)).toBe(0);
  });

  test('activate() of an item that is loaded, which stays as it is stored', () => {
    const place = aStoreDirectory();
    const { storeId } = aStore({}, place).create(Loading, { n: 1 });
    const store = aStore({}, place);
    expect(codeOf(() => store.query(LoadingLater).all())).toBe('ASYNC_TRANSACTION');
    expect(codeOf(() => store.getAny(storeId))).toBe('ASYNC_TRANSACTION');
    expect(aStore({}, place).query(Loading).one().n).toBe(1);
  });
});

// A generator function is seen before it runs; a plain one that gives what a generator function gave it was not. The
// transaction committed before the first line of it ran.
describe('a function given to transact that returns a generator is ASYNC_TRANSACTION and undone:', () => {
  function* steps(store: Store): Generator<undefined> {
    store.create(Plain, { n: 2 });
    yield undefined;
  }
  async function* stepsInTime(store: Store): AsyncGenerator<undefined> {
    store.create(Plain, { n: 2 });
    yield undefined;
  }

  test.each([
    ['a generator', steps],
    ['an async generator', stepsInTime],
  ])('%s', (_, begin) => {
    const store = aStore();
    const attempt = () =>
      store.transact(() => {
        store.create(Plain, { n: 1 });
        return begin(store);
      });
    expect(codeOf(attempt)).toBe('ASYNC_TRANSACTION');
    expect(store.count(Plain)).toBe(0);
  });

  test('as a level, alone', () => {
    const store = aStore();
    store.transact(() => {
      store.create(Plain, { n: 1 });
      const level = () =>
        store.transact(() => {
          store.create(Plain, { n: 3 });
          return steps(store);
        });
      expect(codeOf(level)).toBe('ASYNC_TRANSACTION');
    });
    expect(
      store
        .query(Plain)
        .pluck((p) => p.n)
        .all(),
    ).toEqual([1]);
  });

  test('but a list, a Map or an iterator of one is a result like others', () => {
    const store = aStore();
    expect(store.transact(() => [1])).toEqual([1]);
    expect(store.transact(() => new Map([[1, 2]]))).toEqual(new Map([[1, 2]]));
    expect([...store.transact(() => [1, 2].values())]).toEqual([1, 2]);
  });
});
