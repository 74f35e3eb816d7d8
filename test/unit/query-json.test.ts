import { describe, expect, test } from 'vitest';
import { CorollaryError } from '../../src/errors.js';
import { or } from '../../src/query/condition.js';
import { specFromJSON } from '../../src/query/parse/parse.js';
import type { Query } from '../../src/query/query.js';
import type { StoreId } from '../../src/schema/attribute-types.js';
import { fc } from '../support/chance.js';
import { compiler, specOfQuery, Thing, things } from './query-sample.js';

const read = (json: unknown) => specFromJSON(json, (name) => compiler.typeNamed(name));
const again = (query: Query<Thing, unknown>) => read(JSON.parse(JSON.stringify(query)));
const item = new Thing(7 as StoreId<Thing>);

/** Changes all that can be changed in it. */
function spoil(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  for (const value of Object.values(data)) spoil(value);
  for (const key of Object.keys(data)) Reflect.set(data, key, 'spoilt');
}

describe('JSON', () => {
  test.each<[string, Query<Thing, unknown>]>([
    ['nothing asked', things()],
    ['texts', things((c) => c.name.like('a%', { escape: '!' }).and(c.tag.startsWith(''), c.tag.contains("'")))],
    ['int64', things((c) => c.large.between(-(2n ** 63n), 2n ** 63n - 1n).or(c.price.eq('1.50')))],
    ['bytes', things((c) => c.blob.in([new Uint8Array([0, 255]), new Uint8Array(), null]))],
    ['dates, reals, booleans', things((c) => c.at.lt(new Date(5)).or(c.weight.gt(1e300), c.flag.eq(true).not()))],
    ['columns', things((c) => c.count.lte(c.weight))],
    ['items', things((c) => c.friend.eq(item).or(c.self.notIn([item])))],
    [
      'subqueries',
      things((c) =>
        c.friend.in(
          things((d) => d.storeId.gt(1))
            .orderBy((d) => d.name.asc())
            .limit(2),
        ),
      ),
    ],
    [
      'plucked',
      things()
        .orderBy((c) => c.name.desc())
        .limit(1)
        .offset(0)
        .pluck((c) => c.name)
        .distinct(),
    ],
  ])('%s come back as they were', (_, query) => {
    expect(again(query)).toEqual(specOfQuery(query));
    const before = JSON.stringify(query);
    spoil(query.toJSON());
    expect(JSON.stringify(query)).toBe(before);
  });

  test('conditions and orders have data of their own, too', () => {
    const query = things((c) => {
      const [condition, order] = [c.friend.to.name.in(['a']), c.friend.to.name.asc()];
      const before = JSON.stringify([condition, order]);
      for (const one of [condition, order]) spoil(one.toJSON());
      expect(JSON.stringify([condition, order])).toBe(before);
      return condition;
    });
    expect(query).toBeDefined();
  });

  test('a hundred thousand values and five thousand alternatives are no hostile query', () => {
    const query = things((c) =>
      or(
        c.count.in(Array.from({ length: 100_000 }, (_, i) => i)),
        ...Array.from({ length: 5000 }, (_, i) => c.count.eq(i)),
      ),
    );
    expect(again(query)).toEqual(specOfQuery(query));
  });
});

const name = { source: 0, name: 'name' };
const count = { source: 0, name: 'count' };
const where = (condition: unknown) => ({ from: ['thing'], where: condition });
const eq = { op: 'eq', column: count, to: { value: 1 } };
const nested = (levels: number): unknown => (levels === 0 ? eq : { op: 'not', of: nested(levels - 1) });

describe('hostile JSON is refused, naming the place', () => {
  test.each<[string, unknown]>([
    ['must be an object', null],
    ['must be an object', []],
    ["lacks 'from'", {}],
    ['at from must be a list', { from: 'thing' }],
    ['at from must not be empty', { from: [] }],
    ['at from[0] must be an object', { from: [5] }],
    ['at from[0] must be a type name', { from: [{ optional: 'thing' }] }],
    ['unknown key', { from: ['thing'], sql: 'x' }],
    ['unknown key', JSON.parse('{"from":["thing"],"__proto__":{}}')],
    ['at limit', { from: ['thing'], limit: -1 }],
    ['at offset', { from: ['thing'], offset: '1' }],
    ['at distinct', { from: ['thing'], distinct: 1 }],
    ['at pluck.name', { from: ['thing'], pluck: { source: 0, name: '__proto__' } }],
    ['at pluck.source', { from: ['thing'], pluck: { source: 1, name: 'name' } }],
    ['at pluck.source', { from: ['thing'], pluck: { source: 'length', name: 'name' } }],
    ['at orderBy[0].direction', { from: ['thing'], orderBy: [{ column: name, direction: 'up', nulls: 'first' }] }],
    [
      'at orderBy[0]',
      { from: ['thing'], orderBy: [{ column: { source: 0, name: 'doc' }, direction: 'asc', nulls: 'last' }] },
    ],
    ['at where must be a condition', where(1)],
    ['at where.op', where({ op: 'toString' })],
    ['at where.and[2].op', where({ op: 'and', of: [eq, eq, { op: 'drop' }] })],
    ['at where.or must be a list', where({ op: 'or', of: {} })],
    ['at where.not.eq.to', where({ op: 'not', of: { ...eq, to: 5 } })],
    ['at where.eq.to.value', where({ ...eq, to: { value: 1.5 } })],
    ['at where.eq.to.value', where({ ...eq, to: { value: null } })],
    ['at where.eq.to.value', where({ ...eq, to: { value: '1; DROP TABLE thing' } })],
    ['at where.eq.to', where({ ...eq, to: { value: 1, column: count } })],
    ['at where.eq.to', where({ ...eq, to: { ref: 1, store: 'x' } })],
    ['at where.eq.to', where({ ...eq, to: { column: name } })],
    ['at where.eq.to', where({ op: 'eq', column: { source: 0, name: 'friend' }, to: { value: 1 } })],
    ['at where.eq.column.name', where({ ...eq, column: { source: 0, name: 'name" --' } })],
    ['at where.eq means nothing', where({ op: 'eq', column: { source: 0, name: 'doc' }, to: { value: '{}' } })],
    [
      'at where.eq.to.value',
      where({ op: 'eq', column: { source: 0, name: 'large' }, to: { value: '9223372036854775808' } }),
    ],
    ['at where.eq.to.value', where({ op: 'eq', column: { source: 0, name: 'large' }, to: { value: '007' } })],
    ['at where.eq.to.value', where({ op: 'eq', column: { source: 0, name: 'blob' }, to: { value: { bytes: '!' } } })],
    ['at where.eq.to.value', where({ op: 'eq', column: { source: 0, name: 'flag' }, to: { value: 2 } })],
    ['at where.like means nothing', where({ op: 'like', column: count, pattern: 'x' })],
    ['at where.like.escape', where({ op: 'like', column: name, pattern: 'x', escape: '' })],
    ['at where.contains.text', where({ op: 'contains', column: name, text: '\uD800' })],
    ['at where.in.list', where({ op: 'in', column: count, list: {}, orNull: false })],
    ['at where.in.values[1]', where({ op: 'in', column: count, list: { values: [1, 'x'] }, orNull: false })],
    ['at where.in.orNull', where({ op: 'in', column: count, list: { values: [] }, orNull: 0 })],
    ['at where.in.query', where({ op: 'in', column: count, list: { query: { from: ['thing'] } }, orNull: false })],
    [
      'at where.in.query.limit',
      where({ op: 'in', column: count, list: { query: { from: ['thing'], limit: {} } }, orNull: false }),
    ],
    ['200 levels', where(nested(300))],
    ['10000', where({ op: 'and', of: Array(10_001).fill(eq) })],
    [
      'distinct values',
      { from: ['thing'], distinct: true, pluck: name, orderBy: [{ column: count, direction: 'asc', nulls: 'first' }] },
    ],
  ])('%s', (said, json) => {
    expect(() => read(json)).toThrow(
      expect.objectContaining({ code: 'BAD_QUERY', message: expect.stringContaining(said) }),
    );
  });

  test('whatever it is, it is read or refused by name', () => {
    const words = fc.constantFrom(
      'from',
      'where',
      'op',
      'of',
      'column',
      'to',
      'value',
      'list',
      'name',
      'source',
      'pluck',
      '__proto__',
    );
    const leaf = fc.oneof(fc.constantFrom<unknown>('thing', 'eq', 'and', 'in', 'name', 0, 1, null, true), fc.string());
    const json = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(words, tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(json, (condition) => {
        try {
          read({ from: ['thing'], where: condition });
        } catch (error) {
          expect(error).toBeInstanceOf(CorollaryError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
