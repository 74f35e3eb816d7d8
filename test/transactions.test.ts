import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CorollaryError, type Default, type ErrorCode, Item, integer, item, reference, Store, text } from 'corollary';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';

@item('account')
class Account extends Item {
  @text() declare owner: string;
  @integer({ default: 0, check: (c) => c.balance.gte(-1000) }) declare balance: Default<number>;
  @text({ nullable: true, unique: true }) declare iban: string | null;
}

@item('payment')
class Payment extends Item {
  @reference(() => Account, { whenDeleted: 'cascade' }) declare account: Account;
  @reference(() => Account, { nullable: true, whenDeleted: 'nullify' }) declare approver: Account | null;
  @integer() declare amount: number;
}

const types = [Account, Payment];
const failure = (code: ErrorCode) => expect.objectContaining({ code, constructor: CorollaryError });

let seeded: string;
beforeAll(() => {
  seeded = join(mkdtempSync(join(tmpdir(), 'corollary-')), 'a.store');
  const seed = Store.open(seeded, { types });
  seed.createMany(Account, [
    { owner: 'Ann', balance: 10, iban: 'A1' },
    { owner: 'Bob', balance: 20, iban: 'B2' },
    { owner: 'Cat', balance: 30 },
    { owner: 'Dan', balance: 40 },
  ]);
  const [account, approver] = [seed.getUnique(Account, { owner: 'Ann' }), seed.getUnique(Account, { owner: 'Bob' })];
  seed.create(Payment, { account, approver, amount: 7 });
  seed.substores.create('north').create(Account, { owner: 'Nan', balance: 50 });
  seed.substores.create('south').create(Account, { owner: 'Sue', balance: 60 });
  seed.close();
});
afterAll(() => rmSync(dirname(seeded), { recursive: true }));

/** A store with items in memory (ann, bob, payment), items that were never loaded (Cat, Dan), and two substores. */
function aBank() {
  const place = aStoreDirectory();
  cpSync(seeded, place, { recursive: true }); // it is closed, and copying is faster than making it anew
  const store = aStore({ types }, place);
  let witness: Store | undefined;
  return {
    place,
    store,
    /** Another handle: what it sees is on disk. */
    get witness() {
      witness ??= aStore({ types }, place);
      return witness;
    },
    ann: store.getUnique(Account, { owner: 'Ann' }),
    bob: store.getUnique(Account, { owner: 'Bob' }),
    payment: store.query(Payment).one(),
    get north() {
      return store.at('north');
    },
    get south() {
      return store.at('south');
    },
  };
}
type Bank = ReturnType<typeof aBank>;

/** Everything in a store and below it. */
function contents(store: Store) {
  return [...store.tree.stores()].map((one) => ({
    path: one.path.join('/'),
    accounts: one.query(Account).all().map(plain),
    payments: one.query(Payment).all().map(plain),
  }));
}

/** What the objects that a test holds say, without asking the database for them. */
function held({ ann, bob, payment }: Bank) {
  return [ann, bob, payment].map((one) => ({ ...one.toJSON(), isStored: one.isStored }));
}

function plain(one: Item) {
  return one.toJSON();
}

function owners(store: Store): string[] {
  return store
    .query(Account)
    .orderBy((a) => a.owner.asc())
    .pluck((a) => a.owner)
    .all();
}

class Refusal extends Error {}

/** Does the work in a transaction that fails afterwards. Answers what the store held just before it failed. */
function undone(store: Store, work: () => void): unknown {
  let meanwhile: unknown;
  const attempt = () =>
    store.transact(() => {
      work();
      meanwhile = contents(store);
      throw new Refusal('no');
    });
  expect(attempt).toThrow(Refusal);
  return meanwhile;
}

describe('a transaction that succeeds', () => {
  test('is on disk when transact has returned', () => {
    const { store, witness, ann } = aBank();

    store.transact(() => {
      ann.balance = 11;
      store.create(Account, { owner: 'Eve' });
    });

    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(11);
    expect(owners(witness)).toEqual(['Ann', 'Bob', 'Cat', 'Dan', 'Eve']);
  });

  test('cannot be seen by another handle before it is committed', () => {
    const { store, witness, ann } = aBank();

    const seenMeanwhile = store.transact(() => {
      ann.balance = 11;
      store.create(Account, { owner: 'Eve' });
      store.transact(() => store.create(Account, { owner: 'Fay' }));
      return [witness.getUnique(Account, { owner: 'Ann' }).balance, witness.count(Account)];
    });

    expect(seenMeanwhile).toEqual([10, 4]);
    expect(witness.count(Account)).toBe(6);
  });

  test('is seen by its own queries at once', () => {
    const { store, ann } = aBank();

    store.transact(() => {
      ann.balance = 99;
      store.create(Account, { owner: 'Eve', balance: 98 });
      store.query(Account, (a) => a.owner.eq('Cat')).update({ balance: 97 });
      expect(store.query(Account, (a) => a.balance.gt(90)).count()).toBe(3);
      store.query(Account, (a) => a.owner.eq('Eve')).delete();
      expect(store.query(Account, (a) => a.balance.gt(90)).count()).toBe(2);
    });
  });

  test('covers stores below that are made in it', () => {
    const { store, witness } = aBank();

    store.transact(() => {
      store.create(Account, { owner: 'Eve' });
      const east = store.substores.create('east');
      east.create(Account, { owner: 'Fay' });
      east.substores.create('far').create(Account, { owner: 'Gil' });
    });

    expect(owners(witness)).toContain('Eve');
    expect(owners(witness.at('east'))).toEqual(['Fay']);
    expect(owners(witness.at('east/far'))).toEqual(['Gil']);
  });

  test.each([[undefined], [null], [0], [''], [[1, 2]], [{ a: 1 }], [new Map()], [() => 1]])(
    'gives what its function gives: %o',
    (value) => {
      const { store } = aBank();
      expect(store.transact(() => value)).toBe(value);
    },
  );

  test('gives what its function gives at every level', () => {
    const { store, ann } = aBank();
    expect(store.transact(() => store.transact(() => store.transact(() => ann)))).toBe(ann);
  });

  test('runs its function once, and before transact returns', () => {
    const { store } = aBank();
    let runs = 0;
    store.transact(() => runs++);
    expect(runs).toBe(1);
  });
});

const deeds: [what: string, deed: (bank: Bank) => void][] = [
  [
    'an assignment',
    ({ ann }) => {
      ann.balance = 99;
    },
  ],
  [
    'many assignments',
    ({ ann }) =>
      [1, 2, 3].forEach((n) => {
        ann.balance = n;
      }),
  ],
  [
    'a null assigned',
    ({ ann }) => {
      ann.iban = null;
    },
  ],
  [
    'a reference assigned',
    ({ payment, bob }) => {
      payment.account = bob;
    },
  ],
  ['set()', ({ ann }) => ann.set({ balance: 99, owner: 'Anna', iban: 'A9' })],
  ['create', ({ store }) => store.create(Account, { owner: 'Eve', iban: 'E5' })],
  [
    'create and change',
    ({ store }) => {
      store.create(Account, { owner: 'Eve' }).balance = 5;
    },
  ],
  ['create and delete something else', ({ store, bob }) => [store.create(Account, { owner: 'Eve' }), bob.delete()]],
  ['change and delete', ({ payment }) => [payment.set({ amount: 99 }), payment.delete()]],
  ['delete', ({ payment }) => payment.delete()],
  ['delete with cascade', ({ ann }) => ann.delete()],
  ['delete with nullify', ({ bob }) => bob.delete()],
  ['delete by the store', ({ store, ann }) => store.delete(ann)],
  ['delete and create with the same unique value', ({ store, ann }) => [ann.delete(), again(store)]],
  ['createMany', ({ store }) => store.createMany(Account, [{ owner: 'Eve' }, { owner: 'Fay', iban: 'F6' }])],
  ['createMany with items', ({ store }) => store.createMany(Account, [{ owner: 'Eve' }], { items: true })],
  ['findOrCreate', ({ store }) => store.findOrCreate(Account, { owner: 'Eve' }, { balance: 5 })],
  ['a bulk update', ({ store }) => store.query(Account).update({ balance: 99 })],
  ['a bulk update of some', ({ store }) => store.query(Account, (a) => a.balance.gt(15)).update({ iban: null })],
  ['a bulk delete', ({ store }) => store.query(Account).delete()],
  ['a bulk delete of some', ({ store }) => store.query(Account, (a) => a.balance.gt(15)).delete()],
  [
    'an inner transaction',
    ({ store, ann }) =>
      store.transact(() => {
        ann.balance = 99;
      }),
  ],
  ['a substore created', ({ store }) => store.substores.create('east').create(Account, { owner: 'Fay' })],
  ['substores created in one another', ({ store }) => store.substores.create('east').substores.create('far')],
  ['a substore deleted', ({ store }) => store.substores.delete('north')],
  ['all substores deleted by a query', ({ store }) => store.substores.query().delete()],
  ['a substore replaced', ({ store }) => [store.substores.delete('north'), store.substores.create('north')]],
  ['a write below', ({ north }) => north.query(Account).update({ balance: 99 })],
  ['a substore created below', ({ north }) => north.substores.create('deep')],
];

function again(store: Store) {
  return store.create(Account, { owner: 'Ann', balance: 11, iban: 'A1' });
}

describe('after a throw, database and objects are as before:', () => {
  test.each(deeds)('%s', (_, deed) => {
    const bank = aBank();
    const [before, heldBefore] = [contents(bank.store), held(bank)];

    const meanwhile = undone(bank.store, () => deed(bank));

    expect(meanwhile).not.toEqual(before);
    expect(held(bank)).toEqual(heldBefore);
    expect(contents(bank.store)).toEqual(before);
    expect(contents(bank.witness)).toEqual(before);
    expect(bank.store.get(Account, bank.ann.storeId)).toBe(bank.ann);
    expect(bank.store.query(Payment).one()).toBe(bank.payment);
    expect(bank.payment.account).toBe(bank.ann);
  });

  test.each(deeds)('%s, and it can be done again', (_, deed) => {
    const bank = aBank();
    const meanwhile = undone(bank.store, () => deed(bank));

    bank.store.transact(() => deed(bank));

    // Ids are not handed out twice, so the two outcomes differ in them.
    expect(withoutIds(contents(bank.witness))).toEqual(withoutIds(meanwhile));
  });

  function withoutIds(tree: unknown) {
    return JSON.parse(JSON.stringify(tree), (key, value) => (key === 'storeId' ? undefined : value));
  }
});

describe('after an inner throw that is caught, only what the inner transaction did is undone:', () => {
  test.each(deeds)('%s', (_, deed) => {
    const bank = aBank();
    const { store, witness, ann, bob, payment } = bank;
    // A write below counts as the one existing store that may be written, so the outer change is an object's only.
    const before = contents(store);
    const heldBefore = held(bank);

    store.transact(() => {
      undone(store, () => deed(bank));
      expect(held(bank)).toEqual(heldBefore);
      expect(contents(store)).toEqual(before);
      ann.balance = 12;
      bob.balance = 22;
    });

    expect([ann.balance, bob.balance, payment.amount]).toEqual([12, 22, 7]);
    expect(witness.query(Account, (a) => a.balance.in([12, 22])).count()).toBe(2);
    expect(contents(witness)).toEqual(contents(store));
  });

  test('an object goes back to what the outer transaction made of it', () => {
    const { store, witness, ann } = aBank();

    store.transact(() => {
      ann.balance = 11;
      undone(store, () => ann.set({ balance: 12, owner: 'Anna' }));
      expect([ann.balance, ann.owner]).toEqual([11, 'Ann']);
      undone(store, () => ann.delete());
      expect([ann.balance, ann.isStored]).toEqual([11, true]);
      ann.balance += 2;
    });

    expect(ann.balance).toBe(13);
    expect(witness.get(Account, ann.storeId as never).balance).toBe(13);
  });

  test('an item that the outer transaction created stays, with its values', () => {
    const { store, witness } = aBank();

    const eve = store.transact(() => {
      const made = store.create(Account, { owner: 'Eve', balance: 1 });
      undone(store, () => {
        made.balance = 2;
      });
      undone(store, () => made.delete());
      return made;
    });

    expect([eve.isStored, eve.balance]).toEqual([true, 1]);
    expect(witness.getUnique(Account, { owner: 'Eve' }).balance).toBe(1);
  });

  test('an item that the outer transaction deleted stays deleted', () => {
    const { store, witness, payment } = aBank();

    store.transact(() => {
      payment.delete();
      undone(store, () => store.query(Account).update({ balance: 0 }));
    });

    expect(payment.isStored).toBe(false);
    expect(witness.count(Payment)).toBe(0);
  });

  test('a unique value is free again', () => {
    const { store, witness } = aBank();

    store.transact(() => {
      undone(store, () => store.create(Account, { owner: 'Eve', iban: 'E5' }));
      store.create(Account, { owner: 'Eva', iban: 'E5' });
    });

    expect(witness.getUnique(Account, { iban: 'E5' }).owner).toBe('Eva');
  });

  test('a name of a substore is free again', () => {
    const { store, witness } = aBank();

    store.transact(() => {
      undone(store, () => store.substores.create('east').create(Account, { owner: 'Old' }));
      store.substores.create('east').create(Account, { owner: 'New' });
    });

    expect(owners(witness.at('east'))).toEqual(['New']);
  });

  test('what succeeded inside an inner failure goes with it', () => {
    const { store, witness, ann, bob } = aBank();

    store.transact(() => {
      undone(store, () => {
        store.transact(() => {
          ann.balance = 99;
        });
        store.transact(() => bob.delete());
      });
    });

    expect([ann.balance, bob.isStored]).toEqual([10, true]);
    expect(witness.getUnique(Account, { owner: 'Bob' }).balance).toBe(20);
  });

  test('and all goes when the outer transaction fails after it', () => {
    const { store, witness, ann } = aBank();
    const before = contents(store);

    undone(store, () => {
      ann.balance = 11;
      undone(store, () => {
        ann.balance = 12;
      });
      ann.balance = 13;
      store.transact(() => {
        ann.balance = 14;
      });
    });

    expect(ann.balance).toBe(10);
    expect(contents(witness)).toEqual(before);
  });
});

describe('objects that first appear inside a transaction that fails', () => {
  test('read as on disk, not as they were when they were loaded', () => {
    const { store } = aBank();
    let cat: Account | undefined;

    undone(store, () => {
      store.query(Account, (a) => a.owner.eq('Cat')).update({ balance: 99 });
      cat = store.getUnique(Account, { owner: 'Cat' });
      expect(cat.balance).toBe(99);
    });

    expect(cat?.balance).toBe(30);
    expect(store.getUnique(Account, { owner: 'Cat' })).toBe(cat);
  });

  test('read as on disk when only the inner transaction that changed them failed', () => {
    const { store, witness } = aBank();
    const dan = store.transact(() => {
      store.query(Account, (a) => a.owner.eq('Dan')).update({ owner: 'Daniel' });
      let loaded: Account | undefined;
      undone(store, () => {
        store.query(Account, (a) => a.owner.eq('Daniel')).update({ balance: 99 });
        loaded = store.getUnique(Account, { owner: 'Daniel' });
      });
      expect([loaded?.owner, loaded?.balance]).toEqual(['Daniel', 40]);
      return loaded;
    });
    expect([dan?.owner, dan?.balance]).toEqual(['Daniel', 40]);
    expect(witness.getUnique(Account, { owner: 'Daniel' }).balance).toBe(40);
  });

  test('are gone if they were created by createMany and found by a query', () => {
    const { store } = aBank();
    let eve: Account | undefined;

    undone(store, () => {
      store.createMany(Account, [{ owner: 'Eve', balance: 5 }]);
      eve = store.getUnique(Account, { owner: 'Eve' });
    });

    expect([eve?.isStored, eve?.owner, eve?.balance]).toEqual([false, 'Eve', 5]);
    expect(() => eve?.set({ balance: 6 })).toThrow(failure('ITEM_GONE'));
  });

  test('are gone if they were created in it, and can still be read', () => {
    const { store } = aBank();
    let eve: Account | undefined;

    undone(store, () => {
      eve = store.create(Account, { owner: 'Eve', balance: 5 });
    });

    expect([eve?.isStored, eve?.owner, eve?.balance]).toEqual([false, 'Eve', 5]);
    expect(store.findFirst(Account, { owner: 'Eve' })).toBeUndefined();
  });

  // What another process had made under the same number stood in the place of what was rolled back.
  test.each(['create', 'createMany'])('refer to each other still, whoever takes their numbers: %s', (way) => {
    const { store, witness, bob } = aBank();
    let eve: Account | undefined;
    let payment: Payment | undefined;
    undone(store, () => {
      eve = store.create(Account, { owner: 'Eve', balance: 5 });
      const values = { account: eve, approver: bob, amount: 1 };
      if (way === 'create') payment = store.create(Payment, values);
      else store.createMany(Payment, [values]);
      payment ??= store.getUnique(Payment, { amount: 1 });
    });
    for (const owner of ['Fay', 'Gus']) witness.create(Account, { owner });
    store.refresh();

    expect([payment?.account, payment?.account.owner, payment?.approver]).toEqual([eve, 'Eve', bob]);
  });

  test('can be written afterwards if they were there before', () => {
    const { store, witness } = aBank();
    let cat: Account | undefined;
    undone(store, () => {
      cat = store.getUnique(Account, { owner: 'Cat' });
      cat.balance = 99;
    });

    cat?.set({ balance: 31 });

    expect(witness.getUnique(Account, { owner: 'Cat' }).balance).toBe(31);
  });
});

describe('the error', () => {
  test.each([[new TypeError('mine')], ['text'], [undefined], [null], [0]])(
    'comes out as it was thrown: %o',
    (thrown) => {
      const { store, ann } = aBank();
      let caught: unknown = 'nothing';

      try {
        store.transact(() => {
          ann.balance = 99;
          throw thrown;
        });
      } catch (error) {
        caught = error;
      }

      expect(caught).toBe(thrown);
      expect(ann.balance).toBe(10);
    },
  );

  test('of a refused value undoes the whole transaction if it is not caught', () => {
    const { store, ann } = aBank();
    const attempt = () =>
      store.transact(() => {
        ann.balance = 11;
        ann.balance = 1.5;
      });
    expect(attempt).toThrow(failure('INVALID_VALUE'));
    expect(ann.balance).toBe(10);
  });

  test('of a refused value undoes nothing if it is caught', () => {
    const { store, witness, ann } = aBank();
    store.transact(() => {
      ann.balance = 11;
      expect(() => ann.set({ owner: 'Anna', balance: Number.NaN })).toThrow(failure('INVALID_VALUE'));
    });
    expect([ann.owner, ann.balance]).toEqual(['Ann', 11]);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(11);
  });
});

describe('500 levels', () => {
  /** Runs `step` at level 1, and inside it level 2, and so on. */
  function nest(store: Store, levels: number, step: (level: number, inner: () => void) => void, level = 1): void {
    store.transact(() => {
      step(level, () => {
        if (level < levels) nest(store, levels, step, level + 1);
      });
    });
  }

  test('commit together', () => {
    const { store, witness, ann } = aBank();
    nest(store, 500, (level, inner) => {
      ann.balance += 1;
      store.create(Payment, { account: ann, amount: level });
      inner();
    });
    expect(ann.balance).toBe(510);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(510);
    expect(witness.query(Payment).sum((p) => p.amount)).toBe(7 + (500 * 501) / 2);
  });

  test('go back together', () => {
    const { store, witness, ann } = aBank();
    const attempt = () =>
      nest(store, 500, (level, inner) => {
        ann.balance += 1;
        store.create(Payment, { account: ann, amount: level });
        inner();
        if (level === 500) throw new Refusal('deep');
      });
    expect(attempt).toThrow('deep');
    expect(ann.balance).toBe(10);
    expect(witness.count(Payment)).toBe(1);
  });

  test('go back to where the error was caught, and each level goes on after it', () => {
    const { store, witness, ann } = aBank();
    nest(store, 500, (level, inner) => {
      ann.balance += 1;
      store.create(Payment, { account: ann, amount: 0 });
      if (level === 500) throw new Refusal('deep');
      if (level !== 250) return inner();
      expect(inner).toThrow('deep');
      ann.balance += 1000;
    });
    expect(ann.balance).toBe(10 + 250 + 1000);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(1260);
    expect(witness.count(Payment)).toBe(251);
  });

  test('each can fail and be caught by itself', () => {
    const { store, witness, ann } = aBank();
    nest(store, 500, (_level, inner) => {
      inner();
      ann.balance += 1;
      undone(store, () => {
        ann.balance = -1;
      });
    });
    expect(ann.balance).toBe(510);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(510);
  });
});

const notWork = (work: unknown) => work as () => void;

describe('what transact cannot run is refused before anything runs:', () => {
  let ran = false;
  const mark = () => {
    ran = true;
  };
  const asynchronous = async () => mark();
  function* generating() {
    mark();
    yield 1;
  }
  async function* generatingLater() {
    mark();
    yield 1;
  }
  const refused: [string, unknown][] = [
    ['an async function', asynchronous],
    ['a bound async function', asynchronous.bind(null)],
    ['a generator function', generating],
    ['an async generator function', generatingLater],
    [
      'an async method',
      {
        async work() {
          mark();
        },
      }.work,
    ],
  ];

  test.each(refused)('%s', (_, work) => {
    const { store, witness } = aBank();
    ran = false;
    expect(() => store.transact(notWork(work))).toThrow(failure('ASYNC_TRANSACTION'));
    expect(ran).toBe(false);
    expect(() => witness.create(Account, { owner: 'Eve' })).not.toThrow();
  });

  test.each(refused)('%s, inside a transaction, which goes on', (_, work) => {
    const { store, witness, ann } = aBank();
    ran = false;
    store.transact(() => {
      expect(() => store.transact(notWork(work))).toThrow(failure('ASYNC_TRANSACTION'));
      ann.balance = 11;
    });
    expect(ran).toBe(false);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(11);
  });

  test.each([[undefined], [null], ['text'], [{}], [7], [Promise.resolve()]])('%o', (work) => {
    const { store, ann } = aBank();
    expect(() => store.transact(notWork(work))).toThrow(CorollaryError);
    store.transact(() => {
      ann.balance = 11;
    });
    expect(ann.balance).toBe(11);
  });

  test.each([[null], [7], ['text'], [{ readonly: true }], [{ readOnly: 'yes' }]])('wrong options: %o', (options) => {
    const { store } = aBank();
    ran = false;
    expect(() => store.transact(mark, options as never)).toThrow(CorollaryError);
    expect(ran).toBe(false);
  });
});

describe('a function that gives a thenable', () => {
  const thenable = (what: object) => Object.defineProperty(what, 'then', { value: () => undefined });
  const thenables: [string, () => unknown][] = [
    ['a promise', () => Promise.resolve(1)],
    ['an object with then', () => thenable({})],
    ['a function with then', () => thenable(() => 1)],
  ];

  test.each(thenables)('is refused and undone: %s', (_, result) => {
    const { store, witness, ann } = aBank();
    const attempt = () =>
      store.transact(() => {
        ann.balance = 99;
        return result();
      });
    expect(attempt).toThrow(failure('ASYNC_TRANSACTION'));
    expect(ann.balance).toBe(10);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(10);
  });

  test('is undone alone when it ran inside another transaction, which goes on', () => {
    const { store, witness, ann, bob } = aBank();
    store.transact(() => {
      const inner = () =>
        store.transact((() => {
          ann.balance = 99;
          return Promise.resolve();
        }) as never);
      expect(inner).toThrow(failure('ASYNC_TRANSACTION'));
      bob.balance = 21;
      store.transact(() => {
        bob.balance += 1;
      });
    });
    expect([ann.balance, bob.balance]).toEqual([10, 22]);
    expect(witness.getUnique(Account, { owner: 'Bob' }).balance).toBe(22);
  });
});

describe('a late write by an abandoned tail is refused:', () => {
  const lateDeeds: [string, (bank: Bank) => void][] = [
    ...deeds,
    [
      'transact',
      ({ store, ann }) =>
        store.transact(() => {
          ann.balance = 99;
        }),
    ],
    ['a write to another store', ({ witness }) => witness.create(Account, { owner: 'Eve' })],
  ];

  test.each(lateDeeds)('%s', async (_, deed) => {
    const bank = aBank();
    const before = contents(bank.store);
    let tail: Promise<void> | undefined;
    const attempt = () =>
      bank.store.transact(() => {
        tail = (async () => {
          bank.ann.balance = 99;
          await null;
          deed(bank);
        })();
        return tail as never;
      });

    expect(attempt).toThrow(failure('ASYNC_TRANSACTION'));
    await expect(tail).rejects.toThrow(failure('ASYNC_TRANSACTION'));

    expect(contents(bank.store)).toEqual(before);
    expect(contents(bank.witness)).toEqual(before);
  });

  test('also the tail of an inner transaction, while what follows the outer one may write', async () => {
    const { store, ann, bob } = aBank();
    let tail: Promise<void> | undefined;
    const inner = () =>
      store.transact(() => {
        tail = (async () => {
          await null;
          ann.balance = 99;
        })();
        return tail as never;
      });

    store.transact(() => expect(inner).toThrow(failure('ASYNC_TRANSACTION')));
    await expect(tail).rejects.toThrow(failure('ASYNC_TRANSACTION'));
    bob.balance = 21;

    expect([ann.balance, bob.balance]).toEqual([10, 21]);
  });

  test('but code that has nothing to do with it writes freely', async () => {
    const { store, ann } = aBank();
    const other = (async () => {
      await new Promise(setImmediate);
      ann.balance = 11;
    })();
    expect(() => store.transact((() => Promise.resolve()) as never)).toThrow(failure('ASYNC_TRANSACTION'));
    ann.balance += 1;
    await other;
    expect(ann.balance).toBe(11);
  });

  test('but a timer that a committed transaction set may write', async () => {
    const { store, ann } = aBank();
    let done: Promise<void> | undefined;
    store.transact(() => {
      done = new Promise((resolve) => {
        setImmediate(() => {
          ann.balance = 11;
          resolve();
        });
      });
    });
    await done;
    expect(ann.balance).toBe(11);
  });
});

const writes: [what: string, write: (store: Store) => unknown][] = [
  ['create', (store) => store.create(Account, { owner: 'Eve' })],
  ['createMany', (store) => store.createMany(Account, [{ owner: 'Eve' }, { owner: 'Fay' }])],
  ['findOrCreate', (store) => store.findOrCreate(Account, { owner: 'Eve' })],
  [
    'an assignment',
    (store) => {
      store.query(Account).all()[0]!.balance = 99;
    },
  ],
  ['set', (store) => store.query(Account).all()[0]!.set({ balance: 99 })],
  ['item.delete', (store) => store.query(Account).all()[0]!.delete()],
  ['store.delete', (store) => store.delete(store.query(Account).all()[0]!)],
  ['a bulk update', (store) => store.query(Account).update({ balance: 99 })],
  ['a bulk delete', (store) => store.query(Account).delete()],
  ['a substore', (store) => store.substores.create('east')],
  ['openOrCreate', (store) => store.substores.openOrCreate('east')],
  ['a transaction', (store) => store.transact(() => store.create(Account, { owner: 'Eve' }))],
];

/** Expects a write to fail in a transaction of one store, which then goes on and commits. */
function expectRefused(inside: Store, write: () => unknown, code: ErrorCode): void {
  inside.transact(() => {
    expect(write).toThrow(failure(code));
    inside.query(Account).update({ balance: 77 });
  });
  expect(inside.query(Account, { balance: 77 }).exists()).toBe(true);
}

describe('a write outside the tree of the transaction is OUTSIDE_TREE and leaves nothing:', () => {
  test.each(writes)('%s in the store above', (_, write) => {
    const { store, witness, north } = aBank();
    const before = contents(witness)[0];
    expectRefused(north, () => write(store), 'OUTSIDE_TREE');
    expect(contents(witness)[0]).toEqual(before);
    expect(witness.substores.names()).toEqual(['north', 'south']);
  });

  test.each(writes)('%s in the store beside', (_, write) => {
    const { witness, north, south } = aBank();
    const before = contents(witness.at('south'));
    expectRefused(north, () => write(south), 'OUTSIDE_TREE');
    expect(contents(witness.at('south'))).toEqual(before);
  });

  test.each(writes)('%s in a store of another root', (_, write) => {
    const { store } = aBank();
    const other = aBank();
    const before = contents(other.store);
    expectRefused(store, () => write(other.store), 'OUTSIDE_TREE');
    expect(contents(other.store)).toEqual(before);
    expect(contents(other.witness)).toEqual(before);
  });

  // Both are called 'the store in memory': the message took the one for a second handle on the other.
  test('stores in memory are not taken for handles on one', () => {
    const [one, other] = [aMemoryStore({ types: [Account] }), aMemoryStore({ types: [Account] })];
    const { message } = refusal(() => one.transact(() => other.create(Account, { owner: 'Eve' })));
    expect(message).toMatch(/^the store in memory is not below another one, whose transaction is running: start/);
    expect(other.count(Account)).toBe(0);
  });

  test('deleting the store itself from inside', () => {
    const { store, north } = aBank();
    expectRefused(north, () => store.substores.delete('north'), 'OUTSIDE_TREE');
    expect(store.substores.names()).toEqual(['north', 'south']);
  });

  test('the innermost transaction counts, whoever called it', () => {
    const { store, witness, north, ann } = aBank();
    store.transact(() => {
      north.transact(() => {
        expect(() => {
          ann.balance = 99;
        }).toThrow(failure('OUTSIDE_TREE'));
      });
      ann.balance = 11;
    });
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(11);
  });

  test('and undoes the whole transaction if nobody catches it', () => {
    const { store, witness, north } = aBank();
    const attempt = () =>
      north.transact(() => {
        north.create(Account, { owner: 'Eve' });
        store.create(Account, { owner: 'Fay' });
      });
    expect(attempt).toThrow(failure('OUTSIDE_TREE'));
    expect(owners(witness.at('north'))).toEqual(['Nan']);
    expect(owners(witness)).not.toContain('Fay');
  });

  test('but reading is allowed', () => {
    const { store, north, south, ann } = aBank();
    const other = aBank();
    const read = north.transact(() => {
      north.create(Account, { owner: 'Eve' });
      return [
        ann.balance,
        store.get(Account, ann.storeId).owner,
        store.query(Account, (a) => a.owner.eq('Cat')).one().balance,
        store.substores.names(),
        south.query(Account).one().owner,
        store.tree.count(Account),
        other.store.count(Account),
        other.payment.account.owner,
      ];
    });
    expect(read).toEqual([10, 'Ann', 30, ['north', 'south'], 'Sue', 7, 4, 'Ann']);
  });
});

describe('a second existing store', () => {
  /** Without the numbers of items: those that were given once are not given again. */
  const written = (store: Store) =>
    contents(store).map((one) => ({ ...one, accounts: one.accounts.map(({ storeId: _, ...values }) => values) }));

  /** What the same writes make of another bank, one after the other. */
  function singly(...writesOf: ((bank: Bank) => unknown)[]) {
    const bank = aBank();
    for (const write of writesOf) write(bank);
    return written(bank.store);
  }

  test.each(writes)('is written by %s below, after a write above', (_, write) => {
    const { store, witness, north, bob } = aBank();
    store.transact(() => {
      bob.balance = 21;
      write(north);
    });
    const expected = singly(
      (other) => other.bob.set({ balance: 21 }),
      (other) => write(other.north),
    );
    expect(written(store)).toEqual(expected);
    expect(written(witness)).toEqual(expected);
  });

  test.each(writes)('is written by %s above, after a write below', (_, write) => {
    const { store, witness, north } = aBank();
    store.transact(() => {
      north.create(Account, { owner: 'Zoe' });
      write(store);
    });
    const expected = singly(
      (other) => other.north.create(Account, { owner: 'Zoe' }),
      (other) => write(other.store),
    );
    expect(written(store)).toEqual(expected);
    expect(written(witness)).toEqual(expected);
  });

  test.each(writes)('is written by %s beside', (_, write) => {
    const { store, witness, north, south } = aBank();
    store.transact(() => {
      north.create(Account, { owner: 'Zoe' });
      write(south);
    });
    const expected = singly(
      (other) => other.north.create(Account, { owner: 'Zoe' }),
      (other) => write(other.south),
    );
    expect(written(store)).toEqual(expected);
    expect(written(witness)).toEqual(expected);
  });

  test.each(writes)('goes back with the first after %s and a throw', (_, write) => {
    const bank = aBank();
    const { store, witness, north, bob } = bank;
    const before = [contents(witness), held(bank)];
    undone(store, () => {
      bob.balance = 21;
      write(north);
    });
    expect([contents(witness), held(bank)]).toEqual(before);
    expect(contents(store)).toEqual(before[0]);
  });

  test.each(writes)('goes back alone when %s is undone at an inner level', (_, write) => {
    const { store, witness, north, south } = aBank();
    const before = contents(witness.at('north'));
    store.transact(() => {
      store.create(Account, { owner: 'Zoe' });
      undone(store, () => write(north));
      south.create(Account, { owner: 'Yan' });
    });
    expect(contents(witness.at('north'))).toEqual(before);
    expect(owners(witness)).toContain('Zoe');
    expect(owners(witness.at('south'))).toEqual(['Sue', 'Yan']);
  });

  test('may be the parent of one that is made in the same transaction', () => {
    const { store, witness, north } = aBank();
    store.transact(() => {
      const deep = north.substores.create('deep');
      deep.create(Account, { owner: 'Zoe' });
      north.create(Account, { owner: 'Yan' });
      deep.create(Account, { owner: 'Xia' });
    });
    expect(owners(witness.at('north'))).toEqual(['Nan', 'Yan']);
    expect(owners(witness.at('north/deep'))).toEqual(['Xia', 'Zoe']);
  });

  test('may be read only', () => {
    const { store, witness, north, south } = aBank();
    store.transact(() => {
      const sum = north.query(Account).one().balance + south.query(Account).one().balance;
      store.create(Account, { owner: 'Sum', balance: sum + store.tree.count(Account) });
    });
    expect(witness.getUnique(Account, { owner: 'Sum' }).balance).toBe(116);
  });

  test('may have been written at an inner level only, and taken back', () => {
    const { store, witness, north, south } = aBank();
    store.transact(() => {
      undone(store, () => north.create(Account, { owner: 'Zoe' }));
      south.create(Account, { owner: 'Yan' });
    });
    expect(owners(witness.at('north'))).toEqual(['Nan']);
    expect(owners(witness.at('south'))).toEqual(['Sue', 'Yan']);
  });
});

describe('a read-only transaction', () => {
  const readOnly = { readOnly: true };

  test.each(writes)('refuses a write: %s', (_, write) => {
    const { store, witness } = aBank();
    const before = contents(witness);
    store.transact(() => {
      expect(() => write(store)).toThrow(failure('READ_ONLY'));
    }, readOnly);
    expect(contents(witness)).toEqual(before);
    expect(contents(store)).toEqual(before);
  });

  test.each(writes)('refuses a write below: %s', (_, write) => {
    const { store, witness, north } = aBank();
    const before = contents(witness);
    store.transact(() => expect(() => write(north)).toThrow(failure('READ_ONLY')), readOnly);
    expect(contents(witness)).toEqual(before);
  });

  test('gives what its function gives', () => {
    const { store } = aBank();
    expect(store.transact(() => store.count(Account), readOnly)).toBe(4);
  });

  test('inside a writing transaction refuses writes, and the writing one goes on', () => {
    const { store, witness, ann } = aBank();
    store.transact(() => {
      ann.balance = 11;
      store.transact(() => {
        expect(ann.balance).toBe(11);
        expect(() => {
          ann.balance = 12;
        }).toThrow(failure('READ_ONLY'));
      }, readOnly);
      ann.balance += 2;
    });
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(13);
  });

  test('does not become a writing one by an inner transaction', () => {
    const { store, ann } = aBank();
    store.transact(() => {
      expect(() =>
        store.transact(() => {
          ann.balance = 12;
        }),
      ).toThrow(failure('READ_ONLY'));
    }, readOnly);
    expect(ann.balance).toBe(10);
  });

  test('leaves the store writable', () => {
    const { store, ann } = aBank();
    store.transact(() => store.count(Account), readOnly);
    ann.balance = 11;
    expect(ann.balance).toBe(11);
  });
});

describe('closing inside a transaction', () => {
  test('is refused for the store itself, and the transaction goes on', () => {
    const { store, witness, ann } = aBank();
    store.transact(() => {
      ann.balance = 11;
      expect(() => store.close()).toThrow(failure('NOT_SUPPORTED'));
      expect(() => store[Symbol.dispose]()).toThrow(failure('NOT_SUPPORTED'));
      ann.balance += 1;
    });
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(12);
  });

  test('is refused for a store above and a store below that take part', () => {
    const { store, witness, north } = aBank();
    north.transact(() => {
      north.create(Account, { owner: 'Eve' });
      expect(() => store.close()).toThrow(failure('NOT_SUPPORTED'));
    });
    store.transact(() => {
      north.create(Account, { owner: 'Fay' });
      expect(() => north.close()).toThrow(failure('NOT_SUPPORTED'));
    });
    expect(owners(witness.at('north'))).toEqual(['Eve', 'Fay', 'Nan']);
  });

  test('is allowed for a store that has nothing to do with it', () => {
    const { store, witness, ann } = aBank();
    const other = aBank();
    store.transact(() => {
      ann.balance = 11;
      other.store.close();
    });
    expect(other.store.isClosed).toBe(true);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(11);
  });

  test('cannot be done before: a closed store starts no transaction', () => {
    const { store } = aBank();
    let ran = false;
    store.close();
    const attempt = () =>
      store.transact(() => {
        ran = true;
      });
    expect(attempt).toThrow(failure('STORE_CLOSED'));
    expect(ran).toBe(false);
  });
});

describe('after a constraint error that is caught, the transaction goes on:', () => {
  const refusedWrites: [string, (bank: Bank) => unknown][] = [
    ['create', ({ store }) => store.create(Account, { owner: 'Eve', iban: 'A1' })],
    [
      'createMany',
      ({ store }) => store.createMany(Account, [{ owner: 'E' }, { owner: 'F', iban: 'A1' }, { owner: 'G' }]),
    ],
    [
      'createMany with twins',
      ({ store }) =>
        store.createMany(
          Account,
          [...'EF'].map((owner) => ({ owner, iban: 'X' })),
        ),
    ],
    [
      'an assignment',
      ({ bob }) => {
        bob.iban = 'A1';
      },
    ],
    ['set', ({ bob }) => bob.set({ owner: 'Robert', balance: 21, iban: 'A1' })],
    ['a bulk update', ({ store }) => store.query(Account).update({ balance: 1, iban: 'X' })],
  ];

  test.each(refusedWrites)('%s', (_, write) => {
    const bank = aBank();
    const { store, witness, ann } = bank;
    store.transact(() => {
      ann.balance = 11;
      const [before, heldBefore] = [contents(store), held(bank)];
      expect(() => write(bank)).toThrow(failure('CONSTRAINT'));
      expect(contents(store)).toEqual(before);
      expect(held(bank)).toEqual(heldBefore);
      store.create(Account, { owner: 'Zoe', iban: 'Z9' });
      ann.balance += 1;
    });
    expect(owners(witness)).toEqual(['Ann', 'Bob', 'Cat', 'Dan', 'Zoe']);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(12);
    expect(witness.getUnique(Account, { owner: 'Bob' }).toJSON()).toMatchObject({ balance: 20, iban: 'B2' });
  });

  test.each(refusedWrites)('%s, and outside a transaction it leaves nothing', (_, write) => {
    const bank = aBank();
    const [before, heldBefore] = [contents(bank.store), held(bank)];
    expect(() => write(bank)).toThrow(failure('CONSTRAINT'));
    expect(held(bank)).toEqual(heldBefore);
    expect(contents(bank.store)).toEqual(before);
    expect(contents(bank.witness)).toEqual(before);
  });

  test('the error says which attribute of which type', () => {
    const { store } = aBank();
    const write = () => store.create(Account, { owner: 'Eve', iban: 'A1' });
    expect(write).toThrow(expect.objectContaining({ code: 'CONSTRAINT', type: 'account', attribute: 'iban' }));
    expect(write).toThrow(expect.objectContaining({ message: expect.not.stringContaining('A1') }));
  });

  test('a check that fails', () => {
    const { store, witness, ann } = aBank();
    store.transact(() => {
      expect(() => {
        ann.balance = -1001;
      }).toThrow(CorollaryError);
      expect(() => store.create(Account, { owner: 'Eve', balance: -1001 })).toThrow(CorollaryError);
      expect(() => store.query(Account).update({ balance: -1001 })).toThrow(CorollaryError);
      ann.balance = -1000;
    });
    expect(owners(witness)).toEqual(['Ann', 'Bob', 'Cat', 'Dan']);
    expect(witness.getUnique(Account, { owner: 'Ann' }).balance).toBe(-1000);
    expect(witness.getUnique(Account, { owner: 'Cat' }).balance).toBe(30);
  });
});

describe('when SQLite ends the transaction by itself', () => {
  /** A bank in whose database another program has put a trigger: an account of 'Ender' ends the transaction. */
  function aFragileBank() {
    const bank = aBank();
    rawly(bank.place, (database) =>
      database.exec(
        `CREATE TRIGGER ending BEFORE INSERT ON "${tableWith(database, 'iban')}" WHEN NEW.owner = 'Ender'
         BEGIN SELECT RAISE(ROLLBACK, 'ended'); END`,
      ),
    );
    return bank;
  }
  const end = (store: Store) => store.create(Account, { owner: 'Ender' });

  test('an error that nobody catches leaves all as before', () => {
    const bank = aFragileBank();
    const [before, heldBefore] = [contents(bank.store), held(bank)];
    const attempt = () =>
      bank.store.transact(() => {
        bank.ann.balance = 11;
        bank.payment.delete();
        end(bank.store);
      });
    expect(attempt).toThrow(CorollaryError);
    expect(held(bank)).toEqual(heldBefore);
    expect(contents(bank.witness)).toEqual(before);
  });

  test.each(writes)('later writes in the function fail: %s', (_, write) => {
    const bank = aFragileBank();
    const before = contents(bank.store);
    const attempt = () =>
      bank.store.transact(() => {
        bank.ann.balance = 11;
        expect(() => end(bank.store)).toThrow(CorollaryError);
        expect(() => write(bank.store)).toThrow(CorollaryError);
      });
    expect(attempt).toThrow(CorollaryError);
    expect(bank.ann.balance).toBe(10);
    expect(contents(bank.witness)).toEqual(before);
  });

  test('transact fails although the function caught the error, and all is as before', () => {
    const bank = aFragileBank();
    const [before, heldBefore] = [contents(bank.store), held(bank)];
    const attempt = () =>
      bank.store.transact(() => {
        bank.ann.balance = 11;
        expect(() => end(bank.store)).toThrow(CorollaryError);
      });
    expect(attempt).toThrow(CorollaryError);
    expect(held(bank)).toEqual(heldBefore);
    expect(contents(bank.store)).toEqual(before);
    expect(contents(bank.witness)).toEqual(before);
  });

  test('transact fails although the error was caught around an inner transaction', () => {
    const bank = aFragileBank();
    const { store, ann } = bank;
    const [before, heldBefore] = [contents(store), held(bank)];
    const attempt = () =>
      store.transact(() => {
        ann.balance = 11;
        const inner = () =>
          store.transact(() => {
            ann.balance = 12;
            end(store);
          });
        expect(inner).toThrow();
        expect(() => {
          ann.balance = 13;
        }).toThrow(CorollaryError);
      });
    expect(attempt).toThrow(CorollaryError);
    expect(held(bank)).toEqual(heldBefore);
    expect(contents(bank.witness)).toEqual(before);
  });

  test('the store goes on with the next transaction', () => {
    const bank = aFragileBank();
    expect(() => bank.store.transact(() => end(bank.store))).toThrow(CorollaryError);
    bank.store.transact(() => {
      bank.ann.balance = 11;
    });
    bank.bob.balance = 21;
    expect(bank.witness.query(Account, (a) => a.balance.in([11, 21])).count()).toBe(2);
  });
});

test('an item of a substore that was rolled back cannot be written, and its store is closed', () => {
  const { store, witness } = aBank();
  let east: Store | undefined;
  let eve: Account | undefined;
  undone(store, () => {
    east = store.substores.create('east');
    eve = east.create(Account, { owner: 'Eve' });
  });
  expect(east?.isClosed).toBe(true);
  expect(eve?.owner).toBe('Eve');
  expect(() => eve?.set({ owner: 'Eva' })).toThrow(CorollaryError);
  expect(() => east?.count(Account)).toThrow(failure('STORE_CLOSED'));
  expect(witness.substores.names()).toEqual(['north', 'south']);
});

test('the items of a substore whose deletion was undone can be written again', () => {
  const { store, witness, north } = aBank();
  const nan = north.query(Account).one();

  undone(store, () => store.substores.delete('north'));
  nan.balance = 51;

  expect(store.at('north').query(Account).one()).toBe(nan);
  expect(witness.at('north').query(Account).one().balance).toBe(51);
});
