import { quoted } from '../driver/sql-text.js';
import { CorollaryError } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';
import type { ColumnRef, OrderNode, QuerySpec } from './ast.js';
import { type ColumnShape, shapeOf } from './column-shape.js';
import { type ConditionContext, columnName, conditionSQL, type Subquery } from './compile-condition.js';
import { bound, type Compiled, type Fragment, joined, rendered, sql } from './fragment.js';
import { keyOrders } from './row-order.js';
import type { AggregateFn } from './runner.js';

/** The store for which a question is compiled. */
export interface CompileContext {
  /** Its uid; items of other stores are refused as operands. */
  readonly uid: string;
  /** The quoted name of a type's table; undefined when no item of the type was ever stored. */
  tableOf(type: ItemType): string | undefined;
  /** In a tree's question an item of another store equals nothing here, instead of being refused. */
  readonly foreignItems?: 'refuse' | 'nothing';
  /** How many parameters the engine allows in one statement. */
  readonly maxParameters?: number;
}

// Short lists are written out: the planner sees how many values there are.
const LONGEST_LIST = 8;
// 32766: SQLITE_MAX_VARIABLE_NUMBER since 3.32
const MAX_PARAMETERS = 32_766;
/** Names the column of an inner SELECT. No attribute can be called so: it would be found first in ORDER BY. */
const VALUE = '"#value"';

/**
 * SELECT of whole rows: "storeId", then all attributes in index order. Like all functions here it gives undefined when
 * the type was never stored: the answer is then empty.
 * @throws CorollaryError WRONG_STORE for operands that are items of another store; BAD_QUERY
 */
export function compileItems(spec: QuerySpec, context: CompileContext): Compiled | undefined {
  const attributes = spec.from[0].attributes.map((attribute) => readable(quoted(attribute.name), attribute));
  return statement(selection(spec, ['"storeId"', ...attributes], context), context);
}

/** SELECT of the ids of the items found, in order. */
export function compileIds(spec: QuerySpec, context: CompileContext): Compiled | undefined {
  return statement(selection(spec, ['"storeId"'], context), context);
}

/** SELECT of the plucked column. */
export function compileValues(spec: QuerySpec, context: CompileContext): Compiled | undefined {
  return statement(selection(spec, [selected(spec, plucked(spec))], context), context);
}

/** SELECT of the plucked column and, after it, the columns of {@link keyOrders}: the row's place in the answer. */
export function compileValuesWithKeys(spec: QuerySpec, context: CompileContext): Compiled | undefined {
  const keys = keyOrders(spec).map((order) => order.column);
  const columns = [plucked(spec), ...keys].map((column) => selected(spec, column));
  return statement(selection(spec, columns, context), context);
}

/**
 * SELECT of one row of partial results, which `finish` combines. 'count': the number; sums and averages: the number
 * of values and their sum, int64 kinds as two halves; 'min' and 'max': the value, or null.
 */
export function compileAggregate(
  spec: QuerySpec,
  fn: AggregateFn,
  column: ColumnRef | undefined,
  context: CompileContext,
): Compiled | undefined {
  if (!isWhole(spec)) return aggregateOfSelection(spec, fn, column, context);
  const rows = matching(spec, context);
  const partials = partialColumns(fn, column && columnName(column), column && shapeOf(spec.from, column));
  return statement(rows && sql`SELECT ${partials} ${rows}`, context);
}

function isWhole(spec: QuerySpec): boolean {
  return spec.limit === undefined && spec.offset === undefined && !isDistinctPluck(spec);
}

function aggregateOfSelection(
  spec: QuerySpec,
  fn: AggregateFn,
  column: ColumnRef | undefined,
  context: CompileContext,
): Compiled | undefined {
  const inner = isDistinctPluck(spec) ? plucked(spec) : column;
  const value = inner === undefined ? '1' : raw(spec, inner);
  // Which rows a limit leaves makes no difference to their number.
  const rows = selection(spec, [`${value} AS ${VALUE}`], context, fn !== 'count');
  const partials = partialColumns(fn, column && VALUE, column && shapeOf(spec.from, column));
  return statement(rows && sql`SELECT ${partials} FROM (${rows})`, context);
}

function partialColumns(fn: AggregateFn, value: string | undefined, shape: ColumnShape | undefined): string {
  if (value === undefined || shape === undefined) return 'count(*)';
  if (fn === 'min' || fn === 'max') return readable(`${fn}(${value})`, shape);
  if (shape.codec.arithmetic === 'real') return `count(${value}), sum(${value})`;
  // x = (x >> 32) * 2^32 + (x & 0xffffffff). SQLite's sum throws when it leaves int64; those of the halves cannot, up
  // to 2^31 rows.
  const halves = [`${value} >> 32`, `${value} & 4294967295`].map((half) => `CAST(sum(${half}) AS TEXT)`);
  return [`count(${value})`, ...halves].join(', ');
}

/** True when the answer is a set of values. */
export function isDistinctPluck(spec: QuerySpec): boolean {
  return spec.distinct && spec.pluck !== undefined;
}

function plucked(spec: QuerySpec): ColumnRef {
  if (spec.pluck !== undefined) return spec.pluck;
  throw new CorollaryError('BAD_QUERY', `A query of ${spec.from[0].name} items has no plucked column`);
}

/** A column as an inner SELECT gives it. */
function raw(spec: QuerySpec, column: ColumnRef): string {
  const name = columnName(column);
  // Of texts that differ in case only, the first in binary order stands for all, so that repeated runs agree.
  return isFolded(spec) ? `min(${name} COLLATE BINARY)` : name;
}

/** A column as the caller reads it. */
function selected(spec: QuerySpec, column: ColumnRef): string {
  return readable(raw(spec, column), shapeOf(spec.from, column));
}

function readable(expression: string, shape: Pick<ColumnShape, 'codec'>): string {
  return shape.codec.asText === true ? `CAST(${expression} AS TEXT)` : expression;
}

function isFolded(spec: QuerySpec): boolean {
  return isDistinctPluck(spec) && shapeOf(spec.from, plucked(spec)).collate === 'nocase';
}

function selection(
  spec: QuerySpec,
  columns: readonly string[],
  context: CompileContext,
  isOrdered = true,
): Fragment | undefined {
  const rows = matching(spec, context);
  if (rows === undefined) return undefined;
  const select = isDistinctPluck(spec) && !isFolded(spec) ? 'SELECT DISTINCT' : 'SELECT';
  const parts: Fragment[] = [sql`${select} ${columns.join(', ')} ${rows}`];
  if (isFolded(spec)) parts.push([`GROUP BY ${columnName(plucked(spec))}`]);
  if (isOrdered)
    parts.push([
      `ORDER BY ${keyOrders(spec)
        .map((order) => orderSQL(spec, order))
        .join(', ')}`,
    ]);
  return joined([...parts, ...window(spec)], ' ');
}

/** FROM and WHERE. */
function matching(spec: QuerySpec, context: CompileContext): Fragment | undefined {
  // Before the table is looked for: a wrong operand is an error in an empty store, too.
  const where = spec.where === undefined ? undefined : conditionSQL(spec.where, conditionContext(spec, context));
  const table = context.tableOf(spec.from[0]);
  if (table === undefined) return undefined;
  return where === undefined ? [`FROM ${table}`] : sql`FROM ${table} WHERE ${where}`;
}

function conditionContext(spec: QuerySpec, context: CompileContext): ConditionContext {
  return {
    from: spec.from,
    idIn: (store, id) => idIn(store, id, spec, context),
    subquery: (inner) => subquery(inner, context),
    longestList: LONGEST_LIST,
  };
}

function idIn(store: string, id: number, spec: QuerySpec, context: CompileContext): number {
  if (store === context.uid) return id;
  // Ids are positive: this one equals nothing, and the SQL text stays the same.
  if (context.foreignItems === 'nothing') return -1;
  const type = spec.from[0].name;
  throw new CorollaryError('WRONG_STORE', `A query of ${type} compares with item ${id} of another store`, {
    type,
    storeId: id,
  });
}

function subquery(spec: QuerySpec, context: CompileContext): Subquery | undefined {
  const column = spec.pluck ?? { source: 0, name: 'storeId' };
  const isCut = spec.limit !== undefined || spec.offset !== undefined;
  const inner = selection(spec, [`${raw(spec, column)} AS ${VALUE}`], context, isCut);
  return inner && { sql: inner, value: VALUE, nullable: shapeOf(spec.from, column).nullable };
}

function orderSQL(spec: QuerySpec, order: OrderNode): string {
  const isUsual = (order.direction === 'asc') === (order.nulls === 'first');
  const nulls = isUsual || !shapeOf(spec.from, order.column).nullable ? '' : ` NULLS ${order.nulls.toUpperCase()}`;
  return `${columnName(order.column)} ${order.direction.toUpperCase()}${nulls}`;
}

function window(spec: QuerySpec): readonly Fragment[] {
  const { limit, offset } = spec;
  if (limit === undefined && offset === undefined) return [];
  // SQLite has no OFFSET without LIMIT; -1 is no limit.
  const parts = [sql`LIMIT ${bound(limit ?? -1)}`];
  return offset === undefined ? parts : [...parts, sql`OFFSET ${bound(offset)}`];
}

function statement(fragment: Fragment | undefined, context: CompileContext): Compiled | undefined {
  if (fragment === undefined) return undefined;
  const compiled = rendered(fragment);
  const most = context.maxParameters ?? MAX_PARAMETERS;
  if (compiled.values.length <= most) return compiled;
  const said = `The query compares with ${compiled.values.length} values, but ${most} is the most: put them into lists`;
  throw new CorollaryError('BAD_QUERY', `${said}, c.name.in([...])`);
}
