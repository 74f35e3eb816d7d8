import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import {
  bigint,
  bytes,
  Item,
  type ItemInit,
  integer,
  item,
  json,
  real,
  type Store,
  type StoreId,
  text,
} from 'corollary';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory, databasesBelow } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';

// Rows that are created or changed one after the other wait, and are written together before anything else is done.

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
@item('kernel')
class Kernel extends Item {
  @bigint({ nullable: true }) declare big: bigint | null;
  @real() declare real: number;
  @json({ nullable: true }) declare json: { at: number[] } | null;
  @integer({ indexed: true }) declare column2: number;
}
@item('weight')
class Weight extends Item {
  @integer({ check: (w) => w.grams.gt(0) }) declare grams: number;
}

/** Its constructor asks for the item that is being made. */
@item('sprout')
class Sprout extends Item {
  static asks = false;
  static found: Sprout | undefined;
  @integer() declare size: number;
  constructor(init: ItemInit) {
    super(init);
    if (!Sprout.asks) return;
    Sprout.asks = false;
    Sprout.found = this.store.find(Sprout, this.storeId as StoreId<Sprout>);
  }
}

/** As another program would: no class has such a rule. */
const addRule = (place: string, refused: string, event = 'INSERT', answer = "ABORT, 'no'") =>
  rawly(place, (database) =>
    database.exec(
      `CREATE TRIGGER refusing BEFORE ${event} ON "${tableWith(database, 'inside')}" WHEN ${refused}
       BEGIN SELECT RAISE(${answer}); END`,
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

  test('are not there yet for the constructor of their class, whichever it is that is made', () => {
    const store = aMemoryStore();
    store.transact(() => {
      store.create(Sprout, { size: 1 });
      Sprout.asks = true;
      const sprout = store.create(Sprout, { size: 2 });
      expect(Sprout.found).toBeUndefined();
      expect(store.find(Sprout, sprout.storeId)).toBe(sprout);
    });
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

describe('changes that wait', () => {
  const grains = (store: Store, count: number) =>
    store.transact(() => Array.from({ length: count }, (_, size) => store.create(Grain, { size })));

  test('are seen by whatever is asked next', () => {
    const store = aMemoryStore();
    const [first, second, third] = grains(store, 3) as [Grain, Grain, Grain];
    store.transact(() => {
      first.size = 10;
      second.size = 11;
      expect(sizes(store)).toEqual([10, 11, 2]);
      third.size = 12;
      expect(store.query(Grain, (g) => g.size.gt(11)).one()).toBe(third);
      first.size = 20;
      second.delete();
      third.size = 22;
      expect(store.count(Grain, (g) => g.size.gte(20))).toBe(2);
    });
    expect(sizes(store)).toEqual([20, 22]);
  });

  test('of one item are done in their order', () => {
    const store = aMemoryStore();
    const [first, second] = grains(store, 2) as [Grain, Grain];
    store.transact(() => {
      for (let size = 1; size <= 40; size++) {
        first.size = size;
        if (size % 3 === 0) second.size = -size;
        first.size = 100 + size;
      }
    });
    expect(sizes(store)).toEqual([140, -39]);
  });

  test('of one item to different attributes are all done', () => {
    const store = aMemoryStore();
    const items = grains(store, 40);
    store.transact(() => {
      for (const grain of items) {
        grain.size += 100;
        grain.name = `${grain.size}`;
        grain.set({ size: grain.size + 100, inside: new Uint8Array([grain.size]) });
      }
    });
    const found = store.query(Grain).select((g) => ({ size: g.size, name: g.name, inside: g.inside }));
    expect(found.all()).toEqual(
      items.map((_, at) => ({ size: at + 200, name: `${at + 100}`, inside: new Uint8Array([at + 100]) })),
    );
  });

  test('are undone with their level, and stay with the one around it', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const items = grains(store, 40);
    store.transact(() => {
      for (const grain of items) grain.size += 100;
      const undone = () =>
        store.transact(() => {
          for (const grain of items) grain.size += 1000;
          throw new RangeError('undone');
        });
      expect(undone).toThrow(RangeError);
      for (const grain of items.slice(20)) grain.size += 100;
    });
    const expected = items.map((_, at) => at + (at < 20 ? 100 : 200));
    expect([sizes(store), items.map(({ size }) => size)]).toEqual([expected, expected]);
    expect(sizes(aStore({}, place))).toEqual(expected);
  });

  test('are undone with the transaction, and nothing of them comes back', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const items = grains(store, 40);
    const undone = () =>
      store.transact(() => {
        for (const grain of items) grain.size += 100;
        throw new RangeError('undone');
      });
    expect(undone).toThrow(RangeError);
    (items[39] as Grain).size = 1000;
    const expected = items.map((_, at) => (at < 39 ? at : 1000));
    expect([sizes(aStore({}, place)), items.map(({ size }) => size)]).toEqual([expected, expected]);
  });

  test('are written with their values, of every kind that SQLite has', () => {
    const store = aMemoryStore();
    const values = (at: number) => ({
      big: at % 5 === 0 ? null : 2n ** 63n - 1n - BigInt(at),
      real: at % 2 === 0 ? at : at + 0.5,
      json: at % 7 === 0 ? null : { at: [at] },
      column2: 2 ** 53 - 1 - at,
    });
    const count = 33;
    const kernels = store.transact(() =>
      Array.from({ length: count }, () => store.create(Kernel, { big: 0n, real: 0, json: null, column2: 0 })),
    );
    store.transact(() => {
      for (const [at, kernel] of kernels.entries()) kernel.set(values(at));
    });
    const found = store.query(Kernel).select((k) => ({ big: k.big, real: k.real, json: k.json, column2: k.column2 }));
    expect(found.all()).toEqual(kernels.map((_, at) => values(at)));
    expect(store.query(Kernel, { column2: 2 ** 53 - 1 - 32 }).one()).toBe(kernels[32]);
  });
});

describe('statements', () => {
  let written: number;
  beforeEach(() => {
    written = 0;
    const driver = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')) as Database.Statement;
    const { run } = driver;
    vi.spyOn(driver, 'run').mockImplementation(function (this: Database.Statement, ...values) {
      if (/^(INSERT INTO|UPDATE) "item_/.test(this.source)) written++;
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

  test('are not one for each of 320 items that are got and changed, but where a rule of the table may refuse it', () => {
    const place = aStoreDirectory();
    const first = aStore({}, place);
    const grains = Array.from({ length: 320 }, (_, size) => first.create(Grain, { size }).storeId);
    const badges = Array.from({ length: 10 }, (_, at) => first.create(Badge, { code: `${at}` }).storeId);
    first.close();
    const store = aStore({}, place);
    written = 0;
    store.transact(() => {
      for (const id of grains) store.get(Grain, id).size += 1000;
    });
    expect(written).toBe(20);
    store.transact(() => {
      for (const id of badges) store.get(Badge, id).code += '!';
    });
    expect(written).toBe(30);
    expect(sizes(store)).toEqual(grains.map((_, at) => at + 1000));
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

  test.each([1, 40])('by the table as a change cannot be left out, though the function goes on: %i rows', (count) => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const items = store.transact(() => Array.from({ length: count }, (_, size) => store.create(Grain, { size })));
    addRule(place, IS_BAD, 'UPDATE');
    const attempt = () =>
      store.transact(() => {
        for (const [at, grain] of items.entries())
          try {
            grain.name = at === 0 ? 'bad' : 'good';
          } catch (error) {
            expect(error).toMatchObject({ code: 'CONSTRAINT' });
          }
        expect(codeOf(() => store.count(Grain))).toBe('CONSTRAINT');
      });
    expect(refusal(attempt)).toMatchObject({ code: 'CONSTRAINT', type: 'grain', storeId: items[0]?.storeId });
    expect(items.map(({ name }) => name)).toEqual(items.map(() => null));
    (items[0] as Grain).name = 'fine';
    expect(aStore({}, place).query(Grain, { name: 'fine' }).count()).toBe(1);
  });

  test.each([
    ['INSERT', 1],
    ['INSERT', 40],
    ['UPDATE', 1],
    ['UPDATE', 40],
  ] as const)('by the table without a word is told all the same: %s of %i rows', (event, count) => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const items = store.transact(() => Array.from({ length: count }, (_, size) => store.create(Grain, { size })));
    addRule(place, IS_BAD, event, 'IGNORE');
    const name = (at: number) => (at === count - 1 ? 'bad' : null);
    const write: (at: number) => unknown = {
      INSERT: (at: number) => store.create(Grain, { size: 0, name: name(at) }),
      UPDATE: (at: number) => items[at]?.set({ size: 99, name: name(at) }),
    }[event];
    expect(codeOf(() => store.transact(() => items.map((_, at) => write(at)).length))).toBe('ITEM_GONE');
    expect(sizes(store)).toEqual(items.map((_, at) => at));
    expect(items.map(({ size }) => size)).toEqual(items.map((_, at) => at));
  });

  test.each([
    ['INSERT', 3],
    ['INSERT', 20],
    ['UPDATE', 3],
    ['UPDATE', 20],
  ] as const)('by the table without a word is told of the row: %s of number %i of 40', (event, bad) => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const items = store.transact(() => Array.from({ length: 40 }, (_, size) => store.create(Grain, { size })));
    addRule(place, IS_BAD, event, 'IGNORE');
    const name = (at: number) => (at === bad ? 'bad' : null);
    const write: (at: number) => Grain = {
      INSERT: (at: number) => store.create(Grain, { size: 0, name: name(at) }),
      UPDATE: (at: number) => items[at]?.set({ size: 99, name: name(at) }) ?? (items[at] as Grain),
    }[event];
    const written: Grain[] = [];
    const error = refusal(() => store.transact(() => items.map((_, at) => written.push(write(at))).length));
    expect([error.code, error.storeId]).toEqual(['ITEM_GONE', written[bad]?.storeId]);
    expect(sizes(store)).toEqual(items.map((_, at) => at));
  });

  test('by the table is told of the same row each time, though others were written before it', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Grain, { size: -1 });
    addRule(place, IS_BAD);
    let bad = 0;
    const asked: unknown[] = [];
    const error = refusal(() =>
      store.transact(() => {
        store.create(Grain, { size: 1 });
        bad = store.create(Grain, { size: 2, name: 'bad' }).storeId;
        for (const _ of [1, 2]) asked.push(refusal(() => store.count(Grain)).storeId);
      }),
    );
    expect([...asked, error.storeId]).toEqual([bad, bad, bad]);
  });

  test('by the table, which ends the transaction, leaves nothing behind that was to be written afterwards', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Grain, { size: -1 });
    const table = rawly(place, (database) => tableWith(database, 'inside'));
    // Once the transaction is gone, the row is refused no more.
    addRule(place, `${IS_BAD} AND EXISTS (SELECT 1 FROM "${table}" WHERE size = 1)`, 'INSERT', "ROLLBACK, 'no'");
    const codes: string[] = [];
    const attempt = () =>
      store.transact(() => {
        store.create(Grain, { size: 1 });
        store.create(Grain, { size: 2, name: 'bad' });
        store.create(Grain, { size: 3 });
        codes.push(codeOf(() => store.count(Grain)));
        store.count(Grain);
      });
    expect(refusal(attempt).code).toBe('IO_ERROR');
    expect(codes).toEqual(['CONSTRAINT']);
    expect(sizes(store)).toEqual([-1]);
    store.create(Grain, { size: 4 });
    expect(sizes(aStore({}, place))).toEqual([-1, 4]);
  });

  test('by the table is not told where the transaction is given up before: its own error is', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Grain, { size: -1 });
    addRule(place, IS_BAD);
    const givenUp = () =>
      store.transact(() => {
        store.create(Grain, { size: 1, name: 'bad' });
        throw new RangeError('given up');
      });
    expect(givenUp).toThrow(new RangeError('given up'));
    store.transact(() => {
      expect(givenUp).toThrow(new RangeError('given up'));
      store.create(Grain, { size: 2 });
    });
    expect(sizes(aStore({}, place))).toEqual([-1, 2]);
  });

  // A commit over several stores takes changed rows away and writes them anew: one that was ignored then was lost.
  test('by a trigger only when a commit over several stores is finished is not lost', () => {
    const place = aStoreDirectory();
    const root = aStore({}, place);
    const parts = ['a', 'b'].map((name) => root.substores.create(name));
    const grains = parts.map((part) => part.create(Grain, { size: 1, name: 'bad' }));
    const files = databasesBelow(place).filter((file) => file.includes('/sub/'));
    for (const file of files) addRule(dirname(file), IS_BAD, 'INSERT', 'IGNORE');
    const change = () =>
      root.transact(() => {
        for (const grain of grains) grain.size = 2;
      });
    expect(codeOf(change)).toBe('COMMIT_PENDING');
    expect(refusal(() => aStore({}, place).at('a').count(Grain))).toMatchObject({ code: 'CONSTRAINT' });
    for (const file of files) rawly(dirname(file), (database) => database.exec('DROP TRIGGER refusing'));
    expect(parts.map(sizes)).toEqual([[2], [2]]);
  });

  test('by a unique index of another program, which is on no attribute, is told', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.create(Grain, { size: 1 });
    rawly(place, (database) =>
      database.exec(`CREATE UNIQUE INDEX foreign_rule ON "${tableWith(database, 'inside')}" (abs(size))`),
    );
    const error = refusal(() => store.create(Grain, { size: -1 }));
    expect(error.message).toContain('a rule of the table refuses it');
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
