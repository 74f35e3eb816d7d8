import {
  and,
  bigint,
  boolean,
  bytes,
  type Columns,
  type Condition,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  not,
  type Order,
  or,
  Query,
  real,
  type Store,
  text,
  timestamp,
} from 'corollary';
import { expect, test } from 'vitest';
import { aStore } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';

@item('sample')
class Sample extends Item {
  @text({ nullable: true, indexed: true }) declare word: string | null;
  @text({ nullable: true, collate: 'nocase' }) declare login: string | null;
  @integer({ nullable: true, indexed: true }) declare count: number | null;
  @integer({ nullable: true }) declare limit: number | null;
  @bigint({ nullable: true }) declare large: bigint | null;
  @real({ nullable: true }) declare weight: number | null;
  @boolean({ nullable: true }) declare flag: boolean | null;
  @timestamp({ nullable: true }) declare at: Date | null;
  @bytes({ nullable: true }) declare raw: Uint8Array | null;
  @decimal({ scale: 2, nullable: true }) declare price: Decimal | null;
}
type Key = Exclude<keyof Sample, keyof Item>;
type Row = { readonly [K in Key]: Sample[K] };

/** What a database should find, said twice: in the language of queries, and as a plain function on values. */
interface Asked {
  readonly said: string;
  readonly where: (c: Columns<Sample>) => Condition;
  readonly holds: (row: Row) => boolean;
}
interface Sorted {
  readonly said: string;
  readonly order: (c: Columns<Sample>) => Order;
  readonly compare: (a: Row, b: Row) => number;
}

// Few values, so that rows meet each other and the operands of conditions.
const letters = fc.string({
  unit: fc.constantFrom('a', 'A', 'b', '%', '_', '\\', 'é', 'É', '😀', '\uffee'),
  maxLength: 4,
});
const values: { readonly [K in Key]: fc.Arbitrary<NonNullable<Sample[K]>> } = {
  word: letters,
  login: letters,
  count: fc.constantFrom(-2, -1, 0, 1, 2, Number.MAX_SAFE_INTEGER),
  limit: fc.constantFrom(-2, -1, 0, 1, 2, Number.MAX_SAFE_INTEGER),
  large: fc.constantFrom(-(2n ** 63n), -1n, 0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  weight: fc.constantFrom(-1e300, -0.5, 0, 5e-324, 0.1, 3, 2 ** 60),
  flag: fc.boolean(),
  at: fc.constantFrom(-1, 0, 1, 8.64e15).map((ms) => new Date(ms)),
  raw: fc.uint8Array({ max: 2, maxLength: 2 }),
  price: fc.constantFrom('-9.99', '-0.01', '0.00', '9.99', '10.00').map((price) => price as Decimal),
};
const KEYS = Object.keys(values) as Key[];
const orNull = <V>(value: fc.Arbitrary<V>) => fc.option(value, { freq: 4, nil: null });
const row: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(KEYS.map((key) => [key, orNull<unknown>(values[key])])) as never,
);

const utf8 = (one: string) => Buffer.from(one, 'utf8');
const folded = (one: string) => one.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** How SQLite compares two values of a column that are not null. */
function compare(key: Key, a: unknown, b: unknown): number {
  if (key === 'login') return Buffer.compare(utf8(folded(a as string)), utf8(folded(b as string)));
  if (typeof a === 'string' && key === 'word') return Buffer.compare(utf8(a), utf8(b as string));
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array);
  const [x, y] = key === 'price' ? [Number(a), Number(b)] : [a as number, b as number];
  return x < y ? -1 : Number(x > y);
}
const same = (key: Key, a: unknown, b: unknown) => (a === null || b === null ? a === b : compare(key, a, b) === 0);

type Operators = Record<string, (...operands: readonly unknown[]) => Condition>;
const columnOf = (c: Columns<Sample>, key: Key) => c[key] as unknown as Operators;
const show = (value: unknown) => (typeof value === 'bigint' ? `${value}n` : JSON.stringify(value));

const ORDERED = ['word', 'login', 'count', 'large', 'weight', 'at', 'price'] as const;
const COMPARISONS = {
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
};
const SEARCHES = {
  startsWith: (all: string, part: string) => all.startsWith(part),
  endsWith: (all: string, part: string) => all.endsWith(part),
  contains: (all: string, part: string) => all.includes(part),
};

const equality = fc.constantFrom(...KEYS).chain((key) =>
  fc.tuple(fc.constantFrom('eq', 'ne'), orNull(values[key] as fc.Arbitrary<unknown>)).map(
    ([op, value]): Asked => ({
      said: `${key} ${op} ${show(value)}`,
      where: (c) => columnOf(c, key)[op]!(value),
      holds: (one) => same(key, one[key], value) === (op === 'eq'),
    }),
  ),
);

const comparison = fc.constantFrom(...ORDERED).chain((key) =>
  fc
    .tuple(
      fc.constantFrom(...(Object.keys(COMPARISONS) as (keyof typeof COMPARISONS)[])),
      values[key] as fc.Arbitrary<unknown>,
    )
    .map(
      ([op, value]): Asked => ({
        said: `${key} ${op} ${show(value)}`,
        where: (c) => columnOf(c, key)[op]!(value),
        holds: (one) => one[key] !== null && COMPARISONS[op](compare(key, one[key], value)),
      }),
    ),
);

const between = fc.constantFrom(...ORDERED).chain((key) =>
  fc.tuple(values[key] as fc.Arbitrary<unknown>, values[key] as fc.Arbitrary<unknown>).map(
    ([low, high]): Asked => ({
      said: `${key} between ${show(low)} and ${show(high)}`,
      where: (c) => columnOf(c, key).between!(low, high),
      holds: (one) => one[key] !== null && compare(key, one[key], low) >= 0 && compare(key, one[key], high) <= 0,
    }),
  ),
);

const membership = fc.constantFrom(...KEYS).chain((key) =>
  fc
    .tuple(fc.constantFrom('in', 'notIn'), fc.array(orNull(values[key] as fc.Arbitrary<unknown>), { maxLength: 4 }))
    .map(
      ([op, list]): Asked => ({
        said: `${key} ${op} ${list.map(show)}`,
        where: (c) => columnOf(c, key)[op]!(list),
        holds: (one) => list.some((value) => same(key, one[key], value)) === (op === 'in'),
      }),
    ),
);

const nullTest = fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom('isNull', 'isNotNull')).map(
  ([key, op]): Asked => ({
    said: `${key} ${op}`,
    where: (c) => columnOf(c, key)[op]!(),
    holds: (one) => (one[key] === null) === (op === 'isNull'),
  }),
);

const search = fc
  .tuple(
    fc.constantFrom('word', 'login'),
    fc.constantFrom(...(Object.keys(SEARCHES) as (keyof typeof SEARCHES)[])),
    letters,
  )
  .map(([key, op, part]): Asked => {
    const seen = key === 'login' ? folded : (all: string) => all;
    return {
      said: `${key} ${op} ${show(part)}`,
      where: (c) => columnOf(c, key as Key)[op]!(part),
      holds: (one) => one[key as 'word'] !== null && SEARCHES[op](seen(one[key as 'word']!), seen(part)),
    };
  });

const columns = fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte').map(
  (op): Asked => ({
    said: `count ${op} limit`,
    where: (c) => columnOf(c, 'count')[op]!(c.limit),
    holds: ({ count, limit }) => {
      if (op === 'eq' || op === 'ne') return (count === limit) === (op === 'eq');
      return count !== null && limit !== null && COMPARISONS[op as 'lt'](count - limit);
    },
  }),
);

const leaf = fc.oneof(equality, comparison, between, membership, nullTest, search, columns);
const { condition } = fc.letrec<{ condition: Asked; junction: Asked; negation: Asked }>((tie) => ({
  condition: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie('junction'), tie('negation')),
  junction: fc.tuple(fc.constantFrom('and', 'or'), fc.array(tie('condition'), { maxLength: 3 })).map(([op, parts]) => ({
    said: `${op}(${parts.map((part) => part.said).join(', ')})`,
    where: (c: Columns<Sample>) => (op === 'and' ? and : or)(...parts.map((part) => part.where(c))),
    holds: (one: Row) =>
      op === 'and' ? parts.every((part) => part.holds(one)) : parts.some((part) => part.holds(one)),
  })),
  negation: tie('condition').map((inner) => ({
    said: `not(${inner.said})`,
    where: (c: Columns<Sample>) => not(inner.where(c)),
    holds: (one: Row) => !inner.holds(one),
  })),
}));

const sorted = fc
  .tuple(fc.constantFrom(...KEYS), fc.constantFrom('asc', 'desc'), fc.constantFrom('first', 'last', undefined))
  .map(([key, direction, nulls]): Sorted => {
    const sign = direction === 'asc' ? 1 : -1;
    const nullsAt = (nulls ?? (direction === 'asc' ? 'first' : 'last')) === 'first' ? -1 : 1;
    const order = (a: unknown, b: unknown) => {
      if (a === null || b === null) return (Number(a === null) - Number(b === null)) * nullsAt;
      return compare(key, a, b) * sign;
    };
    return {
      said: `${key} ${direction} ${nulls}`,
      order: (c) => (c[key] as Columns<Sample>['count'])[direction as 'asc'](nulls === undefined ? {} : { nulls }),
      compare: (a, b) => order(a[key], b[key]),
    };
  });

const rows = fc.array(row, { minLength: 1, maxLength: 25, size: 'max' });
const asked = condition.map((one) => Object.assign(one, { [fc.toStringMethod]: () => one.said }));
const orders = fc.array(
  sorted.map((one) => Object.assign(one, { [fc.toStringMethod]: () => one.said })),
  { maxLength: 3 },
);

/** Runs a law on a store that holds just these rows; what it does is undone. */
function inStoreWith(store: Store, given: readonly Row[], law: (items: readonly Sample[]) => void): void {
  const undone = new Error('undone');
  const run = () =>
    store.transact(() => {
      law(store.createMany(Sample, given as never, { items: true }));
      throw undone;
    });
  try {
    run();
  } catch (error) {
    if (error !== undone) throw error;
  }
}

const valuesOf = (one: Sample) => Object.fromEntries(KEYS.map((key) => [key, one[key]])) as unknown as Row;
const fulfilled = (items: readonly Sample[], { holds }: Asked) => items.filter((one) => holds(valuesOf(one)));
/** Ties keep the order of creation, which is that of the ids: JavaScript's sort is stable. */
const inOrder = (items: readonly Sample[], by: readonly Sorted[]) =>
  [...items].sort((a, b) => by.reduce((found, { compare: one }) => found || one(valuesOf(a), valuesOf(b)), 0));

test('a query finds what an array filter finds, in the order that an array sort gives', { timeout: lawTimeout }, () => {
  const store = aStore({ types: [Sample], durability: 'relaxed' });

  fc.assert(
    fc.property(rows, asked, orders, (given, one, by) => {
      inStoreWith(store, given, (items) => {
        const query = by.reduce((all, { order }) => all.orderBy(order), store.query(Sample, one.where));
        const expected = inOrder(fulfilled(items, one), by);
        const ids = (list: readonly Sample[]) => list.map((found) => found.storeId);

        expect(ids(query.all())).toEqual(ids(expected));
        expect(ids([...query.pages(4)].flat())).toEqual(ids(expected));
        expect(ids(query.limit(3).offset(1).all())).toEqual(ids(expected.slice(1, 4)));
        expect(query.count()).toBe(expected.length);
      });
    }),
    { numRuns: cases(150) },
  );
});

test('not(x) finds exactly what x does not', { timeout: lawTimeout }, () => {
  const store = aStore({ types: [Sample], durability: 'relaxed' });

  fc.assert(
    fc.property(rows, asked, (given, one) => {
      inStoreWith(store, given, (items) => {
        const found = new Set(store.query(Sample, one.where).all());
        const rest = store.query(Sample, (c) => not(one.where(c))).all();

        expect(rest).toEqual(items.filter((each) => !found.has(each)));
      });
    }),
    { numRuns: cases(100) },
  );
});

test('a query that was JSON text meanwhile finds the same', { timeout: lawTimeout }, () => {
  const store = aStore({ types: [Sample], durability: 'relaxed' });

  fc.assert(
    fc.property(rows, asked, orders, (given, one, by) => {
      inStoreWith(store, given, () => {
        const query = by.reduce((all, { order }) => all.orderBy(order), store.query(Sample, one.where));
        const back = Query.fromJSON<Sample>(store, JSON.parse(JSON.stringify(query)));

        expect(back.all()).toEqual(query.all());
      });
    }),
    { numRuns: cases(50) },
  );
});

test('aggregates are what an array reduce gives', { timeout: lawTimeout }, () => {
  const store = aStore({ types: [Sample], durability: 'relaxed' });
  const present = <V>(list: readonly (V | null)[]) => list.filter((value) => value !== null) as V[];

  fc.assert(
    fc.property(rows, asked, (given, one) => {
      inStoreWith(store, given, (items) => {
        const query = store.query(Sample, one.where);
        const found = fulfilled(items, one);
        const limits = present(found.map((each) => each.limit)).filter((limit) => limit < 10);
        const cents = present(found.map((each) => each.price)).reduce(
          (sum, price) => sum + Math.round(Number(price) * 100),
          0,
        );
        const moments = present(found.map((each) => each.at?.getTime() ?? null)).sort((a, b) => a - b);
        const small = query.where((c) => c.limit.lt(10));

        expect(small.sum((c) => c.limit)).toBe(limits.reduce((sum, limit) => sum + limit, 0));
        expect(query.sum((c) => c.price)).toBe((cents / 100).toFixed(2));
        expect(query.min((c) => c.at)?.getTime()).toBe(moments[0]);
        expect(query.max((c) => c.at)?.getTime()).toBe(moments.at(-1));
        expect(query.exists()).toBe(found.length > 0);
      });
    }),
    { numRuns: cases(50) },
  );
});
