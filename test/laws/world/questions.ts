import { type Condition, optional, type Query } from 'corollary';
import { fc } from '../../support/chance.js';
import { compareNullable, folded, plain, same } from './compare.js';
import { aFilter, isOrdered } from './filters.js';
import {
  type AnyColumn,
  type AnyColumns,
  type AnyQuery,
  type Asked,
  aTerm,
  call,
  type Filter,
  plainTerms,
  type Source,
  type Sources,
  type Term,
  type Tuple,
} from './terms.js';
import { CLASSES, isTypeName, type Row, type Rows, TYPE_NAMES } from './world.js';

// Whole questions, and what they find among plain rows.

/** One key of an order. */
export interface Sorting {
  readonly term: Term;
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last' | undefined;
}
/** The rows that a question is about. */
export interface Origin {
  readonly sources: Sources;
  /** What ties the types to each other. */
  readonly ties: readonly Filter[];
  /** Given with the types, too. */
  readonly first: Filter | undefined;
  /** Given by `where`. */
  readonly later: Filter | undefined;
}
export interface Question extends Origin {
  readonly orders: readonly Sorting[];
  readonly firstPer: readonly Term[];
  readonly read: 'items' | 'pluck' | 'select';
  readonly values: readonly Term[];
  readonly isDistinct: boolean;
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** Ties of the last type to those before it. `isTree`: only such as stay in a store. */
function tiesOf(sources: Sources, isTree: boolean): readonly Filter[] {
  const last = sources.length - 1;
  const terms = plainTerms(sources);
  const isNear = ({ said }: Term) => said.split('.to').length <= 2;
  const near = terms.filter((term) => isNear(term) && (isTypeName(term.kind) || !isTree));
  return near
    .filter(({ reads }) => reads[0] === last)
    .flatMap((mine) =>
      near
        .filter((other) => other.reads[0] !== last && other.kind === mine.kind && !other.kind.startsWith('json'))
        // What ties an optional type does not tie others.
        .filter((other) => sources[last]?.isOptional || !sources[other.reads[0] as number]?.isOptional)
        .filter((other) => !isTree || [mine, other].some((term) => isNeverNull(term, sources)))
        .map((other) => tie(mine, other)),
    );
}

/** Two nulls are equal, wherever they are: a tie that stays in a store has one side that is never null. */
const isNeverNull = ({ said, reads }: Term, sources: Sources) =>
  /^[abc]\.(self|country)$/.test(said) &&
  (reads[0] === sources.length - 1 || sources[reads[0] as number]?.isOptional === false);

function tie(a: Term, b: Term): Filter {
  return {
    said: `${a.said}.eq(${b.said})`,
    reads: [...a.reads, ...b.reads],
    where: (columns, asked) => call(a.column(columns, asked), 'eq', b.column(columns, asked)),
    holds: (tuple, rows) => same(a.kind, a.value(tuple, rows), b.value(tuple, rows)),
  };
}

const maybe = <V>(value: fc.Arbitrary<V>, freq = 2) => fc.option(value, { freq, nil: undefined });
const aSource: fc.Arbitrary<Source> = fc.record({ type: fc.constantFrom(...TYPE_NAMES), isOptional: fc.boolean() });

export function anOrigin(isTree: boolean, most = 3): fc.Arbitrary<Origin> {
  return fc
    .array(aSource, { minLength: 1, maxLength: most })
    .map((all) => all.map((one, at) => ({ ...one, isOptional: at > 0 && one.isOptional })))
    .filter((sources) => sources.every((_, at) => at === 0 || tiesOf(sources.slice(0, at + 1), isTree).length > 0))
    .chain((sources) => {
      const ties = sources.slice(1).map((_, at) => fc.constantFrom(...tiesOf(sources.slice(0, at + 2), isTree)));
      return fc.record({
        sources: fc.constant(sources),
        ties: fc.tuple(...ties),
        first: maybe(aFilter(sources)),
        later: maybe(aFilter(sources)),
      });
    });
}

const aSorting = (sources: Sources, fits = isOrdered): fc.Arbitrary<Sorting> =>
  fc.record({
    term: aTerm(sources, fits),
    direction: fc.constantFrom('asc', 'desc'),
    nulls: fc.constantFrom('first', 'last', undefined),
  });

export function aQuestion(isTree: boolean): fc.Arbitrary<Question> {
  return anOrigin(isTree)
    .chain((origin) => {
      const { sources } = origin;
      const value = aTerm(
        sources,
        () => true,
        (inner) => aFilter(inner, 1),
      );
      return fc.record({
        origin: fc.constant(origin),
        orders: fc.array(aSorting(sources), { maxLength: 3 }),
        firstPer: sources.length > 1 ? fc.constant([]) : fc.oneof(fc.constant([]), fc.array(value, { maxLength: 2 })),
        read: fc.constantFrom('items' as const, 'pluck' as const, 'select' as const),
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
        isDistinct: fc.boolean(),
        limit: maybe(fc.nat(6)),
        offset: maybe(fc.nat(4)),
      });
    })
    .map(({ origin, ...question }) => whole({ ...origin, ...question }, isTree));
}

/** Distinct values are ordered by themselves only. In which order a tree gives distinct items is left open. */
function whole(question: Question, isTree: boolean): Question {
  const values = question.read === 'pluck' ? question.values.slice(0, 1) : question.values;
  const hasOrder = !isTree || values.every(({ kind }) => !isTypeName(kind));
  const isDistinct = question.isDistinct && question.read !== 'items' && hasOrder;
  const own = values.filter(({ kind }) => isOrdered(kind));
  const orders = isDistinct
    ? question.orders.slice(0, own.length).map((order, at) => ({ ...order, term: own[own.length - 1 - at] as Term }))
    : question.orders;
  const made = { ...question, values, isDistinct, orders };
  return Object.assign(made, { [fc.toStringMethod]: () => told(made) });
}

export function toldOrigin({ sources, ties, first, later }: Origin): string {
  const types = sources.map(({ type, isOptional }) => (isOptional ? `optional(${type})` : type));
  const given = [...ties, ...(first === undefined ? [] : [first])].map(({ said }) => said);
  return `query([${types}], and(${given.join(', ')}))${later === undefined ? '' : `.where(${later.said})`}`;
}

export const toldOrder = ({ term, direction, nulls }: Sorting) => `.orderBy(${term.said}.${direction}(${nulls ?? ''}))`;

export function toldWindow({ limit, offset }: Pick<Question, 'limit' | 'offset'>): string {
  return `${limit === undefined ? '' : `.limit(${limit})`}${offset === undefined ? '' : `.offset(${offset})`}`;
}

export function told(question: Question): string {
  const { orders, firstPer, read, values, isDistinct } = question;
  const said = (terms: readonly Term[]) => terms.map((term) => term.said).join(', ');
  const firsts = firstPer.length === 0 ? '' : `.firstPer(${said(firstPer)})`;
  const reading = read === 'items' ? '' : `.${read}(${said(values)})${isDistinct ? '.distinct()' : ''}`;
  return `\n${toldOrigin(question)}${orders.map(toldOrder).join('')}${firsts}${reading}${toldWindow(question)}`;
}

export function originQuery({ sources, ties, first, later }: Origin, asked: Asked): AnyQuery {
  const types = sources.map(({ type, isOptional }) => (isOptional ? optional(CLASSES[type]) : CLASSES[type]));
  const given = [...ties, ...(first === undefined ? [] : [first])];
  const where = (...columns: readonly AnyColumns[]): Condition =>
    given.map((one) => one.where(columns, asked)).reduce((a, b) => a.and(b));
  const all = asked.query(types.length === 1 ? types[0] : types, given.length === 0 ? undefined : where);
  return later === undefined ? all : all.where((...columns) => later.where(columns, asked));
}

export function orderOf(column: AnyColumn, { direction, nulls }: Omit<Sorting, 'term'>) {
  return column[direction](nulls === undefined ? {} : { nulls });
}

/** The question, without limit and offset. */
export function queryOf(question: Question, asked: Asked): AnyQuery {
  const { orders, firstPer, read, values, isDistinct } = question;
  let query = originQuery(question, asked);
  for (const order of orders) query = query.orderBy((...columns) => orderOf(order.term.column(columns, asked), order));
  if (firstPer.length > 0)
    query = query.firstPer((...columns) => firstPer.map((term) => term.column(columns, asked) as never));
  const member = (at: number) => (columns: readonly AnyColumns[]) => values[at]?.column(columns, asked) as never;
  if (read === 'pluck') query = query.pluck((...columns) => member(0)(columns));
  if (read === 'select')
    query = query.select((...columns) =>
      Object.fromEntries(values.map((_, at) => [`v${at}`, member(at)(columns)])),
    ) as Query<never, unknown, never> as AnyQuery;
  return isDistinct ? query.distinct() : query;
}

export function windowed<Q extends AnyQuery>(
  query: Q,
  { limit, offset }: Pick<Question, 'limit' | 'offset'>,
): AnyQuery {
  const limited = limit === undefined ? query : query.limit(limit);
  return offset === undefined ? limited : limited.offset(offset);
}

export function within<V>(list: readonly V[], { limit, offset = 0 }: Pick<Question, 'limit' | 'offset'>): V[] {
  return list.slice(offset, limit === undefined ? undefined : offset + limit);
}

const partsOf = (filter: Filter): readonly Filter[] => filter.parts?.flatMap(partsOf) ?? [filter];

/** The rows that an origin joins and that fulfil its conditions. */
export function tuplesOf({ sources, ties, first, later }: Origin, rows: Rows): readonly Tuple[] {
  const conjuncts = [...ties, ...(first === undefined ? [] : partsOf(first))];
  const lastOptional = ({ reads }: Filter) => Math.max(-1, ...reads.filter((at) => sources[at]?.isOptional));
  let tuples: (Row | null)[][] = [[]];
  for (const { type, isOptional } of sources)
    tuples = isOptional
      ? tuples.map((one) => [...one, null])
      : tuples.flatMap((one) => rows[type].map((row) => [...one, row]));
  const on = (at: number) => conjuncts.filter((one) => lastOptional(one) === at);
  tuples = tuples.filter((tuple) => on(-1).every((one) => one.holds(tuple, rows)));
  for (const [at, { type, isOptional }] of sources.entries()) {
    if (!isOptional) continue;
    tuples = tuples.flatMap((tuple) => {
      const found = rows[type]
        .map((row) => tuple.with(at, row))
        .filter((one) => on(at).every((tied) => tied.holds(one, rows)));
      return found.length === 0 ? [tuple] : found;
    });
  }
  return later === undefined ? tuples : tuples.filter((tuple) => later.holds(tuple, rows));
}

export function compareBy({ term, direction, nulls }: Sorting, a: unknown, b: unknown): number {
  const at = nulls ?? (direction === 'asc' ? 'first' : 'last');
  const sign = direction === 'asc' || a === null || b === null ? 1 : -1;
  return compareNullable(term.kind, a, b, at) * sign;
}

export const chained =
  <V>(comparisons: readonly ((a: V, b: V) => number)[]) =>
  (a: V, b: V): number =>
    comparisons.reduce((found, compare) => found || compare(a, b), 0);

/** The answer without limit and offset, as plain values. */
export function answerOf(question: Question, rows: Rows): readonly unknown[] {
  const { orders, firstPer, read, values, isDistinct, sources } = question;
  const ids = sources.map(
    ({ type }, at) =>
      (a: Tuple, b: Tuple) =>
        compareNullable(type, a[at], b[at]),
  );
  const byOrder = orders.map(
    (order) => (a: Tuple, b: Tuple) => compareBy(order, order.term.value(a, rows), order.term.value(b, rows)),
  );
  const sorted = [...tuplesOf(question, rows)].sort(chained([...byOrder, ...ids]));
  const keyOf = (terms: readonly Term[], tuple: Tuple) =>
    JSON.stringify(terms.map((term) => keyText(term, term.value(tuple, rows))));
  const firsts = firstPer.length === 0 ? sorted : once(sorted, (tuple) => keyOf(firstPer, tuple));
  if (read === 'items') return firsts.map((tuple) => plain(sources.length === 1 ? tuple[0] : tuple));
  const answer = firsts.map((tuple) => values.map((term) => term.value(tuple, rows)));
  const told = (list: readonly unknown[]) =>
    read === 'pluck' ? plain(list[0]) : Object.fromEntries(list.map((one, at) => [`v${at}`, plain(one)]));
  return (isDistinct ? distinct(question, answer) : answer).map(told);
}

/** What values have in common that are the same. */
export function keyText({ kind }: Pick<Term, 'kind'>, value: unknown): unknown {
  if (kind === 'nocase' && typeof value === 'string') return folded(value);
  if (kind.startsWith('json') && typeof value === 'object' && value !== null) return JSON.stringify(value);
  if (typeof value === 'number') return value + 0;
  return typeof value === 'bigint' ? `${value}n` : plain(value);
}

function once<V>(list: readonly V[], keyOf: (one: V) => string): V[] {
  const seen = new Map<string, V>();
  for (const one of list) if (!seen.has(keyOf(one))) seen.set(keyOf(one), one);
  return [...seen.values()];
}

/** Lists of those with the same key, in the order in which the keys come first. */
export function grouped<V>(list: readonly V[], keyOf: (one: V) => string): V[][] {
  const groups = new Map<string, V[]>();
  for (const one of list) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups.values()];
}

/** Of texts that differ in case only, the first in the order of code points stands for all. */
function distinct({ orders, values }: Question, answer: readonly (readonly unknown[])[]): (readonly unknown[])[] {
  const keyOf = (list: readonly unknown[]) =>
    JSON.stringify(list.map((value, at) => keyText(values[at] as Term, value)));
  const found = grouped(answer, keyOf).map((group) =>
    values.map(({ kind }, at) => (kind === 'nocase' ? smallest(group.map((list) => list[at])) : group[0]?.[at])),
  );
  const asked = orders.map((order) => {
    const at = values.findIndex((term) => term.said === order.term.said);
    return (a: readonly unknown[], b: readonly unknown[]) => compareBy(order, a[at], b[at]);
  });
  const rest = values.map(
    ({ kind }, at) =>
      (a: readonly unknown[], b: readonly unknown[]) =>
        compareNullable(kind, a[at] ?? null, b[at] ?? null),
  );
  return found.sort(chained([...asked, ...rest]));
}

export function smallest(values: readonly unknown[]): unknown {
  return values.reduce((a, b) => (compareNullable('text', a, b) <= 0 ? a : b), values[0]);
}
