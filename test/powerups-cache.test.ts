import { type Default, Item, integer, item, role, type Store } from 'corollary';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { codeOf } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { Customer, Mailer, mailers, Named, Relay, roleIds, Smtp, scenes, senders, types } from './support/mailers.js';
import { allStatementsOf, statementsOf } from './support/statements.js';
import type * as tasks from './tasks/powerups.js';

// Who plays a role is kept in memory: it is right whatever was written, undone or closed since, and costs no SQL.

class Undone extends Error {}

function undone(store: Store, work: () => void): void {
  expect(() =>
    store.transact(() => {
      work();
      throw new Undone();
    }),
  ).toThrow(Undone);
}

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('powerups.ts', 'powerups-cache');
});

describe.each(scenes)('for %s, a look-up that was made before is right', (_, aScene) => {
  /** Two mailers that send for the target, in this order, and a third that does not; all of it was asked for. */
  function asked() {
    const { store, target } = aScene();
    const [a, b, c] = mailers(store, 'a', 'b', 'c');
    target.powerUp(a, Mailer);
    target.powerUp(b, Mailer);
    expect(senders(target)).toEqual(['a', 'b']);
    expect(target.maybe(Named)).toBeUndefined();
    return { store, target, a, b, c };
  }

  test('after giving, taking away, deleting and changing a priority', () => {
    const { target, a, b, c } = asked();
    target.powerUp(c, Mailer, { priority: 1 });
    expect(senders(target)).toEqual(['c', 'a', 'b']);
    target.powerUp(b, Mailer, { priority: 2 });
    expect(senders(target)).toEqual(['b', 'c', 'a']);
    target.powerDown(c, Mailer);
    expect(senders(target)).toEqual(['b', 'a']);
    b.delete();
    expect(senders(target)).toEqual(['a']);
    target.powerUp(a, Named);
    expect(target.as(Named)).toBe(a);
    target.powerDown(a);
    expect([target.maybe(Mailer), target.maybe(Named)]).toEqual([undefined, undefined]);
  });

  test('after the rollback of each of these', () => {
    const { store, target, a, b, c } = asked();
    const changes = [
      () => target.powerUp(c, Mailer, { priority: 1 }),
      () => target.powerUp(b, Mailer, { priority: 1 }),
      () => target.powerDown(a, Mailer),
      () => target.powerDown(a),
      () => a.delete(),
      () => store.query(Smtp).delete(),
    ];
    const during = changes.map((change) => {
      let seen: string[] = [];
      undone(store, () => {
        change();
        seen = senders(target);
      });
      expect(senders(target)).toEqual(['a', 'b']);
      return seen;
    });
    expect(during).toEqual([['c', 'a', 'b'], ['b', 'a'], ['b'], ['b'], ['b'], []]);
  });

  test('after the rollback of each of these, though it was not asked for in between', () => {
    const { store, target, a, b, c } = asked();
    undone(store, () => target.powerUp(c, Mailer, { priority: 1 }));
    expect(senders(target)).toEqual(['a', 'b']);
    undone(store, () => b.delete());
    expect(senders(target)).toEqual(['a', 'b']);
    undone(store, () => target.powerUp(a, Named));
    expect(target.maybe(Named)).toBeUndefined();
  });

  test('after an inner transaction is undone, and what the outer one did stays', () => {
    const { store, target, a, c } = asked();
    store.transact(() => {
      target.powerUp(c, Mailer, { priority: 1 });
      undone(store, () => {
        target.powerDown(a, Mailer);
        undone(store, () => {
          c.delete();
          expect(senders(target)).toEqual(['b']);
        });
        expect(senders(target)).toEqual(['c', 'b']);
      });
      expect(senders(target)).toEqual(['c', 'a', 'b']);
    });
    expect(senders(target)).toEqual(['c', 'a', 'b']);
  });

  test('after an outer transaction is undone with what an inner one did', () => {
    const { store, target, a, c } = asked();
    undone(store, () => {
      store.transact(() => target.powerUp(c, Mailer, { priority: 1 }));
      expect(senders(target)).toEqual(['c', 'a', 'b']);
      store.transact(() => store.transact(() => a.delete()));
      expect(senders(target)).toEqual(['c', 'b']);
    });
    expect(senders(target)).toEqual(['a', 'b']);
  });

  test('after a transaction that asked first and gave then', () => {
    const { store, target, c } = asked();
    const seen = store.transact(() => [senders(target), target.powerUp(c, Mailer), senders(target)]);
    expect(seen).toEqual([['a', 'b'], undefined, ['a', 'b', 'c']]);
    expect(senders(target)).toEqual(['a', 'b', 'c']);
  });

  test('in a read-only transaction, and after it', () => {
    const { store, target, c } = asked();
    expect(store.transact(() => senders(target), { readOnly: true })).toEqual(['a', 'b']);
    target.powerUp(c, Mailer);
    expect(store.transact(() => senders(target), { readOnly: true })).toEqual(['a', 'b', 'c']);
    expect(senders(target)).toEqual(['a', 'b', 'c']);
  });

  test('gives the one object of an item that was loaded in a transaction that was undone', () => {
    const { store, target, a } = asked();
    const { storeId } = a;
    undone(store, () => {
      a.name = 'changed';
      target.powerUp(a, Named);
      expect(target.as(Named)).toBe(a);
    });
    expect(target.as(Mailer)).toBe(store.get(Smtp, storeId));
    expect(target.as(Mailer).send('x')).toBe('a to x');
  });
});

/** Its hooks throw when they are told to, or give a mailer. */
@item('hooked')
class Hooked extends Item {
  static mailer: Smtp | undefined;
  static throwsIn = '';
  @integer({ default: 0 }) declare weight: Default<number>;

  #hook(name: string): void {
    if (Hooked.mailer !== undefined && this.weight === 1) this.store.powerUp(Hooked.mailer, Mailer);
    if (Hooked.throwsIn === name) throw new Undone();
  }
  override stored(): void {
    this.#hook('stored');
  }
  override committed(): void {
    if (Hooked.throwsIn === 'committed') throw new Undone();
  }
  override deleted(): void {
    if (Hooked.throwsIn === 'deleted') throw new Undone();
  }
}

describe('a look-up is right after a hook has thrown', () => {
  function hooked(throwsIn: string) {
    const store = aStore({ types: [...types, Hooked] });
    [Hooked.mailer] = mailers(store, 'a');
    Hooked.throwsIn = throwsIn;
    expect(store.maybe(Mailer)).toBeUndefined();
    return { store, mailer: Hooked.mailer };
  }

  test('while an item was stored: that is undone', () => {
    const { store } = hooked('stored');
    expect(() => store.create(Hooked, { weight: 1 })).toThrow(Undone);
    expect(store.maybe(Mailer)).toBeUndefined();
  });

  test('while an item was stored, and the transaction has gone on', () => {
    const { store, mailer } = hooked('stored');
    store.transact(() => {
      expect(() => store.create(Hooked, { weight: 1 })).toThrow(Undone);
      expect(store.maybe(Mailer)).toBeUndefined();
      store.powerUp(mailer, Named);
    });
    expect([store.maybe(Mailer), store.maybe(Named)]).toEqual([undefined, mailer]);
  });

  test('after the commit: that stays', () => {
    const { store, mailer } = hooked('committed');
    expect(codeOf(() => store.create(Hooked, { weight: 1 }))).toBe('HOOK_FAILED');
    expect(store.maybe(Mailer)).toBe(mailer);
  });

  test('after a deletion: that stays', () => {
    const { store } = hooked('deleted');
    const powerup = store.create(Hooked, {});
    const Weighty = role<Hooked>('test.weighty');
    store.powerUp(powerup, Weighty);
    expect(store.as(Weighty)).toBe(powerup);
    expect(codeOf(() => powerup.delete())).toBe('HOOK_FAILED');
    expect(store.maybe(Weighty)).toBeUndefined();
  });

  test('in afterCommit, which sees what was committed', () => {
    const { store, mailer } = hooked('');
    let seen: unknown;
    store.transact(() => {
      store.afterCommit(() => {
        seen = store.maybe(Mailer);
      });
      store.powerUp(mailer, Mailer);
    });
    expect(seen).toBe(mailer);
  });
});

test('the cascade of a deletion is seen, whatever it began with', () => {
  const store = aStore({ types });
  const parent = store.create(Customer, { name: 'parent', parent: null });
  const child = store.create(Customer, { name: 'child', parent });
  store.powerUp(child, Named);
  expect(store.as(Named)).toBe(child);
  undone(store, () => {
    parent.delete();
    expect(store.maybe(Named)).toBeUndefined();
  });
  expect(store.as(Named)).toBe(child);
  parent.delete();
  expect(store.maybe(Named)).toBeUndefined();
});

test('a transaction over several stores is seen in each, and so is its rollback', () => {
  const root = aStore({ types });
  const stores = [root, root.substores.create('one'), root.substores.create('two')];
  const all = stores.map((store) => [store, mailers(store, 'a')[0]] as const);
  const give = () => all.map(([store, smtp]) => store.powerUp(smtp, Mailer));
  const seen = () => stores.map(senders);
  expect(seen()).toEqual([[], [], []]);
  undone(root, () => {
    give();
    expect(seen()).toEqual([['a'], ['a'], ['a']]);
  });
  expect(seen()).toEqual([[], [], []]);
  root.transact(give);
  expect(seen()).toEqual([['a'], ['a'], ['a']]);
});

describe('commits of others', () => {
  /** Two handles on one store; the first one has asked for everything. */
  function twoHandles(options: { readOnly?: boolean } = {}) {
    const place = aStoreDirectory();
    const other = aStore({ types }, place);
    const customer = other.create(Customer, { name: 'c', parent: null });
    const [a, b] = mailers(other, 'a', 'b');
    other.powerUp(a, Mailer);
    const store = aStore({ ...options, types }, place);
    const mine = store.get(Customer, customer.storeId);
    expect([senders(store), senders(mine), store.maybe(Named)]).toEqual([['a'], [], undefined]);
    return { store, mine, other, customer, a, b };
  }

  test.each([[{}], [{ readOnly: true }]])(
    'of another handle in this process are seen at once, opened with %j',
    (options) => {
      const { store, mine, other, customer, a, b } = twoHandles(options);
      other.powerUp(b, Mailer, { priority: 1 });
      expect(senders(store)).toEqual(['b', 'a']);
      customer.powerUp(b, Mailer);
      expect(senders(mine)).toEqual(['b']);
      other.powerDown(b, Mailer);
      expect(senders(store)).toEqual(['a']);
      a.delete();
      expect(senders(store)).toEqual([]);
      customer.delete();
      expect(senders(mine)).toEqual([]);
      expect(codeOf(() => mine.as(Mailer))).toBe('NO_POWERUP');
    },
  );

  test('are not seen before they are there, nor after they were undone', () => {
    const { store, other, b } = twoHandles();
    undone(other, () => {
      other.powerUp(b, Mailer);
    });
    expect(senders(store)).toEqual(['a']);
  });

  test('that deleted what is to be given, or to be powered up, are heard of when it is', () => {
    const { store, mine, other, customer, b } = twoHandles();
    const ours = store.get(Smtp, b.storeId);
    b.delete();
    expect(codeOf(() => store.powerUp(ours, Mailer))).toBe('ITEM_GONE');
    const [c] = mailers(store, 'c');
    customer.delete();
    expect(codeOf(() => mine.powerUp(c, Mailer))).toBe('ITEM_GONE');
    expect(senders(other)).toEqual(['a']);
    expect(store.check()).toMatchObject({ isSound: true });
  });

  test('that gave what is to be given leave one connector, and taking away works once', () => {
    const { store, other, b } = twoHandles();
    const ours = store.get(Smtp, b.storeId);
    other.powerUp(b, Mailer, { priority: 3 });
    store.powerUp(ours, Mailer);
    expect(senders(store)).toEqual(['b', 'a']);
    store.powerDown(ours, Mailer);
    expect(senders(other)).toEqual(['a']);
    expect(codeOf(() => other.powerDown(b, Mailer))).toBe('NO_POWERUP');
  });

  test('that gave the first powerup of a store ever are seen', () => {
    const place = aStoreDirectory();
    const [store, other] = [aStore({ types }, place), aStore({ types }, place)];
    expect(store.maybe(Mailer)).toBeUndefined();
    other.powerUp(mailers(other, 'a')[0], Mailer);
    expect(senders(store)).toEqual(['a']);
  });

  test('of another process are seen, and those that take away and delete', () => {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    const customer = store.create(Customer, { name: 'c', parent: null });
    const child = program.start();
    return (async () => {
      await child.call('open', place);
      expect([senders(store), senders(customer)]).toEqual([[], []]);
      await child.call('give', 'a', 0);
      await child.call('give', 'b', 1);
      expect(senders(store)).toEqual(['b', 'a']);
      await child.call('giveToCustomer', 'a');
      expect(senders(customer)).toEqual(['a']);
      await child.call('takeAway', 'b');
      expect(senders(store)).toEqual(['a']);
      await child.call('remove', 'a');
      expect([senders(store), senders(customer)]).toEqual([[], []]);
      const [c] = mailers(store, 'c');
      customer.powerUp(c, Mailer);
      expect(senders(customer)).toEqual(['c']);
      await child.call('removeCustomer');
      expect(senders(customer)).toEqual([]);
      expect(roleIds(customer, c)).toEqual([]);
    })();
  });

  test('of another process are not seen inside a read-only transaction that began before, and are after it', () => {
    const { place, store } = withAMailer();
    const seen = store.transact(
      () => {
        const before = senders(store);
        outside(place, 'late');
        return [before, senders(store)];
      },
      { readOnly: true },
    );
    expect(seen).toEqual([['a'], ['a']]);
    expect(senders(store)).toEqual(['a', 'late']);
  });

  test('of another process are seen by a transaction that begins after them', () => {
    const { place, store } = withAMailer();
    outside(place, 'late');
    expect(store.transact(() => senders(store))).toEqual(['a', 'late']);
  });

  function withAMailer() {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    store.powerUp(mailers(store, 'a')[0], Mailer);
    expect(senders(store)).toEqual(['a']);
    return { place, store };
  }

  /** Another process gives a mailer, while this one waits. */
  function outside(place: string, name: string): void {
    program.callSync('giveOnce', place, name);
  }

  test('two processes that give and ask at the same time leave each powerup once', async () => {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    mailers(store, 'a', 'b');
    const [one, two] = [program.start(), program.start()];
    await Promise.all([one.call('open', place), two.call('open', place)]);
    const given = [one.call('giveAndTakeAway', 'a', 40), two.call('giveAndTakeAway', 'a', 40)];
    await Promise.all(given);
    expect(senders(store)).toEqual(['a']);
    const [wrong] = await Promise.all([one.call('askManyTimes', 100), two.call('giveAndTakeAway', 'b', 40)]);
    expect(wrong).toEqual([]);
    expect(senders(store).sort()).toEqual(['a', 'b']);
  });
});

describe('a substore whose database was closed to make room', () => {
  function aCrowd() {
    const place = aStoreDirectory();
    const root = aStore({ types, maxOpenSubstores: 1 }, place);
    const [part, crowd] = [root.substores.create('part'), root.substores.create('crowd')];
    const customer = part.create(Customer, { name: 'c', parent: null });
    const [a, b] = mailers(part, 'a', 'b');
    part.powerUp(a, Mailer);
    customer.powerUp(b, Mailer);
    const evict = () => crowd.count(Customer);
    return { place, root, part, customer, a, b, evict };
  }

  test('answers as before', () => {
    const { part, customer, a, b, evict } = aCrowd();
    expect([part.as(Mailer), customer.as(Mailer)]).toEqual([a, b]);
    evict();
    expect([part.as(Mailer), customer.as(Mailer)]).toEqual([a, b]);
    evict();
    part.powerUp(b, Mailer, { priority: 1 });
    evict();
    expect(senders(part)).toEqual(['b', 'a']);
  });

  test('answers with what others have done in the meantime', () => {
    const { place, part, customer, a, b, evict } = aCrowd();
    expect([part.as(Mailer), customer.as(Mailer)]).toEqual([a, b]);
    evict();
    const other = aStore({ types }, place).at('part');
    other.powerUp(other.get(Smtp, b.storeId), Mailer, { priority: 1 });
    other.get(Customer, customer.storeId).powerDown(other.get(Smtp, b.storeId));
    expect([senders(part), senders(customer)]).toEqual([['b', 'a'], []]);
  });

  test('reads no connectors again when nobody has written', () => {
    const { part, customer, evict } = aCrowd();
    expect([senders(part), senders(customer)]).toEqual([['a'], ['b']]);
    evict();
    expect(statementsOf(() => [senders(part), senders(customer)])).toEqual([]);
  });
});

describe('counted', () => {
  const stores: [string, () => Store][] = [
    ['on disk', () => aStore({ types })],
    ['in memory', () => aMemoryStore({ types })],
  ];

  describe.each(stores)('%s', (_, aStoreOfIts) => {
    function given() {
      const store = aStoreOfIts();
      const customer = store.create(Customer, { name: 'c', parent: null });
      const [a, b] = mailers(store, 'a', 'b');
      store.powerUp(a, Mailer);
      store.powerUp(b, Mailer);
      customer.powerUp(b, Mailer);
      return { store, customer, a, b };
    }

    test('a look-up that was made before runs no statement', () => {
      const { store, customer, b } = given();
      const ask = () => [
        store.as(Mailer),
        store.maybe(Mailer),
        store.powerupsFor(Mailer),
        customer.as(Mailer),
        customer.powerupsFor(Mailer),
        b.maybe(Mailer),
        store.maybe(Named),
      ];
      ask();
      expect(allStatementsOf(ask)).toEqual([]);
      expect(store.transact(() => allStatementsOf(ask))).toEqual([]);
      expect(allStatementsOf(ask)).toEqual([]);
    });

    test('the first look-up for a target and a role runs one, whoever plays it, if those are in memory', () => {
      const { store, customer } = given();
      expect(statementsOf(() => store.as(Mailer))).toHaveLength(1);
      expect(statementsOf(() => store.powerupsFor(Mailer))).toHaveLength(0);
      expect(statementsOf(() => customer.powerupsFor(Mailer))).toHaveLength(1);
      expect(statementsOf(() => store.maybe(Named))).toHaveLength(1);
      expect(statementsOf(() => customer.maybe(Named))).toHaveLength(1);
    });

    test('a write to other types leaves what is known', () => {
      const { store, customer, a } = given();
      const ask = () => [senders(store), senders(customer)];
      ask();
      a.name = 'renamed';
      store.create(Customer, { name: 'd', parent: customer });
      undone(store, () => {
        a.name = 'undone';
      });
      expect(statementsOf(() => ask()).filter((sql) => sql.includes('"role"'))).toEqual([]);
      expect(ask()).toEqual([['renamed', 'b'], ['b']]);
    });

    test('an inherited role runs one for each place on the way, then none', () => {
      const { store, a } = given();
      const Inherited = role<Smtp>('test.inherited', { inherited: true });
      store.powerUp(a, Inherited);
      const part = store.substores.create('part');
      const customer = part.create(Customer, { name: 'c', parent: null });
      expect(customer.as(Inherited)).toBe(a);
      expect(allStatementsOf(() => customer.as(Inherited))).toEqual([]);
      expect(allStatementsOf(() => part.as(Inherited))).toEqual([]);
    });

    test('an item that answers with something else costs what that costs', () => {
      const { store, a } = given();
      const relay = store.create(Relay, { via: a });
      store.powerUp(relay, Named);
      expect(store.as(Named)).toBe(a);
      expect(allStatementsOf(() => store.as(Named))).toEqual([]);
    });
  });

  test('a powerup that is not in memory is read by its id, those behind it not before they are asked for', () => {
    const place = aStoreDirectory();
    const before = aStore({ types }, place);
    for (const smtp of mailers(before, 'a', 'b', 'c')) before.powerUp(smtp, Mailer);
    before.close();
    const store = aStore({ types }, place);
    expect(statementsOf(() => store.as(Mailer))).toHaveLength(2);
    expect(statementsOf(() => store.as(Mailer))).toHaveLength(0);
    expect(statementsOf(() => store.powerupsFor(Mailer))).toHaveLength(2);
  });

  test('an item given for many roles is asked for each of them by one', () => {
    const store = aStore({ types });
    const [smtp] = mailers(store, 'a');
    const roles = Array.from({ length: 40 }, (_, n) => role<Smtp>(`test.many-${n}`));
    store.transact(() => roles.map((one) => store.powerUp(smtp, one)));
    const ask = () => roles.map((one) => store.as(one));
    expect(statementsOf(ask)).toHaveLength(40);
    expect(statementsOf(ask)).toHaveLength(0);
    expect(new Set(ask())).toEqual(new Set([smtp]));
    expect(store.rolesOf(smtp)).toHaveLength(40);
    smtp.delete();
    expect(roles.map((one) => store.maybe(one))).toEqual(roles.map(() => undefined));
  });
});
