import { describe, expect, test } from 'vitest';
import { compareCodePoints } from '../../src/query/answer/row-order.js';
import type { Columns } from '../../src/query/columns.js';
import { and, or } from '../../src/query/condition.js';
import { Query } from '../../src/query/query.js';
import { compileCheck } from '../../src/query/sql/check.js';
import { compileAggregate, compileRows } from '../../src/query/sql/compile.js';
import { successor } from '../../src/query/sql/compile-text.js';
import { idLayout, layoutOf } from '../../src/query/sql/layout.js';
import type { CompileContext } from '../../src/query/sql/select.js';
import type { StoreId } from '../../src/schema/attribute-types.js';
import { fc } from '../support/chance.js';
import { context, others, type Row, sampleStore, specOfQuery, Thing, thing, things } from './query-sample.js';

const idsIn = (query: Query<Thing, unknown>, of: CompileContext) => {
  const spec = specOfQuery(query);
  return compileRows(spec, idLayout(spec), of);
};
const ids = (query: Query<Thing, unknown>) => idsIn(query, context);
const rows = (query: Query<Thing, unknown>) => {
  const spec = specOfQuery(query);
  return compileRows(spec, layoutOf(spec), context);
};
const whereText = (query: ReturnType<typeof things>) =>
  ids(query)?.sql.replace('SELECT "storeId" FROM "thing" WHERE ', '').replace(' ORDER BY "storeId" ASC', '');

describe('the SQL of conditions', () => {
  test.each<[string, (c: Columns<Thing>) => ReturnType<typeof and>, unknown[]]>([
    ['"name" = +?', (c) => c.name.eq('x'), ['x']],
    ['"count" IS NOT ?', (c) => c.count.ne(1), [1]],
    ['"count" IS NULL', (c) => c.count.eq(null), []],
    ['"count" IS NOT NULL', (c) => c.count.ne(null), []],
    ['"large" > CAST(? AS INTEGER)', (c) => c.large.gt(2n ** 62n), ['4611686018427387904']],
    ['"count" BETWEEN ? AND ?', (c) => c.count.between(1, 2), [1, 2]],
    ['"count" IN (?, ?)', (c) => c.count.in([1, 2]), [1, 2]],
    ['("count" IN (?)) OR "count" IS NULL', (c) => c.count.in([1, null]), [1]],
    ['("count" IN (?)) IS NOT TRUE', (c) => c.count.notIn([1]), [1]],
    ['FALSE', (c) => c.count.in([]), []],
    ['("name" = +?) IS NOT TRUE', (c) => c.name.eq('x').not(), ['x']],
    ['"name" = +?', (c) => c.name.eq('x').not().not(), ['x']],
    ['("name" = +?) AND ("flag" = +?)', (c) => c.name.eq('x').and(c.flag.eq(true)), ['x', 1]],
    ['TRUE', () => and(), []],
    ['FALSE', () => or(), []],
    ['"count" IS "weight"', (c) => c.count.eq(c.weight), []],
    ['"count" < "weight"', (c) => c.count.lt(c.weight), []],
    ['"name" >= ? AND "name" < ?', (c) => c.name.startsWith('ab'), ['ab', 'ac']],
    ['substr("name", ?) = ?', (c) => c.name.endsWith('\u{1F600}b'), [-2, '\u{1F600}b']],
    ['instr("name", ?) > 0', (c) => c.name.contains('%'), ['%']],
    ['instr(lower("tag"), lower(?)) > 0', (c) => c.tag.contains('A'), ['A']],
    ['"name" LIKE +? ESCAPE ?', (c) => c.name.like('a!%', { escape: '!' }), ['a!%', '!']],
    ['"storeId" >= ?', (c) => c.storeId.gte(5), [5]],
    ['"storeId" = +?', (c) => c.self.eq(new Thing(7 as StoreId<Thing>)), [7]],
    ['"friend" = +?', (c) => c.friend.eq(new Thing(7 as StoreId<Thing>)), [7]],
  ])('%s', (sql, where, values) => {
    const query = things(where);
    expect(whereText(query)).toBe(sql);
    expect(ids(query)?.values).toEqual(values);
  });

  test('a long list is one parameter', () => {
    const query = things((c) => c.large.in(Array.from({ length: 9 }, (_, i) => BigInt(i))));
    expect(whereText(query)).toBe('"large" IN (SELECT CAST(value AS INTEGER) FROM json_each(?))');
    expect(ids(query)?.values).toEqual(['["0","1","2","3","4","5","6","7","8"]']);
  });

  test('many alternatives of one column become one list', () => {
    const query = things((c) => or(...Array.from({ length: 5000 }, (_, i) => c.count.eq(i))));
    expect(whereText(query)).toBe('"count" IN (SELECT value FROM json_each(?))');
  });

  test('a subquery is compiled in place, and to nothing when its type was never stored', () => {
    const few = things((c) => c.count.gt(5));
    expect(whereText(things((c) => c.friend.in(few)))).toBe(
      '"friend" IN (SELECT "storeId" AS "#value" FROM "thing" WHERE "count" > ?)',
    );
    const none = others().pluck((o) => o.title);
    expect(whereText(things((c) => c.name.in(none)))).toBe('FALSE');
    expect(whereText(things((c) => c.name.notIn(none)))).toBe('(FALSE) IS NOT TRUE');
  });

  test('the same question with other values has the same text', () => {
    const [a, b] = [1, 2].map((n) =>
      ids(
        things((c) => c.count.gt(n))
          .limit(n)
          .offset(n),
      ),
    );
    expect(a?.sql).toBe(b?.sql);
    expect(a?.values).toEqual([1, 1, 1]);
  });
});

describe('the SQL of selections', () => {
  test('items: the id and all attributes, int64 as text, ordered, windowed', () => {
    const query = things()
      .orderBy((c) => [c.tag.desc({ nulls: 'first' }), c.name.asc({ nulls: 'last' })])
      .offset(3);
    expect(rows(query)).toEqual({
      sql:
        'SELECT "storeId", "name", "tag", "count", "weight", CAST("large" AS TEXT), CAST("price" AS TEXT), "flag", "at", ' +
        '"blob", "doc", "friend" FROM "thing" ORDER BY "tag" DESC NULLS FIRST, "name" ASC, "storeId" ASC LIMIT -1 OFFSET +?',
      values: [3],
    });
  });

  test('nothing follows the id in an order', () => {
    const query = things().orderBy((c) => [c.storeId.desc(), c.name.asc()]);
    expect(ids(query)?.sql).toBe('SELECT "storeId" FROM "thing" ORDER BY "storeId" DESC');
  });

  test('distinct values are ordered by themselves', () => {
    const query = things()
      .pluck((c) => c.count)
      .distinct();
    expect(rows(query as never)?.sql).toBe('SELECT DISTINCT "count" FROM "thing" ORDER BY "count" ASC');
  });

  test('sums of int64 are summed in halves, under a limit inside it', () => {
    const column = { source: 0, name: 'count' };
    expect(compileAggregate(specOfQuery(things().limit(2)), 'sum', column, context)?.sql).toBe(
      'SELECT count("#value"), CAST(sum("#value" >> 32) AS TEXT), CAST(sum("#value" & 4294967295) AS TEXT) FROM ' +
        '(SELECT "count" AS "#value" FROM "thing" ORDER BY "storeId" ASC LIMIT +?)',
    );
  });

  test('a type never stored has nothing to compile', () => {
    expect(ids(others() as never)).toBeUndefined();
  });

  test('an item of another store is refused, or equals nothing', () => {
    const query = things((c) => c.friend.eq(new Thing(7 as StoreId<Thing>, 'store-2')));
    expect(() => ids(query)).toThrow(expect.objectContaining({ code: 'WRONG_STORE' }));
    expect(idsIn(query, { ...context, foreignItems: 'nothing' })?.values).toEqual([-1]);
  });

  test('more parameters than the engine takes are refused with the way out', () => {
    const query = things((c) => and(...Array.from({ length: 101 }, (_, i) => c.count.ne(i))));
    expect(() => idsIn(query, { ...context, maxParameters: 100 })).toThrow(/put them into lists/);
  });
});

test('a check is written out as text, lists included', () => {
  const check = (c: Columns<Thing>) =>
    and(
      c.name.ne("it's"),
      c.large.gte(-(2n ** 63n)),
      c.count.in([1, 2, 3, 4, 5, 6, 7, 8, 9]),
      c.blob.ne(new Uint8Array([255])),
    );
  expect(compileCheck(thing, check)).toBe(
    `("name" IS NOT 'it''s') AND ("large" >= CAST('-9223372036854775808' AS INTEGER)) AND ` +
      `("count" IN (1, 2, 3, 4, 5, 6, 7, 8, 9)) AND ("blob" IS NOT x'ff')`,
  );
  const bad = expect.objectContaining({ code: 'BAD_QUERY' });
  expect(() => compileCheck(thing, (c: Columns<Thing>) => c.self.in(things()))).toThrow(bad);
  expect(() => compileCheck(thing, (c: Columns<Thing>) => c.friend.eq(new Thing(1 as StoreId<Thing>)))).toThrow(bad);
  expect(() => compileCheck(thing, () => true as never)).toThrow(bad);
});

const texts = fc.string({
  unit: fc.constantFrom('a', 'A', 'b', '@', 'z', '%', 'é', '\uD7FF', '\uE000', '\u{10FFFF}', '\u{1F600}'),
  maxLength: 4,
});
const maybe = <V>(values: fc.Arbitrary<V>) => fc.option(values, { nil: null });
const content = fc.record({
  name: texts,
  tag: maybe(texts),
  count: maybe(fc.integer({ min: -3, max: 3 })),
  weight: maybe(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-1, 0, 1))),
  large: maybe(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  flag: fc.boolean(),
  blob: maybe(fc.uint8Array({ maxLength: 2 })),
});
type Content = typeof content extends fc.Arbitrary<infer C> ? C : never;
const rowsOf = (contents: readonly Content[]): (Content & Row)[] => contents.map((c, i) => ({ ...c, storeId: i + 1 }));
const folded = (text: string) => text.replace(/[A-Z]/g, (c) => c.toLowerCase());

/** Conditions beside what they mean in JavaScript. */
const claims = (v: Content): readonly [(c: Columns<Thing>) => ReturnType<typeof and>, (r: Content) => boolean][] => [
  [(c) => c.name.eq(v.name), (r) => r.name === v.name],
  [(c) => c.tag.eq(v.tag), (r) => (r.tag && folded(r.tag)) === (v.tag && folded(v.tag))],
  [(c) => c.tag.ne(v.tag), (r) => (r.tag && folded(r.tag)) !== (v.tag && folded(v.tag))],
  [(c) => c.count.ne(v.count), (r) => r.count !== v.count],
  [(c) => c.name.gt(v.name), (r) => compareCodePoints(r.name, v.name) > 0],
  [(c) => c.large.lte(v.large ?? 0n), (r) => r.large !== null && r.large <= (v.large ?? 0n)],
  [(c) => c.large.lte(v.large ?? 0n).not(), (r) => !(r.large !== null && r.large <= (v.large ?? 0n))],
  [(c) => c.count.between(v.count ?? 0, 2), (r) => r.count !== null && r.count >= (v.count ?? 0) && r.count <= 2],
  [(c) => c.count.eq(c.weight), (r) => r.count === r.weight],
  [(c) => c.count.ne(c.weight), (r) => r.count !== r.weight],
  [(c) => c.count.in([v.count, 1]), (r) => r.count === v.count || r.count === 1],
  [(c) => c.count.notIn([v.count, 1]), (r) => !(r.count === v.count || r.count === 1)],
  [
    (c) => c.blob.in([v.blob, ...Array(9).fill(new Uint8Array([1]))]),
    (r) => same(r.blob, v.blob) || same(r.blob, new Uint8Array([1])),
  ],
  [(c) => c.large.in([v.large, ...Array(9).fill(5n)]), (r) => r.large === v.large || r.large === 5n],
  [(c) => c.weight.in([v.weight, ...Array(9).fill(1)]), (r) => r.weight === v.weight || r.weight === 1],
  [(c) => c.name.startsWith(v.name), (r) => r.name.startsWith(v.name)],
  [(c) => c.name.endsWith(v.name), (r) => r.name.endsWith(v.name)],
  [(c) => c.name.contains(v.name), (r) => r.name.includes(v.name)],
  [(c) => c.tag.startsWith(v.name), (r) => r.tag !== null && folded(r.tag).startsWith(folded(v.name))],
  [(c) => c.tag.endsWith(v.name), (r) => r.tag !== null && folded(r.tag).endsWith(folded(v.name))],
  [(c) => c.tag.contains(v.name), (r) => r.tag !== null && folded(r.tag).includes(folded(v.name))],
  [
    (c) => or(c.flag.eq(v.flag), and(c.count.isNull(), c.tag.isNotNull())).not(),
    (r) => !(r.flag === v.flag || (r.count === null && r.tag !== null)),
  ],
];
const same = (a: Uint8Array | null, b: Uint8Array | null) => (a && b ? Buffer.compare(a, b) === 0 : a === b);

test('SQLite finds what an array filter finds', () => {
  fc.assert(
    fc.property(fc.array(content, { maxLength: 12 }), content, (contents, value) => {
      const rows = rowsOf([...contents, value]);
      const store = sampleStore(rows);
      for (const [where, filter] of claims(value)) {
        const wanted = rows.filter(filter).map((row) => row.storeId);
        expect(things(where, store).all(), String(where)).toEqual(wanted);
        const again = JSON.parse(JSON.stringify(things(where, store)));
        const query = Query.fromJSON(store, again);
        expect(query.all(), String(where)).toEqual(wanted);
      }
    }),
    { numRuns: 60 },
  );
});

test('a membership test sees the nulls of a query, as of a list', () => {
  const rows = [
    { storeId: 1, count: 1 },
    { storeId: 2, count: null },
    { storeId: 3, count: 3 },
  ];
  const store = sampleStore(rows);
  const counts = things((c) => c.storeId.lte(2), store).pluck((c) => c.count);
  expect(things((c) => c.count.in(counts), store).all()).toEqual([1, 2]);
  expect(things((c) => c.count.notIn(counts), store).all()).toEqual([3]);
});

test('2,000 different alternatives work', () => {
  const store = sampleStore(Array.from({ length: 50 }, (_, i) => ({ storeId: i + 1, count: i * 10 })));
  const many = (c: Columns<Thing>) => Array.from({ length: 2000 }, (_, i) => c.count.eq(i).and(c.name.ne(String(i))));
  expect(things((c) => or(...many(c)), store).count()).toBe(50);
});

test('the successor of a prefix is the next text that does not have it', () => {
  expect(successor('a\uD7FF')).toBe('a\uE000');
  expect(successor('a\u{10FFFF}\u{10FFFF}')).toBe('b');
  expect(successor('\u{10FFFF}')).toBeUndefined();
});
