import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  CorollaryError,
  type Default,
  Item,
  integer,
  item,
  type Memory,
  reference,
  role,
  Store,
  SubStore,
  text,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { fc } from './support/chance.js';
import { inDatabase, substoreDirectories } from './support/on-disk.js';
import { plainData } from './support/plain-data.js';

// A request goes to a store by a role: the whole takes it, its parts do, and the parts of the parts.

interface Billing {
  charge(amount: number): number;
  total(): number;
}
const Billing = role<Billing>('acme.billing');

@item('account')
class Account extends Item implements Billing {
  @integer({ default: 0 }) declare sum: Default<number>;
  charge(amount: number): number {
    this.sum += amount;
    if (amount < 0) throw new RangeError('a charge is positive');
    return this.sum;
  }
  total(): number {
    return this.sum;
  }
  async later(): Promise<number> {
    this.sum = 99;
    return 1;
  }
  promised(): unknown {
    this.sum = 99;
    return Promise.resolve(1);
  }
}

/** Charges what lies below, too, and then itself. */
@item('head_office')
class HeadOffice extends Item implements Billing {
  @integer({ default: 0 }) declare sum: Default<number>;
  charge(amount: number): number {
    for (const { name } of this.store.substores.query()) this.store.ask([name], Billing, 'charge', amount);
    this.sum += amount;
    return this.sum;
  }
  total(): number {
    return this.sum;
  }
}

@item('letter')
class Letter extends Item {
  @text() declare body: string;
  @reference({ nullable: true, whenDeleted: 'nullify' }) declare about: Item | null;
}

@item('curious')
class Curious extends Item {
  @text() declare name: string;
  seen: Memory<number> = -1;
  override activate(): void {
    this.seen = this.store.ask('', Billing, 'total');
  }
}
@item('greedy')
class Greedy extends Item {
  @text() declare name: string;
  override activate(): void {
    this.store.ask('', Billing, 'charge', 1);
  }
}

/** Does what a test says, in memory. */
interface Anything {
  echo(value: unknown): unknown;
  run(): unknown;
}
const Anything = role<Anything>('test.anything');

function played(store: Store, run: () => unknown = () => null, echo = (value: unknown) => value): void {
  store.inMemoryPowerUp({ run, echo }, Anything);
}

const types = [Account, HeadOffice, Letter];
const aShop = () => withAccount(aMemoryStore({ types }));

function withAccount(store: Store, sum = 0): Store {
  store.powerUp(store.create(Account, { sum }), Billing);
  return store;
}
const sumIn = (store: Store) => store.as(Billing).total();

describe('a request', () => {
  test('calls a method of what plays the role, and gives its answer', () => {
    const shop = aShop();
    expect([shop.ask('', Billing, 'charge', 5), shop.ask([], Billing, 'total')]).toEqual([5, 5]);
  });

  test('goes down by names, joined or in a list', () => {
    const shop = aMemoryStore({ types });
    withAccount(shop.substores.create('acme').substores.create('a team'), 7);
    expect(shop.ask('acme/a team', Billing, 'total')).toBe(7);
    expect(shop.ask(['acme', 'a team'], Billing, 'total')).toBe(7);
  });

  test('goes up, and up and down', () => {
    const shop = withAccount(aMemoryStore({ types }), 1);
    const acme = shop.substores.create('acme');
    withAccount(shop.substores.create('globex'), 2);
    expect([acme.ask('..', Billing, 'total'), acme.ask('../globex', Billing, 'total')]).toEqual([1, 2]);
  });

  test('does not lead out of the tree', () => {
    const shop = aShop();
    expect(codeOf(() => shop.ask('..', Billing, 'total'))).toBe('OUTSIDE_TREE');
  });

  test('finds no store where there is none', () => {
    const shop = aShop();
    expect(codeOf(() => shop.ask('acme', Billing, 'total'))).toBe('NOT_FOUND');
    expect(codeOf(() => shop.ask('acme/', Billing, 'total'))).toBe('NOT_FOUND');
    expect(codeOf(() => shop.ask('/acme', Billing, 'total'))).toBe('BAD_NAME');
    expect(codeOf(() => shop.ask(7 as never, Billing, 'total'))).toBe('INVALID_VALUE');
    expect(codeOf(() => shop.ask([7] as never, Billing, 'total'))).toBe('BAD_NAME');
  });

  test('finds nobody where nobody plays the role', () => {
    const shop = aMemoryStore({ types });
    expect(codeOf(() => shop.ask('', Billing, 'total'))).toBe('NO_POWERUP');
  });

  test('is answered by what is inherited, combined or there by default, as for as()', () => {
    const Sums = role<{ total(): number }>('test.sums', {
      inherited: true,
      combine: (players) => ({ total: () => players.reduce((sum, one) => sum + one.total(), 0) }),
      default: () => ({ total: () => -1 }),
    });
    const shop = aMemoryStore({ types });
    const acme = shop.substores.create('acme');
    const before = acme.ask('', Sums, 'total');
    for (const sum of [20, 22]) shop.powerUp(shop.create(Account, { sum }), Sums);
    expect([before, acme.ask('', Sums, 'total')]).toEqual([-1, 42]);
  });

  test('goes through a SubStore item to what its store provides', () => {
    const shop = aMemoryStore({ types });
    withAccount(shop.substores.create('acme'), 3);
    shop.powerUp(shop.getUnique(SubStore, { name: 'acme' }), Billing);
    expect(shop.ask('', Billing, 'charge', 4)).toBe(7);
  });

  test('is refused by a store that is closed', () => {
    const shop = aShop();
    shop.close();
    expect(codeOf(() => shop.ask('', Billing, 'total'))).toBe('STORE_CLOSED');
  });
});

describe('a method that can be requested', () => {
  const requested = (method: unknown) => () => aShop().ask('', Billing, method as 'total');

  test.each([
    'delete',
    'set',
    'store',
    'powerUp',
    'toJSON',
    'activate',
    'constructor',
    '__proto__',
    'hasOwnProperty',
    'toString',
    '__defineGetter__',
  ])('is none that every item has: %s', (method) => {
    expect(codeOf(requested(method))).toBe('INVALID_VALUE');
  });

  test.each(['installed', 'uninstalled', 'indirect'])('is none that the library calls: %s', (method) => {
    @item('leaving')
    class Leaving extends Item {
      run = () => 1;
      installed = () => this.delete();
      uninstalled = () => this.delete();
      indirect(): this {
        return this;
      }
    }
    const shop = aMemoryStore({ types: [Leaving] });
    const leaving = shop.create(Leaving, {});
    shop.powerUp(leaving, role<{ run(): number }>('test.anything'));
    expect(codeOf(() => shop.ask('', Anything, method as 'run'))).toBe('INVALID_VALUE');
    expect([leaving.isStored, shop.ask('', Anything, 'run')]).toEqual([true, 1]);
  });

  test('is none of a store that plays a role in memory', () => {
    const shop = aMemoryStore({ types: [] });
    const other = aMemoryStore({ types: [] });
    shop.inMemoryPowerUp(other, role<Store>('test.anything'));
    expect(codeOf(() => shop.ask('', role<{ close(): void }>('test.anything'), 'close'))).toBe('INVALID_VALUE');
    expect(other.isClosed).toBe(false);
  });

  test('is a function by name', () => {
    expect(codeOf(requested('sum'))).toBe('INVALID_VALUE');
    expect(codeOf(requested('nothing'))).toBe('INVALID_VALUE');
    expect(codeOf(requested(Symbol.iterator))).toBe('INVALID_VALUE');
    expect(codeOf(requested(undefined))).toBe('INVALID_VALUE');
    expect(codeOf(requested(['total']))).toBe('INVALID_VALUE');
    const { message, store } = refusal(requested('nothing'));
    expect(message).toBe("What plays acme.billing in the store in memory has no method 'nothing'");
    expect(store).toBe('the store in memory');
    expect(refusal(requested(undefined)).message).toMatch(/acme\.billing.*not by undefined/);
    expect(refusal(requested('delete')).message).toMatch(/acme\.billing.*'delete', which items have for the library/);
  });

  test('is none of a function as such, where a function plays the role', () => {
    const shop = aMemoryStore();
    const player = Object.assign(() => 1, { run: () => 2, echo: () => 3 });
    shop.inMemoryPowerUp(player, Anything);
    expect(shop.ask('', Anything, 'run')).toBe(2);
    expect(codeOf(() => shop.ask('', Anything, 'call' as 'run'))).toBe('INVALID_VALUE');
  });

  test('is called on what plays the role', () => {
    const shop = aMemoryStore();
    const player = {
      run() {
        return this === player;
      },
      echo: () => 0,
    };
    shop.inMemoryPowerUp(player, Anything);
    expect(shop.ask('', Anything, 'run')).toBe(true);
  });

  test('is not asynchronous, and nothing of one stays', () => {
    const shop = aShop();
    expect(codeOf(() => shop.ask('', Billing, 'later' as 'total'))).toBe('ASYNC_TRANSACTION');
    expect(codeOf(() => shop.ask('', Billing, 'promised' as 'total'))).toBe('ASYNC_TRANSACTION');
    expect(refusal(() => shop.ask('', Billing, 'promised' as 'total')).message).toMatch(/acme\.billing\.promised/);
    expect(sumIn(shop)).toBe(0);
  });
});

test('a role is what role() gives', () => {
  const shop = aShop();
  const none = { id: 'acme.billing' } as typeof Billing;
  expect(codeOf(() => shop.ask('', none, 'total'))).toBe('INVALID_VALUE');
  expect(codeOf(() => shop.tree.ask(none, 'total'))).toBe('INVALID_VALUE');
});

describe('the transaction of a request', () => {
  test('undoes what a method did that throws', () => {
    const shop = aShop();
    expect(() => shop.ask('', Billing, 'charge', -5)).toThrow(RangeError);
    expect(sumIn(shop)).toBe(0);
  });

  test('undoes what a method did whose answer is no data', () => {
    const shop = aShop();
    played(shop, () => {
      shop.as(Billing).charge(5);
      return () => 1;
    });
    expect(codeOf(() => shop.ask('', Anything, 'run'))).toBe('INVALID_VALUE');
    expect(sumIn(shop)).toBe(0);
  });

  test('is one for the whole, its parts and their parts', () => {
    const { whole, part, partOfPart } = aWhole();
    expect(whole.ask('', Billing, 'charge', 5)).toBe(5);
    expect([whole, part, partOfPart].map(sumIn)).toEqual([5, 5, 5]);
    expect(() => whole.ask('', Billing, 'charge', -5)).toThrow(RangeError);
    expect([whole, part, partOfPart].map(sumIn)).toEqual([5, 5, 5]);
  });

  test('is a level of one that runs: caught, only the request is undone', () => {
    const { whole, part, partOfPart } = aWhole();
    whole.transact(() => {
      part.ask('', Billing, 'charge', 5);
      expect(() => part.ask('', Billing, 'charge', -5)).toThrow(RangeError);
    });
    expect([whole, part, partOfPart].map(sumIn)).toEqual([0, 5, 5]);
  });

  test('goes back with one that runs', () => {
    const { whole, part, partOfPart } = aWhole();
    const all = () =>
      whole.transact(() => {
        part.ask('', Billing, 'charge', 5);
        throw new RangeError('no');
      });
    expect(all).toThrow(RangeError);
    expect([part, partOfPart].map(sumIn)).toEqual([0, 0]);
  });

  test('covers the store of what answers, where that is inherited', () => {
    const Inherited = role<Billing>('test.inherited', { inherited: true });
    const shop = aMemoryStore({ types });
    const account = shop.create(Account, {});
    shop.powerUp(account, Inherited);
    shop.substores.create('acme').ask('', Inherited, 'charge', 5);
    expect(account.sum).toBe(5);
  });

  test('that runs further down lets a request from below read, and write nothing', () => {
    const shop = withAccount(aMemoryStore({ types }), 3);
    const acme = withAccount(shop.substores.create('acme'));
    acme.transact(() => {
      expect(acme.ask('..', Billing, 'total')).toBe(3);
      expect(codeOf(() => acme.ask('..', Billing, 'charge', 5))).toBe('OUTSIDE_TREE');
    });
    expect(sumIn(shop)).toBe(3);
  });

  test('undoes what such a request has written below, when it fails', () => {
    const shop = aMemoryStore({ types });
    const acme = withAccount(shop.substores.create('acme'));
    played(shop, () => {
      acme.as(Billing).charge(5);
      throw new RangeError('no');
    });
    acme.transact(() => expect(() => acme.ask('..', Anything, 'run')).toThrow(RangeError));
    expect(sumIn(acme)).toBe(0);
  });

  test('only reads in a store that is open for reading', () => {
    const place = aStoreDirectory();
    withAccount(aStore({ types }, place), 3).close();
    const shop = aStore({ types, readOnly: true }, place);
    expect(shop.ask('', Billing, 'total')).toBe(3);
    expect(codeOf(() => shop.ask('', Billing, 'charge', 5))).toBe('READ_ONLY');
  });

  test('only reads inside one that only reads', () => {
    const shop = aShop();
    shop.transact(
      () => {
        expect(shop.ask('', Billing, 'total')).toBe(0);
        expect(codeOf(() => shop.ask('', Billing, 'charge', 5))).toBe('READ_ONLY');
      },
      { readOnly: true },
    );
  });

  test('sees what another handle has committed', () => {
    const place = aStoreDirectory();
    const shop = withAccount(aStore({ types }, place));
    const other = aStore({ types }, place);
    expect([shop.ask('', Billing, 'charge', 5), other.ask('', Billing, 'charge', 5)]).toEqual([5, 10]);
    expect(shop.ask('', Billing, 'total')).toBe(10);
  });

  test('looks again who answers, once the store is locked', () => {
    const place = aStoreDirectory();
    const other = aStore({ types }, place);
    const theirs = other.create(Account, {});
    // Another handle deletes it between the first look and the lock.
    const looks: number[] = [];
    const Raced = role<Billing>('test.raced', {
      combine: (players) => {
        if (looks.push(players.length) === 1) theirs.delete();
        return players[0] as Billing;
      },
    });
    other.powerUp(theirs, Raced);
    const shop = aStore({ types }, place);
    expect([codeOf(() => shop.ask('', Raced, 'total')), looks]).toEqual(['NO_POWERUP', [1]]);
  });

  test('only reads where activate() asks', () => {
    const place = aStoreDirectory();
    withAccount(aStore({ types }, place), 3).create(Curious, { name: 'a' });
    const shop = aStore({ types }, place);
    expect(shop.query(Curious).one().seen).toBe(3);
    expect(codeOf(() => shop.create(Greedy, { name: 'a' }))).toBe('READ_ONLY');
  });

  /** A store, one below, and one below that: each charges those below it. */
  function aWhole() {
    const whole = aStore({ types, durability: 'relaxed' });
    const part = whole.substores.create('part');
    const partOfPart = withAccount(part.substores.create('part of part'));
    for (const store of [whole, part]) store.powerUp(store.create(HeadOffice, {}), Billing);
    return { whole, part, partOfPart };
  }
});

describe('arguments and answers', () => {
  const echoed = (value: unknown) => {
    const store = aMemoryStore();
    played(store);
    return store.ask('', Anything, 'echo', value);
  };

  test('are plain data, copied', () => {
    fc.assert(
      fc.property(plainData(), (value) => {
        expect(isDeepStrictEqual(echoed(value), structuredClone(value))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('are the same for a caller and a method only by value', () => {
    const store = aMemoryStore();
    const kept = { list: [1], bytes: new Uint8Array([1]), at: new Date(1) };
    let seen: typeof kept | undefined;
    played(
      store,
      () => kept,
      (value) => {
        seen = value as typeof kept;
        return null;
      },
    );
    store.ask('', Anything, 'echo', kept);
    seen?.list.push(2);
    seen?.bytes.fill(2);
    seen?.at.setTime(2);
    const answer = store.ask('', Anything, 'run') as typeof kept;
    answer.list.push(3);
    expect(kept).toEqual({ list: [1], bytes: new Uint8Array([1]), at: new Date(1) });
  });

  test('keep -0, empty things, what is undefined, and objects without a prototype', () => {
    expect(echoed(-0)).toBe(-0);
    expect(echoed([undefined, {}, [], ''])).toStrictEqual([undefined, {}, [], '']);
    expect(echoed({ here: undefined })).toStrictEqual({ here: undefined });
    expect(echoed(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
    expect(echoed(Buffer.from('a'))).toStrictEqual(new Uint8Array([97]));
  });

  const cycle: unknown[] = [];
  cycle.push({ cycle });
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

  test.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['half a surrogate pair', '\ud800'],
    ['a key of half a surrogate pair', { '\ud800': 1 }],
    ['an invalid date', new Date(Number.NaN)],
    ['what only looks like a date', Object.create(Date.prototype)],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a Map', new Map()],
    ['an object of a class', new (class Point {})()],
    ['a subclass of Array', new (class List extends Array {})()],
    ['a hole', new Array(1)],
    ['an array with a property', Object.assign([1], { more: 1 })],
    ['a getter', Object.defineProperty({}, 'a', { get: () => 1, enumerable: true })],
    ['a hidden property', Object.defineProperty({}, 'a', { value: 1 })],
    ['a symbol as key', { [Symbol('a')]: 1 }],
    ['__proto__ as a key', JSON.parse('{"__proto__": {}}')],
    ['a toJSON function', { toJSON: () => 1 }],
    ['a cycle', cycle],
    ['nesting without end', nested(501)],
    ['a bigint of a million digits', 2n ** 4096n],
    ['a store', Store],
    ['other bytes', new Float64Array(1)],
    ['a regular expression', /a/],
    ['an error', new RangeError('a')],
  ])('are not %s', (_what, value) => {
    expect(codeOf(() => echoed(value))).toBe('INVALID_VALUE');
    expect(codeOf(() => echoed([{ a: value }]))).toBe('INVALID_VALUE');
  });

  test('may be nested as deeply as anybody needs', () => {
    expect(echoed(nested(500))).toEqual(nested(500));
  });

  test('are not so many that they fill the memory', () => {
    let value: unknown[] = ['x'.repeat(10_000)];
    for (let level = 0; level < 100; level++) value = [value, value];
    expect(codeOf(() => echoed(value))).toBe('INVALID_VALUE');
    const half = new Uint8Array(33 * 2 ** 20);
    expect(isDeepStrictEqual(echoed(half), half)).toBe(true);
    expect(codeOf(() => echoed([half, half]))).toBe('INVALID_VALUE');
    const store = aMemoryStore();
    played(store);
    const askWithTwo = store.ask.bind(store) as (...args: unknown[]) => unknown;
    expect(codeOf(() => askWithTwo('', Anything, 'echo', half, half))).toBe('INVALID_VALUE');
  });

  test('are refused with the place, and without the value', () => {
    const store = aMemoryStore();
    played(store, () => ({ list: [1, Number.NaN] }));
    const { message } = refusal(() => store.ask('', Anything, 'echo', { to: ['secret', new Map()], 'a b': 1 }));
    expect(message).toMatch(/^Argument 1, at \.to\[1\],/);
    expect(message).not.toMatch(/secret/);
    expect(refusal(() => store.ask('', Anything, 'run')).message).toMatch(
      /^The answer of test\.anything\.run, at \.list\[1\],/,
    );
    const odd = refusal(() => store.ask('', Anything, 'echo', { 'a b': Number.NaN }));
    expect(odd.message).toMatch(/^Argument 1, at \["a b"\],/);
  });
});

describe('items in arguments and answers', () => {
  test('are those of the store asked, and no copies', () => {
    const shop = aMemoryStore({ types });
    const acme = shop.substores.create('acme');
    played(acme);
    const letter = acme.create(Letter, { body: 'a', about: null });
    const { kept } = shop.ask('acme', Anything, 'echo', { kept: [letter] }) as { kept: Letter[] };
    expect(kept[0]).toBe(letter);
  });

  test('are none of another store', () => {
    const shop = aMemoryStore({ types });
    const acme = shop.substores.create('acme');
    const letter = shop.create(Letter, { body: 'a', about: null });
    played(acme, () => letter);
    expect(codeOf(() => shop.ask('acme', Anything, 'echo', letter))).toBe('WRONG_STORE');
    expect(refusal(() => shop.ask('acme', Anything, 'run')).message).toMatch(/pass its address/);
    expect(shop.ask('acme', Anything, 'echo', letter.address)).toBe(letter.address);
  });

  test('are none of another handle', () => {
    const place = aStoreDirectory();
    const [one, other] = [aStore({ types }, place), aStore({ types }, place)];
    played(one);
    const letter = other.create(Letter, { body: 'a', about: null });
    expect(codeOf(() => one.ask('', Anything, 'echo', letter))).toBe('WRONG_STORE');
  });

  test('are stored ones', () => {
    const shop = aMemoryStore({ types });
    const letter = shop.create(Letter, { body: 'a', about: null });
    played(shop, () => {
      const made = shop.create(Letter, { body: 'b', about: null });
      made.delete();
      return made;
    });
    letter.delete();
    expect(codeOf(() => shop.ask('', Anything, 'echo', letter))).toBe('ITEM_GONE');
    expect(codeOf(() => shop.ask('', Anything, 'run'))).toBe('ITEM_GONE');
  });
});

describe('a request to a tree', () => {
  function aTree(aRoot = () => aMemoryStore({ types })) {
    const root = aRoot();
    const b = withAccount(root.substores.create('b'), 2);
    const a = root.substores.create('a');
    const x = withAccount(a.substores.create('x'), 1);
    return { root, a, b, x };
  }
  const told = (answers: readonly { store: Store; value?: unknown; error?: unknown }[]) =>
    answers.map(({ store, value, error }) => [store.path.join('/'), error === undefined ? value : nameOf(error)]);
  const nameOf = (error: unknown) => (error instanceof CorollaryError ? error.code : (error as Error).name);

  test('is answered by each store that plays the role, parents first', () => {
    const { root } = aTree();
    withAccount(root, 3);
    expect(told(root.tree.ask(Billing, 'total'))).toEqual([
      ['', 3],
      ['a/x', 1],
      ['b', 2],
    ]);
  });

  test('says inside a transaction which stores were too many, and undoes it where it is to throw', () => {
    const root = aStore({ types, maxOpenSubstores: 16 });
    const parts = Array.from({ length: 17 }, (_, n) => withAccount(root.substores.create(`p${10 + n}`), 0));
    const answers = root.transact(() => root.tree.ask(Billing, 'charge', 1));
    expect(told(answers).at(-1)).toEqual(['p26', 'TOO_MANY_OPEN']);
    expect(parts.map(sumIn)).toEqual([...Array(16).fill(1), 0]);
    const strictly = root.tree.asking({ onStoreError: () => 'throw' });
    expect(codeOf(() => root.transact(() => strictly.ask(Billing, 'charge', 1)))).toBe('TOO_MANY_OPEN');
    expect(parts.map(sumIn)).toEqual([...Array(16).fill(1), 0]);
  });

  test('changes all of them, each in a transaction of its own: one that fails keeps none from it', () => {
    const { root, b, x } = aTree();
    played(root, () => 'root');
    played(b, () => {
      b.as(Billing).charge(40);
      throw new RangeError('no');
    });
    played(x, () => x.as(Billing).charge(40));
    expect(told(root.tree.ask(Anything, 'run'))).toEqual([
      ['', 'root'],
      ['a/x', 41],
      ['b', 'RangeError'],
    ]);
    expect([sumIn(b), sumIn(x)]).toEqual([2, 41]);
  });

  test('goes back with a transaction that covers all of it', () => {
    const { root, b, x } = aTree();
    const all = () =>
      root.transact(() => {
        expect(told(root.tree.ask(Billing, 'charge', 5))).toEqual([
          ['a/x', 6],
          ['b', 7],
        ]);
        throw new RangeError('no');
      });
    expect(all).toThrow(RangeError);
    expect([sumIn(b), sumIn(x)]).toEqual([2, 1]);
  });

  test('is undone alone in a store where it fails, inside a transaction that covers all of it', () => {
    const { root, b, x } = aTree();
    played(b, () => {
      b.as(Billing).charge(40);
      throw new RangeError('no');
    });
    played(x, () => x.as(Billing).charge(40));
    root.transact(() => root.tree.ask(Anything, 'run'));
    expect([sumIn(b), sumIn(x)]).toEqual([2, 41]);
  });

  test('is not answered twice by a store whose SubStore item plays the role above', () => {
    const { root } = aTree();
    root.powerUp(root.getUnique(SubStore, { name: 'b' }), Billing, { priority: 10 });
    expect(told(root.tree.ask(Billing, 'total'))).toEqual([
      ['a/x', 1],
      ['b', 2],
    ]);
    withAccount(root, 3);
    expect(told(root.tree.asking({ depth: 0 }).ask(Billing, 'total'))).toEqual([['', 3]]);
  });

  test('is not answered by what is inherited, nor by a default', () => {
    const Sums = role<{ total(): number }>('test.tree_sums', { inherited: true, default: () => ({ total: () => -1 }) });
    const { root } = aTree();
    root.powerUp(root.create(Account, { sum: 3 }), Sums);
    expect(told(root.tree.ask(Sums, 'total'))).toEqual([['', 3]]);
  });

  test('goes to the stores that options name', () => {
    const { root } = aTree();
    expect(told(root.tree.asking({ depth: 1 }).ask(Billing, 'total'))).toEqual([['b', 2]]);
    expect(told(root.tree.asking({ where: (s) => s.name.ne('b') }).ask(Billing, 'total'))).toEqual([['a/x', 1]]);
    expect(codeOf(() => root.tree.asking({ deep: 1 } as never))).toBe('INVALID_VALUE');
  });

  test('gives or throws errors, or leaves out who fails, as onStoreError says', () => {
    const { root, a, b } = aTree();
    for (const store of [a, b])
      played(store, () => {
        throw new RangeError('no');
      });
    const heard: string[] = [];
    const skipping = root.tree.asking({
      onStoreError: (_error, path) => {
        heard.push(path.join('/'));
        return 'skip';
      },
    });
    expect(told(root.tree.ask(Anything, 'run'))).toEqual([
      ['a', 'RangeError'],
      ['b', 'RangeError'],
    ]);
    expect([skipping.ask(Anything, 'run'), heard]).toEqual([[], ['a', 'b']]);
    expect(() => root.tree.asking({ onStoreError: () => 'throw' }).ask(Anything, 'run')).toThrow(RangeError);
  });

  test('passes over a store that another handle deletes meanwhile', () => {
    const place = aStoreDirectory();
    const { root, a } = aTree(() => aStore({ types }, place));
    const other = aStore({ types }, place);
    played(root.at('b'), () => 2);
    played(a, () => {
      throw new RangeError();
    });
    const heard: string[] = [];
    const asking = root.tree.asking({
      onStoreError: (_error, [name]) => {
        heard.push(name ?? '');
        other.substores.delete('b');
        return 'skip';
      },
    });
    expect([asking.ask(Anything, 'run'), heard]).toEqual([[], ['a']]);
  });

  test('gives the error of a store whose database is damaged once, and goes on', () => {
    const place = aStoreDirectory({ mayBeCorrupt: true });
    const before = aStore({ types }, place);
    withAccount(before.substores.create('a'), 1).substores.create('below');
    before.close();
    const [directory] = substoreDirectories(place) as [string];
    truncateSync(join(directory, 'db.sqlite'), 100);
    const root = aStore({ types }, place);
    withAccount(root.substores.create('b'), 2);
    const answers = root.tree.ask(Billing, 'total');
    expect(answers.map((answer) => [answer.store.name, 'error' in answer, answer.value])).toEqual([
      ['a', true, undefined],
      ['b', false, 2],
    ]);
    expect(told(root.tree.asking({ onStoreError: () => 'skip' }).ask(Billing, 'total'))).toEqual([['b', 2]]);
  });

  test('locks no store in which nobody plays the role', () => {
    const place = aStoreDirectory();
    const { root } = aTree(() => aStore({ types }, place));
    const lockedBelow = root.transact(() => {
      root.tree.ask(Billing, 'total');
      return substoreDirectories(place).filter(isLocked);
    });
    expect(lockedBelow.length).toBe(1); // b, not a
  });

  function isLocked(directory: string): boolean {
    return inDatabase(directory, (database) => {
      database.pragma('busy_timeout = 0');
      try {
        database.exec('BEGIN IMMEDIATE; ROLLBACK');
        return false;
      } catch {
        return true;
      }
    });
  }

  test('takes an item to its own store; for others that is an error', () => {
    const { root, b, x } = aTree();
    for (const store of [b, x]) played(store);
    const letter = b.create(Letter, { body: 'a', about: null });
    expect(told(root.tree.ask(Anything, 'echo', letter))).toEqual([
      ['a/x', 'WRONG_STORE'],
      ['b', letter],
    ]);
  });

  test('is refused at once where what is wrong is wrong everywhere', () => {
    const { root, b } = aTree();
    const letter = b.create(Letter, { body: 'a', about: null });
    letter.delete();
    expect(codeOf(() => root.tree.ask(Billing, 'delete' as 'total'))).toBe('INVALID_VALUE');
    expect(codeOf(() => root.tree.ask(Anything, 'echo', Number.NaN))).toBe('INVALID_VALUE');
    expect(codeOf(() => root.tree.ask(Anything, 'echo', letter))).toBe('ITEM_GONE');
  });
});
