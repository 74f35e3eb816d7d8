import { describe, expect, test } from 'vitest';
import { afterPlace } from '../../src/query/answer/after-place.js';
import { decodeCursor, encodeCursor } from '../../src/query/answer/cursor.js';
import { compareCodePoints, compareRows, keyOrders, rowKeys } from '../../src/query/answer/row-order.js';
import type { ColumnRef } from '../../src/query/ast.js';
import type { Columns } from '../../src/query/columns.js';
import type { Order } from '../../src/query/order.js';
import type { Query } from '../../src/query/query.js';
import { specOf } from '../../src/query/question.js';
import { compileRows } from '../../src/query/sql/compile.js';
import type { Compiled } from '../../src/query/sql/fragment.js';
import { layoutWithKeys } from '../../src/query/sql/layout.js';
import type { Cell } from '../../src/schema/value.js';
import { anyCharacter, fc } from '../support/chance.js';
import {
  cellOf,
  context,
  type Row,
  sampleDatabase,
  sampleStore,
  specOfQuery,
  type Thing,
  thing,
  things,
  UID,
} from './query-sample.js';

const few = <V>(...values: V[]) => fc.constantFrom<V | null>(null, ...values);
const row = fc.record({
  name: fc.constantFrom('a', 'B', 'b', '\uE000', '\u{10000}'),
  tag: few('a', 'A', 'b', ''),
  count: few(-1, 0, 2),
  weight: few(0.5, -1),
  large: few(9007199254740993n, 9007199254740992n, -5n),
  blob: few(new Uint8Array(), new Uint8Array([255]), new Uint8Array([1, 2])),
});
const rows = fc.array(row, { maxLength: 25 }).map((list) => list.map((r, i): Row => ({ ...r, storeId: i + 1 })));
const key = fc.record({
  name: fc.constantFrom('name', 'tag', 'count', 'weight', 'large', 'blob', 'storeId'),
  direction: fc.constantFrom('asc', 'desc'),
  nulls: fc.constantFrom('first', 'last', undefined),
});
type Key = typeof key extends fc.Arbitrary<infer K> ? K : never;
const ordersOf = (keys: readonly Key[]) => (c: Columns<Thing>) =>
  keys.map(({ name, direction, nulls }): Order => {
    const options = nulls === undefined ? {} : { nulls };
    const column = c[name as 'name'];
    return direction === 'asc' ? column.asc(options) : column.desc(options);
  });
const keys = fc.array(key, { maxLength: 5 });

describe('pages', () => {
  test('one after the other they are the whole answer', () => {
    fc.assert(
      fc.property(rows, keys, fc.integer({ min: 1, max: 6 }), (list, by, size) => {
        const query = things(undefined, sampleStore(list)).orderBy(ordersOf(by));
        const pages = [...query.pages(size)];
        expect(pages.flat()).toEqual(query.all());
        expect(pages.slice(0, -1).every((page) => page.length === size)).toBe(true);
        const values = query.pluck((c) => c.tag);
        expect([...values.pages(size)].flat()).toEqual(values.all());
      }),
      { numRuns: 100 },
    );
  });

  test('distinct values come in pages, too', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom<'tag' | 'large' | 'count'>('tag', 'large', 'count'), (list, name) => {
        const query = things(undefined, sampleStore(list))
          .pluck((c) => c[name] as never)
          .distinct();
        expect([...query.pages(1)].flat()).toEqual(query.all());
        expect(query.count()).toBe(query.all().length);
      }),
      { numRuns: 60 },
    );
  });

  test('awaited pages let the event loop turn', async () => {
    const query = things(undefined, sampleStore([1, 2, 3].map((storeId) => ({ storeId }))));
    const seen: unknown[] = [];
    setImmediate(() => seen.push('turn'));
    for await (const page of query.pages(2)) seen.push(page);
    expect(seen).toEqual([[1, 2], 'turn', [3]]);
  });

  test('a cursor serves its own query and store only', () => {
    const query = things((c) => c.count.gt(1)).orderBy((c) => c.tag.asc());
    const spec = specOfQuery(query);
    const cursor = encodeCursor(spec, UID, ['x', 4], []);
    const bad = expect.objectContaining({ code: 'BAD_CURSOR' });
    const decode = (asked: typeof spec, scope: string, text: string) =>
      decodeCursor(asked, scope, text, rowKeys(asked.from, keyOrders(asked)));
    expect(decode(spec, UID, cursor)).toEqual(['x', 4]);
    const otherSpec = specOfQuery(things((c) => c.count.gt(2)).orderBy((c) => c.tag.asc()));
    expect(() => decode(otherSpec, UID, cursor)).toThrow(bad);
    expect(() => decode(spec, 'store-2', cursor)).toThrow(bad);
    for (const text of ['', 'x', '!!!', cursor.slice(3), Buffer.from('[1,2,3]').toString('base64url'), null, 5]) {
      expect(() => decode(spec, UID, text as string)).toThrow(bad);
    }
    for (const wrong of [['x'], [1, 4], ['x', null], ['x', 4, 5], ['x', 1.5]]) {
      expect(() => decode(spec, UID, encodeCursor(spec, UID, wrong, []))).toThrow(bad);
    }
  });

  test('limits, offsets and odd sizes are refused', () => {
    const bad = expect.objectContaining({ code: 'BAD_QUERY' });
    expect(() => things().limit(3).pages(2)).toThrow(bad);
    expect(() => things().offset(3).page({ size: 2 })).toThrow(bad);
    for (const size of [0, -1, 1.5, Number.NaN, '3']) expect(() => things().pages(size as number)).toThrow(bad);
  });
});

describe('an index finds where a page begins', () => {
  const database = sampleDatabase([]);
  database.exec('CREATE INDEX "by_count" ON "thing" ("count")');
  database.exec('CREATE INDEX "by_weight" ON "thing" ("weight", "tag")');
  const pageOf = (query: Query<Thing, Thing, [Columns<Thing>]>, place: readonly Cell[], of = context): Compiled => {
    const spec = specOfQuery(query);
    const asked = { ...afterPlace(spec, keyOrders(spec), place), limit: 20 };
    return compileRows(asked, layoutWithKeys(asked), of) as Compiled;
  };
  const planOf = (by: (c: Columns<Thing>) => readonly Order[], place: readonly Cell[]): string[] => {
    const { sql, values } = pageOf(
      things().orderBy((c) => by(c)),
      place,
    );
    const steps = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    return steps.map(({ detail }) => detail);
  };

  test.each<[string, (c: Columns<Thing>) => readonly Order[], Cell[], string[]]>([
    ['ascending', (c) => [c.count.asc()], [5, 1], ['count=? AND rowid>?', 'count>?']],
    ['ascending, among nulls', (c) => [c.count.asc()], [null, 1], ['count=? AND rowid>?', 'count>?']],
    ['descending', (c) => [c.count.desc()], [5, 1], ['count=? AND rowid>?', 'count<?', 'count=?']],
    ['descending, among nulls', (c) => [c.count.desc()], [null, 1], ['count=? AND rowid>?']],
    [
      'by two',
      (c) => [c.weight.asc(), c.tag.asc()],
      [1, 'a', 1],
      ['weight=? AND tag=? AND rowid>?', 'weight=? AND tag>?', 'weight>?'],
    ],
  ])('%s', (_what, by, place, ranges) => {
    const plan = planOf(by, place);
    const found = plan.flatMap((step) => /^(?:SEARCH|SCAN) thing .*?(?:\((.*)\))?$/.exec(step)?.slice(1) ?? []);
    expect(found).toEqual(ranges);
    expect(plan.join()).not.toContain('MULTI-INDEX');
  });

  // The condition stands in each piece: in three, so many values are too many for one statement, or plan for too long.
  test.each([
    ['a statement takes', 30, { ...context, maxParameters: 90 }],
    ['SQLite plans soon', 100, context],
  ])('unless its pieces have more values than %s', (_what, count, of) => {
    const conditions = Array.from({ length: count }, (_, n) => (c: Columns<Thing>) => c.count.lt(n));
    const query = conditions.reduce((asked, one) => asked.where(one), things()).orderBy((c) => c.count.desc());
    const { sql, values } = pageOf(query, [5, 1], of);
    expect(sql).not.toContain('UNION');
    expect(values.length).toBeLessThan(count + 10);
  });
});

describe('order of rows', () => {
  test('JavaScript sorts as SQLite does', () => {
    fc.assert(
      fc.property(rows, keys, (list, by) => {
        const query = things(undefined, sampleStore(list)).orderBy(ordersOf(by));
        const spec = specOf(query);
        const cells = (r: Row) =>
          keyOrders(spec).map(({ column }) => {
            const attribute = thing.byName.get((column as ColumnRef).name);
            return attribute === undefined ? r.storeId : cellOf(attribute, r);
          });
        const compare = compareRows(rowKeys(spec.from, keyOrders(spec)));
        const sorted = [...list].sort((a, b) => compare(cells(a), cells(b))).map((r) => r.storeId);
        expect(sorted).toEqual(query.all());
      }),
      { numRuns: 100 },
    );
  });

  test('texts compare as their UTF-8 bytes do', () => {
    const unit = fc.oneof(
      fc.string({ unit: anyCharacter, minLength: 1, maxLength: 1 }),
      fc.constantFrom('\uD7FF', '\uE000', '\uFFFF', '\u{10000}', '\u{10FFFF}'),
    );
    const text = fc.array(unit, { maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(compareCodePoints(a, b)).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { numRuns: 2000 },
    );
  });
});
