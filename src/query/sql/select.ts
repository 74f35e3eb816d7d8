import { CorollaryError } from '../../errors.js';
import { isDistinct, keyOrders } from '../answer/row-order.js';
import {
  type ColumnRef,
  type ConditionNode,
  firstType,
  type OrderNode,
  type QuerySpec,
  type Referrers,
  readValues,
  type ValueNode,
} from '../ast.js';
import type { Node } from '../traverse.js';
import { shapeOf } from '../value-shape.js';
import type { PlannedTable } from './advice.js';
import { conditionSQL } from './compile-condition.js';
import { exactSQL, readableSQL, valueSQL } from './compile-value.js';
import { bound, type Fragment, hidden, joined, sql } from './fragment.js';
import type { LaidOut } from './layout.js';
import { Level, type Tables } from './level.js';
import type { SqlContext, Subquery } from './sql-context.js';

/** The store for which a question is compiled. */
export interface CompileContext extends Tables {
  /** Its uid; items of other stores are refused as operands. */
  readonly uid: string;
  /** In a tree's question an item of another store equals nothing here, instead of being refused. */
  readonly foreignItems?: 'refuse' | 'nothing';
  /** SQL of a value that is another one after each commit to the store. */
  readonly moment?: string;
  /** How many parameters the engine allows in one statement. */
  readonly maxParameters?: number;
}

// Short lists are written out: the planner sees how many values there are.
export const LONGEST_LIST = 8;
/** Names the column of an inner SELECT. No attribute can be called so: it would be found first in ORDER BY. */
export const VALUE = '"#value"';
/** The place of a row among those that have the same values of `firstPer`. */
const PLACE = '"#place"';

/** One SELECT in the making: how its values are written, and its FROM and WHERE; undefined when there are no rows. */
interface Select {
  readonly sql: SqlContext;
  readonly matching: Fragment | undefined;
}

/** What ties the rows of a SELECT to those of the one around it. */
interface Tie {
  readonly around: Level;
  readonly condition: (level: Level) => Fragment;
}

/** What the tables of a question's SELECT are, by the names that SQLite's plan calls them by. */
export function tablesOf(
  spec: QuerySpec,
  nodes: readonly Node[],
  context: CompileContext,
): (name: string) => PlannedTable | undefined {
  const level = new Level(spec, [...readNodes(spec), ...nodes], context);
  return (name) => level.called(name);
}

/** Begins a SELECT of a question's rows. `nodes`: what is read beside what the question itself says. */
export function newSelect(spec: QuerySpec, nodes: readonly Node[], context: CompileContext, tie?: Tie): Select {
  const level = new Level(spec, [...readNodes(spec), ...nodes], context, tie?.around.taken);
  const written = sqlContext(spec, level, context);
  // Before the table is looked at: a wrong operand is an error in an empty store, too.
  const where = spec.where === undefined ? undefined : conditionSQL(spec.where, written);
  const tying: SqlContext = { ...written, matches: (search) => level.matchesInTie(search) };
  const from = level.from((node) => conditionSQL(node, tying));
  if (level.isEmpty) return { sql: written, matching: undefined };
  const tied = tie?.condition(level);
  const condition = tied !== undefined && where !== undefined ? sql`${tied} AND (${where})` : (tied ?? where);
  return { sql: written, matching: condition === undefined ? from : sql`${from} WHERE ${condition}` };
}

function readNodes(spec: QuerySpec): readonly Node[] {
  const conditions = [spec.on, spec.where].filter((node): node is ConditionNode => node !== undefined);
  return [...conditions, ...spec.orderBy.map(({ column }) => column), ...(readValues(spec) ?? [])];
}

function sqlContext(spec: QuerySpec, level: Level, context: CompileContext): SqlContext {
  return {
    from: spec.from,
    column: (column) => level.column(column),
    idIn: (store, id) => idInStore(context, spec, store, id),
    subquery: (inner) => subquery(inner, context),
    referrers: (referrers) => referring(referrers, level, context),
    matches: (search) => level.matches(search),
    found: (node) => level.found(node),
    longestList: LONGEST_LIST,
  };
}

/**
 * The id of an item in the store asked, given the uid of its store.
 * @throws CorollaryError WRONG_STORE when that is another, unless such an item equals nothing
 */
export function idInStore(context: CompileContext, spec: QuerySpec, store: string, id: number): number {
  if (store === context.uid) return id;
  // Ids are positive: this one equals nothing, and the SQL text stays the same.
  if (context.foreignItems === 'nothing') return -1;
  const type = firstType(spec).name;
  throw new CorollaryError('WRONG_STORE', `A query of ${type} compares with item ${id} of another store`, {
    type,
    storeId: id,
  });
}

/** FROM and WHERE of the items that refer to an item of the SELECT around. */
function referring({ of, by, through }: Referrers, around: Level, context: CompileContext): Fragment | undefined {
  const condition = (level: Level): Fragment => [`${level.column(through)} = ${around.column(of)}`];
  return newSelect(by, [through], context, { around, condition }).matching;
}

function subquery(spec: QuerySpec, context: CompileContext): Subquery | undefined {
  const value = readValues(spec)?.[0] ?? { source: 0, name: 'storeId' };
  const isCut = spec.limit !== undefined || spec.offset !== undefined;
  if (spec.firstPer !== undefined) {
    const isOfItems = readValues(spec) === undefined && !isCut;
    return isOfItems ? firstIds(spec, context) : subquery(withoutFirstPer(spec), context);
  }
  const columns: readonly LaidOut[] = [{ value, form: 'compared' }];
  const inner = selection(spec, { columns, isOrdered: isCut, isRaw: true, names: VALUE }, context);
  const shape = shapeOf(spec.from, value);
  // That of what stands for texts that differ in case only: SQLite would rather take it than a column's own.
  const collate = isDistinct(spec) ? 'binary' : shape.collate;
  return inner && { sql: inner, value: VALUE, shape: { ...shape, collate } };
}

/** The ids of the first items, in the order asked for, of those with the same values of `firstPer`. */
function firstIds({ firstPer = [], ...spec }: QuerySpec, context: CompileContext): Subquery | undefined {
  const keys = keyOrders(spec);
  const select = newSelect(spec, firstPer, context);
  if (select.matching === undefined) return undefined;
  const per = joined(
    firstPer.map((value) => valueSQL(value, select.sql)),
    ', ',
  );
  const place = sql`row_number() OVER (PARTITION BY ${per} ORDER BY ${orderTerms(keys, select.sql)})`;
  const id = select.sql.column(ID);
  const rows = sql`SELECT ${id} AS ${VALUE}, ${place} AS ${PLACE} ${select.matching}`;
  return { sql: sql`SELECT ${VALUE} FROM (${rows}) WHERE ${PLACE} = 1`, value: VALUE, shape: shapeOf(spec.from, ID) };
}

const ID: ColumnRef = Object.freeze({ source: 0, name: 'storeId' });

/** The same question with `firstPer` as a condition: being among those first. */
export function withoutFirstPer(spec: QuerySpec): QuerySpec {
  const { firstPer, where, ...rest } = spec;
  if (firstPer === undefined) return spec;
  const first: QuerySpec = {
    from: spec.from,
    ...(where !== undefined && { where }),
    orderBy: spec.orderBy,
    firstPer,
    distinct: false,
  };
  return { ...rest, where: { op: 'in', column: { source: 0, name: 'self' }, list: { query: first }, orNull: false } };
}

/** What is selected, and how. */
export interface Selection {
  readonly columns: readonly LaidOut[];
  readonly isOrdered: boolean;
  /** True inside another SELECT, where int64 needs no cast. */
  readonly isRaw?: boolean;
  /** What the first column is called. */
  readonly names?: string | undefined;
  /** A last column that is the same in all rows. */
  readonly besides?: string | undefined;
}

export function selection(spec: QuerySpec, what: Selection, context: CompileContext) {
  const { columns, isOrdered, isRaw, names, besides } = what;
  const select = newSelect(
    isOrdered ? spec : { ...spec, orderBy: [] },
    columns.map(({ value }) => value),
    context,
  );
  if (select.matching === undefined) return undefined;
  const isFolded = isDistinct(spec) && columns.some(({ value }) => isFoldable(spec, value));
  const written = columns.map((column) => {
    if (isFolded && (column.form === 'read' || !('at' in column.value)))
      return representative(column.value, select.sql);
    return isRaw === true ? valueSQL(column.value, select.sql) : columnSQL(column, select.sql);
  });
  if (besides !== undefined) written.push([besides]);
  const list = written.length === 0 ? ['1'] : joined(written, ', ');
  const verb = isDistinct(spec) && !isFolded ? 'SELECT DISTINCT' : 'SELECT';
  const parts: Fragment[] = [sql`${verb} ${list}${names === undefined ? '' : ` AS ${names}`} ${select.matching}`];
  if (isFolded) {
    const by = (readValues(spec) ?? []).map((value) => valueSQL(value, select.sql));
    parts.push(sql`GROUP BY ${joined(by, ', ')}`);
  }
  if (isOrdered) parts.push(sql`ORDER BY ${orderTerms(keyOrders(spec), select.sql)}`);
  return joined([...parts, ...window(spec)], ' ');
}

function columnSQL({ value, form }: LaidOut, context: SqlContext): Fragment {
  return form === 'read' ? readableSQL(value, context) : exactSQL(value, context);
}

/**
 * Of values that are the same though they are read as different ones, such as texts that differ in case only, and true
 * and 1 in JSON, the first in binary order stands for all, so that repeated runs agree.
 */
export function representative(value: ValueNode, context: SqlContext): Fragment {
  if ('at' in value) return sql`min(${readableSQL(value, context)})`;
  if (shapeOf(context.from, value).collate !== 'nocase') return readableSQL(value, context);
  return sql`min(${valueSQL(value, context)} COLLATE BINARY)`;
}

function isFoldable(spec: QuerySpec, value: ValueNode): boolean {
  return 'at' in value || shapeOf(spec.from, value).collate === 'nocase';
}

function orderTerms(orders: readonly OrderNode[], context: SqlContext): Fragment {
  return joined(
    orders.map((order) => orderSQL(order, context)),
    ', ',
  );
}

function orderSQL({ column, direction, nulls }: OrderNode, context: SqlContext): Fragment {
  const isUsual = (direction === 'asc') === (nulls === 'first');
  const where = isUsual || !shapeOf(context.from, column).nullable ? '' : ` NULLS ${nulls.toUpperCase()}`;
  return sql`${valueSQL(column, context)} ${direction.toUpperCase()}${where}`;
}

/** LIMIT and OFFSET. */
export function window(spec: QuerySpec): readonly Fragment[] {
  const { limit, offset } = spec;
  if (limit === undefined && offset === undefined) return [];
  // SQLite has no OFFSET without LIMIT; -1 is no limit.
  const parts: Fragment[] = [limit === undefined ? ['LIMIT -1'] : sql`LIMIT ${hidden(bound(limit))}`];
  return offset === undefined ? parts : [...parts, sql`OFFSET ${hidden(bound(offset))}`];
}
