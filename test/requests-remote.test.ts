import { isDeepStrictEqual } from 'node:util';
import { type Asker, asker, CorollaryError, type Reply, type Request, type Store } from 'corollary';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { codeOf } from './support/a-refusal.js';
import { aMemoryStore, aStoreDirectory } from './support/a-store.js';
import { aWorker } from './support/a-worker.js';
import { fc } from './support/chance.js';
import { plainData } from './support/plain-data.js';
import type * as tasks from './tasks/requests.js';
import { Account, Billing, type Entry, openShop, Secret, types } from './tasks/requests.js';

// The same request goes to a store here, in another thread, or anywhere: only the way is another one.

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('requests.ts');
});

const roles = [Billing];
const overJson = <V>(value: V): V => JSON.parse(JSON.stringify(value)) as V;
/** What sends requests to a store in this thread, as JSON. */
const wayTo = (store: Store) => async (request: Request) => overJson(store.answer(overJson(request), { roles }));

function anAccount(): Store {
  const store = aMemoryStore({ types });
  store.powerUp(store.create(Account, {}), Billing);
  return store;
}

const noBilling: Billing = {
  charge: () => 0,
  total: () => 0,
  latest: () => null,
  isLatest: () => false,
  echo: (value) => value,
  fail: () => undefined,
};

/** What a call gives or throws, as a value to compare. */
async function outcomeOf(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    const { name, message } = error as Error;
    return error instanceof CorollaryError
      ? { name, message, code: error.code, retry: error.retry }
      : { name, message };
  }
}

/** One caller for all. Answers what it was told, with nothing in it that differs by where the shop is. */
async function useOf(shop: Asker): Promise<unknown[]> {
  const outcomes = [
    await outcomeOf(() => shop.ask('acme', Billing, 'charge', 5)),
    await outcomeOf(() => shop.ask(['acme'], Billing, 'charge', 2)),
    await outcomeOf(() => shop.ask('acme', Billing, 'charge', -1)),
    await outcomeOf(() => shop.ask('acme', Billing, 'total')),
    await outcomeOf(() => shop.ask('acme', Billing, 'echo', { at: new Date(1), big: [2n], none: undefined })),
    await outcomeOf(() => shop.ask('acme', Billing, 'echo', [() => 1])),
    await outcomeOf(() => shop.ask('acme', Billing, 'delete' as 'total')),
    await outcomeOf(() => shop.ask('nobody', Billing, 'total')),
    await outcomeOf(() => shop.ask('', Billing, 'total')),
    await outcomeOf(() => shop.ask('acme', Billing, 'fail')),
  ];
  const answers = await shop.tree.ask(Billing, 'charge', 10);
  return [...outcomes, answers.map(({ store, value }) => [store.path, value])];
}

describe('a store in another thread', () => {
  test('answers one caller as a store in this one does', async () => {
    const here = aStoreDirectory();
    const there = aStoreDirectory();
    const shop = openShop(here);
    const expected = await useOf(shop);
    shop.close();
    const remote = asker(await aWorker(program.file, 'answerRequests', there));
    const places = new RegExp(`${here}|${there}`, 'g');
    const withoutPlaces = (outcomes: unknown[]) => JSON.stringify(outcomes.map(shown)).replaceAll(places, 'the shop');
    expect(withoutPlaces(await useOf(remote))).toBe(withoutPlaces(expected));
    expect(expected.slice(0, 4)).toEqual([5, 7, { name: 'RangeError', message: 'a charge is positive' }, 7]);
    expect(expected.at(-1)).toEqual([
      [['acme'], 17],
      [['globex'], 10],
    ]);
  });

  test('takes and gives items by address, which a second handle makes items', async () => {
    const place = aStoreDirectory();
    openShop(place).close();
    const send = await aWorker(program.file, 'answerRequests', place);
    const handle = openShop(place);
    const remote = asker(send, { resolve: (address) => handle.getAny(address) });
    await remote.ask('acme', Billing, 'charge', 5);
    const entry = (await remote.ask('acme', Billing, 'latest')) as Entry;
    expect([entry.subject, entry.store === handle.at('acme')]).toEqual(['charge 5', true]);
    expect(await remote.ask('acme', Billing, 'isLatest', entry)).toBe(true);
    expect(await outcomeOf(() => remote.ask('globex', Billing, 'isLatest', entry))).toMatchObject({
      code: 'WRONG_STORE',
    });
    expect(await asker(send).ask('acme', Billing, 'latest')).toBe(entry.address);
    entry.delete();
    expect(await outcomeOf(() => remote.ask('acme', Billing, 'isLatest', entry))).toMatchObject({ code: 'ITEM_GONE' });
    handle.close();
  });
});

/** JSON that shows what JSON lacks as well. */
function shown(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined) return 'undefined';
  if (value instanceof Date) return { date: value.getTime() };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shown(part)]));
}

describe('what travels', () => {
  test('is JSON: whatever a request carries arrives equal, and comes back equal', async () => {
    const store = anAccount();
    const remote = asker(wayTo(store));
    await fc.assert(
      fc.asyncProperty(plainData(), async (value) => {
        const answer = await remote.ask('', Billing, 'echo', value);
        expect(isDeepStrictEqual(answer, structuredClone(value))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('may be nested as deeply as here, with objects that look like the form in which they travel', async () => {
    const remote = asker(wayTo(anAccount()));
    let value: unknown = 1n;
    for (let level = 0; level < 500; level++) value = { $: value };
    expect(isDeepStrictEqual(await remote.ask('', Billing, 'echo', value), value)).toBe(true);
    expect(await outcomeOf(() => remote.ask('', Billing, 'echo', { $: value }))).toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  test('is written down here', async () => {
    const requests: Request[] = [];
    const remote = asker(async (request) => {
      requests.push(request);
      return { value: null };
    });
    await remote.ask('acme/team', Billing, 'echo', [1, 2n, undefined, new Date(0), new Uint8Array([1]), { $: -0 }]);
    expect(requests).toEqual([
      {
        path: ['acme', 'team'],
        role: 'acme.billing',
        method: 'echo',
        args: [
          [
            1,
            { $: 'bigint', value: '2' },
            { $: 'undefined' },
            { $: 'date', value: 0 },
            { $: 'bytes', value: 'AQ==' },
            { $: 'object', value: { $: { $: 'number', value: '-0' } } },
          ],
        ],
      },
    ]);
  });
});

describe('an error', () => {
  const remote = (reply: unknown) => asker(async () => reply as Reply);

  test('arrives with its code and its fields', async () => {
    const store = anAccount();
    const here = (await asker(wayTo(store))
      .ask('', Billing, 'fail')
      .catch((error: unknown) => error)) as CorollaryError;
    expect(here).toBeInstanceOf(CorollaryError);
    expect([here.code, here.attribute, here.problems?.length]).toEqual(['MISSING_VALUE', 'subject', 1]);
  });

  test('arrives by name and message where it is not of the library', async () => {
    const error = await asker(wayTo(anAccount()))
      .ask('', Billing, 'charge', -1)
      .catch((thrown: unknown) => thrown);
    expect([error instanceof Error, String(error)]).toEqual([true, 'RangeError: a charge is positive']);
  });

  // Who asked was told instead that half a surrogate pair had come back.
  test('arrives with its code where a name in it is half a surrogate pair', async () => {
    const store = anAccount();
    const fail = () => store.query(Account, { '\ud800': 1 } as never);
    store.inMemoryPowerUp({ ...noBilling, fail } as never, Billing);
    const error = await asker(wayTo(store))
      .ask('', Billing, 'fail')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNKNOWN_ATTRIBUTE', attribute: undefined, retry: false });
  });

  const unreadable = Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('nobody may read this');
    },
  });
  const problems: unknown[] = [];
  problems.push(problems);
  const circular = new CorollaryError('CONSTRAINT', 'round and round', { problems: problems as never });

  test.each<[string, unknown, string]>([
    ['a text', 'no', 'Error: no'],
    ['half a surrogate pair', new Error('\ud800'), 'Error: \ufffd'],
    ['an error without a message', Object.assign(new Error(), { message: 1, name: {} }), 'Error'],
    ['nothing', undefined, 'Error: What was thrown is no error but undefined'],
    ['an error that cannot be read', unreadable, 'Error: What was thrown cannot be read'],
    ['an error that goes in circles', circular, 'CorollaryError: round and round'],
  ])('arrives as one, whatever is thrown: %s', async (_what, thrown, expected) => {
    const store = aMemoryStore({ types });
    const fail = () => {
      throw thrown;
    };
    store.inMemoryPowerUp({ ...noBilling, fail }, Billing);
    const error = await asker(wayTo(store))
      .ask('', Billing, 'fail')
      .catch((arrived: unknown) => arrived);
    expect(String(error)).toBe(expected);
  });

  test('of the way is the caller’s', async () => {
    const lost = new Error('the line is dead');
    const dead = asker(() => Promise.reject(lost));
    await expect(dead.ask('', Billing, 'total')).rejects.toBe(lost);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'value'],
    ['an empty object', {}],
    ['the reply to another request', { answers: [] }],
    ['a form that there is not', { value: { $: 'map', value: [] } }],
    ['an error that is none', { error: 'no' }],
    // These two were bare TypeErrors: some ways fill what is not there with null.
    ['a value beside an error that is none', { value: 1, error: null }],
    ['an error with null as details', { error: { name: 'Error', message: 'no', code: 'NOT_FOUND', details: null } }],
    ['a prototype', JSON.parse('{"value": {"__proto__": {}}}')],
    ['no plain object', new Map([['value', 1]])],
  ])('is what is sent back instead of a reply: %s', async (_what, reply) => {
    await expect(remote(reply).ask('', Billing, 'total')).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });

  test('is what is sent back instead of the replies of a tree', async () => {
    const store = { uid: '', path: [] };
    for (const answer of [
      1,
      { store: {}, value: 1 },
      { store, value: 1, error: null },
      { store, error: { details: 1 } },
    ])
      await expect(remote({ answers: [answer] }).tree.ask(Billing, 'total')).rejects.toMatchObject({
        code: 'INVALID_VALUE',
      });
    for (const reply of [{ value: 1 }, { answers: [], error: null }])
      await expect(remote(reply).tree.ask(Billing, 'total')).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });

  test('with a code that this version does not know is an error all the same', async () => {
    const unknown = { error: { name: 'CorollaryError', message: 'new', code: 'TOO_NEW', details: {} } };
    await expect(remote(unknown).ask('', Billing, 'total')).rejects.toThrow('new');
  });
});

describe('a store that answers', () => {
  const request: Request = { path: [], role: 'acme.billing', method: 'total', args: [] };
  const replyOf = (reply: Reply) => ('error' in reply ? reply.error.code : reply);

  test('gives a plain reply', () => {
    expect(anAccount().answer(request, { roles })).toEqual({ value: 0 });
  });

  test('answers for the roles that it is told, and no others', () => {
    const store = anAccount();
    store.powerUp(store.create(Account, {}), Secret);
    expect(replyOf(store.answer({ ...request, role: 'acme.secret' }, { roles }))).toBe('INVALID_VALUE');
    expect(replyOf(store.answer(request, { roles: [] }))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.answer(request, undefined as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.answer(request, {} as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.answer(request, { roles: ['acme.billing'] as never }))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.answer(request, { roles, all: true } as never))).toBe('INVALID_VALUE');
  });

  test('answers for itself and what lies below, not for stores above', () => {
    const shop = anAccount();
    const acme = shop.substores.create('acme');
    expect(replyOf(acme.answer({ ...request, path: ['..'] }, { roles }))).toBe('OUTSIDE_TREE');
    expect(replyOf(shop.answer({ ...request, path: ['acme', '..'] }, { roles }))).toEqual({ value: 0 });
    expect(replyOf(shop.answer({ ...request, path: ['acme', '..', '..'] }, { roles }))).toBe('OUTSIDE_TREE');
  });

  test('says that it is closed', () => {
    const store = anAccount();
    store.close();
    expect(replyOf(store.answer(request, { roles }))).toBe('STORE_CLOSED');
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'total'],
    ['a list', [request]],
    ['an object of a class', new (class Request {})()],
    ['no role', { ...request, role: undefined }],
    ['a role that is no text', { ...request, role: {} }],
    ['a method that is no text', { ...request, method: ['total'] }],
    ['a method that every object has', { ...request, method: 'constructor' }],
    ['a method of items', { ...request, method: 'delete' }],
    ['a long method', { ...request, method: 'x'.repeat(1e6) }],
    ['a path that is a text', { ...request, path: 'acme' }],
    ['a path of numbers', { ...request, path: [1] }],
    ['a path without end', { ...request, path: Array(1001).fill('..') }],
    ['arguments that are no list', { ...request, args: { 0: 1, length: 1 } }],
    ['another part', { ...request, more: 1 }],
    ['a prototype', JSON.parse('{"path":[],"role":"acme.billing","method":"echo","args":[{"__proto__":{"a":1}}]}')],
    ['a function', { ...request, args: [() => 1] }],
    ['a date as such', { ...request, args: [new Date()] }],
    ['a getter', Object.defineProperty({ ...request }, 'args', { get: () => [], enumerable: true })],
    ['a tag that there is not', { ...request, args: [{ $: 'map', value: [] }] }],
    ['a tag that is no text', { ...request, args: [{ $: 1 }] }],
    ['a tag of an object', { ...request, args: [{ $: '__proto__', value: '' }] }],
    ['a tag with more', { ...request, args: [{ $: 'bigint', value: '1', more: 1 }] }],
    ['a bigint that is none', { ...request, args: [{ $: 'bigint', value: '0x1' }] }],
    ['a bigint in a second form', { ...request, args: [{ $: 'bigint', value: '01' }] }],
    ['a bigint of a million digits', { ...request, args: [{ $: 'bigint', value: '9'.repeat(1e6) }] }],
    ['a date that is none', { ...request, args: [{ $: 'date', value: 9e15 }] }],
    ['bytes that are none', { ...request, args: [{ $: 'bytes', value: '?' }] }],
    ['an item that is none', { ...request, args: [{ $: 'item', value: '1' }] }],
    ['nesting without end', { ...request, args: [JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))] }],
  ])('refuses a request that is %s', (_what, given) => {
    const store = anAccount();
    expect(replyOf(store.answer(given, { roles }))).toBe('INVALID_VALUE');
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test('never throws, whatever it is sent', () => {
    const store = anAccount();
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
    const parts = {
      path: fc.oneof(fc.array(fc.string()), anything),
      role: fc.oneof(fc.constant('acme.billing'), anything),
      method: fc.oneof(fc.constantFrom('echo', 'total', 'fail'), fc.string(), anything),
      args: fc.oneof(fc.array(fc.oneof(anything, aTagged(anything))), anything),
      tree: fc.oneof(fc.boolean(), anything),
    };
    const requests = fc.oneof(anything, fc.record(parts, { requiredKeys: [] }));
    fc.assert(
      fc.property(requests, (given) => {
        const reply = store.answer(given, { roles });
        expect(overJson(reply)).toEqual(reply);
      }),
      { numRuns: 300 },
    );
    expect(store.ask('', Billing, 'total')).toBe(0);
  });

  function aTagged(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
    const tag = fc.constantFrom('number', 'bigint', 'date', 'bytes', 'item', 'object', 'undefined', 'other');
    return fc.record({ $: tag, value: fc.oneof(value, fc.record({ $: value })) });
  }
});

describe('an asker', () => {
  test('needs a way to send, and knows its options', () => {
    expect(codeOf(() => asker('http://localhost' as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => asker(wayTo(anAccount()), { resolve: 1 } as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => asker(wayTo(anAccount()), { handle: 1 } as never))).toBe('INVALID_VALUE');
  });

  test('refuses what is no request before anything is sent', async () => {
    const sent: Request[] = [];
    const remote = asker(async (request) => {
      sent.push(request);
      return { value: 1 };
    });
    const wrong = [
      remote.ask('', Billing, 'echo', Number.NaN),
      remote.ask(1 as never, Billing, 'total'),
      remote.ask('', { id: 'acme.billing' } as typeof Billing, 'total'),
      remote.ask('', Billing, 1 as never as 'total'),
    ];
    for (const promise of wrong) await expect(promise).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    expect(sent).toEqual([]);
  });

  test('tells the stores of a tree by uid and path, with the errors of those that failed', async () => {
    const shop = anAccount();
    const acme = shop.substores.create('acme');
    acme.inMemoryPowerUp({ ...noBilling, charge: () => 1 }, Billing);
    const answers = await asker(wayTo(shop)).tree.ask(Billing, 'fail');
    expect(answers.map(({ store }) => store)).toEqual([
      { uid: shop.uid, path: [] },
      { uid: acme.uid, path: ['acme'] },
    ]);
    expect(answers.map((answer) => ('error' in answer ? (answer.error as CorollaryError).code : answer.value))).toEqual(
      ['MISSING_VALUE', undefined],
    );
  });

  test('tells paths that it can ask, and nothing of what lies above the store that answers', async () => {
    const acme = anAccount().substores.create('acme');
    for (const store of [acme, acme.substores.create('team')]) store.inMemoryPowerUp(noBilling, Billing);
    const remote = asker(wayTo(acme));
    const paths = (await remote.tree.ask(Billing, 'total')).map(({ store }) => store.path);
    expect(paths).toEqual([[], ['team']]);
    expect(await Promise.all(paths.map((path) => remote.ask(path, Billing, 'total')))).toEqual([0, 0]);
  });
});
