import {
  CorollaryError,
  type ErrorCode,
  Item,
  item,
  type LiveChanges,
  type LiveUpdate,
  reference,
  type Store,
  text,
} from 'corollary';
import { describe, expect, test, vi } from 'vitest';
import { refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { turns, Updates } from './support/updates.js';
import { City, Note } from './tasks/live-queries.js';

@item('guide')
class Guide extends Item {
  @reference(() => City, { nullable: true, whenDeleted: 'nullify' }) declare nullified: City | null;
  @reference(() => City, { nullable: true, whenDeleted: 'cascade' }) declare cascading: City | null;
}

const types = [City, Note, Guide];
const names = (items: readonly City[]) => items.map(({ name }) => name).sort();
const withCode = (code: ErrorCode) => expect.objectContaining({ code, constructor: CorollaryError });

function aWorld() {
  const store = aStore({ types });
  const paris = store.create(City, { name: 'Paris' });
  const updates = new Updates<LiveUpdate<City>>();
  return { store, paris, updates };
}

describe('a listener is told', () => {
  test('after a commit that can change the answer', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    store.create(City, { name: 'Lyon' });
    expect(names((await updates.next()).results)).toEqual(['Lyon', 'Paris']);
  });

  const writes: [string, (store: Store, paris: City) => void][] = [
    ['created', (store) => store.create(City, { name: 'Ys' })],
    ['created with many', (store) => store.createMany(City, [{ name: 'Ys' }, { name: 'Is' }])],
    ['assigned to', (_, paris) => paris.set({ name: 'Lutetia' })],
    ['changed by a query', (store) => store.query(City).update({ people: 5 })],
    ['deleted', (_, paris) => paris.delete()],
    ['deleted by a query', (store) => store.query(City).delete()],
    [
      'changed deep in transactions',
      (store, paris) => store.transact(() => store.transact(() => paris.set({ people: 1 }))),
    ],
  ];
  test.each(writes)('when an item is %s', async (_, write) => {
    const { store, paris, updates } = aWorld();
    using _subscription = store.query(City).subscribe(updates.listener);
    write(store, paris);
    await updates.next();
    await turns();
    expect(updates.count).toBe(1);
  });

  test('not before the transaction is over, and not inside of any', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    store.transact(() => {
      store.create(City, { name: 'Lyon' });
      expect(updates.count).toBe(0);
    });
    expect(updates.count).toBe(0);
    await turns();
    expect(updates.count).toBe(1);
  });

  test('once of all commits in one turn of the event loop', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    for (const name of ['Lyon', 'Nice', 'Metz']) store.create(City, { name });
    expect((await updates.next()).results).toHaveLength(4);
    await turns();
    expect(updates.count).toBe(1);
  });

  test('nothing of a rollback, be it of a part', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    const undone = () =>
      store.transact(() => {
        store.create(City, { name: 'Ys' });
        throw new RangeError('no');
      });
    expect(undone).toThrow(RangeError);
    store.transact(() => {
      store.create(Note, { words: 'kept' });
      expect(undone).toThrow(RangeError);
    });
    await turns();
    expect(updates.count).toBe(0);
  });

  test('nothing of commits that wrote only other types', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    const note = store.create(Note, { words: 'not a city' });
    await turns();
    note.words = 'still none';
    await turns();
    note.delete();
    await turns();
    expect(updates.count).toBe(0);
  });

  test('nor of what a part of a transaction writes of other types', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    store.transact(() => store.transact(() => store.create(Note, { words: 'no city' })));
    await turns();
    expect(updates.count).toBe(0);
  });

  test('of what a part of a transaction writes, whatever the rest of it does', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    store.transact(() => {
      store.create(Note, { words: 'before' });
      store.transact(() => store.create(City, { name: 'Lyon' }));
      store.create(Note, { words: 'after' });
    });
    await turns();
    expect(updates.count).toBe(1);
  });

  test.each(['nullified', 'cascading'] as const)('of items that change with the one they refer to: %s', async (how) => {
    const { store, paris } = aWorld();
    const updates = new Updates<LiveUpdate<Guide>>();
    store.create(Guide, { [how]: paris });
    using _ = store.query(Guide).subscribe(updates.listener);
    paris.delete();
    await turns();
    expect(updates.count).toBe(1);
  });

  test('of the types that a query inside reads', async () => {
    const { store, updates } = aWorld();
    const inNotes = store.query(City, (c) => c.name.in(store.query(Note).pluck((n) => n.words)));
    using _ = inNotes.subscribe(updates.listener);
    store.create(Note, { words: 'Paris' });
    expect(names((await updates.next()).results)).toEqual(['Paris']);
  });

  test('of plucked values, too', async () => {
    const { store } = aWorld();
    const updates = new Updates<LiveUpdate<string>>();
    using _ = store
      .query(City)
      .pluck((c) => c.name)
      .subscribe(updates.listener);
    store.create(City, { name: 'Lyon' });
    expect((await updates.next()).results).toEqual(['Paris', 'Lyon']);
  });

  test('of commits that it makes itself, in a later turn', async () => {
    const { store } = aWorld();
    const counts: number[] = [];
    await new Promise<void>((resolve) => {
      const subscription = store.query(City).subscribe(({ results }) => {
        counts.push(results.length);
        if (results.length < 4) store.create(City, { name: `City ${results.length}` });
        else resolve(subscription.close());
      });
      store.create(City, { name: 'Lyon' });
    });
    expect(counts).toEqual([2, 3, 4]);
  });

  test('in a store in memory', async () => {
    const store = aMemoryStore();
    const updates = new Updates<LiveUpdate<City>>();
    using _ = store.query(City).subscribe(updates.listener);
    store.create(City, { name: 'Lyon' });
    expect((await updates.next()).results).toHaveLength(1);
  });

  test('results that are read when they are first looked at, and kept', async () => {
    const { store, updates } = aWorld();
    using _ = store.query(City).subscribe(updates.listener);
    store.create(City, { name: 'Lyon' });
    const update = await updates.next();
    store.create(City, { name: 'Nice' });
    const { results } = update;
    expect(results).toHaveLength(3);
    store.create(City, { name: 'Metz' });
    expect(update.results).toBe(results);
  });
});

describe('a subscription ends', () => {
  const endings: [string, (store: Store, abort: AbortController, close: () => void) => void][] = [
    ['when it is closed', (_, __, close) => close()],
    ['when its signal aborts', (_, abort) => abort.abort()],
    ['when the store is closed', (store) => store.close()],
  ];
  test.each(endings)('%s, even if something is to be told already', async (_, end) => {
    const { store, updates } = aWorld();
    const abort = new AbortController();
    const subscription = store.query(City).subscribe(updates.listener, { signal: abort.signal });
    store.create(City, { name: 'Lyon' });
    end(store, abort, () => subscription.close());
    await turns();
    expect(updates.count).toBe(0);
    subscription.close();
  });

  test('at the end of a block with using', async () => {
    const { store, updates } = aWorld();
    {
      using _ = store.query(City).subscribe(updates.listener);
    }
    store.create(City, { name: 'Lyon' });
    await turns();
    expect(updates.count).toBe(0);
  });

  test('before it begins where the signal has aborted', async () => {
    const { store, updates } = aWorld();
    store.query(City).subscribe(updates.listener, { signal: AbortSignal.abort() });
    store.create(City, { name: 'Lyon' });
    await turns();
    expect(updates.count).toBe(0);
  });

  test('when its substore is deleted', async () => {
    const { store, updates } = aWorld();
    const part = store.substores.create('part');
    using _ = part.query(City).subscribe(updates.listener);
    part.create(City, { name: 'Lyon' });
    store.substores.delete('part');
    await turns();
    expect(updates.count).toBe(0);
  });

  test('while others of the same store go on', async () => {
    const { store, updates } = aWorld();
    const closed = new Updates<LiveUpdate<City>>();
    using _ = store.query(City).subscribe(updates.listener);
    store.query(City).subscribe(closed.listener).close();
    store.create(City, { name: 'Lyon' });
    await turns();
    expect([updates.count, closed.count]).toEqual([1, 0]);
  });
});

describe('with changes a listener is told', () => {
  function withChanges() {
    const world = aWorld();
    const lyon = world.store.create(City, { name: 'Lyon', people: 5 });
    return { ...world, lyon, updates: new Updates<LiveChanges<City>>() };
  }

  test('what was added, changed and removed, each item once', async () => {
    const { store, paris, lyon, updates } = withChanges();
    using _ = store.query(City).subscribe(updates.listener, { changes: true });
    const nice = store.create(City, { name: 'Nizza' });
    nice.name = 'Nice';
    lyon.people = 6;
    lyon.people = 7;
    const { storeId } = paris;
    paris.delete();
    const { added, changed, removed, results } = await updates.next();
    expect([added, changed]).toEqual([[nice], [lyon]]);
    expect(added[0]).toBe(nice);
    expect(removed).toEqual([{ storeId, uid: store.uid, path: [] }]);
    expect(names(results)).toEqual(['Lyon', 'Nice']);
  });

  test('of items that come into the answer and leave it without being made or deleted', async () => {
    const { store, paris, lyon, updates } = withChanges();
    using _ = store.query(City, (c) => c.people.gt(1)).subscribe(updates.listener, { changes: true });
    paris.people = 2;
    lyon.people = 0;
    const { added, changed, removed } = await updates.next();
    expect([names(added), changed, removed.map(({ storeId }) => storeId)]).toEqual([['Paris'], [], [lyon.storeId]]);
  });

  test('nothing where the answer is the same as before', async () => {
    const { store, paris, updates } = withChanges();
    using _ = store.query(City, (c) => c.people.gt(1)).subscribe(updates.listener, { changes: true });
    paris.name = 'Lutetia';
    await turns();
    store.create(City, { name: 'Ys' }).delete();
    await turns();
    expect(updates.count).toBe(0);
  });

  test('the difference to what it was told before', async () => {
    const { store, paris, updates } = withChanges();
    using _ = store.query(City).subscribe(updates.listener, { changes: true });
    paris.people = 1;
    expect((await updates.next()).changed).toEqual([paris]);
    store.create(City, { name: 'Nice' });
    const { added, changed } = await updates.next();
    expect([names(added), changed]).toEqual([['Nice'], []]);
  });

  test('which items a limit lets in', async () => {
    const { store, lyon, updates } = withChanges();
    const first = store
      .query(City)
      .orderBy((c) => c.people.desc())
      .limit(1);
    using _ = first.subscribe(updates.listener, { changes: true });
    const nice = store.create(City, { name: 'Nice', people: 9 });
    const { added, removed } = await updates.next();
    expect([added, removed.map(({ storeId }) => storeId)]).toEqual([[nice], [lyon.storeId]]);
  });
});

describe('a loop over updates', () => {
  test('begins with the answer as it is, and goes on after commits', async () => {
    const { store } = aWorld();
    const told: string[][] = [];
    for await (const { results } of store.query(City).subscribe()) {
      told.push(names(results));
      if (told.length === 3) break;
      store.create(City, { name: `City ${told.length}` });
    }
    expect(told).toEqual([['Paris'], ['City 1', 'Paris'], ['City 1', 'City 2', 'Paris']]);
  });

  test('with changes begins with all as added', async () => {
    const { store, paris } = aWorld();
    const loop = store.query(City).subscribe({ changes: true })[Symbol.asyncIterator]();
    expect((await loop.next()).value).toMatchObject({ added: [paris], changed: [], removed: [] });
    paris.people = 3;
    expect((await loop.next()).value).toMatchObject({ added: [], changed: [paris], removed: [] });
    await loop.return?.();
  });

  test('with changes begins also where there is nothing', async () => {
    const loop = aMemoryStore().query(City).subscribe({ changes: true })[Symbol.asyncIterator]();
    expect((await loop.next()).value).toMatchObject({ added: [], results: [] });
    await loop.return?.();
  });

  test('that is slow gets the newest, not a queue', async () => {
    const { store } = aWorld();
    const loop = store.query(City).subscribe()[Symbol.asyncIterator]();
    await loop.next();
    for (const name of ['Lyon', 'Nice', 'Metz']) {
      store.create(City, { name });
      await turns();
    }
    const next = await loop.next();
    expect(next.value?.results).toHaveLength(4);
    const abort = vi.fn();
    loop.next().then(abort);
    await turns();
    expect(abort).not.toHaveBeenCalled();
    await loop.return?.();
  });

  const endings: [string, (store: Store, abort: AbortController) => void][] = [
    ['its signal aborts', (_, abort) => abort.abort()],
    ['the store is closed', (store) => store.close()],
  ];
  test.each(endings)('ends quietly when %s', async (_, end) => {
    const { store } = aWorld();
    const abort = new AbortController();
    let count = 0;
    for await (const _update of store.query(City).subscribe({ signal: abort.signal })) {
      count++;
      setImmediate(() => end(store, abort));
    }
    expect(count).toBe(1);
  });

  test('that begins with an aborted signal is over at once', async () => {
    const { store } = aWorld();
    const loop = store.query(City).subscribe({ signal: AbortSignal.abort() })[Symbol.asyncIterator]();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
  });

  test('whose signal aborts before the first update is over', async () => {
    const { store } = aWorld();
    const abort = new AbortController();
    const loop = store.query(City).subscribe({ signal: abort.signal })[Symbol.asyncIterator]();
    abort.abort();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
  });

  test('can be left while it waits', async () => {
    const { store } = aWorld();
    const loop = store.query(City).subscribe()[Symbol.asyncIterator]();
    await loop.next();
    const waiting = loop.next();
    await loop.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('is one of its own for each time that it is begun', async () => {
    const { store } = aWorld();
    const updates = store.query(City).subscribe();
    const [one, two] = [updates[Symbol.asyncIterator](), updates[Symbol.asyncIterator]()];
    await one.next();
    await one.return?.();
    expect((await two.next()).value?.results).toHaveLength(1);
    await two.return?.();
  });

  test('over a closed store is refused', async () => {
    const { store } = aWorld();
    const updates = store.query(City).subscribe();
    store.close();
    await expect(updates[Symbol.asyncIterator]().next()).rejects.toEqual(withCode('STORE_CLOSED'));
  });
});

describe('refused is', () => {
  const wrong: [string, unknown[], string][] = [
    ['a listener that is none', [5], 'subscribe takes a listener, or options; not number'],
    ['null', [null], 'subscribe takes a listener, or options; not null'],
    ['options that are none', [() => undefined, 5], 'subscribe takes an object of options, not number'],
    ['an unknown option', [{ poll: 5 }], "there is no option 'poll', only signal, changes, pollMs, onError"],
    ['a signal that is none', [{ signal: {} }], 'signal is an AbortSignal'],
    ['changes that are no boolean', [{ changes: 1 }], 'changes is true or false'],
    ['pollMs of 0', [{ pollMs: 0 }], 'pollMs is a whole number of milliseconds, 1 or more'],
    ['onError that is no function', [() => undefined, { onError: 1 }], 'onError is a function'],
  ];
  test.each(wrong)('%s', (_, args, said) => {
    const { store } = aWorld();
    const query = store.query(City);
    const error = refusal(() => Reflect.apply(query.subscribe, query, args));
    expect(error.code).toBe('INVALID_VALUE');
    expect(error.message).toContain(said);
  });

  test('changes of plucked values', () => {
    const { store } = aWorld();
    const plucked = store.query(City).pluck((c) => c.name);
    expect(() => plucked.subscribe({ changes: true })).toThrow(withCode('BAD_QUERY'));
  });

  test('a listener on a closed store', () => {
    const { store, updates } = aWorld();
    store.close();
    expect(() => store.query(City).subscribe(updates.listener)).toThrow(withCode('STORE_CLOSED'));
  });

  test('the beginning of a comparison inside a transaction', () => {
    const { store } = aWorld();
    const begin = () => store.transact(() => store.query(City).subscribe(() => undefined, { changes: true }));
    expect(begin).toThrow(withCode('NOT_SUPPORTED'));
  });

  test('nothing where a listener without changes begins inside a transaction: it is told of it', async () => {
    const { store, updates } = aWorld();
    using _ = store.transact(() => {
      store.create(City, { name: 'Lyon' });
      return store.query(City).subscribe(updates.listener);
    });
    expect((await updates.next()).results).toHaveLength(2);
  });
});

describe('errors', () => {
  /** What reaches the process as an uncaught exception while a function waits. */
  async function uncaught(during: () => Promise<void>): Promise<unknown[]> {
    const listeners = process.listeners('uncaughtException');
    const errors: unknown[] = [];
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error));
    try {
      await during();
      await turns();
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    return errors;
  }

  @item('fragile')
  class Fragile extends Item {
    static isBroken = true;
    @text() declare name: string;
    override activate(): void {
      if (Fragile.isBroken) throw new RangeError('broken');
    }
  }

  test('of a listener are uncaught exceptions, and keep no other from being told', async () => {
    const { store, updates } = aWorld();
    const error = new RangeError('mine');
    using _one = store.query(City).subscribe(() => {
      throw error;
    });
    using _two = store.query(City).subscribe(updates.listener);
    const errors = await uncaught(async () => {
      store.create(City, { name: 'Lyon' });
      await updates.next();
      store.create(City, { name: 'Nice' });
      await updates.next();
    });
    expect(errors).toEqual([error, error]);
  });

  function aFragileStore() {
    const place = aStoreDirectory();
    const writer = aStore({}, place);
    const reader = aStore({}, place);
    Fragile.isBroken = false;
    return { writer, reader, updates: new Updates<LiveUpdate<Fragile>>() };
  }

  const readings: [string, boolean][] = [
    ['of the comparison', true],
    ['of results inside the listener', false],
  ];
  test.each(readings)('of reading, %s, go to onError, and it is tried again', async (_, changes) => {
    const { writer, reader, updates } = aFragileStore();
    const errors = new Updates<unknown>();
    const listener = (update: LiveUpdate<Fragile>) => {
      expect(update.results).toHaveLength(1);
      updates.listener(update);
    };
    using _subscription = reader
      .query(Fragile)
      .subscribe(listener, { changes: changes as true, pollMs: 5, onError: errors.listener });
    writer.create(Fragile, { name: 'glass' });
    Fragile.isBroken = true;
    expect(await errors.next()).toEqual(new RangeError('broken'));
    Fragile.isBroken = false;
    expect((await updates.next()).results).toHaveLength(1);
    expect(updates.count).toBe(1);
  });

  test('of reading without onError are uncaught exceptions, and it is tried again', async () => {
    const { writer, reader, updates } = aFragileStore();
    using _subscription = reader.query(Fragile).subscribe(updates.listener, { changes: true, pollMs: 5 });
    const errors = await uncaught(async () => {
      writer.create(Fragile, { name: 'glass' });
      Fragile.isBroken = true;
      await new Promise((resolve) => process.once('uncaughtException', resolve));
      Fragile.isBroken = false;
      await updates.next();
    });
    expect(new Set(errors)).toEqual(new Set([new RangeError('broken')]));
    expect(updates.count).toBe(1);
  });

  // Each failure was followed by a trial of its own, and that by the next if it failed: as many at a time as commits before.
  test.each(['listener', 'loop'])('of reading are told once in pollMs, as long as it fails: %s', async (way) => {
    const { writer, reader, updates } = aFragileStore();
    const errors = new Updates<unknown>();
    const stop = new AbortController();
    const options = { changes: true, pollMs: 50, onError: errors.listener, signal: stop.signal } as const;
    const begin = {
      listener: () => reader.query(Fragile).subscribe(updates.listener, options),
      loop: async () => {
        const loop = reader.query(Fragile).subscribe(options)[Symbol.asyncIterator]();
        await loop.next();
        void loop.next();
      },
    };
    await begin[way as keyof typeof begin]();
    writer.create(Fragile, { name: 'glass' });
    Fragile.isBroken = true;
    for (const name of 'abcdefghij') {
      reader.query(Fragile).update({ name });
      await turns();
    }
    const before = errors.count;
    await new Promise((resolve) => setTimeout(resolve, 500));
    stop.abort();
    expect(before).toBeGreaterThanOrEqual(10);
    expect(errors.count - before).toBeLessThan(15);
  });

  test('of reading without onError end a loop', async () => {
    const { writer, reader } = aFragileStore();
    const loop = reader.query(Fragile).subscribe({ changes: true, pollMs: 5 })[Symbol.asyncIterator]();
    await loop.next();
    const next = loop.next();
    Fragile.isBroken = false;
    writer.create(Fragile, { name: 'glass' });
    Fragile.isBroken = true;
    await expect(next).rejects.toThrow('broken');
    expect(await loop.next()).toEqual({ done: true, value: undefined });
  });
});
