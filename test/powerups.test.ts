import { join } from 'node:path';
import {
  type AnyRole,
  CorollaryError,
  type Default,
  Item,
  integer,
  item,
  type RoleEntry,
  role,
  Store,
  SubStore,
  text,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { Customer, Mailer, mailers, Named, roleIds, Smtp, scenes, senders, types } from './support/mailers.js';
import { rawly, tableWith } from './support/raw-database.js';

// Who plays which role for whom: giving, taking away, order, classes that name their roles, deletion.

class Undone extends Error {}

/** Does something in a transaction that is undone. */
function undone(store: Store, work: () => void): void {
  expect(() =>
    store.transact(() => {
      work();
      throw new Undone();
    }),
  ).toThrow(Undone);
}

/** How many connectors a closed store has on disk. */
function connectorsIn(place: string): number {
  return rawly(place, (database) => {
    const table = tableWith(database, 'player');
    return database.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number;
  });
}

describe.each(scenes)('for %s', (_, aScene) => {
  test('a powerup plays the role that it was given for', () => {
    const { store, target } = aScene();
    const [smtp] = mailers(store, 'a');
    target.powerUp(smtp, Mailer);
    expect(target.as(Mailer)).toBe(smtp);
    expect(target.maybe(Mailer)).toBe(smtp);
    expect(target.powerupsFor(Mailer)).toEqual([smtp]);
    expect(target.rolesOf(smtp)).toEqual([Mailer]);
    expect(target.as(Mailer).send('ada')).toBe('a to ada');
  });

  test('nobody plays a role that nobody was given for', () => {
    const { store, target } = aScene();
    const [smtp] = mailers(store, 'a');
    expect(codeOf(() => target.as(Mailer))).toBe('NO_POWERUP');
    expect(target.maybe(Mailer)).toBeUndefined();
    expect(target.powerupsFor(Mailer)).toEqual([]);
    expect(target.rolesOf(smtp)).toEqual([]);
    target.powerUp(smtp, Named);
    expect(codeOf(() => target.as(Mailer))).toBe('NO_POWERUP');
    expect(target.powerupsFor(Mailer)).toEqual([]);
  });

  test('those with a higher priority come first, negative ones last', () => {
    const { store, target } = aScene();
    const [low, none, high, higher] = mailers(store, 'low', 'none', 'high', 'higher');
    target.powerUp(low, Mailer, { priority: -1 });
    target.powerUp(none, Mailer);
    target.powerUp(high, Mailer, { priority: 1 });
    target.powerUp(higher, Mailer, { priority: 2 });
    expect(senders(target)).toEqual(['higher', 'high', 'none', 'low']);
    expect(target.as(Mailer)).toBe(higher);
  });

  test('those with the same priority come in the order in which they were given, not made', () => {
    const { store, target } = aScene();
    const [a, b, c] = mailers(store, 'a', 'b', 'c');
    target.powerUp(b, Mailer, { priority: 5 });
    target.powerUp(c, Mailer, { priority: 5 });
    target.powerUp(a, Mailer, { priority: 5 });
    expect(senders(target)).toEqual(['b', 'c', 'a']);
  });

  test('any safe integer is a priority', () => {
    const { store, target } = aScene();
    const [a, b, c] = mailers(store, 'a', 'b', 'c');
    target.powerUp(a, Mailer, { priority: Number.MIN_SAFE_INTEGER });
    target.powerUp(b, Mailer, { priority: -0 });
    target.powerUp(c, Mailer, { priority: Number.MAX_SAFE_INTEGER });
    expect(senders(target)).toEqual(['c', 'b', 'a']);
  });

  test('its roles are those that it was given for, before anybody asked for them', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    target.powerUp(a, Mailer);
    expect(target.rolesOf(a)[0]).toBe(Mailer);
  });

  test('a powerup that is given again is there once, with its new priority', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    target.powerUp(b, Mailer, { priority: 1 });
    target.powerUp(a, Mailer, { priority: 2 });
    expect(senders(target)).toEqual(['a', 'b']);
    target.powerUp(a, Mailer, { priority: -2 });
    expect(senders(target)).toEqual(['b', 'a']);
    target.powerUp(a, Mailer, { priority: 1 });
    expect(senders(target)).toEqual(['a', 'b']);
  });

  test('a powerup that is given again without a priority keeps its own', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    target.powerUp(b, Mailer, { priority: 7 });
    target.powerUp(b, Mailer);
    target.powerUp(b, Mailer, {});
    expect(senders(target)).toEqual(['b', 'a']);
  });

  test('0 is a priority like any other, and not the same as none', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    target.powerUp(b, Mailer, { priority: 7 });
    target.powerUp(b, Mailer, { priority: 0 });
    expect(senders(target)).toEqual(['a', 'b']);
  });

  test('one powerup plays several roles, each with its own priority', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer, { priority: 1 });
    target.powerUp(b, Mailer);
    target.powerUp(a, Named);
    target.powerUp(b, Named, { priority: 1 });
    expect(senders(target)).toEqual(['a', 'b']);
    expect(target.powerupsFor(Named)).toEqual([b, a]);
    expect(roleIds(target, a)).toEqual(['test.mailer', 'test.named']);
  });

  test('a role is taken away alone, and the item stays', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    target.powerUp(a, Named);
    target.powerUp(b, Mailer);
    target.powerDown(a, Mailer);
    expect(senders(target)).toEqual(['b']);
    expect(target.as(Named)).toBe(a);
    expect(roleIds(target, a)).toEqual(['test.named']);
    expect(store.get(Smtp, a.storeId)).toBe(a);
  });

  test('without a role, all are taken away', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    target.powerUp(a, Named);
    target.powerUp(b, Named);
    target.powerDown(a);
    expect([target.maybe(Mailer), target.maybe(Named)]).toEqual([undefined, b]);
    expect(roleIds(target, a)).toEqual([]);
    expect(a.isStored).toBe(true);
  });

  test('what does not play a role cannot be taken from it', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    expect(codeOf(() => target.powerDown(a))).toBe('NO_POWERUP');
    expect(codeOf(() => target.powerDown(a, Mailer))).toBe('NO_POWERUP');
    target.powerUp(a, Named);
    expect(codeOf(() => target.powerDown(a, Mailer))).toBe('NO_POWERUP');
    target.powerDown(a, Named);
    expect(codeOf(() => target.powerDown(a, Named))).toBe('NO_POWERUP');
  });

  test('what was taken away and is given again is the last of its priority, which it has to be told again', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer, { priority: 3 });
    target.powerUp(b, Mailer);
    target.powerDown(a, Mailer);
    target.powerUp(a, Mailer);
    expect(senders(target)).toEqual(['b', 'a']);
  });

  test('a deleted powerup plays nothing any more', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    target.powerUp(b, Mailer);
    expect(target.as(Mailer)).toBe(a);
    a.delete();
    expect(target.powerupsFor(Mailer)).toEqual([b]);
    expect(target.rolesOf(a)).toEqual([]);
    expect(codeOf(() => target.powerDown(a, Mailer))).toBe('NO_POWERUP');
    store.query(Smtp).delete();
    expect(target.maybe(Mailer)).toBeUndefined();
  });

  test('a list that was given is nobody else’s', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    target.powerUp(a, Mailer);
    target.powerupsFor(Mailer).length = 0;
    target.rolesOf(a).length = 0;
    expect(target.powerupsFor(Mailer)).toEqual([a]);
    expect(target.rolesOf(a)).toHaveLength(1);
  });

  test('what is given in a transaction plays at once, and no more when that is undone', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(a, Mailer);
    undone(store, () => {
      target.powerUp(b, Mailer, { priority: 1 });
      target.powerUp(a, Named);
      expect(senders(target)).toEqual(['b', 'a']);
      target.powerDown(a);
      expect(senders(target)).toEqual(['b']);
    });
    expect(senders(target)).toEqual(['a']);
    expect(roleIds(target, a)).toEqual(['test.mailer']);
  });

  test('a powerup of another store is refused', () => {
    const { target } = aScene();
    const [stranger] = mailers(aMemoryStore({ types }), 'a');
    expect(codeOf(() => target.powerUp(stranger, Mailer))).toBe('WRONG_STORE');
    expect(codeOf(() => target.powerDown(stranger, Mailer))).toBe('WRONG_STORE');
    expect(codeOf(() => target.powerDown(stranger))).toBe('WRONG_STORE');
    expect(target.rolesOf(stranger)).toEqual([]);
  });

  test('a powerup that was deleted, or whose creation was undone, is refused', () => {
    const { store, target } = aScene();
    const [deleted] = mailers(store, 'a');
    deleted.delete();
    let never: Smtp | undefined;
    undone(store, () => {
      [never] = mailers(store, 'b');
    });
    expect(codeOf(() => target.powerUp(deleted, Mailer))).toBe('ITEM_GONE');
    expect(codeOf(() => target.powerUp(never as Smtp, Mailer))).toBe('ITEM_GONE');
  });

  test('after the store is closed everything is refused', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    target.powerUp(a, Mailer);
    expect(target.as(Mailer)).toBe(a);
    store.root.close();
    expect(codeOf(() => target.as(Mailer))).toBe('STORE_CLOSED');
    expect(codeOf(() => target.maybe(Mailer))).toBe('STORE_CLOSED');
    expect(codeOf(() => target.powerupsFor(Mailer))).toBe('STORE_CLOSED');
    expect(codeOf(() => target.rolesOf(a))).toBe('STORE_CLOSED');
    expect(codeOf(() => target.powerUp(a, Named))).toBe('STORE_CLOSED');
    expect(codeOf(() => target.powerDown(a, Mailer))).toBe('STORE_CLOSED');
    expect(codeOf(() => target.inMemoryPowerUp({ send: String }, Mailer))).toBe('STORE_CLOSED');
  });

  const nonsense: unknown[] = [undefined, null, 5, 'test.mailer', {}, { id: 'test.mailer' }, [Mailer], Smtp];

  test.each(nonsense.map((role) => [role]))('%j is no role', (wrong) => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    const role = wrong as typeof Mailer;
    expect(codeOf(() => target.as(role))).toBe('INVALID_VALUE');
    expect(codeOf(() => target.maybe(role))).toBe('INVALID_VALUE');
    expect(codeOf(() => target.powerupsFor(role))).toBe('INVALID_VALUE');
    expect(codeOf(() => target.powerUp(a, role))).toBe('INVALID_VALUE');
    expect(codeOf(() => target.inMemoryPowerUp(a, role))).toBe('INVALID_VALUE');
  });

  test.each(nonsense.map((role) => [role]))('%j is no powerup', (wrong) => {
    const { target } = aScene();
    const powerup = wrong as Smtp;
    expect(codeOf(() => target.powerUp(powerup, Mailer))).toBe('INVALID_VALUE');
    expect(codeOf(() => target.powerUp(powerup))).toBe('INVALID_VALUE');
    const isObject = Object(wrong) === wrong; // which might play in memory
    expect(codeOf(() => target.powerDown(powerup, Mailer))).toBe(isObject ? 'NO_POWERUP' : 'INVALID_VALUE');
    if (isObject) expect(target.rolesOf(powerup)).toEqual([]);
    else expect(codeOf(() => target.rolesOf(powerup))).toBe('INVALID_VALUE');
  });

  const options: unknown[] = [null, 5, [1], { priorty: 1 }, ...priorities(NaN, 0.5, 2 ** 53, '1', null, 1n, Infinity)];

  test.each(options.map((one) => [one]))('%s are no options, and nothing is given', (wrong) => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    expect(codeOf(() => target.powerUp(a, Mailer, wrong as object))).toBe('INVALID_VALUE');
    expect(target.maybe(Mailer)).toBeUndefined();
  });

  // It read 'a safe integer, not number'.
  test('the message says what is wrong with a number that is no priority', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    const { message } = refusal(() => target.powerUp(a, Mailer, { priority: 0.5 }));
    expect(message).toBe('A priority is a safe integer, not a fractional number');
  });
});

function priorities(...wrong: unknown[]): object[] {
  return wrong.map((priority) => ({ priority }));
}

describe('targets', () => {
  test('are apart: a store, its items, items of one number in other stores, stores in stores', () => {
    const root = aStore({ types });
    const part = root.substores.create('part');
    part.substores.create('takes a number, as part does in root');
    const customers = [root, part].map((store) => store.create(Customer, { name: 'c', parent: null }));
    const [ofRoot, ofPart] = customers as [Customer, Customer];
    expect(ofRoot.storeId).toBe(ofPart.storeId);
    const other = root.create(Customer, { name: 'other', parent: null });
    const [a, b] = mailers(root, 'a', 'b');
    const [c, d] = mailers(part, 'c', 'd');
    root.powerUp(a, Mailer);
    ofRoot.powerUp(b, Mailer);
    part.powerUp(c, Mailer);
    ofPart.powerUp(d, Mailer);
    expect([root, ofRoot, part, ofPart, other].map(senders)).toEqual([['a'], ['b'], ['c'], ['d'], []]);
  });

  test('may share a powerup, which is taken away from each alone', () => {
    const store = aStore({ types });
    const [smtp] = mailers(store, 'a');
    const [one, two] = ['one', 'two'].map((name) => store.create(Customer, { name, parent: null })) as [
      Customer,
      Customer,
    ];
    one.powerUp(smtp, Mailer);
    two.powerUp(smtp, Mailer);
    store.powerUp(smtp, Mailer);
    one.powerDown(smtp);
    expect([one, two, store].map(senders)).toEqual([[], ['a'], ['a']]);
    store.powerDown(smtp, Mailer);
    expect([one, two, store].map(senders)).toEqual([[], ['a'], []]);
  });

  test('may be their own powerups, and go with them', () => {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    const [smtp] = mailers(store, 'a');
    smtp.powerUp(smtp, Mailer);
    expect(smtp.as(Mailer)).toBe(smtp);
    smtp.delete();
    store.close();
    expect(connectorsIn(place)).toBe(0);
  });

  test('that were deleted can have no role played, and nobody plays one', () => {
    const store = aStore({ types });
    const target = store.create(Customer, { name: 'c', parent: null });
    const [smtp] = mailers(store, 'a');
    target.powerUp(smtp, Mailer);
    expect(target.as(Mailer)).toBe(smtp);
    target.delete();
    expect(codeOf(() => target.powerUp(smtp, Mailer))).toBe('ITEM_GONE');
    expect(codeOf(() => target.inMemoryPowerUp(smtp, Mailer))).toBe('ITEM_GONE');
    expect(codeOf(() => target.powerDown(smtp, Mailer))).toBe('NO_POWERUP');
    expect(target.maybe(Mailer)).toBeUndefined();
    expect(target.powerupsFor(Mailer)).toEqual([]);
  });

  test('whose creation was undone can have no role played', () => {
    const store = aStore({ types });
    const [smtp] = mailers(store, 'a');
    let target: Customer | undefined;
    undone(store, () => {
      target = store.create(Customer, { name: 'c', parent: null });
      target.powerUp(smtp, Mailer);
      expect(target.as(Mailer)).toBe(smtp);
    });
    expect(codeOf(() => target?.powerUp(smtp, Mailer))).toBe('ITEM_GONE');
    expect(target?.maybe(Mailer)).toBeUndefined();
  });

  test('show in the message for whom nobody plays which role', () => {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    const target = store.create(Customer, { name: 'secret', parent: null });
    const ofStore = refusal(() => store.as(Mailer));
    const ofItem = refusal(() => target.as(Mailer));
    expect(ofStore).toMatchObject({ code: 'NO_POWERUP', store: place });
    expect(ofStore.message).toContain('test.mailer');
    expect(ofItem).toMatchObject({ code: 'NO_POWERUP', store: place, storeId: target.storeId });
    expect(ofItem.message).toContain(`Item ${target.storeId} (customer) in ${place}`);
    expect(ofItem.message).not.toContain('secret');
  });
});

describe('roles with one id', () => {
  test('are one role, in whatever program it was named', () => {
    const store = aStore({ types });
    const [smtp] = mailers(store, 'a');
    store.powerUp(smtp, role<Mailer>('test.mailer'));
    expect(store.as(Mailer)).toBe(smtp);
    store.powerUp(smtp, Mailer, { priority: 4 });
    expect(store.powerupsFor(role<Mailer>('test.mailer'))).toEqual([smtp]);
    store.powerDown(smtp, role('test.mailer'));
    expect(store.maybe(Mailer)).toBeUndefined();
  });

  test('are compared letter by letter', () => {
    const store = aStore({ types });
    const [smtp] = mailers(store, 'a');
    store.powerUp(smtp, role<Mailer>('Straße'));
    const others = ['straße', 'Strasse', 'Straße ', 'Stra\u00dfe\u0301', '%', '_traße'].map((id) => role<Mailer>(id));
    expect(others.map((other) => store.maybe(other))).toEqual(others.map(() => undefined));
  });

  test('may have any text as id that SQL, objects or maps could take for something else', () => {
    const store = aStore({ types });
    const ids = ["'; DROP TABLE x; --", '__proto__', 'constructor', 'null', '0', '😀', ' ', 'x'.repeat(255)];
    const [smtp] = mailers(store, 'a');
    const all = ids.map((id) => role<Mailer>(id));
    expect(all.map((one) => store.maybe(one))).toEqual(ids.map(() => undefined));
    store.transact(() => all.map((one) => store.powerUp(smtp, one)));
    expect(all.map((one) => store.as(one))).toEqual(ids.map(() => smtp));
    expect(roleIds(store, smtp)).toEqual([...ids].sort());
  });

  test.each([[''], ['x'.repeat(256)], ['a\nb'], ['a\0b'], ['\ud800'], [5], [undefined], [null], [{}]])(
    '%j is no id',
    (id) => {
      expect(codeOf(() => role(id as string))).toBe('BAD_NAME');
    },
  );

  test.each([
    [{ had: ['send'] }],
    [{ has: 'send' }],
    [{ has: [5] }],
    [{ combine: true }],
    [{ inherited: 'yes' }],
    [{ default: {} }],
    [{ toString: String }],
    [null],
    [5],
  ])('%j are no options of a role', (options) => {
    expect(codeOf(() => role('x', options as object))).toBe('INVALID_VALUE');
  });

  test('all faults of the options are told at once', () => {
    const { message } = refusal(() => role('x', { has: 5, inherited: 5, other: 5 } as object));
    expect(message).toMatch(/has.*inherited.*other/s);
  });

  test('what the options said when the role was made stays', () => {
    const options = { has: ['send'] as 'send'[], inherited: true };
    const made = role<Mailer>('test.kept', options);
    options.inherited = false;
    options.has.length = 0;
    expect(made.isInherited).toBe(true);
    expect(made.missingIn({})).toEqual(['send']);
  });

  test('the id stays too', () => {
    const made = role<Mailer>('test.kept');
    expect(() => Object.assign(made, { id: 'test.other' })).toThrow(TypeError);
    expect(made.id).toBe('test.kept');
  });
});

describe('a role that asks for members', () => {
  const cast = (powerup: object) => powerup as Smtp;

  test('is not played by an item that lacks one: nothing is given', () => {
    const store = aStore({ types });
    const customer = store.create(Customer, { name: 'c', parent: null });
    const error = refusal(() => store.powerUp(cast(customer), Mailer));
    expect(error.code).toBe('WRONG_TYPE');
    expect(error.message).toMatch(/customer.*test\.mailer.*send/s);
    expect(store.maybe(Mailer)).toBeUndefined();
  });

  test('names every member that is missing', () => {
    const store = aStore({ types });
    const Full = role<Mailer & { receive(): void; drop(): void }>('test.full', { has: ['send', 'receive', 'drop'] });
    const [smtp] = mailers(store, 'a');
    const { message } = refusal(() => store.powerUp(smtp as never, Full));
    expect(message).toMatch(/no receive, no drop/);
    expect(message).not.toMatch(/send/);
  });

  test('is played by what inherits or stores the member', () => {
    const store = aStore({ types });
    const WithName = role<Named>('test.with-name', { has: ['name'] });
    const customer = store.create(Customer, { name: 'c', parent: null });
    store.powerUp(customer, WithName);
    expect(store.as(WithName).name).toBe('c');
  });

  test('asks anew what plays it, where it was given when the role asked for less', () => {
    const store = aStore({ types });
    const customer = store.create(Customer, { name: 'c', parent: null });
    store.powerUp(customer, role('test.mailer'));
    expect(store.maybe(role('test.mailer'))).toBe(customer);
    expect(codeOf(() => store.as(Mailer))).toBe('WRONG_TYPE');
    expect(codeOf(() => store.powerupsFor(Mailer))).toBe('WRONG_TYPE');
    expect(store.maybe(role('test.mailer'))).toBe(customer);
    expect(codeOf(() => store.maybe(Mailer))).toBe('WRONG_TYPE');
  });
});

const Archive = role<object>('test.archive');
const Billing = role<object>('test.billing');
const allThree: readonly AnyRole[] = [Archive, Billing, Named];

/** Its class names three roles, two of them with a priority. */
@item('plugin', { roles: () => [Archive, [Billing, 7], [Named, -7]] })
class Plugin extends Item implements Named {
  @text() declare name: string;
}

/** Plays the roles that it was told to. */
@item('chameleon', { roles: (one: Chameleon) => Chameleon.answer(one) })
class Chameleon extends Item {
  static answer: (one: Chameleon) => readonly RoleEntry[] = () => [];
  @integer({ default: 0 }) declare weight: Default<number>;
}

describe('a class that names roles', () => {
  test('has its items play all of them where none is named', () => {
    const store = aStore({ types: [Plugin] });
    const plugin = store.create(Plugin, { name: 'a' });
    store.powerUp(plugin);
    expect(roleIds(store, plugin)).toEqual(['test.archive', 'test.billing', 'test.named']);
    expect(allThree.map((one) => store.as(one))).toEqual([plugin, plugin, plugin]);
  });

  test('gives them the priorities that it names', () => {
    const store = aStore({ types: [...types, Plugin] });
    const [smtp] = mailers(store, 'smtp');
    store.powerUp(smtp, Archive);
    store.powerUp(smtp, Billing);
    store.powerUp(smtp, Named);
    const plugin = store.create(Plugin, { name: 'plugin' });
    store.powerUp(plugin);
    expect(store.powerupsFor(Archive)).toEqual([smtp, plugin]);
    expect(store.powerupsFor(Billing)).toEqual([plugin, smtp]);
    expect(store.powerupsFor(Named)).toEqual([smtp, plugin]);
  });

  test('gives its priority to a role that is named alone as well', () => {
    const store = aStore({ types: [...types, Plugin] });
    const [smtp] = mailers(store, 'smtp');
    store.powerUp(smtp, Billing, { priority: 6 });
    const plugin = store.create(Plugin, { name: 'plugin' });
    store.powerUp(plugin, Billing);
    expect(store.powerupsFor(Billing)).toEqual([plugin, smtp]);
    expect(roleIds(store, plugin)).toEqual(['test.billing']);
  });

  test('yields to a priority that is given, for all its roles', () => {
    const store = aStore({ types: [...types, Plugin] });
    const [smtp] = mailers(store, 'smtp');
    for (const one of allThree) store.powerUp(smtp, one, { priority: 3 });
    const plugin = store.create(Plugin, { name: 'plugin' });
    store.powerUp(plugin, undefined, { priority: 4 });
    expect(allThree.map((one) => store.as(one))).toEqual([plugin, plugin, plugin]);
    store.powerUp(plugin, undefined, { priority: 2 });
    expect(allThree.map((one) => store.as(one))).toEqual([smtp, smtp, smtp]);
  });

  test('leaves the priorities of one that is given again as they are', () => {
    const store = aStore({ types: [...types, Plugin] });
    const [smtp] = mailers(store, 'smtp');
    store.powerUp(smtp, Billing);
    const plugin = store.create(Plugin, { name: 'plugin' });
    store.powerUp(plugin, Billing, { priority: -1 });
    store.powerUp(plugin);
    expect(store.powerupsFor(Billing)).toEqual([smtp, plugin]);
    expect(store.as(Archive)).toBe(plugin);
  });

  test('has items play other roles too, if those are named', () => {
    const store = aStore({ types: [Plugin] });
    const plugin = store.create(Plugin, { name: 'a' });
    store.powerUp(plugin, role<Plugin>('test.other'));
    expect(roleIds(store, plugin)).toEqual(['test.other']);
  });

  test('loses all of them in a powerDown without a role, and those it no longer names', () => {
    const store = aStore({ types: [Chameleon] });
    const one = store.create(Chameleon, {});
    Chameleon.answer = () => [Archive, Billing];
    store.powerUp(one);
    Chameleon.answer = () => [Archive];
    store.powerDown(one);
    expect(roleIds(store, one)).toEqual([]);
  });

  test('may work them out from the item', () => {
    const store = aStore({ types: [Chameleon] });
    Chameleon.answer = ({ weight }) => (weight > 5 ? [[Archive, weight]] : [Billing]);
    const [light, heavy, heavier] = [1, 6, 8].map((weight) => store.create(Chameleon, { weight })) as [
      Chameleon,
      Chameleon,
      Chameleon,
    ];
    for (const one of [light, heavy, heavier]) store.powerUp(one);
    expect(store.powerupsFor(Archive)).toEqual([heavier, heavy]);
    expect(store.powerupsFor(Billing)).toEqual([light]);
  });

  test('may name a role twice: it is played once, by the priority named first', () => {
    const store = aStore({ types: [...types, Chameleon] });
    const [smtp] = mailers(store, 'smtp');
    store.powerUp(smtp, Archive, { priority: 3 });
    Chameleon.answer = () => [[Archive, 4], Archive, [Archive, 1]];
    const one = store.create(Chameleon, {});
    store.powerUp(one);
    expect(store.powerupsFor(Archive)).toEqual([one, smtp]);
  });

  const wrongAnswers: unknown[] = [
    5,
    'test.archive',
    Archive,
    { 0: Archive },
    new Set([Archive]),
    Promise.resolve([Archive]),
    [Archive, 5],
    [null],
    [[Archive, '1']],
    [[Archive, NaN]],
    [[Archive, 0.5]],
    [[Archive, null]],
    [[Archive, 1, 2]],
    [[]],
    [[1, Archive]],
  ];
  test.each(wrongAnswers.map((one) => [one]))('that answers %s is told so, and nothing is given', (answer) => {
    const store = aStore({ types: [Chameleon] });
    const one = store.create(Chameleon, {});
    Chameleon.answer = () => answer as readonly RoleEntry[];
    const error = refusal(() => store.powerUp(one));
    expect(error).toMatchObject({ code: 'INVALID_VALUE', storeId: one.storeId });
    expect(error.message).toContain('(chameleon)');
    expect(roleIds(store, one)).toEqual([]);
  });

  test('whose function throws is heard, and nothing is given', () => {
    const store = aStore({ types: [Chameleon] });
    const one = store.create(Chameleon, {});
    Chameleon.answer = () => {
      throw new Undone();
    };
    expect(() => store.powerUp(one)).toThrow(Undone);
    expect(roleIds(store, one)).toEqual([]);
  });

  test('names one that its items cannot play: none of them is given', () => {
    const store = aStore({ types: [Chameleon] });
    const one = store.create(Chameleon, {});
    Chameleon.answer = () => [Archive, Mailer, Billing];
    expect(codeOf(() => store.powerUp(one))).toBe('WRONG_TYPE');
    expect(roleIds(store, one)).toEqual([]);
  });

  test.each([[[]], [undefined]])('that answers %j names no role, as if there were no option', (answer) => {
    const store = aStore({ types: [Chameleon] });
    Chameleon.answer = () => answer as unknown as readonly RoleEntry[];
    const one = store.create(Chameleon, {});
    expect(codeOf(() => store.powerUp(one))).toBe('INVALID_VALUE');
    store.powerUp(one, Archive);
    expect(store.as(Archive)).toBe(one);
  });

  test('is refused by @item where the option is no function', () => {
    const decorate = (roles: unknown) => item('nonsense', { roles } as object)(class Nonsense extends Item {});
    expect(codeOf(() => decorate([Archive]))).toBe('BAD_TYPE');
    expect(codeOf(() => decorate(Archive))).toBe('BAD_TYPE');
    expect(codeOf(() => decorate(null))).toBe('BAD_TYPE');
  });
});

test('a powerup without any role is an error that says what to write', () => {
  const store = aStore({ types });
  const [smtp] = mailers(store, 'a');
  const error = refusal(() => store.powerUp(smtp));
  expect(error).toMatchObject({ code: 'INVALID_VALUE', storeId: smtp.storeId });
  expect(error.message).toMatch(/plays no role.*powerUp\(.*roles:/s);
});

describe('nothing is left behind', () => {
  /** A customer with mailers of its own, who send for the store as well. */
  function aCrowd() {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    const target = store.create(Customer, { name: 'c', parent: null });
    const [a, b] = mailers(store, 'a', 'b');
    for (const one of [a, b]) {
      target.powerUp(one, Mailer);
      target.powerUp(one, Named);
      store.powerUp(one, Mailer);
    }
    const left = () => {
      expect(store.check()).toMatchObject({ isSound: true });
      store.close();
      return connectorsIn(place);
    };
    return { place, store, target, a, b, left };
  }

  test('to begin with: six connectors', () => {
    expect(aCrowd().left()).toBe(6);
  });

  test('by a powerDown', () => {
    const { store, target, a, left } = aCrowd();
    target.powerDown(a);
    store.powerDown(a, Mailer);
    expect(left()).toBe(3);
  });

  test('by powering up again', () => {
    const { target, a, left } = aCrowd();
    target.powerUp(a, Mailer, { priority: 3 });
    expect(left()).toBe(6);
  });

  test('when a powerup is deleted', () => {
    const { a, left } = aCrowd();
    a.delete();
    expect(left()).toBe(3);
  });

  test('when a target is deleted', () => {
    const { target, left } = aCrowd();
    target.delete();
    expect(left()).toBe(2);
  });

  test('when powerups are deleted by a query', () => {
    const { store, target, left } = aCrowd();
    expect(target.as(Mailer)).toBeInstanceOf(Smtp);
    store.query(Smtp).delete();
    expect(target.maybe(Mailer)).toBeUndefined();
    expect(left()).toBe(0);
  });

  test('when targets are deleted by a query, and the powerups after them', () => {
    const { store, target, a, left } = aCrowd();
    store.query(Customer).delete();
    expect(target.maybe(Mailer)).toBeUndefined();
    expect(roleIds(store, a)).toEqual(['test.mailer']);
    store.query(Smtp, { name: 'a' }).delete();
    expect(left()).toBe(1);
  });

  test('when a target goes with what it refers to', () => {
    const { store, target, left } = aCrowd();
    target.parent = store.create(Customer, { name: 'parent', parent: null });
    target.parent.delete();
    expect(target.isStored).toBe(false);
    expect(left()).toBe(2);
  });

  test('when all is undone', () => {
    const { store, target, a, b, left } = aCrowd();
    undone(store, () => {
      target.delete();
      a.delete();
      expect(store.powerupsFor(Mailer)).toEqual([b]);
    });
    expect(senders(target)).toEqual(['a', 'b']);
    expect(left()).toBe(6);
  });

  test('when a program deletes that asks nobody for a role', () => {
    const { place, left } = aCrowd();
    const other = aStore({}, place);
    other.query(Smtp, { name: 'a' }).delete();
    other.close();
    expect(left()).toBe(3);
  });
});

describe('after a store is opened again', () => {
  function reopened(options: { readOnly?: boolean } = {}) {
    const place = aStoreDirectory();
    const before = aStore({ types }, place);
    const target = before.create(Customer, { name: 'c', parent: null });
    const [a, b] = mailers(before, 'a', 'b');
    before.powerUp(a, Mailer);
    before.powerUp(b, Mailer, { priority: 1 });
    target.powerUp(a, Mailer);
    before.close();
    const store = aStore({ ...options, types }, place);
    return { store, target: store.query(Customer).one(), a: store.query(Smtp, { name: 'a' }).one() };
  }

  test('powerups are what they were, in their order, and one object with what a query gives', () => {
    const { store, target, a } = reopened();
    expect(senders(store)).toEqual(['b', 'a']);
    expect(target.as(Mailer)).toBe(a);
    expect(roleIds(target, a)).toEqual(['test.mailer']);
  });

  test('a store opened with readOnly can be asked, and nothing else', () => {
    const { store, target, a } = reopened({ readOnly: true });
    expect(senders(store)).toEqual(['b', 'a']);
    expect(target.as(Mailer)).toBe(a);
    expect(target.maybe(Named)).toBeUndefined();
    expect(codeOf(() => store.powerUp(a, Named))).toBe('READ_ONLY');
    expect(codeOf(() => store.powerUp(a, Mailer, { priority: 9 }))).toBe('READ_ONLY');
    expect(codeOf(() => store.powerDown(a, Mailer))).toBe('READ_ONLY');
    expect(codeOf(() => store.powerDown(a))).toBe('READ_ONLY');
    expect(senders(store)).toEqual(['b', 'a']);
  });

  test('the roles of a powerup are those that the program knows by their ids', () => {
    const { store, a } = reopened();
    expect(store.as(Mailer)).toBeDefined();
    expect(store.rolesOf(a)[0]).toBe(Mailer);
  });

  test('a powerup without a class is an error for whoever reaches it, and not for those before it', () => {
    const place = aStoreDirectory();
    const before = aStore({ types: [...types, Plugin] }, place);
    const [smtp] = mailers(before, 'a');
    before.powerUp(smtp, Named);
    before.powerUp(before.create(Plugin, { name: 'p' }), Named);
    before.close();
    const store = aStore({ types }, place);
    expect(store.as(Named)).toBe(store.get(Smtp, smtp.storeId));
    expect(codeOf(() => store.powerupsFor(Named))).toBe('UNKNOWN_TYPE');
  });
});

describe('copies', () => {
  /** A part with powerups for itself, for an item and by a substore; and what it answers. */
  function aPart() {
    const root = aStore({ types });
    const part = root.substores.create('part');
    const [a, b] = mailers(part, 'a', 'b');
    const target = part.create(Customer, { name: 'c', parent: null });
    part.powerUp(a, Mailer);
    part.powerUp(b, Mailer, { priority: 1 });
    target.powerUp(a, Mailer);
    const below = part.substores.create('below');
    below.powerUp(mailers(below, 'd')[0], Mailer);
    part.powerUp(part.getUnique(SubStore, { name: 'below' }), Mailer, { priority: -1 });
    return { root, part };
  }
  const answers = (part: Store) => [senders(part), senders(part.query(Customer).one())];
  const wanted = [['b', 'a', 'd'], ['a']];

  test('of a substore answer as it does, and apart from it', () => {
    const { root, part } = aPart();
    expect(answers(part)).toEqual(wanted);
    root.substores.copy('part', root, 'copy');
    const copy = root.at('copy');
    expect(answers(copy)).toEqual(wanted);
    copy.powerDown(copy.getUnique(Smtp, { name: 'b' }));
    expect([answers(copy), answers(part)]).toEqual([[['a', 'd'], ['a']], wanted]);
  });

  test('that were restored from a backup answer as their original did then', () => {
    const { root, part } = aPart();
    const directory = aDirectory();
    part.tree.backup(join(directory, 'backup'));
    part.query(Smtp).delete();
    using restored = Store.restore(join(directory, 'backup'), join(directory, 'restored'), { types });
    expect(answers(restored)).toEqual(wanted);
    expect(answers(part)).toEqual([['d'], []]);
    expect(root.tree.check()).toMatchObject({ isSound: true });
  });

  test('are what a moved store is not: its powerups go along', () => {
    const { root, part } = aPart();
    root.substores.create('other');
    root.substores.move('part', root.at('other'));
    expect(answers(part)).toEqual(wanted);
    expect(answers(root.at('other/part'))).toEqual(wanted);
  });
});

test('a role cannot be given in a read-only transaction, nor outside the running one', () => {
  const root = aStore({ types });
  const part = root.substores.create('part');
  const [smtp] = mailers(root, 'a');
  expect(codeOf(() => root.transact(() => root.powerUp(smtp, Mailer), { readOnly: true }))).toBe('READ_ONLY');
  expect(codeOf(() => part.transact(() => root.powerUp(smtp, Mailer)))).toBe('OUTSIDE_TREE');
  expect(root.maybe(Mailer)).toBeUndefined();
});

test('a hook after loading may ask, and not give', () => {
  @item('asker')
  class Asker extends Item {
    @text({ default: '' }) declare name: Default<string>;
    found: unknown;
    refused: unknown;
    override activate(): void {
      this.found = this.store.maybe(Mailer);
      this.refused = refusal(() => this.store.powerUp(this, Named as never));
    }
  }
  const store = aStore({ types: [...types, Asker] });
  const [smtp] = mailers(store, 'a');
  store.powerUp(smtp, Mailer);
  const asker = store.create(Asker, {});
  expect(asker.found).toBe(smtp);
  expect(asker.refused).toBeInstanceOf(CorollaryError);
});

test('a hook at creation may give the item itself, as part of the creation', () => {
  @item('self_giver')
  class SelfGiver extends Item {
    @text() declare name: string;
    override stored(): void {
      this.store.powerUp(this, Named);
      if (this.name === '') throw new Undone();
    }
  }
  const store = aStore({ types: [SelfGiver] });
  expect(() => store.create(SelfGiver, { name: '' })).toThrow(Undone);
  expect(store.maybe(Named)).toBeUndefined();
  const giver = store.create(SelfGiver, { name: 'x' });
  expect(store.as(Named)).toBe(giver);
});

test('connectors are no items of the program: counts and sizes of its types do not know them', () => {
  const store = aStore({ types });
  const [smtp] = mailers(store, 'a');
  store.powerUp(smtp, Mailer);
  expect(store.count(Smtp)).toBe(1);
  expect(store.tree.check()).toMatchObject({ isSound: true });
});
