import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { Customer, Mailer, mailers, Named, Relay, roleIds, scenes, types } from './support/mailers.js';
import { rawly } from './support/raw-database.js';
import type * as tasks from './tasks/powerups.js';

// Objects that play roles in memory only, for one handle of a store.

const sender = (name: string) => ({ send: (to: string) => `${name} to ${to}` });

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('powerups.ts', 'powerups-in-memory');
});

describe.each(scenes)('for %s', (_, aScene) => {
  test('any object plays the role, before all others whatever their priority', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    target.powerUp(a, Mailer, { priority: Number.MAX_SAFE_INTEGER });
    const object = sender('object');
    target.inMemoryPowerUp(object, Mailer);
    expect(target.as(Mailer)).toBe(object);
    expect(target.maybe(Mailer)).toBe(object);
    expect(target.powerupsFor(Mailer)).toEqual([object, a]);
    expect(target.rolesOf(object)).toEqual([Mailer]);
  });

  test('another one takes its place, for that role alone', () => {
    const { target } = aScene();
    const [one, two] = [{ ...sender('one'), name: 'one' }, sender('two')];
    target.inMemoryPowerUp(one, Mailer);
    target.inMemoryPowerUp(one, Named);
    expect(roleIds(target, one)).toEqual(['test.mailer', 'test.named']);
    target.inMemoryPowerUp(two, Mailer);
    expect(target.powerupsFor(Mailer)).toEqual([two]);
    expect(target.as(Named)).toBe(one);
    expect(roleIds(target, one)).toEqual(['test.named']);
    expect(codeOf(() => target.powerDown(one, Mailer))).toBe('NO_POWERUP');
  });

  test('powerDown takes it away, for one role or for all, and those that are stored answer again', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    target.powerUp(a, Mailer);
    const object = { ...sender('object'), name: 'object' };
    target.inMemoryPowerUp(object, Mailer);
    target.inMemoryPowerUp(object, Named);
    target.powerDown(object, Mailer);
    expect(target.as(Mailer)).toBe(a);
    expect(target.as(Named)).toBe(object);
    target.inMemoryPowerUp(object, Mailer);
    target.powerDown(object);
    expect([target.as(Mailer), target.maybe(Named)]).toEqual([a, undefined]);
    expect(target.rolesOf(object)).toEqual([]);
  });

  test('what does not play in memory, and is no item, cannot be taken away', () => {
    const { target } = aScene();
    const object = sender('object');
    expect(codeOf(() => target.powerDown(object, Mailer))).toBe('NO_POWERUP');
    target.inMemoryPowerUp(object, Mailer);
    expect(codeOf(() => target.powerDown(object, Named))).toBe('NO_POWERUP');
    expect(target.as(Mailer)).toBe(object);
  });

  test('an item that plays it in memory as well is there once, and both are taken away', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    target.powerUp(b, Mailer);
    target.inMemoryPowerUp(b, Mailer);
    expect(target.powerupsFor(Mailer)).toEqual([b, a]);
    expect(roleIds(target, b)).toEqual(['test.mailer']);
    target.powerDown(b, Mailer);
    expect(target.powerupsFor(Mailer)).toEqual([a]);
    expect(codeOf(() => target.powerDown(b, Mailer))).toBe('NO_POWERUP');
  });

  test('an item of another store may play in memory, and is taken away like any object', () => {
    const { target } = aScene();
    const [stranger] = mailers(aMemoryStore({ types }), 'stranger');
    target.inMemoryPowerUp(stranger, Mailer);
    expect(target.as(Mailer)).toBe(stranger);
    expect(roleIds(target, stranger)).toEqual(['test.mailer']);
    target.powerDown(stranger, Mailer);
    expect(target.maybe(Mailer)).toBeUndefined();
    expect(codeOf(() => target.powerDown(stranger, Mailer))).toBe('WRONG_STORE');
  });

  test('an item that is deleted no longer plays', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    target.inMemoryPowerUp(a, Mailer);
    a.delete();
    expect(target.maybe(Mailer)).toBeUndefined();
    expect(target.powerupsFor(Mailer)).toEqual([]);
  });

  test('an object with indirect(role) answers with what that gives, and is passed over where it gives nothing', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    target.powerUp(a, Mailer);
    const object = sender('object');
    let answer: typeof object | null = object;
    target.inMemoryPowerUp({ indirect: () => answer }, Mailer);
    expect(target.powerupsFor(Mailer)).toEqual([object, a]);
    answer = null;
    expect(target.as(Mailer)).toBe(a);
    answer = {} as typeof object;
    expect(codeOf(() => target.as(Mailer))).toBe('WRONG_TYPE');
  });

  test('a function is an object too', () => {
    const { target } = aScene();
    const player = Object.assign(() => 'called', sender('function'));
    target.inMemoryPowerUp(player, Mailer);
    expect(target.as(Mailer)).toBe(player);
  });

  test.each([[undefined], [null], [5], ['text'], [true], [Symbol('x')], [1n]])('%s cannot play', (wrong) => {
    const { target } = aScene();
    expect(codeOf(() => target.inMemoryPowerUp(wrong as never, Mailer))).toBe('INVALID_VALUE');
    expect(target.maybe(Mailer)).toBeUndefined();
  });

  test('an object that lacks a member is refused, and the one before it stays', () => {
    const { target } = aScene();
    const object = sender('object');
    target.inMemoryPowerUp(object, Mailer);
    const error = refusal(() => target.inMemoryPowerUp({ sand: String } as never, Mailer));
    expect(error.code).toBe('WRONG_TYPE');
    expect(error.message).toContain('send');
    expect(target.as(Mailer)).toBe(object);
    expect(codeOf(() => target.inMemoryPowerUp(Object.create(null) as never, Mailer))).toBe('WRONG_TYPE');
  });

  test('messages say what an object is by its class, if it has one', () => {
    const { target } = aScene();
    const said = (object: object) => refusal(() => target.inMemoryPowerUp(object as never, Mailer)).message;
    expect(said({})).toBe('An object cannot play the role test.mailer: it has no send');
    expect(said(new Map())).toBe('A Map cannot play the role test.mailer: it has no send');
    expect(said(new (class Outbox {})())).toBe('An Outbox cannot play the role test.mailer: it has no send');
    expect(said(new (class {})())).toBe('An object cannot play the role test.mailer: it has no send');
  });

  test('it is no part of a transaction', () => {
    const { store, target } = aScene();
    const object = sender('object');
    const work = () => {
      target.inMemoryPowerUp(object, Mailer);
      throw new RangeError();
    };
    expect(() => store.transact(work)).toThrow(RangeError);
    expect(target.as(Mailer)).toBe(object);
  });
});

test('nothing of it is on disk, and other handles do not know of it', () => {
  const place = aStoreDirectory();
  const [store, other] = [aStore({ types }, place), aStore({ types }, place)];
  const tables = () => rawly(place, (db) => db.prepare('SELECT sql FROM sqlite_master ORDER BY name').all());
  const before = tables();
  store.inMemoryPowerUp(sender('object'), Mailer);
  expect(other.maybe(Mailer)).toBeUndefined();
  expect(store.as(Mailer).send('x')).toBe('object to x');
  store.close();
  expect(tables()).toEqual(before);
  expect(aStore({ types }, place).maybe(Mailer)).toBeUndefined();
});

test('a store opened with readOnly can have a role played in memory, and taken away', () => {
  const place = aStoreDirectory();
  aStore({ types }, place).close();
  const store = aStore({ types, readOnly: true }, place);
  const object = sender('object');
  store.inMemoryPowerUp(object, Mailer);
  expect(store.as(Mailer)).toBe(object);
  store.powerDown(object);
  expect(store.maybe(Mailer)).toBeUndefined();
});

test('an item that is deleted has nobody left, in memory neither, and has them again when that is undone', () => {
  const store = aStore({ types });
  const [item] = mailers(store, 'item');
  const object = sender('object');
  item.inMemoryPowerUp(object, Mailer);
  expect(() =>
    store.transact(() => {
      item.delete();
      expect([item.maybe(Mailer), item.powerupsFor(Mailer)]).toEqual([undefined, []]);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(item.as(Mailer)).toBe(object);
  item.delete();
  expect(item.maybe(Mailer)).toBeUndefined();
});

test('a powerDown that is refused takes nothing away in memory either', () => {
  const place = aStoreDirectory();
  const before = aStore({ types }, place);
  const [stored] = mailers(before, 'a');
  before.powerUp(stored, Mailer);
  before.close();
  const store = aStore({ types, readOnly: true }, place);
  const smtp = store.as(Mailer);
  store.inMemoryPowerUp(smtp, Named as never);
  expect(codeOf(() => store.powerDown(smtp))).toBe('READ_ONLY');
  expect(roleIds(store, smtp)).toEqual(['test.mailer', 'test.named']);
});

test('a closed store refuses powerDown of what played in memory, as it does everything', () => {
  const store = aStore({ types });
  const object = sender('object');
  store.inMemoryPowerUp(object, Mailer);
  store.close();
  expect(codeOf(() => store.powerDown(object, Mailer))).toBe('STORE_CLOSED');
  expect(codeOf(() => store.rolesOf(object))).toBe('STORE_CLOSED');
});

test('an item of a closed store has nobody left, in memory neither', () => {
  const store = aStore({ types });
  const customer = store.create(Customer, { name: 'c', parent: null });
  customer.inMemoryPowerUp(sender('object'), Mailer);
  store.close();
  expect(codeOf(() => customer.as(Mailer))).toBe('STORE_CLOSED');
  expect(codeOf(() => customer.powerupsFor(Mailer))).toBe('STORE_CLOSED');
});

test('its roles are those that it was given for, before anybody asked for them', () => {
  const store = aStore({ types });
  const object = sender('object');
  store.inMemoryPowerUp(object, Mailer);
  expect(store.rolesOf(object)[0]).toBe(Mailer);
});

test('for an item that is deleted, and comes back by a rollback, it stays', () => {
  const store = aStore({ types });
  const customer = store.create(Customer, { name: 'c', parent: null });
  const object = sender('object');
  customer.inMemoryPowerUp(object, Mailer);
  const work = () => {
    customer.delete();
    throw new RangeError();
  };
  expect(() => store.transact(work)).toThrow(RangeError);
  expect(customer.as(Mailer)).toBe(object);
});

test('for a substore it stays while the store is known, moved, and its database closed to make room', () => {
  const root = aStore({ types, maxOpenSubstores: 2 });
  const [one, two] = ['one', 'two'].map((name) => root.substores.create(name));
  const object = sender('object');
  one?.inMemoryPowerUp(object, Mailer);
  two?.count(Customer);
  expect(root.at('one').as(Mailer)).toBe(object);
  root.substores.move('one', root.at('two'));
  expect(root.at('two/one').as(Mailer)).toBe(object);
  root.at('two/one').close();
  expect(root.at('two/one').maybe(Mailer)).toBeUndefined();
});

test('an item that answers for others may do so in memory for several targets', () => {
  const store = aStore({ types });
  const [a] = mailers(store, 'a');
  const relay = store.create(Relay, { via: a });
  const customer = store.create(Customer, { name: 'c', parent: null });
  store.inMemoryPowerUp(relay, Mailer);
  customer.inMemoryPowerUp(relay, Mailer);
  expect([store.as(Mailer), customer.as(Mailer)]).toEqual([a, a]);
  store.powerDown(relay);
  expect([store.maybe(Mailer), customer.maybe(Mailer)]).toEqual([undefined, a]);
});

describe('garbage collection', () => {
  test('leaves a substore alone that has a role played in memory, until it is closed', async () => {
    const child = program.start('--expose-gc');
    expect(await child.call('outlivesItsStore', aStoreDirectory())).toEqual(['memory to x', 'true', 'true', 'true']);
  });

  test('takes a substore for which nothing plays any more, and not before', async () => {
    const child = program.start('--expose-gc');
    const told = await child.call('letsGoOfSubstore', aStoreDirectory());
    expect(told).toEqual({ whilePlayed: 'memory to x', isKept: true, isKeptAfterwards: false });
  });

  test('takes a substore that was closed, and what played for a closed store that is held', async () => {
    const child = program.start('--expose-gc');
    expect(await child.call('letsGoWhenClosed', aStoreDirectory())).toEqual([true, true]);
  });

  test('takes what plays for an item with the item', async () => {
    const child = program.start('--expose-gc');
    expect(await child.call('goesWithItsItem', aStoreDirectory())).toEqual(['memory to x', 'true', 'true']);
  });

  test('takes stores that were closed, or that nobody holds, with what played for them', async () => {
    const child = program.start('--expose-gc');
    expect(await child.call('letsGoOfStores', aStoreDirectory())).toEqual([true, true]);
  });

  test('takes items that were asked for roles', async () => {
    const child = program.start('--expose-gc');
    expect(await child.call('asksManyItems', aStoreDirectory())).toBe(0);
  });
});
