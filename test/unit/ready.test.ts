import { describe, expect, test } from 'vitest';
import type {
  ColumnRef,
  ConditionNode,
  ListNode,
  OperandNode,
  OrderNode,
  QuerySpec,
  ValueNode,
} from '../../src/query/ast.js';
import { and } from '../../src/query/condition.js';
import { compileAggregate, compileRows } from '../../src/query/sql/compile.js';
import { idLayout, layoutOf, layoutWithKeys } from '../../src/query/sql/layout.js';
import { type Reads, readyAggregate, readyRows } from '../../src/query/sql/ready.js';
import type { CompileContext } from '../../src/query/sql/select.js';
import type { Attribute } from '../../src/schema/attribute.js';
import type { ItemType } from '../../src/schema/item-type.js';
import { fc } from '../support/chance.js';
import { context, other, specOfQuery, thing, things, UID } from './query-sample.js';

/** Types of other classes that are stored under the same name, with a column that is compared otherwise. */
const [namesake, stranger] = (['binary', 'nocase'] as const).map((collate): ItemType => {
  const name = { ...other.byName.get('title'), name: 'name', collate } as Attribute;
  return { ...other, attributes: [name], byName: new Map([['name', name]]) };
}) as [ItemType, ItemType];
const from: QuerySpec['from'] = [{ type: thing, isOptional: false }];

// Of everything there is little, so that many questions differ in one thing only, and many in nothing but values.
const own = fc.constantFrom('name', 'large', 'self').map((name): ValueNode => ({ source: 0, name }));
/** Values whose SQL is more than a name, or depends on what they are compared with. */
const others = fc.constantFrom<ValueNode>(
  { source: 0, path: ['friend'], name: 'name' },
  { at: ['a'], of: { source: 0, name: 'doc' } },
  { fn: 'plus', of: { source: 0, name: 'count' }, with: [{ value: 7 }] },
  { fn: 'plus', of: { source: 0, name: 'count' }, with: [{ value: 8 }] },
);
const value = fc.oneof({ weight: 4, arbitrary: own }, { weight: 1, arbitrary: others });
const cell = fc.constantFrom('', 'a', 1, 2 ** 60, new Uint8Array([1]));
const ref = fc.record({ ref: fc.nat(3), store: fc.constantFrom(UID, 'store-2') });
const operand: fc.Arbitrary<OperandNode> = fc.oneof(
  cell.map((one) => ({ value: one })),
  value.map((column) => ({ column })),
  ref,
);
const length = fc.constantFrom(0, 1, 2, 8, 9);
const list: fc.Arbitrary<ListNode> = fc.oneof(
  length.chain((size) => fc.record({ values: fc.array(cell, { minLength: size, maxLength: size }) })),
  length.chain((size) => fc.record({ refs: fc.tuple(refGroup(size)) })),
  fc.constantFrom(1, 2).map((limit) => ({ query: { from, orderBy: [], distinct: false, limit } })),
);
const refGroup = (size: number) =>
  fc.record({
    store: fc.constantFrom(UID, 'store-2'),
    ids: fc.array(fc.nat(3), { minLength: size, maxLength: size }),
  });
const leaf: fc.Arbitrary<ConditionNode> = fc.oneof(
  fc.record({ op: fc.constantFrom('eq', 'ne', 'lt', 'gte'), column: value, to: operand }),
  fc.record({ op: fc.constantFrom('isNull', 'isNotNull'), column: value }),
  fc.record({ op: fc.constant('between'), column: own, low: operand, high: operand }),
  fc.record({ op: fc.constantFrom('in', 'notIn'), column: own, list, orNull: fc.boolean() }),
  fc.record({
    op: fc.constantFrom('startsWith', 'endsWith', 'contains'),
    column: fc.constantFrom('name', 'tag').map((name) => ({ source: 0, name })),
    // Nothing comes after the last one.
    text: fc.constantFrom('', 'a', 'B', '\u{10ffff}'),
  }),
  fc.record({
    op: fc.constant('like'),
    column: fc.constantFrom('name', 'tag').map((name) => ({ source: 0, name })),
    pattern: fc.constantFrom('a%', 'b%'),
    escape: fc.constantFrom('\\', '!'),
  }),
  fc.record({ op: fc.constant('like'), column: own, pattern: fc.constantFrom('a%', 'b%') }),
) as fc.Arbitrary<ConditionNode>;
/** Conditions in conditions, of which the innermost say next to nothing. */
const { tree } = fc.letrec<{ tree: ConditionNode }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(1, 2).map((to) => ({ op: 'eq', column: { source: 0, name: 'name' }, to: { value: to } })),
    fc.record({ op: fc.constantFrom('and', 'or'), of: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({ op: fc.constant('and'), of: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ op: fc.constant('not'), of: tie('tree') }),
  ) as fc.Arbitrary<ConditionNode>,
}));
const equality = fc.record({ op: fc.constant('eq' as const), column: own, to: fc.record({ value: cell }) });
const long = fc.record({
  op: fc.constantFrom('and' as const, 'or' as const),
  of: fc.constantFrom(8, 9).chain((size) => fc.array(equality, { minLength: size, maxLength: size })),
});
const order: fc.Arbitrary<OrderNode> = fc.record({
  column: fc.oneof(
    fc.constant<ValueNode>({ source: 0, name: 'tag' }),
    fc.constant<ValueNode>({ source: 0, name: 'weight' }),
    others,
  ),
  direction: fc.constantFrom('asc', 'desc'),
  nulls: fc.constantFrom('first', 'last'),
});
/** What stands in a question of two types, or in what these refer to. */
const far: fc.Arbitrary<ColumnRef> = fc.constantFrom<ColumnRef>(
  ...['name', 'storeId'].flatMap((name) => [
    { source: 0, name },
    { source: 1, name },
    { source: 0, path: ['friend'], name },
    { source: 0, path: ['friend', 'friend'], name },
  ]),
);
const second = fc.constantFrom(
  { type: thing, isOptional: false },
  { type: thing, isOptional: true },
  { type: namesake, isOptional: false },
  { type: stranger, isOptional: false },
);
const tied = fc.record({ op: fc.constantFrom('eq', 'lt'), column: far, to: fc.oneof(operand, far.map(toColumn)) });

function toColumn(column: ColumnRef): OperandNode {
  return { column };
}

/** Questions that differ in one place: what they say there, by the members of a question. */
const kinds: readonly fc.Arbitrary<Partial<QuerySpec>>[] = [
  fc.record({ where: leaf }),
  fc.record({ where: tree }),
  fc.record({ where: long }),
  fc.record({ pieces: fc.array(leaf, { minLength: 1, maxLength: 3 }), limit: maybe(fc.nat(2)) }),
  fc.record({ where: maybe(equality), orderBy: fc.array(order, { maxLength: 2 }) }),
  fc.record({ limit: maybe(fc.nat(2)), offset: maybe(fc.nat(2)), pluck: maybe(own), distinct: fc.boolean() }),
  fc.record({ select: fc.array(fc.record({ name: fc.constantFrom('a', 'b'), column: value }), { maxLength: 2 }) }),
  fc.record({
    from: second.map((one): QuerySpec['from'] => [{ type: thing, isOptional: false }, one]),
    where: maybe(tied as fc.Arbitrary<ConditionNode>),
    pluck: maybe(far),
  }),
  fc.record({ firstPer: maybe(fc.tuple(own)), where: maybe(equality) }),
].map((kind) => kind.map(said));

/** Without the members that are undefined. */
function said(given: { readonly [K in keyof QuerySpec]?: QuerySpec[K] | undefined }): Partial<QuerySpec> {
  return Object.fromEntries(Object.entries(given).filter(([, part]) => part !== undefined));
}

function maybe<V>(one: fc.Arbitrary<V>): fc.Arbitrary<V | undefined> {
  return fc.option(one, { freq: 2, nil: undefined });
}

const store: fc.Arbitrary<CompileContext> = fc.constantFrom(
  context,
  { ...context, tableOf: () => '"thing 2"' },
  { ...context, tableOf: () => undefined },
  { ...context, tableOf: (type: ItemType) => (type === thing ? '"thing"' : '"other"') },
  { ...context, foreignItems: 'nothing' as const },
  { ...context, uid: 'store-2' },
);

/** What one asker gives for a question, and what is given where nothing is known of the questions before. */
interface Asker {
  readonly ready: (spec: QuerySpec, of: CompileContext) => unknown;
  readonly anew: (spec: QuerySpec, of: CompileContext) => unknown;
}
const rowsAsker = (reads: Reads, layout: typeof idLayout): Asker => ({
  ready: (spec, of) => readyRows(spec, reads, of),
  anew: (spec, of) => ({ layout: layout(spec), compiled: compileRows(spec, layout(spec), of) }),
});
// Only pages have pieces.
const aggregateAsker = (fn: 'count' | 'max', of?: ValueNode): Asker => ({
  ready: ({ pieces: _, ...spec }, store) => readyAggregate(spec, fn, of, store),
  anew: ({ pieces: _, ...spec }, store) => compileAggregate(spec, fn, of, store),
});
const asker = fc.constantFrom(
  rowsAsker('answer', (spec) => layoutOf(spec)),
  rowsAsker('answer and keys', layoutWithKeys),
  rowsAsker('ids', idLayout),
  aggregateAsker('count'),
  aggregateAsker('count', { source: 0, name: 'tag' }),
  aggregateAsker('max', { source: 0, name: 'count' }),
  aggregateAsker('max', { at: ['a'], of: { source: 0, name: 'doc' } }),
  aggregateAsker('max', { at: ['b'], of: { source: 0, name: 'doc' } }),
);
/** Questions of one kind, as two askers ask them. */
const asked = fc.tuple(fc.constantFrom(...kinds), fc.tuple(asker, asker)).chain(([kind, askers]) => {
  const question = kind.map((parts): QuerySpec => ({ from, orderBy: [], distinct: false, ...parts }));
  return fc.array(fc.tuple(question, fc.constantFrom(...askers), store), { minLength: 60, maxLength: 100 });
});

/** As text, which leaves functions out: codecs of calculated values are made anew each time. */
const outcome = (ask: () => unknown): string => {
  try {
    return JSON.stringify([ask()], (key, part) => (key === 'type' ? part.name : part));
  } catch (error) {
    return String(error);
  }
};

describe('questions of the same shape', () => {
  test('asked after any others, and again, a question has the SQL, parameters and layout that it has alone', () => {
    fc.assert(
      fc.property(asked, (questions) => {
        for (const [spec, { ready, anew }, of] of [...questions, ...questions.toReversed()]) {
          expect(outcome(() => ready(spec, of))).toBe(outcome(() => anew(spec, of)));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('columns of two types that are called the same are told apart', () => {
    const two: QuerySpec = { from: [...from, ...from], orderBy: [], distinct: false };
    const largest = (source: number) => readyAggregate(two, 'max', { source, name: 'count' }, context)?.sql;
    expect(largest(0)).toContain('max("thing"."count")');
    expect(largest(1)).toContain('max("thing 2"."count")');
  });

  test('what a reference leads to is read where it is stored, whatever another store has', () => {
    const type: ItemType = { ...thing, referredType: () => other };
    const spec: QuerySpec = {
      from: [{ type, isOptional: false }],
      orderBy: [],
      distinct: false,
      pluck: { source: 0, path: ['friend'], name: 'title' },
    };
    const tableOf = (one: ItemType) => (one === type ? '"thing"' : '"other"');
    const without = (one: ItemType) => (one === type ? '"thing"' : undefined);
    const ask = (of: CompileContext) => readyRows(spec, 'answer', of).compiled?.sql;
    expect(ask({ ...context, tableOf })).toContain('JOIN "other"');
    expect(ask({ ...context, tableOf: without })).toContain('SELECT NULL');
  });

  test('long lists of other lengths, and other texts, make no other shape', () => {
    const ask = (ids: readonly number[], text: string) =>
      readyRows(
        specOfQuery(things((c) => c.count.in(ids).and(c.name.startsWith(text)).and(c.friend.to.name.eq(text)))),
        'answer',
        context,
      );
    const nine = Array.from({ length: 9 }, (_, n) => n);
    const [first, second] = [ask(nine, 'a'), ask([...nine, 9], 'b')];
    expect(second.layout).toBe(first.layout);
    expect(second.compiled?.values).toEqual(['[0,1,2,3,4,5,6,7,8,9]', 'b', 'c', 'b']);
  });

  test('other values make no other shape', () => {
    const page = (least: number, friend: number, limit: number) =>
      readyRows(
        specOfQuery(
          things((c) => c.count.between(least, least + 1).or(c.name.in([`${least}`, 'b']).not()))
            .where((c) => c.storeId.ne(friend))
            .orderBy((c) => c.count.desc())
            .limit(limit)
            .offset(limit),
        ),
        'answer',
        context,
      );
    const [first, second] = [page(1, 2, 3), page(4, 5, 6)];
    expect(second.layout).toBe(first.layout);
    expect(second.compiled?.sql).toBe(first.compiled?.sql);
    expect(second.compiled?.values).toEqual([4, 5, '4', 'b', 5, 6, 6]);
  });

  test('how many shapes are known has a limit: of many, the oldest is made anew', () => {
    const bits = (n: number) => [...n.toString(2)];
    const ask = (n: number) => {
      const query = things((c) => and(...bits(n).map((bit) => (bit === '1' ? c.count.isNull() : c.tag.isNull()))));
      return readyRows(specOfQuery(query), 'answer', context).layout;
    };
    const first = ask(0);
    expect(ask(0)).toBe(first);
    const last = Array.from({ length: 1000 }, (_, n) => ask(n + 1)).at(-1);
    expect(ask(1000)).toBe(last);
    expect(ask(0)).not.toBe(first);
  });

  test('a question with very many values is not kept', () => {
    const query = things((c) => and(...Array.from({ length: 65 }, (_, n) => c.count.ne(n))));
    const ask = () => readyRows(specOfQuery(query), 'answer', context).layout;
    expect(ask()).not.toBe(ask());
  });
});
