import { Item, item, type Role, role, type Store, SubStore, text } from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import {
  Customer,
  Mailer,
  mailers,
  Named,
  nobodyAsked,
  Relay,
  roleIds,
  Smtp,
  scenes,
  types,
} from './support/mailers.js';

// Powerups that answer with something else: items with indirect(role), and SubStore items, which answer for their store.

beforeEach(nobodyAsked);

describe.each(scenes)('for %s', (_, aScene) => {
  test('an item with indirect(role) answers with what that gives, in its own place', () => {
    const { store, target } = aScene();
    const [a, b, c] = mailers(store, 'a', 'b', 'c');
    target.powerUp(a, Mailer);
    target.powerUp(store.create(Relay, { via: b }), Mailer, { priority: 1 });
    target.powerUp(c, Mailer, { priority: 2 });
    expect(target.powerupsFor(Mailer)).toEqual([c, b, a]);
    target.powerDown(c, Mailer);
    expect(target.as(Mailer)).toBe(b);
    expect(target.maybe(Mailer)).toBe(b);
  });

  test('it is asked anew in each look-up, with the role', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    const relay = store.create(Relay, { via: a });
    target.powerUp(relay, Mailer);
    target.powerUp(relay, Named);
    expect(target.as(Mailer)).toBe(a);
    relay.via = b;
    expect(target.as(Mailer)).toBe(b);
    expect(target.powerupsFor(Named)).toEqual([b]);
    expect(Relay.asked).toEqual(['test.mailer', 'test.mailer', 'test.named']);
  });

  test('it is passed over where it gives null', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    const relay = store.create(Relay, { via: null });
    target.powerUp(relay, Mailer, { priority: 1 });
    expect(codeOf(() => target.as(Mailer))).toBe('NO_POWERUP');
    expect(target.powerupsFor(Mailer)).toEqual([]);
    target.powerUp(a, Mailer);
    expect(target.as(Mailer)).toBe(a);
    expect(target.powerupsFor(Mailer)).toEqual([a]);
  });

  test('what several give, or one gives that plays by itself too, is there once', () => {
    const { store, target } = aScene();
    const [a, b] = mailers(store, 'a', 'b');
    target.powerUp(store.create(Relay, { via: a }), Mailer, { priority: 1 });
    target.powerUp(b, Mailer);
    target.powerUp(store.create(Relay, { via: a }), Mailer);
    target.powerUp(a, Mailer, { priority: -1 });
    expect(target.powerupsFor(Mailer)).toEqual([a, b]);
  });

  test('it is given and taken away as itself', () => {
    const { store, target } = aScene();
    const [a] = mailers(store, 'a');
    const relay = store.create(Relay, { via: a });
    target.powerUp(relay, Mailer);
    expect(roleIds(target, relay)).toEqual(['test.mailer']);
    expect(roleIds(target, a)).toEqual([]);
    expect(codeOf(() => target.powerDown(a, Mailer))).toBe('NO_POWERUP');
    target.powerDown(relay, Mailer);
    expect(target.maybe(Mailer)).toBeUndefined();
  });
});

@item('giver')
class Giver extends Item {
  @text() declare name: string;
  static answer: (asked: Role<object>) => unknown = () => undefined;
  indirect<T extends object>(asked: Role<T>): T {
    return Giver.answer(asked as unknown as Role<object>) as T;
  }
}

describe('what is answered', () => {
  function aGiver(answer: (asked: Role<object>) => unknown) {
    const store = aStore({ types: [...types, Giver] });
    Giver.answer = answer;
    const giver = store.create(Giver, { name: 'giver' });
    store.powerUp(giver, Mailer);
    return { store, giver };
  }

  test('may be any object that has the members of the role', () => {
    const object = { send: () => 'sent' };
    expect(aGiver(() => object).store.as(Mailer)).toBe(object);
  });

  test('undefined is nothing, as null is', () => {
    expect(aGiver(() => undefined).store.maybe(Mailer)).toBeUndefined();
  });

  test.each([[{}], [{ sent: 1 }], [5], ['text'], [''], [0], [false]])('%j is refused, each time', (answer) => {
    const { store } = aGiver(() => answer);
    const error = refusal(() => store.as(Mailer));
    expect(error.code).toBe('WRONG_TYPE');
    expect(error.message).toMatch(/\(giver\) answers with what cannot play the role test\.mailer/);
    expect(codeOf(() => store.powerupsFor(Mailer))).toBe('WRONG_TYPE');
  });

  test('may be the powerup itself, where it plays the role', () => {
    const { store, giver } = aGiver(() => undefined);
    store.powerUp(giver, Named);
    Giver.answer = () => giver;
    expect(store.as(Named)).toBe(giver);
    expect(codeOf(() => store.as(Mailer))).toBe('WRONG_TYPE');
  });

  test('is what it threw, for whoever asks', () => {
    const { store } = aGiver(() => {
      throw new RangeError();
    });
    expect(() => store.as(Mailer)).toThrow(RangeError);
    const [first] = mailers(store, 'first');
    store.powerUp(first, Mailer, { priority: 1 });
    expect(store.as(Mailer)).toBe(first);
  });

  test('may change who plays the role: that holds from the next look-up on', () => {
    const { store, giver } = aGiver(() => undefined);
    const [next] = mailers(store, 'next');
    Giver.answer = () => {
      store.powerUp(next, Mailer);
      store.powerDown(giver, Mailer);
      return undefined;
    };
    expect(store.maybe(Mailer)).toBeUndefined();
    expect(store.powerupsFor(Mailer)).toEqual([next]);
  });

  test('may delete who comes later: that one is not given out', () => {
    const { store } = aGiver(() => undefined);
    const [next] = mailers(store, 'next');
    store.powerUp(next, Mailer);
    expect(store.as(Mailer)).toBe(next);
    Giver.answer = () => void (next.isStored && next.delete());
    expect(store.powerupsFor(Mailer)).toEqual([]);
  });

  test('a member named indirect that is no method makes no indirection', () => {
    @item('indirect_text')
    class IndirectText extends Item {
      @text() declare indirect: string;
    }
    const store = aStore({ types: [IndirectText] });
    const Plain = role<{ readonly indirect: string }>('test.plain');
    const plain = store.create(IndirectText, { indirect: 'x' });
    store.powerUp(plain, Plain);
    expect(store.as(Plain)).toBe(plain);
  });
});

test('an item that answers for others, asked itself, does so after those that were given to it', () => {
  const store = aStore({ types });
  const [a, b] = mailers(store, 'a', 'b');
  const relay = store.create(Relay, { via: a });
  expect(relay.as(Mailer)).toBe(a);
  relay.powerUp(b, Mailer, { priority: -9 });
  expect(relay.powerupsFor(Mailer)).toEqual([b, a]);
  relay.via = null;
  relay.powerDown(b);
  expect(relay.maybe(Mailer)).toBeUndefined();
});

const roots: [string, () => Store][] = [
  ['on disk', () => aStore({ types })],
  ['with room for two open substores', () => aStore({ types, maxOpenSubstores: 2 })],
  ['in memory', () => aMemoryStore({ types })],
];

describe.each(roots)('SubStore items %s', (_, aRoot) => {
  const itemOf = (parent: Store, name: string) => parent.getUnique(SubStore, { name });

  /** Stores at two levels below a root, and the items that stand for them. */
  function aTree() {
    const root = aRoot();
    const one = root.substores.create('one');
    const two = one.substores.create('two');
    return { root, one, two, ofOne: itemOf(root, 'one'), ofTwo: itemOf(one, 'two') };
  }

  test('answer with what their store provides', () => {
    const { root, one, ofOne } = aTree();
    const [a] = mailers(one, 'a');
    one.powerUp(a, Mailer);
    root.powerUp(ofOne, Mailer);
    expect(root.as(Mailer)).toBe(a);
    expect(root.powerupsFor(Mailer)).toEqual([a]);
    expect(roleIds(root, ofOne)).toEqual(['test.mailer']);
  });

  test('are passed over while their store provides nothing', () => {
    const { root, one, ofOne } = aTree();
    const [a] = mailers(one, 'a');
    root.powerUp(ofOne, Mailer, { priority: 1 });
    expect(root.maybe(Mailer)).toBeUndefined();
    expect(codeOf(() => root.as(Mailer))).toBe('NO_POWERUP');
    one.powerUp(a, Named);
    expect(root.maybe(Mailer)).toBeUndefined();
    one.powerUp(a, Mailer);
    expect(root.as(Mailer)).toBe(a);
    one.powerDown(a, Mailer);
    const [b] = mailers(root, 'b');
    root.powerUp(b, Mailer);
    expect(root.powerupsFor(Mailer)).toEqual([b]);
  });

  test('answer with the first that plays there, and one answer each', () => {
    const { root, one, ofOne } = aTree();
    const other = root.substores.create('other');
    const [a, b] = mailers(one, 'a', 'b');
    const [c] = mailers(other, 'c');
    one.powerUp(a, Mailer);
    one.powerUp(b, Mailer, { priority: 1 });
    other.powerUp(c, Mailer);
    root.powerUp(ofOne, Mailer);
    root.powerUp(itemOf(root, 'other'), Mailer, { priority: 1 });
    expect(root.powerupsFor(Mailer)).toEqual([c, b]);
  });

  test('hand on what SubStore items below answer', () => {
    const { root, one, two, ofOne, ofTwo } = aTree();
    const [a] = mailers(two, 'a');
    two.powerUp(a, Mailer);
    one.powerUp(ofTwo, Mailer);
    root.powerUp(ofOne, Mailer);
    expect(root.as(Mailer)).toBe(a);
    expect(root.as(Mailer).send('x')).toBe('a to x');
    two.powerDown(a);
    expect(root.maybe(Mailer)).toBeUndefined();
  });

  test('play roles for items of the parent as well', () => {
    const { root, one, ofOne } = aTree();
    const [a] = mailers(one, 'a');
    one.powerUp(a, Mailer);
    const customer = root.create(Customer, { name: 'c', parent: null });
    customer.powerUp(ofOne, Mailer);
    expect(customer.as(Mailer)).toBe(a);
    expect(root.maybe(Mailer)).toBeUndefined();
  });

  test('can be asked themselves, and given powerups of the parent, which come first', () => {
    const { root, one, ofOne } = aTree();
    const [a] = mailers(one, 'a');
    expect(ofOne.maybe(Mailer)).toBeUndefined();
    one.powerUp(a, Mailer);
    expect(ofOne.as(Mailer)).toBe(a);
    const [b] = mailers(root, 'b');
    ofOne.powerUp(b, Mailer);
    expect(ofOne.powerupsFor(Mailer)).toEqual([b, a]);
    expect(one.as(Mailer)).toBe(a);
    expect(codeOf(() => ofOne.powerUp(a as never, Mailer))).toBe('WRONG_STORE');
  });

  test('are powerups of their own store only', () => {
    const { root, one, ofOne, ofTwo } = aTree();
    expect(codeOf(() => root.powerUp(ofTwo, Mailer))).toBe('WRONG_STORE');
    expect(codeOf(() => one.powerUp(ofOne, Mailer))).toBe('WRONG_STORE');
  });

  test('answer with what plays in memory for their store', () => {
    const { root, one, ofOne } = aTree();
    const object = { send: () => 'memory' };
    one.inMemoryPowerUp(object, Mailer);
    root.powerUp(ofOne, Mailer);
    expect(root.as(Mailer)).toBe(object);
  });

  test('go on answering after their store was renamed', () => {
    const { root, one, ofOne } = aTree();
    const [a] = mailers(one, 'a');
    one.powerUp(a, Mailer);
    root.powerUp(ofOne, Mailer);
    expect(root.as(Mailer)).toBe(a);
    root.substores.rename('one', 'other');
    root.substores.create('one');
    expect(root.as(Mailer)).toBe(a);
  });

  test('that are gone because their store was moved away play nothing, and nothing plays for them', () => {
    const { root, two, ofOne } = aTree();
    const [a] = mailers(root.at('one'), 'a');
    root.at('one').powerUp(a, Mailer);
    root.powerUp(ofOne, Mailer);
    expect(root.as(Mailer)).toBe(a);
    root.substores.create('three');
    root.substores.move('one', root.at('three'));
    expect(root.maybe(Mailer)).toBeUndefined();
    expect(ofOne.maybe(Mailer)).toBeUndefined();
    expect(root.at('three/one').as(Mailer)).toBe(a);
    expect(two.path).toEqual(['three', 'one', 'two']);
    expect(root.tree.check()).toMatchObject({ isSound: true });
  });

  test('of deleted stores play nothing, also when another store has taken the name', () => {
    const { root, one, ofOne } = aTree();
    const [a] = mailers(one, 'a');
    one.powerUp(a, Mailer);
    root.powerUp(ofOne, Mailer);
    expect([root.as(Mailer), ofOne.as(Mailer)]).toEqual([a, a]);
    root.substores.delete('one');
    expect(root.maybe(Mailer)).toBeUndefined();
    expect(ofOne.maybe(Mailer)).toBeUndefined();
    const again = root.substores.create('one');
    again.powerUp(mailers(again, 'b')[0], Mailer);
    expect(root.maybe(Mailer)).toBeUndefined();
    expect(ofOne.maybe(Mailer)).toBeUndefined();
    expect(itemOf(root, 'one').as(Mailer).send('x')).toBe('b to x');
  });

  test('answer again when the deletion of their store is undone', () => {
    const { root, one, ofOne } = aTree();
    const [a] = mailers(one, 'a');
    one.powerUp(a, Mailer);
    root.powerUp(ofOne, Mailer);
    const work = () => {
      root.substores.delete('one');
      expect(root.maybe(Mailer)).toBeUndefined();
      throw new RangeError();
    };
    expect(() => root.transact(work)).toThrow(RangeError);
    expect(root.as(Mailer)).toBe(a);
  });

  test('made in a transaction that is undone play nothing afterwards', () => {
    const { root } = aTree();
    const work = () => {
      const made = root.substores.create('made');
      made.powerUp(mailers(made, 'a')[0], Mailer);
      root.powerUp(itemOf(root, 'made'), Mailer);
      expect(root.as(Mailer).send('x')).toBe('a to x');
      throw new RangeError();
    };
    expect(() => root.transact(work)).toThrow(RangeError);
    expect(root.maybe(Mailer)).toBeUndefined();
  });

  test('do not answer with what their store only inherits, or has as default: there is no going round', () => {
    const { root, one, ofOne } = aTree();
    const Inherited = role<object>('test.inherited', { inherited: true, default: () => ({}) });
    root.powerUp(ofOne, Inherited);
    expect(root.powerupsFor(Inherited)).toEqual([]);
    expect(one.powerupsFor(Inherited)).toEqual([]);
    const [a] = mailers(root, 'a');
    root.powerUp(a, Inherited);
    expect([root.as(Inherited), one.as(Inherited), ofOne.as(Inherited)]).toEqual([a, a, a]);
    const [b] = mailers(one, 'b');
    one.powerUp(b, Inherited, { priority: -1 });
    expect([root.as(Inherited), one.as(Inherited), ofOne.as(Inherited)]).toEqual([b, b, b]);
  });

  test('answer with all of their store as one, where the role combines', () => {
    const { root, one, ofOne } = aTree();
    const All = role<{ names(): string }>('test.all', {
      combine: (players) => ({
        names: () => `(${players.map((one) => (one as unknown as Smtp).name ?? one.names()).join(' ')})`,
      }),
    });
    const [a, b] = mailers(one, 'a', 'b');
    one.powerUp(a as never, All);
    one.powerUp(b as never, All);
    root.powerUp(ofOne, All);
    root.powerUp(mailers(root, 'c')[0] as never, All);
    expect(root.as(All).names()).toBe('((a b) c)');
  });
});

test('a SubStore item plays the role again when the store is opened again', () => {
  const place = aStoreDirectory();
  const before = aStore({ types }, place);
  const part = before.substores.create('part');
  part.powerUp(mailers(part, 'a')[0], Mailer);
  before.powerUp(before.getUnique(SubStore, { name: 'part' }), Mailer);
  before.close();
  const root = aStore({ types }, place);
  expect(root.as(Mailer).send('x')).toBe('a to x');
  expect(root.as(Mailer)).toBe(root.at('part').query(Smtp).one());
});
