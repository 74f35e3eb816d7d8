import { CorollaryError } from '../../errors.js';
import { isDistinct, isWhole } from '../answer/row-order.js';
import { type AggregateFn, type QuerySpec, readValues, type ValueNode } from '../ast.js';
import type { ColumnShape } from '../column-shape.js';
import type { GroupPlan } from '../grouping.js';
import { isColumn } from '../traverse.js';
import { shapeOf } from '../value-shape.js';
import { readableSQL, valueSQL } from './compile-value.js';
import { type Compiled, type Fragment, joined, rendered, sql } from './fragment.js';
import type { LaidOut, Layout } from './layout.js';
import {
  type CompileContext,
  newSelect,
  representative,
  type Selection,
  selection,
  VALUE,
  window,
  withoutFirstPer,
} from './select.js';
import type { SqlContext } from './sql-context.js';

// 32766: SQLITE_MAX_VARIABLE_NUMBER since 3.32
const MAX_PARAMETERS = 32_766;

/**
 * SELECT of the rows of a question, in order, with the columns of a layout, and a last one of what is wanted `besides`. Like
 * all functions here it gives undefined when a type was never stored without which there are no rows.
 * @throws CorollaryError WRONG_STORE for operands that are items of another store; BAD_QUERY
 */
export function compileRows(
  spec: QuerySpec,
  layout: Layout,
  context: CompileContext,
  besides?: string,
): Compiled | undefined {
  const asked = withoutFirstPer(spec);
  return statement(orderedRows(asked, { columns: layout.columns, isOrdered: true, besides }, context), context);
}

/**
 * With 1,000 conditions, each in five pieces, a page took 450 ms, and 60 as a whole: SQLite plans for so long. More than a
 * question may have whose shape is kept (`questionShape`), so that all of one shape are asked in the same way.
 */
const MOST_IN_PIECES = 250;

// A compound of all takes the rows of one SELECT after those of the other, and ends where the limit is reached.
function orderedRows(spec: QuerySpec, what: Selection, context: CompileContext): Fragment | undefined {
  const pieces = spec.pieces?.flatMap((where): Fragment[] => {
    const rows = selection({ ...spec, where }, what, context);
    return rows === undefined ? [] : [sql`SELECT * FROM (${rows})`];
  });
  if (pieces?.length === 0) return undefined;
  const compound = pieces && joined([joined(pieces, ' UNION ALL '), ...window(spec)], ' ');
  const isShort = compound !== undefined && parametersOf(compound) <= Math.min(MOST_IN_PIECES, mostParameters(context));
  return isShort ? compound : selection(spec, what, context);
}

/**
 * SELECT of one row of partial results, which `finish` combines. 'count': the number; sums and averages: the number
 * of values and their sum, int64 kinds as two halves; 'min' and 'max': the value, or null.
 */
export function compileAggregate(
  spec: QuerySpec,
  fn: AggregateFn,
  value: ValueNode | undefined,
  context: CompileContext,
): Compiled | undefined {
  const asked = withoutFirstPer(spec);
  if (!isWhole(asked)) return aggregateOfSelection(asked, fn, value, context);
  const { pluck: _, select: __, ...rest } = asked;
  const select = newSelect({ ...rest, orderBy: [] }, value === undefined ? [] : [value], context);
  const partials = partialColumns(fn, value && aggregated(value, select.sql));
  return statement(select.matching && sql`SELECT ${partials} ${select.matching}`, context);
}

/**
 * SELECT of the partial results of every group: the cells of `keys` and of `carried`, which are the same in all rows of
 * a group, then those of each aggregate as in {@link compileAggregate}.
 */
export function compileGroups(spec: QuerySpec, groups: GroupPlan, context: CompileContext): Compiled | undefined {
  const { keys, carried, aggregates } = groups;
  const { limit: _, offset: __, having: ___, pluck: ____, select: _____, ...rest } = withoutFirstPer(spec);
  const operands = aggregates.flatMap(({ of }) => of ?? []);
  const select = newSelect({ ...rest, orderBy: [] }, [...keys, ...carried, ...operands], context);
  const columns = [
    ...keys.map((key) => representative(key, select.sql)),
    ...carried.map((value) => readableSQL(value, select.sql)),
    ...aggregates.map(({ aggregate, of }) => partialColumns(aggregate, of && aggregated(of, select.sql))),
  ];
  if (select.matching === undefined) return undefined;
  const rows = sql`SELECT ${joined(columns, ', ')} ${select.matching}`;
  if (keys.length === 0) return statement(rows, context);
  const by = keys.map((key) => valueSQL(key, select.sql));
  return statement(sql`${rows} GROUP BY ${joined(by, ', ')}`, context);
}

/** How many columns the partial results of an aggregate take. */
export function partialWidth(fn: AggregateFn, value: ValueNode | undefined, shape: ColumnShape | undefined): number {
  if (value === undefined || shape === undefined || fn === 'count' || fn === 'min' || fn === 'max') return 1;
  if (shape.codec.arithmetic === 'real') return 2;
  return isColumn(value) ? 3 : 4;
}

/** A value that is aggregated: what it is, and how it is written. */
interface Aggregated {
  readonly value: ValueNode;
  readonly shape: ColumnShape;
  readonly written: Fragment;
}

function aggregated(value: ValueNode, context: SqlContext): Aggregated {
  return { value, shape: shapeOf(context.from, value), written: valueSQL(value, context) };
}

function partialColumns(fn: AggregateFn, of: Aggregated | undefined): Fragment {
  if (of === undefined) return ['count(*)'];
  const { value, shape, written } = of;
  if (fn === 'count') return sql`count(${written})`;
  if (fn === 'min' || fn === 'max') return extremeColumn(fn, of);
  // What lies in JSON may be a whole number, of which `sum` would not go beyond int64.
  if (shape.codec.arithmetic === 'real') return sql`count(${written}), total(${written})`;
  // x = (x >> 32) * 2^32 + (x & 0xffffffff). SQLite's sum throws when it leaves int64; those of the halves cannot, up
  // to 2^31 rows.
  const halves = [sql`${written} >> 32`, sql`${written} & 4294967295`].map((half) => sql`CAST(sum(${half}) AS TEXT)`);
  const columns = sql`count(${written}), ${joined(halves, ', ')}`;
  // What is calculated becomes a real where it leaves int64.
  return isColumn(value) ? columns : sql`${columns}, max(typeof(${written}) = 'real')`;
}

function extremeColumn(fn: 'min' | 'max', { written, shape }: Aggregated): Fragment {
  const extreme = sql`${fn}(${written})`;
  return shape.codec.asText === true ? sql`CAST(${extreme} AS TEXT)` : extreme;
}

function aggregateOfSelection(
  spec: QuerySpec,
  fn: AggregateFn,
  value: ValueNode | undefined,
  context: CompileContext,
): Compiled | undefined {
  const values = isDistinct(spec) ? readValues(spec) : value && [value];
  const columns = (values ?? []).map((one): LaidOut => ({ value: one, form: 'compared' }));
  // Which rows a limit leaves makes no difference to their number.
  const rows = selection(spec, { columns, isOrdered: fn !== 'count', isRaw: true, names: values && VALUE }, context);
  const partials = partialColumns(fn, value && selected(value, spec));
  return statement(rows && sql`SELECT ${partials} FROM (${rows})`, context);
}

// A text that stands for those that differ in case only was calculated, and has lost its collation.
function selected(value: ValueNode, { from }: QuerySpec): Aggregated {
  const shape = shapeOf(from, value);
  return { value, shape, written: [shape.collate === 'nocase' ? `${VALUE} COLLATE NOCASE` : VALUE] };
}

function statement(fragment: Fragment | undefined, context: CompileContext): Compiled | undefined {
  if (fragment === undefined) return undefined;
  const compiled = rendered(fragment);
  const most = mostParameters(context);
  if (compiled.values.length <= most) return compiled;
  const said = `The query compares with ${compiled.values.length} values, but ${most} is the most: put them into lists`;
  throw new CorollaryError('BAD_QUERY', `${said}, c.name.in([...])`);
}

function mostParameters({ maxParameters = MAX_PARAMETERS }: CompileContext): number {
  return maxParameters;
}

function parametersOf(fragment: Fragment): number {
  return fragment.filter((part) => typeof part !== 'string').length;
}
