import { type Condition, type Item, type Order, type Query, referrers } from 'corollary';
import { fc } from '../../support/chance.js';
import { decimalOf, digitsOf, folded, scaleOf } from './compare.js';
import {
  ATTRIBUTES,
  CLASSES,
  type Items,
  isTypeName,
  type Kind,
  type Row,
  type Rows,
  TYPE_NAMES,
  type TypeName,
  VALUES,
} from './world.js';

// Values of a row, said twice: in the language of queries, and as plain functions.

/** All that a column can do; what it means nothing for is never asked of it. */
export interface AnyColumn {
  readonly to: AnyColumns;
  asc(options?: object): Order;
  desc(options?: object): Order;
  at(step: string | number): AnyColumn;
  [operator: string]: unknown;
}
export type AnyColumns = Readonly<Record<string, AnyColumn>>;
export type AnyQuery = Query<Item, unknown, readonly AnyColumns[]>;
export const call = <R>(column: AnyColumn, operator: string, ...operands: readonly unknown[]): R =>
  (column[operator] as (...operands: readonly unknown[]) => R).call(column, ...operands);

/** Where a question is asked: one store, or a tree. */
export interface Asked {
  readonly items: Items;
  query(types: unknown, where?: unknown): AnyQuery;
  /** The same query after it was JSON text. */
  fromJSON(query: AnyQuery): AnyQuery;
}

/** The items that a question's row has, one of each of its types; null for a missing one. */
export type Tuple = readonly (Row | null)[];
export interface Source {
  readonly type: TypeName;
  readonly isOptional: boolean;
}
export type Sources = readonly Source[];

/** A value that every row has. */
export interface Term {
  readonly said: string;
  readonly kind: Kind;
  /** The types whose columns it reads, by their place. */
  readonly reads: readonly number[];
  readonly column: (columns: readonly AnyColumns[], asked: Asked) => AnyColumn;
  readonly value: (tuple: Tuple, rows: Rows) => unknown;
}

/** A condition on rows. */
export interface Filter {
  readonly said: string;
  readonly reads: readonly number[];
  readonly where: (columns: readonly AnyColumns[], asked: Asked) => Condition;
  readonly holds: (tuple: Tuple, rows: Rows) => boolean;
  /** The conditions that it consists of, all of which must hold. */
  readonly parts?: readonly Filter[];
}

/** Where a path of references leads to from one of the types. */
interface Place {
  readonly source: number;
  readonly path: readonly string[];
  readonly type: TypeName;
}

const referencesOf = (type: TypeName) =>
  Object.entries(ATTRIBUTES[type]).filter((entry): entry is [string, TypeName] => isTypeName(entry[1]));

function placesFrom(place: Place): readonly Place[] {
  if (place.path.length === 3) return [place];
  const further = referencesOf(place.type).map(([name, type]) => ({ ...place, path: [...place.path, name], type }));
  return [place, ...further.flatMap(placesFrom)];
}

const columnsAt = (columns: readonly AnyColumns[], { source, path }: Place) =>
  path.reduce((found, name) => (found[name] as AnyColumn).to, columns[source] as AnyColumns);
const rowAt = (tuple: Tuple, { source, path }: Place) =>
  path.reduce<Row | null>((row, name) => (row === null ? null : (row[name] as Row | null)), tuple[source] ?? null);

const saidAt = ({ source, path }: Place, name: string) =>
  ['abc'[source], ...path.map((hop) => `${hop}.to`), name].join('.');

function attributeTerm(place: Place, name: string, kind: Kind): Term {
  return {
    said: saidAt(place, name),
    kind,
    reads: [place.source],
    column: (columns) => columnsAt(columns, place)[name] as AnyColumn,
    value: (tuple) => rowAt(tuple, place)?.[name] ?? null,
  };
}

/** The item itself, or the one that a path leads to. */
function selfTerm(place: Place): Term {
  return {
    said: saidAt(place, 'self'),
    kind: place.type,
    reads: [place.source],
    column: (columns) => columnsAt(columns, place).self as AnyColumn,
    value: (tuple) => rowAt(tuple, place),
  };
}

const JSON_PLACES: readonly (readonly [steps: readonly (string | number)[], kind: Kind])[] = [
  [['any'], 'json'],
  [['tags', 0], 'jsonText'],
  [['deep', 'x'], 'jsonNumber'],
  [['a "b".c'], 'jsonText'],
];

function jsonTerm(place: Place, steps: readonly (string | number)[], kind: Kind): Term {
  return {
    said: `${saidAt(place, 'note')}.at(${steps.map((step) => JSON.stringify(step))})`,
    kind,
    reads: [place.source],
    column: (columns) => steps.reduce((column, step) => column.at(step), columnsAt(columns, place).note as AnyColumn),
    value: (tuple) => {
      const inside = (value: unknown, step: string | number) =>
        value === null ? null : ((value as Record<string, unknown>)[step] ?? null);
      return steps.reduce(inside, rowAt(tuple, place)?.note ?? null);
    },
  };
}

/** How many items refer to one. */
function referrerCount(place: Place, type: TypeName, through: string, filter: Filter | undefined): Term {
  return {
    said: `referrers(${saidAt(place, 'self')}, ${type}, ${through}).count(${filter?.said ?? ''})`,
    kind: 'integer',
    reads: [place.source],
    column: (columns, asked) => {
      const found = referrers(columnsAt(columns, place).self as never, CLASSES[type], (r) => r[through as never]);
      const where = filter && ((r: unknown) => filter.where([r as AnyColumns], asked));
      return found.count(where) as unknown as AnyColumn;
    },
    value: (tuple, rows) => referringRows(rowAt(tuple, place), type, through, filter, rows).length,
  };
}

export function referringRows(of: Row | null, type: TypeName, through: string, filter: Filter | undefined, rows: Rows) {
  const referring = of === null ? [] : rows[type].filter((row) => row[through] === of);
  return filter === undefined ? referring : referring.filter((row) => filter.holds([row], rows));
}

export function referringTo(type: TypeName): readonly (readonly [TypeName, string])[] {
  return TYPE_NAMES.flatMap((from) =>
    referencesOf(from).flatMap(([name, to]) => (to === type ? [[from, name] as const] : [])),
  );
}

export const placesOf = (sources: Sources): readonly Place[] =>
  sources.flatMap(({ type }, source) => placesFrom({ source, path: [], type }));
export type { Place };
export { columnsAt, rowAt, saidAt };

/** All values that are not calculated. */
export function plainTerms(sources: Sources): readonly Term[] {
  return placesOf(sources).flatMap((place) => [
    ...Object.entries(ATTRIBUTES[place.type]).map(([name, kind]) => attributeTerm(place, name, kind)),
    attributeTerm(place, 'serial', 'wild'),
    selfTerm(place),
    ...(place.type === 'city' ? JSON_PLACES.map(([steps, kind]) => jsonTerm(place, steps, kind)) : []),
  ]);
}

/** A value that is calculated from one, by `fn` with values or another term. */
function calculated(
  of: Term,
  kind: Kind,
  fn: string,
  operands: readonly unknown[],
  value: (given: never) => unknown,
): Term {
  return {
    said: `${of.said}.${fn}(${operands.map(shown)})`,
    kind,
    reads: of.reads,
    column: (columns, asked) => call(of.column(columns, asked), fn, ...operands),
    value: (tuple, rows) => {
      const given = of.value(tuple, rows);
      return given === null ? null : value(given as never);
    },
  };
}

function calculatedWith(of: Term, other: Term, kind: Kind, fn: string, value: (a: never, b: never) => unknown): Term {
  return {
    said: `${of.said}.${fn}(${other.said})`,
    kind,
    reads: [...of.reads, ...other.reads],
    column: (columns, asked) => call(of.column(columns, asked), fn, other.column(columns, asked)),
    value: (tuple, rows) => {
      const [a, b] = [of.value(tuple, rows), other.value(tuple, rows)];
      if (fn === 'coalesce') return a ?? b;
      return a === null || b === null ? null : value(a as never, b as never);
    },
  };
}

export const shown = (value: unknown) => {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return `bytes(${[...value]})`;
  return JSON.stringify(value);
};

const DATE_PARTS: Readonly<Record<string, (date: Date) => number>> = {
  year: (date) => date.getUTCFullYear(),
  month: (date) => date.getUTCMonth() + 1,
  day: (date) => date.getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  second: (date) => date.getUTCSeconds(),
  weekday: (date) => date.getUTCDay(),
};

const ARITHMETIC: Readonly<Record<string, <N extends number | bigint>(a: N, b: N) => N>> = {
  plus: (a, b) => ((a as number) + (b as number)) as typeof a,
  minus: (a, b) => ((a as number) - (b as number)) as typeof a,
  times: (a, b) => ((a as number) * (b as number)) as typeof a,
};
const operator = fc.constantFrom('plus', 'minus', 'times');

function decimalResult(fn: string, a: string, scaleA: number, b: string, scaleB: number): string {
  const [x, y] = [digitsOf(a, scaleA), digitsOf(b, scaleB)];
  if (fn === 'times') return decimalOf(x * y, scaleA + scaleB);
  const scale = Math.max(scaleA, scaleB);
  const [wideX, wideY] = [x * 10n ** BigInt(scale - scaleA), y * 10n ** BigInt(scale - scaleB)];
  return decimalOf(fn === 'plus' ? wideX + wideY : wideX - wideY, scale);
}

const decimalKind = (fn: string, a: number, b: number): Kind => `decimal${fn === 'times' ? a + b : Math.max(a, b)}`;
const coalesced = (term: Term, value: unknown): Term => ({
  ...calculated(term, term.kind === 'nocase' ? 'text' : term.kind, 'coalesce', [value], (given) => given),
  value: (tuple, rows) => term.value(tuple, rows) ?? value,
});

/** The values that can be calculated from one; `others` is what it may be combined with. */
function calculations(term: Term, others: readonly Term[]): readonly fc.Arbitrary<Term>[] {
  const { kind } = term;
  const found: fc.Arbitrary<Term>[] = [];
  const values = VALUES[kind];
  if (values !== undefined && !kind.startsWith('json')) {
    found.push(fc.constantFrom(...values).map((value) => coalesced(term, value)));
  }
  const alike = others.filter(
    (other) => other.kind === kind && kind !== 'nocase' && !kind.startsWith('json') && !isTypeName(kind),
  );
  if (alike.length > 0) {
    found.push(fc.constantFrom(...alike).map((other) => calculatedWith(term, other, kind, 'coalesce', () => null)));
  }
  if (kind === 'text' || kind === 'nocase') {
    const texts = others.filter((other) => other.kind === 'text' || other.kind === 'nocase');
    found.push(
      fc.constantFrom(
        calculated(term, 'wild', 'length', [], (text: string) => [...text].length),
        calculated(term, 'text', 'lower', [], folded),
        calculated(term, 'text', 'upper', [], (text: string) => text.replaceAll(/[a-z]/g, (one) => one.toUpperCase())),
        calculated(term, 'text', 'concat', ['-', 'é'], (text: string) => `${text}-é`),
        ...texts.map((other) => calculatedWith(term, other, 'text', 'concat', (a: string, b: string) => a + b)),
      ),
    );
  }
  if (kind === 'timestamp') {
    found.push(
      fc
        .constantFrom(...Object.entries(DATE_PARTS))
        .map(([fn, part]) => calculated(term, fn === 'year' ? 'wild' : 'integer', fn, [], part)),
    );
  }
  if (kind === 'integer' || kind === 'real') {
    const numbers = others.filter((other) => other.kind === 'integer' || other.kind === 'real');
    const resultOf = (other: Kind): Kind => (kind === 'integer' && other === 'integer' ? 'integer' : 'real');
    found.push(
      fc.tuple(operator, fc.constantFrom(-1, 0, 1, 3, 0.5)).map(([fn, value]) => {
        const result = resultOf(Number.isInteger(value) ? 'integer' : 'real');
        return calculated(term, result, fn, [value], (given: number) => ARITHMETIC[fn]!(given, value));
      }),
      fc
        .tuple(operator, fc.constantFrom(...numbers, term))
        .map(([fn, other]) => calculatedWith(term, other, resultOf(other.kind), fn, ARITHMETIC[fn]!)),
    );
  }
  if (kind.startsWith('decimal')) {
    const scale = scaleOf(kind);
    const decimals = others.filter((other) => other.kind.startsWith('decimal'));
    const whole = others.filter((other) => other.kind === 'integer');
    found.push(
      fc
        .tuple(operator, fc.constantFrom(-1, 0, 2))
        .map(([fn, value]) =>
          calculated(term, decimalKind(fn, scale, 0), fn, [value], (a: string) =>
            decimalResult(fn, a, scale, String(value), 0),
          ),
        ),
      fc.constantFrom('plus', 'minus').map((fn) => {
        const value = decimalOf(25n, scale);
        return calculated(term, kind, fn, [value], (a: string) => decimalResult(fn, a, scale, value, scale));
      }),
      fc.tuple(operator, fc.constantFrom(...decimals, ...whole, term)).map(([fn, other]) => {
        const otherScale = other.kind === 'integer' ? 0 : scaleOf(other.kind);
        return calculatedWith(term, other, decimalKind(fn, scale, otherScale), fn, (a: string, b: unknown) =>
          decimalResult(fn, a, scale, String(b), otherScale),
        );
      }),
    );
  }
  return found;
}

const anyOf = (term: Term, ways: readonly fc.Arbitrary<Term>[]) =>
  ways.length === 0 ? fc.constant(term) : fc.oneof(...ways);

/** A value of a row, of the kinds asked for; `filterOf` makes conditions on the items that refer to one. */
export function aTerm(
  sources: Sources,
  fits: (kind: Kind) => boolean,
  filterOf?: (sources: Sources) => fc.Arbitrary<Filter>,
): fc.Arbitrary<Term> {
  const all = plainTerms(sources);
  const fitting = all.filter(({ kind }) => fits(kind));
  const counted = placesOf(sources).filter(({ path }) => path.length < 2);
  const count = fc.constantFrom(...counted).chain((place) => {
    const referring = referringTo(place.type);
    if (referring.length === 0) return fc.constantFrom(...fitting);
    return fc.constantFrom(...referring).chain(([type, through]) => {
      const filter = filterOf === undefined ? fc.constant(undefined) : filterOf([{ type, isOptional: false }]);
      return fc.option(filter, { nil: undefined }).map((one) => referrerCount(place, type, through, one));
    });
  });
  const calculatedOnce = fc.constantFrom(...all).chain((term) => anyOf(term, calculations(term, all)));
  const made = fc.oneof(
    { weight: 3, arbitrary: calculatedOnce },
    { weight: 1, arbitrary: calculatedOnce.chain((term) => anyOf(term, calculations(term, all))) },
  );
  const parts: fc.WeightedArbitrary<Term>[] = [
    { weight: 6, arbitrary: fc.constantFrom(...fitting) },
    { weight: 3, arbitrary: made.filter(({ kind }) => fits(kind)) },
  ];
  if (fits('integer')) parts.push({ weight: 1, arbitrary: count });
  return fc.oneof(...parts);
}
