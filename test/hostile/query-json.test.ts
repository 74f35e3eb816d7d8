import { type Default, Item, integer, item, Query, type QueryJSON, type Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';

// Queries as JSON from anywhere that are too deep, too long, or made to reach something else. What chance makes of sound
// ones is in query-language/hostile-json.test.ts.

@item('note')
class Note extends Item {
  @text() declare title: string;
  @integer({ default: 0 }) declare n: Default<number>;
}

type Parts = Readonly<Record<string, unknown>>;

/** A sound query, in parts to be put together otherwise. */
function sound(store: Store): { readonly json: Parts; readonly where: Parts; readonly order: unknown } {
  const query = store.query(Note, (note) => note.n.in([1, 2])).orderBy((note) => note.title.asc());
  const json = JSON.parse(JSON.stringify(query)) as Parts & { readonly where: Parts; readonly orderBy: unknown[] };
  return { json, where: json.where, order: json.orderBy[0] };
}

function nested(levels: number, around: (inner: unknown) => unknown, innermost: unknown): unknown {
  return Array.from({ length: levels }).reduce((inner: unknown) => around(inner), innermost);
}

const circle: Record<string, unknown> = { op: 'not' };
circle.of = circle;
/** As a parser of JSON gives it. */
const withProto = (parts: Parts) =>
  JSON.parse(JSON.stringify(parts).replace('{', '{"__proto__":{"limit":1},')) as Parts;

const QUERIES: Readonly<Record<string, (parts: ReturnType<typeof sound>) => unknown>> = {
  '100,000 conditions in each other': ({ json, where }) => ({
    ...json,
    where: nested(100_000, (of) => ({ op: 'not', of }), where),
  }),
  '100,000 lists of conditions in each other': ({ json, where }) => ({
    ...json,
    where: nested(100_000, (of) => ({ op: 'and', of: [of] }), where),
  }),
  '100,000 arrays in each other': () => nested(100_000, (of) => [of], 1),
  'a condition that contains itself': ({ json }) => ({ ...json, where: circle }),
  'a million conditions': ({ json, where }) => ({ ...json, where: { op: 'and', of: Array(1_000_000).fill(where) } }),
  '100,000 orders': ({ json, order }) => ({ ...json, orderBy: Array(100_000).fill(order) }),
  '100,000 types': ({ json }) => ({ ...json, from: Array(100_000).fill('note') }),
  'a type with a name of a million characters': ({ json }) => ({ ...json, from: ['n'.repeat(1_000_000)] }),
  'an optional type with such a name': ({ json }) => ({ ...json, from: ['note', { optional: 'n'.repeat(1_000_000) }] }),
  'an unknown key': ({ json }) => ({ ...json, drop: 1 }),
  'an unknown key in a condition': ({ json, where }) => ({ ...json, where: { ...where, drop: 1 } }),
  'a key __proto__': ({ json }) => withProto(json),
  'a key __proto__ in a condition': ({ json, where }) => ({ ...json, where: withProto(where) }),
  'parts that are inherited': ({ json }) => Object.create(json) as unknown,
  'a text': ({ json }) => JSON.stringify(json),
  'a map': ({ json }) => new Map(Object.entries(json)),
};

describe('is BAD_QUERY, at once, with a short message', () => {
  test.each(Object.entries(QUERIES))('%s', (_what, make) => {
    const store = aStore({ types: [Note] });
    const json = make(sound(store)) as QueryJSON;

    const errors = [store, store.tree].map((of) => refusal(() => Query.fromJSON(of, json)));

    expect(errors.map(({ code }) => code)).toEqual(['BAD_QUERY', 'BAD_QUERY']);
    for (const { message } of errors) expect(message.length).toBeLessThan(2000);
  });
});

test('a list of 300,000 values is one to be asked for', () => {
  const store = aStore({ types: [Note] });
  store.create(Note, { title: 'a', n: 299_999 });
  const { json, where } = sound(store);
  const values = Array.from({ length: 300_000 }, (_, n) => n);

  const query = Query.fromJSON(store, { ...json, where: { ...where, list: { values } } } as never);

  expect(query.count()).toBe(1);
});

describe('is BAD_CURSOR', () => {
  test.each<[string, unknown]>([
    ['no text', 5],
    ['an empty text', ''],
    ['NUL', '\0'],
    ['half a surrogate pair', '\ud800'],
    ['ten million characters', 'x'.repeat(10_000_000)],
    ['100,000 arrays in each other', Buffer.from('['.repeat(100_000)).toString('base64url')],
    ['an object with a key __proto__', Buffer.from('{"__proto__":[]}').toString('base64url')],
    ['an object', {}],
  ])('%s', (_what, after) => {
    const store = aStore({ types: [Note] });
    expect(refusal(() => store.query(Note).page({ size: 1, after: after as string })).code).toBe('BAD_CURSOR');
  });
});
