import { and, type Condition, not, or, referrers } from 'corollary';
import { fc } from '../../support/chance.js';
import { compare, compareNullable, folded, compared as insideJson, same } from './compare.js';
import {
  type AnyColumn,
  type AnyColumns,
  type AnyQuery,
  type Asked,
  aTerm,
  call,
  columnsAt,
  type Filter,
  placesOf,
  plainTerms,
  referringRows,
  referringTo,
  rowAt,
  type Sources,
  saidAt,
  shown,
  type Term,
  type Tuple,
} from './terms.js';
import {
  aValue,
  CLASSES,
  isTypeName,
  type Kind,
  orNull,
  type Row,
  type Rows,
  TYPE_NAMES,
  type TypeName,
} from './world.js';

// Conditions, said twice.

/** Kinds whose values are compared with others of another kind only by mistake. */
export const isOrdered = (kind: Kind) => !isTypeName(kind);
const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};
const SEARCHES: Readonly<Record<string, (all: string, part: string) => boolean>> = {
  startsWith: (all, part) => all.startsWith(part),
  endsWith: (all, part) => all.endsWith(part),
  contains: (all, part) => all.includes(part),
};

function onTerm(
  term: Term,
  said: string,
  where: (column: never, ...rest: never[]) => Condition,
  holds: (value: never, tuple: never, rows: never) => boolean,
): Filter {
  return {
    said: `${term.said}.${said}`,
    reads: term.reads,
    where: (columns, asked) => where(term.column(columns, asked) as never, asked as never),
    holds: (tuple, rows) => holds(term.value(tuple, rows) as never, tuple as never, rows as never),
  };
}

/** The values that terms of a kind are compared with. */
export const operandOf = (kind: Kind) => aValue(kind.startsWith('decimal') && kind > 'decimal2' ? 'decimal2' : kind);

function withValue(term: Term): fc.Arbitrary<Filter> {
  const { kind } = term;
  if (isTypeName(kind)) return withItems(term, kind);
  const value = operandOf(kind);
  const equality = fc.tuple(fc.constantFrom('eq', 'ne'), orNull(value)).map(([op, one]) =>
    onTerm(
      term,
      `${op}(${shown(one)})`,
      (column) => call(column, op, one),
      (given) => same(kind, given, one) === (op === 'eq'),
    ),
  );
  const nullTest = fc.constantFrom('isNull', 'isNotNull').map((op) =>
    onTerm(
      term,
      `${op}()`,
      (column) => call(column, op),
      (given) => (given === null) === (op === 'isNull'),
    ),
  );
  const membership = fc
    .tuple(fc.constantFrom('in', 'notIn'), fc.array(orNull(value, 6), { maxLength: 11 }))
    .map(([op, list]) =>
      onTerm(
        term,
        `${op}([${list.map(shown)}])`,
        (column) => call(column, op, list),
        (given) => list.some((one) => same(kind, given, one)) === (op === 'in'),
      ),
    );
  if (kind === 'boolean' || kind === 'bytes') return fc.oneof(equality, nullTest, membership);
  const comparison = fc.tuple(fc.constantFrom(...Object.keys(COMPARISONS)), value).map(([op, one]) =>
    onTerm(
      term,
      `${op}(${shown(one)})`,
      (column) => call(column, op, one),
      (given) => given !== null && COMPARISONS[op]!(compare(kind, given, one)),
    ),
  );
  const between = fc.tuple(value, value).map(([low, high]) =>
    onTerm(
      term,
      `between(${shown(low)}, ${shown(high)})`,
      (column) => call(column, 'between', low, high),
      (given) => given !== null && compare(kind, given, low) >= 0 && compare(kind, given, high) <= 0,
    ),
  );
  const all = [equality, nullTest, membership, comparison, between];
  return fc.oneof(...all, ...(kind === 'text' || kind === 'nocase' ? [search(term), like(term)] : []));
}

function search(term: Term): fc.Arbitrary<Filter> {
  const seen = term.kind === 'nocase' ? folded : (all: string) => all;
  return fc.tuple(fc.constantFrom(...Object.keys(SEARCHES)), aValue('text')).map(([op, part]) =>
    onTerm(
      term,
      `${op}(${shown(part)})`,
      (column) => call(column, op, part),
      (given) => given !== null && SEARCHES[op]!(seen(given), seen(part as string)),
    ),
  );
}

function like(term: Term): fc.Arbitrary<Filter> {
  return fc.constantFrom('a%', '_', '%B', '\\%%', '__', 'É', '%1%').map((pattern) => {
    const parts = pattern.replace('\\%', '\0').replaceAll('%', '.*').replaceAll('_', '.').replace('\0', '%');
    const regex = new RegExp(`^${folded(parts)}$`, 'su');
    return onTerm(
      term,
      `like(${shown(pattern)})`,
      (column) => call(column, 'like', pattern, { escape: '\\' }),
      (given) => given !== null && regex.test(folded(given)),
    );
  });
}

function withItems(term: Term, kind: TypeName): fc.Arbitrary<Filter> {
  const serial = orNull(fc.nat(6), 6);
  const rowWith = (rows: Readonly<Record<TypeName, readonly Row[]>>, at: number | null) =>
    at === null ? null : (rows[kind][at] ?? null);
  const equality = fc.tuple(fc.constantFrom('eq', 'ne'), serial).map(
    ([op, at]): Filter => ({
      said: `${term.said}.${op}(${at})`,
      reads: term.reads,
      where: (columns, asked) => call(term.column(columns, asked), op, itemAt(asked.items, kind, at)),
      holds: (tuple, rows) => (term.value(tuple, rows) === rowWith(rows, at)) === (op === 'eq'),
    }),
  );
  const list = fc.tuple(fc.constantFrom('in', 'notIn'), fc.array(serial, { maxLength: 11 })).map(
    ([op, all]): Filter => ({
      said: `${term.said}.${op}([${all}])`,
      reads: term.reads,
      where: (columns, asked) =>
        call(
          term.column(columns, asked),
          op,
          all.map((at) => itemAt(asked.items, kind, at)),
        ),
      holds: (tuple, rows) => all.some((at) => term.value(tuple, rows) === rowWith(rows, at)) === (op === 'in'),
    }),
  );
  return fc.oneof(equality, list);
}

function itemAt(items: ReadonlyMap<Row, unknown>, type: TypeName, at: number | null): unknown {
  if (at === null) return null;
  for (const [row, one] of items) if (row.type === type && row.serial === at) return one;
  return null;
}

const comparableKinds = (a: Kind, b: Kind) => {
  const numeric: readonly Kind[] = ['integer', 'wild', 'real'];
  const texts: readonly Kind[] = ['text', 'nocase'];
  const json: readonly Kind[] = ['json', 'jsonText', 'jsonNumber'];
  const simple = [...numeric, ...texts, ...json, 'boolean'];
  if (json.includes(a) || json.includes(b)) return simple.includes(a) && simple.includes(b);
  return (
    a === b ||
    (numeric.includes(a) && numeric.includes(b)) ||
    (a === 'text' && b === 'nocase') ||
    (a === 'nocase' && b === 'text')
  );
};

/** A value as comparisons with values of another kind see it. */
function compared(term: Term, tuple: Tuple, rows: Rows): unknown {
  const value = term.value(tuple, rows);
  return term.kind.startsWith('json') || typeof value === 'boolean' ? insideJson(value) : value;
}

/** Two values of a row compared with each other; the collation is that of the first. */
function withTerm(term: Term, sources: Sources): fc.Arbitrary<Filter> {
  const others = plainTerms(sources).filter(({ kind }) => comparableKinds(term.kind, kind));
  if (others.length === 0) return withValue(term);
  const operators = [
    'eq',
    'ne',
    ...(isOrdered(term.kind) && !['boolean', 'bytes'].includes(term.kind) ? Object.keys(COMPARISONS) : []),
  ];
  return fc.tuple(fc.constantFrom(...operators), fc.constantFrom(...others)).map(
    ([op, other]): Filter => ({
      said: `${term.said}.${op}(${other.said})`,
      reads: [...term.reads, ...other.reads],
      where: (columns, asked) => call(term.column(columns, asked), op, other.column(columns, asked)),
      holds: (tuple, rows) => {
        const [a, b] = [compared(term, tuple, rows), compared(other, tuple, rows)];
        if (op === 'eq' || op === 'ne') return same(term.kind, a, b) === (op === 'eq');
        return a !== null && b !== null && COMPARISONS[op]!(compare(term.kind, a, b));
      },
    }),
  );
}

/** Another query, of whose items or values one is asked whether it is among them. */
interface Inner {
  readonly said: string;
  readonly query: (asked: Asked) => AnyQuery;
  readonly values: (rows: Rows) => readonly unknown[];
}

/** A value among those of another query, or an item among its items. */
export function inQuery(sources: Sources, depth: number): fc.Arbitrary<Filter> {
  return fc
    .tuple(
      aTerm(sources, (kind) => !kind.startsWith('json')),
      fc.constantFrom(...TYPE_NAMES),
    )
    .chain(([term, type]) => {
      const picks: (Term | undefined)[] = plainTerms([{ type, isOptional: false }]).filter(
        ({ kind }) => kind === term.kind,
      );
      if (term.kind === type) picks.push(undefined);
      if (picks.length === 0) return withValue(term);
      const inner = fc.constantFrom(...picks).chain((pick) => anInner(type, pick, depth));
      return fc.tuple(fc.constantFrom('in', 'notIn'), inner).map(
        ([op, { said, query, values }]): Filter => ({
          said: `${term.said}.${op}(${said})`,
          reads: term.reads,
          where: (columns, asked) => call(term.column(columns, asked), op, query(asked)),
          holds: (tuple, rows) => {
            const value = term.value(tuple, rows);
            return values(rows).some((one) => same(term.kind, value, one)) === (op === 'in');
          },
        }),
      );
    });
}

function anInner(type: TypeName, pick: Term | undefined, depth: number): fc.Arbitrary<Inner> {
  const sources: Sources = [{ type, isOptional: false }];
  const per = plainTerms(sources).filter(({ said, kind }) => !said.includes('.to') && !isTypeName(kind));
  return fc
    .record({
      filter: aFilter(sources, depth - 1),
      limit: fc.option(fc.nat(4), { freq: 2, nil: undefined }),
      firstPer: fc.option(fc.constantFrom(...per), { freq: 2, nil: undefined }),
      isBackward: fc.boolean(),
      form: fc.constantFrom('rows', 'rows', 'distinct', 'groups'),
    })
    .map(({ filter, limit, firstPer, isBackward, form }) => {
      const once = form === 'rows' || pick === undefined ? undefined : { form, pick };
      const order =
        once === undefined ? SERIAL : isOrdered(once.pick.kind) && form === 'distinct' ? once.pick : undefined;
      return {
        said: [
          `query(${type}, ${filter.said})`,
          isBackward && order !== undefined ? `.orderBy(${order.said}.desc())` : '',
          firstPer === undefined ? '' : `.firstPer(${firstPer.said})`,
          limit === undefined ? '' : `.limit(${limit})`,
          once?.form === 'groups' ? `.groupBy(${once.pick.said})` : '',
          pick === undefined ? '' : `.pluck(${pick.said})`,
          once?.form === 'distinct' ? '.distinct()' : '',
        ].join(''),
        query(asked: Asked) {
          let query = asked.query(CLASSES[type], (c: AnyColumns) => filter.where([c], asked));
          if (isBackward && order !== undefined) query = query.orderBy((c) => order.column([c], asked).desc());
          if (firstPer !== undefined) query = query.firstPer((c) => firstPer.column([c], asked) as never);
          if (limit !== undefined) query = query.limit(limit);
          if (once?.form === 'groups') query = query.groupBy((c) => once.pick.column([c], asked) as never);
          const read = pick === undefined ? query : query.pluck((c) => pick.column([c], asked) as never);
          return once?.form === 'distinct' ? read.distinct() : read;
        },
        values(rows: Rows) {
          const found = rows[type].filter((row) => filter.holds([row], rows));
          const ordered = (row: Row) => (order as Term).value([row], rows);
          const sorted =
            isBackward && order !== undefined
              ? found.toSorted((a, b) => -compareNullable(order.kind, ordered(a), ordered(b)))
              : found;
          const firsts =
            firstPer === undefined ? sorted : firstOf(sorted, (row) => firstPer.value([row], rows), firstPer.kind);
          if (once === undefined) {
            const cut = firsts.slice(0, limit);
            return pick === undefined ? cut : cut.map((row) => pick.value([row], rows));
          }
          const all = firsts.map((row) => once.pick.value([row], rows));
          const { kind } = once.pick;
          const different = all.filter((one, at) => all.findIndex((other) => same(kind, one, other)) === at);
          const sign = isBackward && order !== undefined ? -1 : 1;
          return different.toSorted((a, b) => compareNullable(kind, a, b) * sign).slice(0, limit);
        },
      };
    });
}

/** By which the items of an inner query are ordered. */
const SERIAL: Term = {
  said: 'a.serial',
  kind: 'wild',
  reads: [0],
  column: ([c]) => (c as AnyColumns).serial as AnyColumn,
  value: ([row]) => row?.serial,
};

const firstOf = (rows: readonly Row[], keyOf: (row: Row) => unknown, kind: Kind) =>
  rows.filter((row, at) => rows.findIndex((other) => same(kind, keyOf(row), keyOf(other))) === at);

function existence(sources: Sources, depth: number): fc.Arbitrary<Filter> {
  return fc.constantFrom(...placesOf(sources).filter(({ path }) => path.length < 3)).chain((place) => {
    const referring = referringTo(place.type);
    if (referring.length === 0) return leafOf(sources);
    return fc.constantFrom(...referring).chain(([type, through]) =>
      fc
        .tuple(
          fc.constantFrom('exists', 'notExists'),
          fc.option(aFilter([{ type, isOptional: false }], depth - 1), { nil: undefined }),
        )
        .map(
          ([op, filter]): Filter => ({
            said: `referrers(${saidAt(place, 'self')}, ${type}, ${through}).${op}(${filter?.said ?? ''})`,
            reads: [place.source],
            where: (columns, asked) => {
              const found = referrers(
                columnsAt(columns, place).self as never,
                CLASSES[type],
                (r) => r[through as never],
              );
              return found[op as 'exists'](filter && ((r) => filter.where([r as unknown as AnyColumns], asked)));
            },
            holds: (tuple, rows) =>
              referringRows(rowAt(tuple, place), type, through, filter, rows).length > 0 === (op === 'exists'),
          }),
        ),
    );
  });
}

function leafOf(sources: Sources): fc.Arbitrary<Filter> {
  return aTerm(sources, () => true).chain((term) =>
    fc.oneof({ weight: 3, arbitrary: withValue(term) }, { weight: 1, arbitrary: withTerm(term, sources) }),
  );
}

/** A condition on the rows of some types; `depth`: how far conditions nest. */
export function aFilter(sources: Sources, depth = 2): fc.Arbitrary<Filter> {
  const leaf = leafOf(sources);
  if (depth <= 0) return leaf;
  const inner = aFilter(sources, depth - 1);
  const junction = fc.tuple(fc.constantFrom('and', 'or'), fc.array(inner, { maxLength: 3 })).map(
    ([op, parts]): Filter => ({
      said: `${op}(${parts.map(({ said }) => said).join(', ')})`,
      reads: parts.flatMap(({ reads }) => reads),
      ...((op === 'and' || parts.length === 1) && { parts }),
      where: (columns, asked) => (op === 'and' ? and : or)(...parts.map((part) => part.where(columns, asked))),
      holds: (tuple, rows) =>
        op === 'and' ? parts.every((part) => part.holds(tuple, rows)) : parts.some((part) => part.holds(tuple, rows)),
    }),
  );
  const negation = inner.map(
    (part): Filter => ({
      said: `not(${part.said})`,
      reads: part.reads,
      where: (columns, asked) => not(part.where(columns, asked)),
      holds: (tuple, rows) => !part.holds(tuple, rows),
    }),
  );
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: junction },
    { weight: 1, arbitrary: negation },
    { weight: 2, arbitrary: inQuery(sources, depth) },
    { weight: 2, arbitrary: existence(sources, depth) },
  );
}
