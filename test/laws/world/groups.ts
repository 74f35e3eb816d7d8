import { avg, count, max, min, type Query, sum } from 'corollary';
import { fc } from '../../support/chance.js';
import { compare, compared, compareNullable, decimalOf, digitsOf, folded, plain, same, scaleOf } from './compare.js';
import { aFilter, isOrdered, operandOf } from './filters.js';
import {
  anOrigin,
  chained,
  compareBy,
  grouped,
  keyText,
  type Origin,
  orderOf,
  originQuery,
  type Sorting,
  smallest,
  toldOrigin,
  toldWindow,
  tuplesOf,
} from './questions.js';
import {
  type AnyColumn,
  type AnyColumns,
  type AnyQuery,
  type Asked,
  aTerm,
  call,
  type Sources,
  shown,
  type Term,
  type Tuple,
} from './terms.js';
import { ATTRIBUTES, isTypeName, type Kind, orNull, type Rows, type TypeName } from './world.js';

// Questions about groups of rows, and what plain arrays give.

type Tuples = readonly Tuple[];

/** A value that every group has. */
interface GroupTerm {
  readonly said: string;
  readonly kind: Kind;
  /** True where the answers agree only to some digits, so that nothing is ordered by it. */
  readonly isRough: boolean;
  readonly column: (columns: readonly AnyColumns[], asked: Asked) => AnyColumn;
  readonly value: (group: Tuples, rows: Rows) => unknown;
}
interface GroupFilter {
  readonly said: string;
  readonly having: (columns: readonly AnyColumns[], asked: Asked) => never;
  readonly holds: (group: Tuples, rows: Rows) => boolean;
}
export interface Groups extends Origin {
  readonly keys: readonly Term[];
  readonly values: readonly GroupTerm[];
  readonly isPlucked: boolean;
  readonly having: GroupFilter | undefined;
  readonly orders: readonly (Omit<Sorting, 'term'> & { readonly term: GroupTerm })[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** A sum, an average or the like that leaves what its kind can hold. */
export class OutOfRange extends Error {
  readonly code = 'OUT_OF_RANGE';
}

const MAKERS: Readonly<Record<string, (column: never) => unknown>> = { count, sum, avg, min, max };
export const isNumber = (kind: Kind) =>
  ['integer', 'wild', 'real', 'bigint', 'jsonNumber'].includes(kind) || kind.startsWith('decimal');

function aggregate(fn: string, of: Term): GroupTerm {
  const isWhole = of.kind === 'integer' || of.kind === 'wild' || of.kind === 'bigint';
  return {
    said: `${fn}(${of.said})`,
    kind: kindOfAggregate(fn, of.kind),
    isRough: (fn === 'sum' || fn === 'avg') && !of.kind.startsWith('decimal') && !(isWhole && fn === 'sum'),
    column: (columns, asked) => MAKERS[fn]!(of.column(columns, asked) as never) as AnyColumn,
    value: (group, rows) => {
      const values = group.map((tuple) => of.value(tuple, rows)).filter((value) => value !== null);
      return aggregated(fn, of.kind, values);
    },
  };
}

function kindOfAggregate(fn: string, kind: Kind): Kind {
  if (fn === 'count') return 'wild';
  if (fn === 'sum') return kind === 'jsonNumber' ? 'real' : kind === 'integer' ? 'wild' : kind;
  return fn === 'avg' && !kind.startsWith('decimal') ? 'real' : kind;
}

export function aggregated(fn: string, kind: Kind, values: readonly unknown[]): unknown {
  if (fn === 'count') return values.length;
  if (fn === 'min' || fn === 'max') {
    const sign = fn === 'min' ? 1 : -1;
    const found = values.reduce((a, b) => (a === null || compare(kind, a, b) * sign > 0 ? b : a), null);
    // They are calculated: what lies in JSON is seen as conditions see it.
    return kind.startsWith('json') ? compared(found) : found;
  }
  if (kind === 'real' || kind === 'jsonNumber') {
    const total = (values as number[]).reduce((a, b) => a + b, 0);
    if (fn === 'sum') return total;
    return values.length === 0 ? null : total / values.length;
  }
  const scale = kind.startsWith('decimal') ? scaleOf(kind) : undefined;
  const whole = values.map((value) =>
    scale === undefined ? BigInt(value as number) : digitsOf(value as string, scale),
  );
  const total = whole.reduce((a, b) => a + b, 0n);
  return fn === 'sum' ? totalOf(kind, total, scale) : averageOf(total, BigInt(whole.length), scale);
}

function totalOf(kind: Kind, total: bigint, scale: number | undefined): unknown {
  if (BigInt.asIntN(64, total) !== total) throw new OutOfRange();
  if (scale !== undefined) return decimalOf(total, scale);
  if (kind === 'bigint') return total;
  if (!Number.isSafeInteger(Number(total))) throw new OutOfRange();
  return Number(total);
}

function averageOf(total: bigint, count: bigint, scale: number | undefined): unknown {
  if (count === 0n) return null;
  if (scale === undefined) return Number(total / count) + Number(total % count) / Number(count);
  return decimalOf(halfEven(total, count), scale);
}

/** The whole number nearest to a fraction; of two, the even one. */
function halfEven(total: bigint, count: bigint): bigint {
  const near = [-1n, 0n, 1n].map((step) => total / count + step);
  const distance = (one: bigint) => (one * count > total ? one * count - total : total - one * count) * 2n;
  return near.reduce((a, b) => {
    if (distance(a) !== distance(b)) return distance(a) < distance(b) ? a : b;
    return a % 2n === 0n ? a : b;
  });
}

const numberOfRows: GroupTerm = {
  said: 'count()',
  kind: 'wild',
  isRough: false,
  column: () => count() as unknown as AnyColumn,
  value: (group) => group.length,
};

function anAggregate(sources: Sources): fc.Arbitrary<GroupTerm> {
  const anyTerm = aTerm(sources, () => true);
  const orderedTerm = aTerm(sources, (kind) => isOrdered(kind));
  const numberTerm = aTerm(sources, isNumber);
  return fc.oneof(
    fc.constant(numberOfRows),
    anyTerm.map((term) => aggregate('count', term)),
    fc.tuple(fc.constantFrom('min', 'max'), orderedTerm).map(([fn, term]) => aggregate(fn, term)),
    fc.tuple(fc.constantFrom('sum', 'avg'), numberTerm).map(([fn, term]) => aggregate(fn, term)),
  );
}

/** A key as a value of its groups: of texts that differ in case only, the first by code points. */
function keyTerm(key: Term): GroupTerm {
  return {
    said: key.said,
    kind: key.kind,
    isRough: false,
    column: key.column,
    value: (group, rows) => {
      const values = group.map((tuple) => key.value(tuple, rows));
      return key.kind === 'nocase' ? smallest(values) : values[0];
    },
  };
}

/** What a key settles: the attributes of the item that it is. */
function settledTerms(key: Term): GroupTerm[] {
  if (!isTypeName(key.kind) || !/\.[a-z]+$/.test(key.said)) return [];
  return Object.entries(ATTRIBUTES[key.kind as TypeName]).map(([name, kind]) => ({
    said: `${key.said}.to.${name}`,
    kind,
    isRough: false,
    column: (columns, asked) => key.column(columns, asked).to[name] as AnyColumn,
    value: (group, rows) => (key.value(group[0] as Tuple, rows) as Record<string, unknown> | null)?.[name] ?? null,
  }));
}

/** Which of 'a' and 'A' is smaller is left open. */
const isOpen = ({ kind, said }: Pick<GroupTerm, 'kind' | 'said'>) => kind === 'nocase' && /^m/.test(said);

/** A count with something added, and other calculations that follow the grouping. */
function calculated(term: GroupTerm): fc.Arbitrary<GroupTerm> {
  if (isOpen(term)) return fc.constant(term); // what is calculated from it would be left open, too
  if (term.kind === 'text' || term.kind === 'nocase') {
    return fc.constant({
      ...term,
      said: `${term.said}.concat('!')`,
      kind: 'text',
      column: (columns, asked) => call(term.column(columns, asked), 'concat', '!'),
      value: (group, rows) => {
        const value = term.value(group, rows);
        return value === null ? null : `${value}!`;
      },
    });
  }
  if (!/^count/.test(term.said)) return fc.constant(term);
  return fc.constantFrom(1, -2).map((more) => ({
    ...term,
    said: `${term.said}.times(2).plus(${more}).plus(count())`,
    column: (columns, asked) => {
      const twice = call<AnyColumn>(call(term.column(columns, asked), 'times', 2), 'plus', more);
      return call(twice, 'plus', count());
    },
    value: (group, rows) => (term.value(group, rows) as number) * 2 + more + group.length,
  }));
}

function aGroupFilter(term: GroupTerm): fc.Arbitrary<GroupFilter> {
  if (term.isRough || isTypeName(term.kind) || ['boolean', 'bytes'].includes(term.kind)) return nullTest(term);
  const { kind } = term;
  const value = /^count/.test(term.said) ? fc.nat(5) : operandOf(kind);
  const comparison = fc.tuple(fc.constantFrom('gt', 'lte'), value).map(
    ([op, one]): GroupFilter => ({
      said: `${term.said}.${op}(${shown(one)})`,
      having: (columns, asked) => call(term.column(columns, asked), op, one),
      holds: (group, rows) => {
        const found = term.value(group, rows);
        return found !== null && compare(kind, found, one) > 0 === (op === 'gt');
      },
    }),
  );
  const equality = fc.tuple(fc.constantFrom('eq', 'ne'), orNull(value)).map(
    ([op, one]): GroupFilter => ({
      said: `${term.said}.${op}(${shown(one)})`,
      having: (columns, asked) => call(term.column(columns, asked), op, one),
      holds: (group, rows) => same(kind, term.value(group, rows), one) === (op === 'eq'),
    }),
  );
  return fc.oneof(comparison, equality, nullTest(term));
}

function nullTest(term: GroupTerm): fc.Arbitrary<GroupFilter> {
  return fc.constantFrom('isNull', 'isNotNull').map((op) => ({
    said: `${term.said}.${op}()`,
    having: (columns, asked) => call(term.column(columns, asked), op),
    holds: (group, rows) => (term.value(group, rows) === null) === (op === 'isNull'),
  }));
}

const maybe = <V>(value: fc.Arbitrary<V>, freq = 2) => fc.option(value, { freq, nil: undefined });

export function someGroups(isTree: boolean): fc.Arbitrary<Groups> {
  return anOrigin(isTree, 2)
    .chain((origin) =>
      fc.record({
        origin: fc.constant(origin),
        keys: fc.array(
          aTerm(
            origin.sources,
            () => true,
            (inner) => aFilter(inner, 1),
          ),
          { maxLength: 3 },
        ),
      }),
    )
    .chain(({ origin, keys }) => {
      const own = keys.map(keyTerm);
      const settled = keys.flatMap(settledTerms);
      const term = fc.oneof(
        anAggregate(origin.sources),
        ...(own.length > 0 ? [fc.constantFrom(...own)] : []),
        ...(settled.length > 0 ? [fc.constantFrom(...settled)] : []),
      );
      const value = fc.oneof({ weight: 3, arbitrary: term }, { weight: 1, arbitrary: term.chain(calculated) });
      const sortable = value.filter(({ kind, isRough }) => isOrdered(kind) && !isRough);
      return fc.record({
        origin: fc.constant(origin),
        keys: fc.constant(keys),
        // Without a key, only an aggregate tells that groups are meant.
        values: fc
          .tuple(anAggregate(origin.sources), fc.array(value, { maxLength: 3 }))
          .map(([one, more]) => [one, ...more]),
        isPlucked: fc.boolean(),
        having: maybe(value.chain(aGroupFilter)),
        orders: fc.array(
          fc.record({
            term: sortable,
            direction: fc.constantFrom('asc' as const, 'desc' as const),
            nulls: fc.constantFrom('first' as const, 'last' as const, undefined),
          }),
          { maxLength: 2 },
        ),
        limit: maybe(fc.nat(5)),
        offset: maybe(fc.nat(3)),
      });
    })
    .map(({ origin, ...rest }) => {
      const made: Groups = { ...origin, ...rest };
      return Object.assign(made, { [fc.toStringMethod]: () => toldGroups(made) });
    });
}

export function toldGroups(groups: Groups): string {
  const { keys, values, isPlucked, having, orders } = groups;
  const said = (terms: readonly { readonly said: string }[]) => terms.map((term) => term.said).join(', ');
  const by = keys.length === 0 ? '' : `.groupBy(${said(keys)})`;
  const order = orders
    .map(({ term, direction, nulls }) => `.orderBy(${term.said}.${direction}(${nulls ?? ''}))`)
    .join('');
  const only = having === undefined ? '' : `.having(${having.said})`;
  const reading = isPlucked ? `.pluck(${values[0]?.said})` : `.select(${said(values)})`;
  return `\n${toldOrigin(groups)}${by}${only}${order}${reading}${toldWindow(groups)}`;
}

/** The question, without limit and offset. */
export function groupsQuery(groups: Groups, asked: Asked): AnyQuery {
  const { keys, values, isPlucked, having, orders } = groups;
  let query = originQuery(groups, asked);
  if (keys.length > 0) query = query.groupBy((...columns) => keys.map((key) => key.column(columns, asked) as never));
  if (having !== undefined) query = query.having((...columns) => having.having(columns, asked));
  for (const order of orders) query = query.orderBy((...columns) => orderOf(order.term.column(columns, asked), order));
  const member = (at: number, columns: readonly AnyColumns[]) => values[at]?.column(columns, asked) as never;
  if (isPlucked) return query.pluck((...columns) => member(0, columns));
  return query.select((...columns) =>
    Object.fromEntries(values.map((_, at) => [`v${at}`, member(at, columns)])),
  ) as Query<never, unknown, never> as AnyQuery;
}

/** The answer without limit and offset, as plain values. @throws OutOfRange */
export function groupsOf(groups: Groups, rows: Rows): readonly unknown[] {
  const { keys, values, isPlucked, having, orders } = groups;
  const tuples = tuplesOf(groups, rows);
  const keyOf = (tuple: Tuple) => JSON.stringify(keys.map((key) => keyText(key, key.value(tuple, rows))));
  const all = keys.length === 0 ? [tuples] : grouped(tuples, keyOf);
  // All sums are taken, also of groups that do not count.
  const needed = [...values.slice(0, isPlucked ? 1 : undefined), ...orders.map(({ term }) => term)];
  for (const group of all) for (const { value } of needed) value(group, rows);
  const found = having === undefined ? all : all.filter((group) => having.holds(group, rows));
  const byOrder = orders.map(
    (order) => (a: Tuples, b: Tuples) =>
      compareBy(order as unknown as Sorting, order.term.value(a, rows), order.term.value(b, rows)),
  );
  const byKeys = keys.map(
    (key) => (a: Tuples, b: Tuples) =>
      compareNullable(key.kind, key.value(a[0] as Tuple, rows), key.value(b[0] as Tuple, rows)),
  );
  const sorted = [...found].sort(chained([...byOrder, ...byKeys]));
  const told = (term: GroupTerm, group: Tuples) => {
    const one = term.value(group, rows);
    return plain(isOpen(term) && typeof one === 'string' ? folded(one) : one);
  };
  return sorted.map((group) =>
    isPlucked
      ? told(values[0] as GroupTerm, group)
      : Object.fromEntries(values.map((term, at) => [`v${at}`, told(term, group)])),
  );
}

/** An answer of a store as {@link groupsOf} tells it. */
export function asTold({ values, isPlucked }: Groups, answer: readonly unknown[]): unknown {
  const told = (term: GroupTerm | undefined, value: unknown) =>
    plain(term !== undefined && isOpen(term) && typeof value === 'string' ? folded(value) : value);
  return answer.map((one) =>
    isPlucked
      ? told(values[0], one)
      : Object.fromEntries(Object.entries(one as object).map(([name, value], at) => [name, told(values[at], value)])),
  );
}
