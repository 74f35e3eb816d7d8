import {
  bigint,
  boolean,
  bytes,
  type Columns,
  type Condition,
  type CreateInput,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  not,
  or,
  type Query,
  real,
  Store,
  text,
  timestamp,
} from 'corollary';
import { expect, test } from 'vitest';
import { aDirectory } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';

// The same items, spread over a tree of stores and together in one: every question has the same answer.

@item('thing')
class Thing extends Item {
  @integer() declare serial: number;
  @text({ nullable: true }) declare name: string | null;
  @text({ collate: 'nocase', nullable: true }) declare alias: string | null;
  @integer({ nullable: true }) declare size: number | null;
  @real({ nullable: true }) declare weight: number | null;
  @bigint({ nullable: true }) declare stars: bigint | null;
  @decimal({ scale: 2, nullable: true }) declare price: Decimal | null;
  @timestamp({ nullable: true }) declare made: Date | null;
  @boolean({ nullable: true }) declare good: boolean | null;
  @bytes({ nullable: true }) declare mark: Uint8Array | null;
}

type Key = 'name' | 'alias' | 'size' | 'weight' | 'stars' | 'price' | 'made' | 'good' | 'mark';
const KEYS: readonly Key[] = ['name', 'alias', 'size', 'weight', 'stars', 'price', 'made', 'good', 'mark'];
const NUMERIC = ['size', 'weight', 'stars', 'price'] as const;
const ORDERED = ['name', 'alias', 'size', 'weight', 'stars', 'price', 'made'] as const;

type Values = Omit<CreateInput<Thing>, 'serial'>;
type Columned = Columns<Thing>;

// Few values each, so that there are many ties; odd ones, so that orders of JavaScript and SQLite can be told apart.
const nullable = <T>(values: readonly T[]) => fc.constantFrom<(T | null)[]>(null, ...values);
const words = ['', 'a', 'A', 'b', 'Z', 'ab', 'é', 'É', '10', '9', '\uffee', '\u{1f600}', 'a b', '%', '_'];
const aThing: fc.Arbitrary<Values> = fc.record({
  name: nullable(words),
  alias: nullable(words),
  size: nullable([0, -0, 1, -1, 2, 10, 2 ** 40, -(2 ** 40)]),
  weight: nullable([0, -0, 0.1, 0.2, -0.3, 1e-9, 1e6, -1e6]),
  stars: nullable([0n, 1n, -1n, 2n ** 60n, 2n ** 60n + 1n, -(2n ** 60n)]),
  price: nullable(['0.00', '0.01', '-0.01', '1.10', '10.00', '9.99', '99999999.99'] as Decimal[]),
  made: nullable([new Date(0), new Date(-1), new Date(1), new Date(1e12)]),
  good: nullable([true, false]),
  mark: nullable([new Uint8Array(), Uint8Array.of(0), Uint8Array.of(0xff), Uint8Array.of(1, 2)]),
}) as fc.Arbitrary<Values>;

/** Each number is the parent of one store, counted from 0, the root. */
const aShape = fc
  .array(fc.nat(), { minLength: 1, maxLength: 6 })
  .map((numbers) => numbers.map((number, i) => number % (i + 1)));

const someThings = fc.array(fc.tuple(fc.nat(), aThing), { maxLength: 30, size: 'max' });

type Narrow = (c: Columned) => Condition;
const FILTERS: readonly (readonly [told: string, narrow: Narrow | undefined])[] = [
  ['all', undefined],
  ['none', (c) => c.serial.lt(0)],
  ['name eq', (c) => c.name.eq('a')],
  ['name ne', (c) => c.name.ne('a')],
  ['name is null', (c) => c.name.isNull()],
  ['name starts', (c) => c.name.startsWith('a')],
  ['name contains', (c) => c.name.contains('%')],
  ['name between', (c) => c.name.between('A', 'b')],
  ['alias eq', (c) => c.alias.eq('A')],
  ['alias in', (c) => c.alias.in(['a', null, 'z'])],
  ['alias starts', (c) => c.alias.startsWith('A')],
  ['size gt', (c) => c.size.gt(0)],
  ['size notIn', (c) => c.size.notIn([0, 1])],
  ['weight lt', (c) => c.weight.lte(0.1)],
  ['stars gt', (c) => c.stars.gte(2n ** 60n + 1n)],
  ['price between', (c) => c.price.between('0', '9.99')],
  ['made before', (c) => c.made.lt(new Date(1))],
  ['good', (c) => c.good.eq(true)],
  ['not good', (c) => not(c.good.eq(true))],
  ['mark', (c) => c.mark.ne(Uint8Array.of(0))],
  ['either', (c) => or(c.size.isNull(), c.name.gt('Z'))],
  ['one column and another', (c) => c.size.gt(c.serial)],
  ['a column and itself', (c) => c.name.ne(c.name)],
];
const anOrder = fc.record({
  key: fc.constantFrom(...ORDERED),
  direction: fc.constantFrom('asc' as const, 'desc' as const),
  nulls: fc.constantFrom(undefined, 'first' as const, 'last' as const),
});
const aQuestion = fc.record({
  filter: fc.constantFrom(...FILTERS),
  orders: fc.array(anOrder, { maxLength: 3 }),
  limit: fc.option(fc.nat(12), { nil: undefined }),
  offset: fc.option(fc.nat(12), { nil: undefined }),
});
type QuestionSpec = typeof aQuestion extends fc.Arbitrary<infer Q> ? Q : never;

function asked(start: Query<Thing>, { filter: [, narrow], orders, limit, offset }: QuestionSpec): Query<Thing> {
  const narrowed = narrow === undefined ? start : start.where(narrow);
  const ordered = orders.reduce(
    (query, { key, direction, nulls }) => query.orderBy((c) => c[key][direction](nulls === undefined ? {} : { nulls })),
    narrowed,
  );
  const limited = limit === undefined ? ordered : ordered.limit(limit);
  return offset === undefined ? limited : limited.offset(offset);
}

// Which kind of column it is matters to the compiler only.
const column = (key: Key) => (c: Columned) => c[key as 'size'];

/** What an aggregate gives, or the code of the error it throws. */
function outcomeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}

/** Every answer to a question, by what was asked. */
function answersTo(query: Query<Thing>): Record<string, unknown> {
  const byKey = (keys: readonly Key[], act: (key: Key) => unknown) =>
    Object.fromEntries(keys.map((key) => [key, outcomeOf(() => act(key))]));
  return {
    items: query.all().map((thing) => thing.serial),
    serials: query.pluck((c) => c.serial).all(),
    first: query.first()?.serial,
    one: outcomeOf(() => query.one().serial),
    count: query.count(),
    exists: query.exists(),
    plucked: byKey(KEYS, (key) => query.pluck(column(key)).all()),
    sums: byKey(NUMERIC, (key) => rounded(query.sum(column(key)))),
    averages: byKey(NUMERIC, (key) => rounded(query.avg(column(key)))),
    smallest: byKey(ORDERED, (key) => folded(key, query.min(column(key)))),
    largest: byKey(ORDERED, (key) => folded(key, query.max(column(key)))),
  };
}

/** The distinct values of a query without order, limit and offset: in any order, each as often as it was listed. */
function distinctOf(query: Query<Thing>): Record<string, unknown> {
  const values = (key: Key) => query.pluck(column(key)).distinct();
  const told = (key: Key, value: unknown) => (value instanceof Uint8Array ? value.join() : String(folded(key, value)));
  return Object.fromEntries(
    KEYS.map((key) => [
      key,
      [
        values(key).count(),
        ...values(key)
          .all()
          .map((value) => told(key, value))
          .sort(),
      ],
    ]),
  );
}

// Sums and averages of real numbers are right to 1e-12 of the numbers summed, which are below 1e8 here.
const rounded = (value: unknown) => (typeof value === 'number' ? Math.round(value * 1e4) / 1e4 + 0 : value);
// Which of 'a' and 'A' stands for both is left open.
const folded = (key: Key, value: unknown) =>
  key === 'alias' && typeof value === 'string' ? value.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) : value;

/** The same items in a tree and in one store, in the order of the tree: by path, then by storeId. */
function twoForms(shape: readonly number[], things: readonly (readonly [number, Values])[], place: string | undefined) {
  const open = (name: string) =>
    place === undefined
      ? Store.inMemory()
      : Store.open(`${place}/${name}`, { durability: 'relaxed', maxOpenSubstores: 2 });
  const [tree, one] = [open('tree'), open('one')];
  const stores = [tree];
  shape.forEach((parent, i) => void stores.push(stores[parent]!.substores.create(`s${(i * 7) % 10}`)));
  const withSerials = things.map(([where, values], serial) => ({
    where: stores[where % stores.length]!,
    values: { ...values, serial },
  }));
  for (const { where, values } of withSerials) where.create(Thing, values);
  for (const store of tree.tree.stores())
    for (const { where, values } of withSerials) if (where === store) one.create(Thing, values);
  return { tree, one };
}

function holds(place: string | undefined) {
  return (shape: number[], things: [number, Values][], questions: QuestionSpec[]) => {
    const { tree, one } = twoForms(shape, things, place === undefined ? undefined : `${place}/${runNumber++}`);
    try {
      for (const question of questions)
        expect(answersTo(asked(tree.tree.query(Thing), question))).toEqual(
          answersTo(asked(one.query(Thing), question)),
        );
      const filter = questions[0]!.filter;
      const unordered = { filter, orders: [], limit: undefined, offset: undefined };
      expect(distinctOf(asked(tree.tree.query(Thing), unordered))).toEqual(
        distinctOf(asked(one.query(Thing), unordered)),
      );
    } finally {
      tree.close();
      one.close();
    }
  };
}
let runNumber = 0;

const someQuestions = fc.array(aQuestion, { minLength: 4, maxLength: 4 });

// A failure prints its seed and path.
test('a tree in memory answers as one store', { timeout: lawTimeout }, () => {
  fc.assert(fc.property(aShape, someThings, someQuestions, holds(undefined)), { numRuns: cases(12) });
});

test('a tree on disk answers as one store', { timeout: lawTimeout }, () => {
  fc.assert(fc.property(aShape, someThings, someQuestions, holds(aDirectory())), { numRuns: cases(2) });
});
