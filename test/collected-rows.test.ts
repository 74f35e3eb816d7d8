import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { bytes, Item, integer, item, type Store, text } from 'corollary';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory, databasesBelow } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';

// Rows that are created one after the other wait, and are written together before anything else is done.

@item('grain')
class Grain extends Item {
  @integer() declare size: number;
  @text({ nullable: true }) declare name: string | null;
  @bytes({ nullable: true }) declare inside: Uint8Array | null;
}
@item('chaff')
class Chaff extends Item {
  @integer() declare size: number;
}
@item('badge')
class Badge extends Item {
  @text({ unique: true }) declare code: string;
}
@item('weight')
class Weight extends Item {
  @integer({ check: (w) => w.grams.gt(0) }) declare grams: number;
}

/** As another program would: no class has such a rule. */
const addRule = (place: string, refused: string) =>
  rawly(place, (database) =>
    database.exec(
      `CREATE TRIGGER refusing BEFORE INSERT ON "${tableWith(database, 'inside')}" WHEN ${refused}
       BEGIN SELECT RAISE(ABORT, 'no'); END`,
    ),
  );
const IS_BAD = "NEW.name = 'bad'";

const sizes = (store: Store) =>
  store
    .query(Grain)
    .pluck((g) => g.size)
    .all();

describe('rows that wait', () => {
  test('are seen by whatever is asked next', () => {
    const store = aMemoryStore();
    store.transact(() => {
      const first = store.create(Grain, { size: 1 });
      expect(store.count(Grain)).toBe(1);
      store.create(Chaff, { size: 2 });
      store.create(Grain, { size: 3 });
      expect(sizes(store)).toEqual([1, 3]);
      store.create(Grain, { size: 4 });
      expect(store.query(Grain, (g) => g.size.gt(3)).update({ size: 5 })).toBe(1);
      store.create(Grain, { size: 6 }).size = 7;
      first.delete();
      expect([sizes(store), store.count(Chaff)]).toEqual([[3, 5, 7], 1]);
    });
    expect([sizes(store), store.count(Chaff)]).toEqual([[3, 5, 7], 1]);
  });

  test('are undone with their level, and stay with the one around it', () => {
    const store = aMemoryStore();
    store.transact(() => {
      store.create(Grain, { size: 1 });
      const undone = () =>
        store.transact(() => {
          store.create(Grain, { size: 2 });
          throw new RangeError('undone');
        });
      expect(undone).toThrow(RangeError);
      store.create(Grain, { size: 3 });
      store.transact(() => store.create(Grain, { size: 4 }));
      store.create(Grain, { size: 5 });
    });
    expect(sizes(store)).toEqual([1, 3, 4, 5]);
  });

  test('are undone with the transaction, and nothing of them comes back', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const undone = () =>
      store.transact(() => {
        for (let size = 0; size < 40; size++) store.create(Grain, { size });
        throw new RangeError('undone');
      });
    expect(undone).toThrow(RangeError);
    store.create(Grain, { size: 99 });
    expect(sizes(aStore({}, place))).toEqual([99]);
  });

  test.each([1, 15, 16, 17, 32, 100])('are all there after the commit: %i of two types', (count) => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const numbers = Array.from({ length: count }, (_, size) => size);
    store.transact(() => {
      for (const size of numbers) store.create(Grain, { size, name: `${size}` });
      for (const size of numbers) store.create(Chaff, { size });
    });
    const other = aStore({}, place);
    expect(sizes(other)).toEqual(numbers);
    expect(
      other
        .query(Chaff)
        .pluck((c) => c.size)
        .all(),
    ).toEqual(numbers);
  });

  test('of large values are all there too', () => {
    const store = aMemoryStore();
    const inside = new Uint8Array(10_000).fill(7);
    const name = 'n'.repeat(10_000);
    store.transact(() => {
      store.create(Grain, { size: 1 });
      store.create(Grain, { size: 2, inside });
      store.create(Grain, { size: 3, name });
      store.create(Grain, { size: 4 });
    });
    expect(
      store
        .query(Grain)
        .pluck((g) => g.inside)
        .all(),
    ).toEqual([null, inside, null, null]);
    expect(
      store
        .query(Grain)
        .pluck((g) => g.name)
        .all(),
    ).toEqual([null, null, name, null]);
  });
});

describe('statements', () => {
  let written: number;
  beforeEach(() => {
    written = 0;
    const driver = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')) as Database.Statement;
    const { run } = driver;
    vi.spyOn(driver, 'run').mockImplementation(function (this: Database.Statement, ...values) {
      if (this.source.startsWith('INSERT INTO "item_')) written++;
      return run.apply(this, values);
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('are not one for each of 320 items, but where a rule of the table may refuse it', () => {
    const store = aMemoryStore();
    store.transact(() => {
      for (let n = 0; n < 320; n++) store.create(Grain, { size: n });
    });
    expect(written).toBe(20);
    store.transact(() => {
      for (let n = 0; n < 10; n++) store.create(Badge, { code: `${n}` });
    });
    expect(written).toBe(30);
  });
});

describe('what is refused', () => {
  test('by a rule of the class is refused at once', () => {
    const store = aMemoryStore();
    store.transact(() => {
      store.create(Badge, { code: 'a' });
      expect(codeOf(() => store.create(Badge, { code: 'a' }))).toBe('CONSTRAINT');
      expect(codeOf(() => store.create(Weight, { grams: 0 }))).toBe('CONSTRAINT');
    });
    expect([store.count(Badge), store.count(Weight)]).toEqual([1, 0]);
  });

  test.each([1, 40])('by the table cannot be left out, though the function goes on: %i rows', (count) => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Grain, { size: -1 });
    addRule(place, IS_BAD);
    let bad = 0;
    const errors: string[] = [];
    const attempt = () =>
      store.transact(() => {
        for (let size = 0; size < count; size++)
          try {
            const item = store.create(Grain, { size, name: size === 0 ? 'bad' : null });
            if (size === 0) bad = item.storeId;
          } catch (error) {
            errors.push((error as Error).message);
          }
        expect(codeOf(() => store.count(Grain))).toBe('CONSTRAINT');
      });
    const error = refusal(attempt);
    expect([error.code, error.type, error.storeId]).toEqual(['CONSTRAINT', 'grain', bad]);
    expect(sizes(store)).toEqual([-1]);
    store.create(Grain, { size: 1 });
    expect(sizes(aStore({}, place))).toEqual([-1, 1]);
  });

  test('by the table undoes a level over several stores in all of them', () => {
    const place = aStoreDirectory();
    const root = aStore({}, place);
    const stores = ['a', 'b', 'c'].map((name) => root.substores.create(name));
    for (const store of stores) store.create(Grain, { size: 0 });
    for (const file of databasesBelow(place).filter((file) => file.includes('/sub/'))) addRule(dirname(file), IS_BAD);
    const names = [null, 'bad', null];
    root.transact(() => {
      const level = () =>
        root.transact(() => {
          for (const [at, store] of stores.entries()) store.create(Grain, { size: 1, name: names[at] ?? null });
        });
      expect(codeOf(level)).toBe('CONSTRAINT');
      for (const store of stores) store.create(Grain, { size: 2 });
    });
    expect(stores.map(sizes)).toEqual([
      [0, 2],
      [0, 2],
      [0, 2],
    ]);
  });

  test('for a while leaves nothing of what was not created', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Grain, { size: -1 });
    const until = Date.now() + 300;
    addRule(place, `unixepoch('subsec') < ${until / 1000}`);
    const created = [-1];
    store.transact(() => {
      for (let size = 0; size < 20; size++)
        try {
          created.push(store.create(Grain, { size }).size);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONSTRAINT' });
        }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, until + 50 - Date.now());
    });
    expect(sizes(store)).toEqual(created);
  });

  test('by the table is told of the item that waited, not of the one that is written next', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const badge = store.create(Badge, { code: 'a' });
    store.create(Grain, { size: -1 });
    addRule(place, IS_BAD);
    let bad = 0;
    const error = refusal(() =>
      store.transact(() => {
        badge.code = 'b';
        bad = store.create(Grain, { size: 1, name: 'bad' }).storeId;
        badge.code = 'c';
      }),
    );
    expect([error.type, error.storeId]).toEqual(['grain', bad]);
  });

  test.each([3, 17])('by the table is told of the row: %i of 20', (at) => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Grain, { size: -1 });
    addRule(place, IS_BAD);
    const rows = Array.from({ length: 20 }, (_, size) => ({ size, name: size === at ? 'bad' : null }));
    expect(refusal(() => store.createMany(Grain, rows)).message).toMatch(new RegExp(`^Row ${at}: grain in `));
    expect(sizes(store)).toEqual([-1]);
  });
});
