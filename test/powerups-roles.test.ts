import { type RoleOptions, role, Store, SubStore } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { Customer, type Mailer, mailers, Relay, type Smtp, types } from './support/mailers.js';
import { substoreDirectories } from './support/on-disk.js';

// What a role may say: who answers for all, where it is looked for further, what answers where there is nobody.

const numbered = (() => {
  let count = 0;
  return (options: RoleOptions<Mailer>) => role<Mailer>(`test.role-${count++}`, options);
})();

/** All of them as one that sends by each. */
const everyOne = (players: Mailer[]): Mailer => ({ send: (to) => players.map((one) => one.send(to)).join(', ') });

function aFamily() {
  const root = aStore({ types });
  const one = root.substores.create('one');
  const two = one.substores.create('two');
  const customer = two.create(Customer, { name: 'c', parent: null });
  return { root, one, two, customer };
}

describe('a role that combines', () => {
  test('has all answer as one, in their order', () => {
    const store = aStore({ types });
    const All = numbered({ combine: everyOne });
    const [a, b, c] = mailers(store, 'a', 'b', 'c');
    store.powerUp(a, All);
    store.powerUp(b, All, { priority: 1 });
    store.powerUp(c, All);
    store.inMemoryPowerUp({ send: () => 'memory' }, All);
    expect(store.as(All).send('x')).toBe('memory, b to x, a to x, c to x');
    expect(store.maybe(All)?.send('x')).toBe('memory, b to x, a to x, c to x');
    expect(store.powerupsFor(All).slice(1)).toEqual([b, a, c]);
  });

  test('has one answer by the combination too', () => {
    const store = aStore({ types });
    const All = numbered({ combine: () => ({ send: () => 'combined' }) });
    store.powerUp(mailers(store, 'a')[0], All);
    expect(store.as(All).send('x')).toBe('combined');
  });

  test('is not combined of nobody', () => {
    const store = aStore({ types });
    const All = numbered({ combine: () => ({ send: () => 'nobody' }) });
    expect(store.maybe(All)).toBeUndefined();
    store.powerUp(store.create(Relay, { via: null }), All);
    expect(codeOf(() => store.as(All))).toBe('NO_POWERUP');
  });

  test('has each answer once, and leaves out who has nothing', () => {
    const store = aStore({ types });
    const All = numbered({ combine: everyOne });
    const [a] = mailers(store, 'a');
    store.powerUp(a, All);
    store.powerUp(store.create(Relay, { via: a }), All);
    store.powerUp(store.create(Relay, { via: null }), All);
    expect(store.as(All).send('x')).toBe('a to x');
  });

  test('gets a list that it may change', () => {
    const store = aStore({ types });
    const All = numbered({
      combine: (players) => players.splice(0)[0] as Mailer,
    });
    const [a, b] = mailers(store, 'a', 'b');
    store.powerUp(a, All);
    store.powerUp(b, All);
    expect([store.as(All), store.as(All)]).toEqual([a, a]);
    expect(store.powerupsFor(All)).toEqual([a, b]);
  });

  test.each([[{}], [5], [null], ['text']])('may not make %j of them', (answer) => {
    const store = aStore({ types });
    const All = numbered({ has: ['send'], combine: () => answer as never });
    store.powerUp(mailers(store, 'a')[0], All);
    const error = refusal(() => store.as(All));
    expect(error.code).toBe('WRONG_TYPE');
    expect(error.message).toContain(All.id);
  });
});

describe('a role that is inherited', () => {
  const inherited = () => numbered({ inherited: true });

  test('is looked for in the store of an item, then in the stores above, up to the root', () => {
    const { root, one, two, customer } = aFamily();
    const Role = inherited();
    expect([customer, two, one, root].map((at) => at.maybe(Role))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const [r] = mailers(root, 'r');
    root.powerUp(r, Role);
    expect([customer, two, one, root].map((at) => at.as(Role))).toEqual([r, r, r, r]);
    const [o] = mailers(one, 'o');
    one.powerUp(o, Role, { priority: -5 });
    expect([customer, two, one, root].map((at) => at.as(Role))).toEqual([o, o, o, r]);
    const [t, c] = mailers(two, 't', 'c');
    two.powerUp(t, Role);
    customer.powerUp(c, Role);
    expect([customer, two, one, root].map((at) => at.as(Role))).toEqual([c, t, o, r]);
    customer.powerDown(c);
    expect([customer, two, one, root].map((at) => at.as(Role))).toEqual([t, t, o, r]);
    expect(customer.powerupsFor(Role)).toEqual([t]);
    two.powerDown(t);
    one.powerDown(o);
    expect([customer, two, one, root].map((at) => at.as(Role))).toEqual([r, r, r, r]);
  });

  test('is listed as who plays it at the nearest place', () => {
    const { root, one, customer } = aFamily();
    const Role = inherited();
    const [a, b] = mailers(root, 'a', 'b');
    root.powerUp(a, Role);
    root.powerUp(b, Role, { priority: 1 });
    expect(customer.powerupsFor(Role)).toEqual([b, a]);
    const [c] = mailers(one, 'c');
    one.powerUp(c, Role);
    expect(customer.powerupsFor(Role)).toEqual([c]);
  });

  test('is not played there by who plays it above', () => {
    const { root, one } = aFamily();
    const Role = inherited();
    const [a] = mailers(root, 'a');
    root.powerUp(a, Role);
    expect(one.rolesOf(a)).toEqual([]);
    expect(codeOf(() => one.powerDown(a, Role))).toBe('WRONG_STORE');
  });

  test('is looked for above where those who are there have nothing', () => {
    const { root, one } = aFamily();
    const Role = inherited();
    const [a] = mailers(root, 'a');
    root.powerUp(a, Role);
    one.powerUp(one.create(Relay, { via: null }), Role);
    expect(one.as(Role)).toBe(a);
    expect(one.powerupsFor(Role)).toEqual([a]);
  });

  test('is looked for from the new place of a store that was moved', () => {
    const { root, one, two, customer } = aFamily();
    const Role = inherited();
    const [r] = mailers(root, 'r');
    const [o] = mailers(one, 'o');
    root.powerUp(r, Role);
    one.powerUp(o, Role);
    expect(customer.as(Role)).toBe(o);
    one.substores.move('two', root);
    expect([customer.as(Role), two.as(Role)]).toEqual([r, r]);
  });

  test('is played by nobody in a part that is opened alone', () => {
    const place = aStoreDirectory();
    const before = aStore({ types }, place);
    const made = before.substores.create('part').create(Customer, { name: 'c', parent: null });
    const Role = inherited();
    before.powerUp(mailers(before, 'r')[0], Role);
    expect(made.maybe(Role)).toBeDefined();
    before.close();
    const part = aStore({ types }, substoreDirectories(place)[0]);
    expect(part.maybe(Role)).toBeUndefined();
    expect(part.query(Customer).one().maybe(Role)).toBeUndefined();
  });

  test('finds what plays in memory above', () => {
    const { root, customer } = aFamily();
    const Role = inherited();
    const object = { send: () => 'memory' };
    root.inMemoryPowerUp(object, Role);
    expect(customer.as(Role)).toBe(object);
  });

  test('finds, inside a transaction of the part, what is above, without locking it', () => {
    const { root, one } = aFamily();
    const Role = inherited();
    const [r] = mailers(root, 'r');
    root.powerUp(r, Role);
    expect(one.transact(() => one.as(Role))).toBe(r);
  });

  test('and combines has those of the nearest place answer as one', () => {
    const { root, one, customer } = aFamily();
    const All = numbered({ inherited: true, combine: everyOne });
    for (const a of mailers(root, 'a', 'b')) root.powerUp(a, All);
    expect(customer.as(All).send('x')).toBe('a to x, b to x');
    one.powerUp(mailers(one, 'c')[0], All);
    expect(customer.as(All).send('x')).toBe('c to x');
  });

  test('is what every role is not, unless it says so', () => {
    const { root, customer } = aFamily();
    const Role = numbered({});
    root.powerUp(mailers(root, 'a')[0], Role);
    expect(customer.maybe(Role)).toBeUndefined();
    expect(customer.powerupsFor(Role)).toEqual([]);
  });

  test('is not looked for by a store that is closed', () => {
    const { root, one } = aFamily();
    const Role = inherited();
    root.powerUp(mailers(root, 'a')[0], Role);
    one.close();
    expect(codeOf(() => one.as(Role))).toBe('STORE_CLOSED');
  });
});

describe('a role with a default', () => {
  test('is answered by it where nobody plays it, and told for whom', () => {
    const { root, customer } = aFamily();
    const asked: unknown[] = [];
    const answer = { send: () => 'default' };
    const Role = numbered({
      default: (target) => {
        asked.push(target);
        return answer;
      },
    });
    expect([root.as(Role), customer.as(Role), customer.maybe(Role)]).toEqual([answer, answer, answer]);
    expect(asked).toEqual([root, customer, customer]);
    const [a] = mailers(root, 'a');
    root.powerUp(a, Role);
    expect(root.as(Role)).toBe(a);
    expect(asked).toHaveLength(3);
  });

  test('has nobody listed by it', () => {
    const store = aStore({ types });
    const Role = numbered({ default: () => ({ send: () => 'default' }) });
    expect(store.powerupsFor(Role)).toEqual([]);
  });

  test('may have none for a target', () => {
    const { root, customer } = aFamily();
    const Role = numbered({ default: (target) => (target instanceof Store ? { send: () => 'store' } : undefined) });
    expect(root.as(Role).send('x')).toBe('store');
    expect(customer.maybe(Role)).toBeUndefined();
    expect(codeOf(() => customer.as(Role))).toBe('NO_POWERUP');
  });

  test('that is inherited asks it last, for the target that was asked', () => {
    const { root, customer } = aFamily();
    const asked: unknown[] = [];
    const Role = numbered({ inherited: true, default: (target) => void asked.push(target) });
    expect(customer.maybe(Role)).toBeUndefined();
    expect(asked).toEqual([customer]);
    root.powerUp(mailers(root, 'a')[0], Role);
    expect(customer.maybe(Role)).toBeDefined();
    expect(asked).toHaveLength(1);
  });

  test('is not played by what lacks a member', () => {
    const store = aStore({ types });
    const wrong = (answer: unknown) => numbered({ has: ['send'], default: () => answer as never });
    expect(codeOf(() => store.as(wrong({})))).toBe('WRONG_TYPE');
    expect(codeOf(() => store.maybe(wrong(5)))).toBe('WRONG_TYPE');
    expect(store.maybe(wrong(null))).toBeUndefined();
  });

  test('hears what its function throws', () => {
    const store = aStore({ types });
    const Role = numbered({
      default: () => {
        throw new RangeError();
      },
    });
    expect(() => store.as(Role)).toThrow(RangeError);
  });

  test('may look further itself, in another store for one', () => {
    const { root, one } = aFamily();
    const Role: ReturnType<typeof numbered> = numbered({
      default: (target) => (target instanceof Store ? target.parent?.maybe(Role) : undefined),
    });
    const [a] = mailers(root, 'a');
    root.powerUp(a, Role);
    expect(one.as(Role)).toBe(a);
  });
});

describe('a role with members asked for', () => {
  test('is checked in whoever answers: items, objects, indirections, all as one, defaults', () => {
    const store = aStore({ types });
    const [a] = mailers(store, 'a');
    const Full = role<Smtp & { more(): void }>('test.full', { has: ['send', 'more'] });
    store.powerUp(store.create(Relay, { via: a }), Full);
    const { message } = refusal(() => store.as(Full));
    expect(message).toMatch(/no more$/);
    expect(store.query(SubStore).count()).toBe(0);
  });

  test('has a member that is null, and not one of its own that is undefined', () => {
    const store = aStore({ types });
    const Role = role<{ send: null | undefined }>('test.undefined', { has: ['send'] });
    store.inMemoryPowerUp({ send: null }, Role);
    expect(store.as(Role)).toEqual({ send: null });
    expect(codeOf(() => store.inMemoryPowerUp({ send: undefined }, Role))).toBe('WRONG_TYPE');
  });
});
