import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  bigint,
  boolean,
  bytes,
  type CreateInput,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  json,
  real,
  reference,
  Store,
  text,
  timestamp,
} from 'corollary';
import { describe, expect, test, vi } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { indexesOfTableWith, substoreDirectories } from './support/on-disk.js';
import { rawly } from './support/raw-database.js';

// One transaction over several stores that are there already. What happens when the process or the disk fails meanwhile
// is in test/faults.

@item('seat', { unique: [['row', 'chair']] })
class Seat extends Item {
  @integer() declare row: number;
  @integer() declare chair: number;
  @text({ unique: true, collate: 'nocase', nullable: true }) declare guest: string | null;
}

@item('everything')
class Everything extends Item {
  @text() declare text: string;
  @integer() declare integer: number;
  @bigint() declare bigint: bigint;
  @real() declare real: number;
  @boolean() declare boolean: boolean;
  @timestamp() declare timestamp: Date;
  @bytes() declare bytes: Uint8Array;
  @json() declare json: object | string | number;
  @decimal({ scale: 4 }) declare decimal: Decimal;
  @text({ nullable: true }) declare nothing: string | null;
  @reference(() => Everything, { nullable: true, whenDeleted: 'nullify' }) declare friend: Everything | null;
}

@item('page', { fullText: ['title'] })
class Page extends Item {
  @text() declare title: string;
}

const types = [Seat, Everything, Page];

/** A root with the stores one, two and one/deep, and another handle on it. */
function aTree() {
  const place = aStoreDirectory();
  const root = aStore({ types, busyTimeoutMs: 50 }, place);
  const [one, two] = [root.substores.create('one'), root.substores.create('two')];
  const deep = one.substores.create('deep');
  return { place, root, one, two, deep, witness: aStore({ types, busyTimeoutMs: 50 }, place) };
}

/** Does something while another program has the lock of a store below. */
function whileLocked<R>(place: string, { name }: Store, work: () => R): R {
  using root = Store.open(place, { readOnly: true });
  const { directory } = root.substores.query({ name: name as string }).one();
  root.close();
  return rawly(join(place, 'sub', directory), (database) => {
    database.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE');
    return work();
  });
}
const isLocked = (place: string, store: Store) => {
  try {
    return whileLocked(place, store, () => false);
  } catch {
    return true;
  }
};

const guests = (store: Store) =>
  store
    .query(Seat)
    .pluck((s) => s.guest)
    .all();
const seat = (store: Store, chair: number, guest: string | null = null) => store.create(Seat, { row: 1, chair, guest });

describe('what is written in several stores', () => {
  const extremes: Omit<CreateInput<Everything>, 'friend'>[] = [
    {
      text: 'a\u{1F600}\n"\\\u2028 e\u0301 \uFEFF',
      integer: Number.MAX_SAFE_INTEGER,
      bigint: 2n ** 63n - 1n,
      real: 0.1 + 0.2,
      boolean: true,
      timestamp: new Date(8.64e15),
      bytes: Uint8Array.from({ length: 256 }, (_, n) => n),
      json: { a: [1e21, null, 'x', { '': -0.5 }] },
      decimal: '922337203685477.5807',
      nothing: null,
    },
    {
      text: '',
      integer: Number.MIN_SAFE_INTEGER,
      bigint: -(2n ** 63n),
      real: 5e-324,
      boolean: false,
      timestamp: new Date(-1),
      bytes: new Uint8Array(),
      json: [],
      decimal: '-922337203685477.5808',
      nothing: '',
    },
    {
      text: 'NULL',
      integer: 0,
      bigint: 9007199254740993n,
      real: -1.7976931348623157e308,
      boolean: false,
      timestamp: new Date(0),
      bytes: Uint8Array.of(0),
      json: '1',
      decimal: '-0.0001',
      nothing: '9223372036854775807',
    },
  ];

  test('comes back exactly, created and assigned', () => {
    const { one, two, root, place } = aTree();
    const changed = extremes.map(() => one.create(Everything, { ...extremes[1]!, friend: null }));
    root.transact(() => {
      for (const [at, values] of extremes.entries()) {
        two.create(Everything, { ...values, friend: null });
        changed[at]!.set({ ...values, friend: changed[0]! });
      }
    });
    const raw = (name: string) => {
      const { directory } = root.substores.query({ name }).one();
      const all = 'SELECT typeof("real"), * FROM item_everything_v1 ORDER BY storeId';
      return rawly(`${place}/sub/${directory}`, (database) => database.prepare(all).safeIntegers().raw().all());
    };
    const alone = aStore({ types });
    for (const values of extremes) alone.create(Everything, { ...values, friend: null });
    const fresh = aStore({ types }, place);
    const values = (store: Store) =>
      store
        .query(Everything)
        .all()
        .map((one) => ({ ...one.toJSON(), storeId: 0, friend: 0 }));
    expect(values(fresh.at('two'))).toEqual(values(alone));
    expect(values(fresh.at('one'))).toEqual(values(alone));
    const cells = (rows: unknown[]) => (rows as unknown[][]).map((row) => row.slice(2, -1));
    expect(cells(raw('two'))).toEqual(cells(raw('one')));
    expect(raw('two').map((row) => (row as unknown[])[0])).toEqual(['real', 'real', 'real']);
    expect(
      fresh
        .at('one')
        .query(Everything, (e) => e.integer.eq(0))
        .one().friend?.bigint,
    ).toBe(2n ** 63n - 1n);
  });

  test('may pass through states that no rule allows at once: rows that swap unique values', () => {
    const { root, one, two, witness } = aTree();
    const seats = [seat(one, 1, 'Ann'), seat(one, 2, 'Bob'), seat(one, 3, 'Cat')] as const;
    root.transact(() => {
      seats[0].guest = null;
      seats[1].set({ guest: 'ANN', chair: 4 });
      seats[2].set({ guest: 'bob', chair: 2 });
      seats[0].set({ guest: 'cat', chair: 3 });
      seats[1].chair = 1;
      seat(two, 1);
    });
    expect(guests(witness.at('one'))).toEqual(['cat', 'ANN', 'bob']);
    expect(
      witness
        .at('one')
        .query(Seat)
        .pluck((s) => s.chair)
        .all(),
    ).toEqual([3, 1, 2]);
    expect(witness.at('one').check().isSound).toBe(true);
  });

  test('may be many rows, some changed many times and some gone again', () => {
    const { root, one, two, deep, witness } = aTree();
    root.transact(() => {
      for (const store of [root, one, two, deep]) {
        store.createMany(
          Page,
          Array.from({ length: 2000 }, (_, n) => ({ title: `page ${n} ${'x'.repeat(900)}` })),
        );
        store.query(Page, (p) => p.title.startsWith('page 1')).delete();
        store.query(Page, (p) => p.title.startsWith('page 2')).update({ title: 'two' });
        store.query(Page, { title: 'two' }).update({ title: 'deux' });
      }
    });
    for (const path of ['one', 'two', 'one/deep']) {
      const store = witness.at(path);
      expect([store.count(Page), store.count(Page, { title: 'deux' })]).toEqual([889, 111]);
      expect(store.query(Page, (p) => p.title.matches('deux')).count()).toBe(111);
      expect(store.check()).toEqual({ isSound: true, findings: [] });
    }
  });

  test('may be a first item of a type, with its index of words, in each store', () => {
    const { root, one, two, witness } = aTree();
    root.transact(() => {
      one.create(Page, { title: 'first tea' });
      two.create(Page, { title: 'second tea' });
      expect(two.query(Page, (p) => p.title.matches('tea')).count()).toBe(1);
    });
    const tea = witness.tree.query(Page, (p) => p.title.matches('tea')).pluck((p) => p.title);
    expect(tea.all()).toEqual(['first tea', 'second tea']);
  });

  test('may bring indexes that the classes ask for now, or none where it is undone', () => {
    const { place, root, one, two } = aTree();
    for (const store of [one, two]) seat(store, 1, 'Ann');
    root.close();
    @item('seat', { indexes: [['guest', 'row']] })
    class Now extends Item {
      @integer() declare row: number;
      @integer() declare chair: number;
      @text({ collate: 'nocase', nullable: true, fullText: true }) declare guest: string | null;
    }
    const later = aStore({ types: [Now] }, place);
    const stores = [later.at('one'), later.at('two')] as const;
    later.transact(() => {
      for (const store of stores) store.create(Now, { row: 1, chair: 1, guest: 'ann' }); // twice, now
    });
    expect(stores.map((store) => store.count(Now, (n) => n.guest.matches('ann')))).toEqual([2, 2]);
    for (const directory of substoreDirectories(place))
      expect(indexesOfTableWith(directory, 'chair')).toEqual(['guest,row']);
  });

  test('may be in twelve stores and more, at several depths, with new and deleted ones among them', () => {
    const { root, witness } = aTree();
    const chain = Array.from({ length: 6 }, (_, n) => `deep/${'x/'.repeat(n)}x`);
    root.transact(() => {
      for (const path of chain) root.at(`one/${path.slice(0, path.lastIndexOf('/'))}`).substores.create('x');
      for (let n = 0; n < 10; n++) root.substores.create(`s${n}`);
    });
    const stores = [...root.tree.stores()];
    expect(stores).toHaveLength(20);
    for (const store of stores) seat(store, 1, 'before');
    root.transact(() => {
      for (const store of stores) store.query(Seat).one().guest = 'after';
      root.at('two').substores.create('new').create(Seat, { row: 1, chair: 1, guest: 'after' });
      root.substores.delete('s5');
      root.at('one/deep/x/x/x').substores.delete('x');
    });
    expect(
      new Set(
        witness.tree
          .query(Seat)
          .pluck((s) => s.guest)
          .all(),
      ),
    ).toEqual(new Set(['after']));
    expect(witness.tree.count(Seat)).toBe(17);
    expect([...witness.tree.stores()].every((store) => store.check().isSound)).toBe(true);
  });

  test('is the same in memory', () => {
    const root = aMemoryStore({ types });
    const stores = ['a', 'b', 'c'].map((name) => root.substores.create(name));
    for (const store of stores) seat(store, 1, 'before');
    root.transact(() => {
      for (const store of stores) store.query(Seat).update({ guest: 'after' });
    });
    const fail = () =>
      root.transact(() => {
        for (const store of stores) store.query(Seat).update({ guest: 'spoilt' });
        throw new RangeError('no');
      });
    expect(fail).toThrow(RangeError);
    expect(stores.flatMap(guests)).toEqual(['after', 'after', 'after']);
  });

  test('is nothing where one store refuses', () => {
    const { root, one, two, deep, witness } = aTree();
    const held = [seat(one, 1, 'Ann'), seat(two, 1, 'Bob')] as const;
    const fail = () =>
      root.transact(() => {
        held[0].guest = 'Eve';
        seat(deep, 1);
        held[1].delete();
        seat(one, 1, 'Fay'); // taken
      });
    expect(codeOf(fail)).toBe('CONSTRAINT');
    expect(held.map(({ guest, isStored }) => [guest, isStored])).toEqual([
      ['Ann', true],
      ['Bob', true],
    ]);
    expect(['one', 'two', 'one/deep'].map((path) => guests(witness.at(path)))).toEqual([['Ann'], ['Bob'], []]);
  });

  test('is undone and done in parts by inner levels', () => {
    const { root, one, two, deep, witness } = aTree();
    const undone = (store: Store, work: () => void) =>
      expect(() =>
        store.transact(() => {
          work();
          throw new RangeError('no');
        }),
      ).toThrow(RangeError);
    root.transact(() => {
      seat(one, 1, 'kept');
      undone(one, () => {
        seat(deep, 1, 'gone');
        one.query(Seat).update({ guest: 'gone' });
        undone(deep, () => deep.query(Seat).delete());
      });
      root.transact(() => {
        seat(two, 1, 'kept');
        undone(root, () => two.query(Seat).delete());
        deep.transact(() => seat(deep, 2, 'kept'));
      });
    });
    expect(['one', 'two', 'one/deep'].map((path) => guests(witness.at(path)))).toEqual([['kept'], ['kept'], ['kept']]);
  });

  test('can be written again at once, by this handle and by another', () => {
    const { root, one, two, witness } = aTree();
    const [a, b] = [seat(one, 0), seat(two, 0)];
    const [c, d] = [witness.at('one').query(Seat).one(), witness.at('two').query(Seat).one()];
    for (let n = 1; n <= 20; n += 2) {
      root.transact(() => {
        a.row = n;
        b.row = n;
      });
      witness.transact(() => {
        for (const one of [witness.at('one'), witness.at('two')]) one.query(Seat).one().row += 1;
      });
      const rows = [a, b, c, d].map((one) => one.store.query(Seat).one());
      expect(rows.map((one) => one.row)).toEqual(Array(4).fill(n + 1));
      expect(rows).toEqual([a, b, c, d]);
    }
  });

  test('is told of once, to who watches the tree', async () => {
    const { root, one, two } = aTree();
    const told = vi.fn();
    using _ = root.tree.query(Seat).subscribe(told);
    root.transact(() => {
      seat(one, 1);
      seat(two, 1);
    });
    await vi.waitFor(() => expect(told).toHaveBeenCalled());
    expect(told.mock.calls.map(([{ results }]) => results.length)).toEqual([2]);
  });

  test('is not told of to who watches other types', async () => {
    const { root, one, two } = aTree();
    const told = vi.fn();
    seat(one, 1);
    const write = () =>
      root.transact(() => {
        for (const store of [one, two]) store.create(Page, { title: 'a page' });
      });
    write();
    using _ = root.tree.query(Seat).subscribe(told);
    for (let n = 0; n < 3; n++) {
      write();
      await pause(20);
    }
    expect(told).not.toHaveBeenCalled();
  });

  test('runs hooks and callbacks once, after all is committed', () => {
    const { root, one, two, witness } = aTree();
    const seen: unknown[] = [];
    root.transact(() => {
      root.afterCommit(() => seen.push(['one', 'two'].map((path) => witness.at(path).count(Seat))));
      seat(one, 1);
      seat(two, 1);
    });
    expect(seen).toEqual([[1, 1]]);
  });
});

describe('transact with stores', () => {
  test('locks them before the function runs', () => {
    const { place, root, one, two } = aTree();
    const locked = () => [isLocked(place, one), isLocked(place, two)];
    expect(root.transact(locked, { stores: [two] })).toEqual([false, true]);
    expect(root.transact(locked, { stores: [two, one] })).toEqual([true, true]);
    expect(locked()).toEqual([false, false]);
  });

  test('locks those that are named inside a transaction, too', () => {
    const { place, root, one } = aTree();
    const locked = root.transact(() => {
      root.transact(() => undefined, { stores: [one] });
      return isLocked(place, one);
    });
    expect(locked).toBe(true);
  });

  test('runs nothing when one of them is locked by somebody else', () => {
    const { place, root, one, two } = aTree();
    const work = vi.fn();
    const act = () => root.transact(work, { stores: [one, two] });
    expect(whileLocked(place, two, () => refusal(act))).toMatchObject({ code: 'BUSY', retry: true });
    expect(work).not.toHaveBeenCalled();
    expect(isLocked(place, one)).toBe(false);
  });

  test('takes snapshots only, with readOnly', () => {
    const { place, root, one, two } = aTree();
    seat(one, 1);
    const read = () => {
      const isFree = !isLocked(place, one);
      whileLocked(place, one, () => undefined);
      return [isFree, one.count(Seat), codeOf(() => seat(two, 1))];
    };
    expect(root.transact(read, { stores: [one, two], readOnly: true })).toEqual([true, 1, 'READ_ONLY']);
  });

  test('takes a store twice, itself, and one that is made in the transaction', () => {
    const { root, one } = aTree();
    root.transact(() => seat(one, 1), { stores: [one, root, one] });
    root.transact(() => {
      const made = root.substores.create('new');
      root.transact(() => seat(made, 1), { stores: [made] });
    });
    expect(root.tree.count(Seat)).toBe(2);
  });

  test('refuses what is no store below it, before anything runs', () => {
    const { root, one, two } = aTree();
    const other = aStore();
    const closed = root.substores.create('closed');
    closed.close();
    const work = vi.fn();
    const code = (stores: unknown, on = one) => codeOf(() => on.transact(work, { stores } as never));
    expect([[two], [root], [other]].map((stores) => code(stores))).toEqual(Array(3).fill('OUTSIDE_TREE'));
    expect(['one', one, [one, undefined], [{}], ['one']].map((stores) => code(stores))).toEqual(
      Array(5).fill('INVALID_VALUE'),
    );
    expect(code([closed], root)).toBe('STORE_CLOSED');
    expect(codeOf(() => one.transact(work, { shops: [] } as never))).toBe('INVALID_VALUE');
    expect(work).not.toHaveBeenCalled();
  });
});

describe('a store of a transaction that somebody else has locked', () => {
  test('is waited for no longer than the busy timeout; nothing is done then, and it may be done again', () => {
    const { place, root, one, two, witness } = aTree();
    seat(one, 1);
    const act = () =>
      root.transact(() => {
        one.query(Seat).update({ guest: 'Eve' });
        two.create(Seat, { row: 1, chair: 1, guest: null });
      });
    const error = whileLocked(place, two, () => refusal(act));
    expect(error).toMatchObject({ code: 'BUSY', retry: true });
    expect([guests(one), two.count(Seat)]).toEqual([[null], 0]);
    act();
    expect([guests(witness.at('one')), witness.at('two').count(Seat)]).toEqual([['Eve'], 1]);
  });

  test('keeps a transaction from being tried by a second handle of the same process', () => {
    const { root, one, witness } = aTree();
    root.transact(() => {
      seat(one, 1);
      expect(codeOf(() => witness.at('one').create(Seat, { row: 2, chair: 2, guest: null }))).toBe('OUTSIDE_TREE');
    });
  });
});
