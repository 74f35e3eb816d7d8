import type {
  ComparisonNode,
  ComparisonOp,
  ConditionNode,
  JunctionNode,
  ListNode,
  MembershipNode,
  OperandNode,
  QuerySpec,
  RefGroup,
  ValueCell,
  ValueNode,
} from '../ast.js';
import type { ColumnShape } from '../column-shape.js';
import { jsonValueCodec } from '../json-value.js';
import { isSameValue } from '../traverse.js';
import { shapeOf } from '../value-shape.js';
import { like, textSearch } from './compile-text.js';
import { cellSQL, valueSQL } from './compile-value.js';
import { bound, type Fragment, hidden, joined, jsonCell, sql } from './fragment.js';
import type { SqlContext, Subquery } from './sql-context.js';

const OPERATORS: { readonly [O in ComparisonOp]: string } = {
  eq: '=',
  ne: 'IS NOT',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
};

/**
 * The SQL of a condition: true exactly where the condition holds; false or null elsewhere.
 * @throws CorollaryError WRONG_STORE when an item of another store is compared with.
 */
export function conditionSQL(node: ConditionNode, context: SqlContext): Fragment {
  switch (node.op) {
    case 'and':
    case 'or':
      return junction(node, context);
    case 'not':
      return sql`(${conditionSQL(node.of, context)}) IS NOT TRUE`;
    case 'in':
    case 'notIn':
      return membership(node, context);
    case 'between':
      return between(node.column, [node.low, node.high], context);
    case 'isNull':
      return sql`${valueSQL(node.column, context)} IS NULL`;
    case 'isNotNull':
      return sql`${valueSQL(node.column, context)} IS NOT NULL`;
    case 'matches':
      return context.matches(node.search);
    case 'exists': {
      const rows = context.referrers(node.referrers);
      return rows === undefined ? ['FALSE'] : sql`EXISTS (SELECT 1 ${rows})`;
    }
    case 'like':
      return like(node, collated(node.column, [], context), isNocase(node.column, context));
    case 'startsWith':
    case 'endsWith':
    case 'contains':
      return textSearch(node, collated(node.column, [], context), isNocase(node.column, context));
    default:
      return comparison(node, context);
  }
}

function isNocase(value: ValueNode, context: SqlContext): boolean {
  return shapeOf(context.from, value).collate === 'nocase';
}

function comparison(node: ComparisonNode, context: SqlContext): Fragment {
  const column = comparedSQL(node.column, [node.to], context);
  const operand = operandSQL(node.column, node.to, context);
  // Two columns are equal when both are null, too.
  if (node.op === 'eq') return 'column' in node.to ? sql`${column} IS ${operand}` : sql`${column} = ${hidden(operand)}`;
  return sql`${column} ${OPERATORS[node.op]} ${operand}`;
}

function between(column: ValueNode, ends: readonly [OperandNode, OperandNode], context: SqlContext): Fragment {
  const [low, high] = ends.map((end) => operandSQL(column, end, context)) as [Fragment, Fragment];
  return sql`${comparedSQL(column, ends, context)} BETWEEN ${low} AND ${high}`;
}

function comparedSQL(column: ValueNode, operands: readonly OperandNode[], context: SqlContext): Fragment {
  const others = operands.flatMap((operand) => ('column' in operand ? [shapeOf(context.from, operand.column)] : []));
  return collated(column, others, context);
}

/**
 * A value on the left of a comparison with others: its collation holds, where SQLite would rather take that of a column.
 * Cells of groups are no columns.
 */
function collated(value: ValueNode, others: readonly ColumnShape[], context: SqlContext): Fragment {
  const shape = shapeOf(context.from, value);
  const written = untyped(valueSQL(value, context), shape, others);
  const hasCollation = context.known === undefined || shape.collate === 'binary';
  if (hasCollation && others.every(({ collate }) => collate === shape.collate)) return written;
  return sql`${written} COLLATE ${shape.collate.toUpperCase()}`;
}

/**
 * What lies in JSON is a number or a text by itself. SQLite would turn it into what a column beside it holds, '1' into 1
 * and 1 into '1': a plus makes the column a value like any other. A large real stands in JSON as digits that SQLite
 * reads as another number than the double has: beside reals it is one.
 */
function untyped(written: Fragment, { codec }: ColumnShape, others: readonly ColumnShape[]): Fragment {
  const isJson = codec === jsonValueCodec;
  if (others.every((other) => (other.codec === jsonValueCodec) === isJson)) return written;
  if (!isJson || others.every((other) => other.codec.columnType !== 'REAL')) return sql`+${written}`;
  return sql`iif(typeof(${written}) = 'integer', CAST(${written} AS REAL), ${written})`;
}

function operandSQL(column: ValueNode, operand: OperandNode, context: SqlContext): Fragment {
  if ('column' in operand) {
    const shape = shapeOf(context.from, operand.column);
    return untyped(valueSQL(operand.column, context), shape, [shapeOf(context.from, column)]);
  }
  if ('ref' in operand) return bound(context.idIn(operand.store, operand.ref));
  return cellSQL(shapeOf(context.from, column), operand.value);
}

function junction(node: JunctionNode, context: SqlContext): Fragment {
  const parts = node.op === 'or' ? gathered(node.of) : node.of;
  if (parts.length === 0) return [node.op === 'and' ? 'TRUE' : 'FALSE'];
  const fragments = parts.map((part) => conditionSQL(part, context));
  if (fragments.length === 1) return fragments[0] as Fragment;
  return balanced(
    fragments.map((fragment) => sql`(${fragment})`),
    node.op === 'and' ? ' AND ' : ' OR ',
  );
}

// Up to this many terms a chain is shorter to read, and far below any engine's limit of expression depth.
export const LONGEST_CHAIN = 8;

/** Many terms as a tree of chains, because SQLite counts a chain of n as n levels deep and allows 1,000. */
function balanced(terms: readonly Fragment[], between: string): Fragment {
  if (terms.length <= LONGEST_CHAIN) return joined(terms, between);
  const size = Math.ceil(terms.length / LONGEST_CHAIN);
  const chunks: Fragment[] = [];
  for (let at = 0; at < terms.length; at += size) {
    const chunk = terms.slice(at, at + size);
    chunks.push(chunk.length === 1 ? (chunk[0] as Fragment) : sql`(${balanced(chunk, between)})`);
  }
  return joined(chunks, between);
}

/** Many alternatives of one column's value as one list: one parameter instead of thousands, and one index search. */
function gathered(nodes: readonly ConditionNode[]): readonly ConditionNode[] {
  if (nodes.length <= LONGEST_CHAIN) return nodes;
  const lists: { readonly column: ValueNode; readonly values: ValueCell[] }[] = [];
  const rest = nodes.filter((node) => {
    if (node.op !== 'eq' || !('value' in node.to)) return true;
    const list = lists.find((known) => isSameValue(known.column, node.column));
    if (list === undefined) lists.push({ column: node.column, values: [node.to.value] });
    else list.values.push(node.to.value);
    return false;
  });
  return [
    ...rest,
    ...lists.map(({ column, values }) => ({ op: 'in', column, list: { values }, orNull: false }) as const),
  ];
}

function membership(node: MembershipNode, context: SqlContext): Fragment {
  const column = valueSQL(node.column, context);
  const found = listed(node, context);
  const withNull = node.orNull ? sql`(${found}) OR ${column} IS NULL` : found;
  return node.op === 'in' ? withNull : sql`(${withNull}) IS NOT TRUE`;
}

function listed(node: MembershipNode, context: SqlContext): Fragment {
  if ('query' in node.list) return inSubquery(node, node.list.query, context);
  const column = collated(node.column, [], context);
  const shape = shapeOf(context.from, node.column);
  const cells = cellsOf(node.list, context);
  if (cells.length === 0) return ['FALSE'];
  if (cells.length > context.longestList) return inJSON(column, shape, cells);
  const values = joined(
    cells.map((cell) => cellSQL(shape, cell)),
    ', ',
  );
  return sql`${column} IN (${values})`;
}

function cellsOf(list: Exclude<ListNode, { query: unknown }>, context: SqlContext): readonly ValueCell[] {
  return 'values' in list ? list.values : list.refs.flatMap((group) => idsOf(group, context));
}

function idsOf(group: RefGroup, context: SqlContext): readonly number[] {
  return group.ids.map((id) => context.idIn(group.store, id));
}

/**
 * Numbers survive: 300,000 doubles of random bits and of random size came back from json_each bit for bit (SQLite
 * 3.54); -0 becomes 0, which is equal. A real without a fraction is written as an integer, whose digits may end in
 * zeros where the double has others: the cast gives the double back. Bytes travel as hex digits, int64 as strings.
 */
function inJSON(column: Fragment, shape: ColumnShape, cells: readonly ValueCell[]): Fragment {
  return sql`${column} IN (SELECT ${jsonValue(shape)} FROM json_each(${bound(listCell(cells))}))`;
}

/** The one parameter that a long list is. */
export function listCell(cells: readonly ValueCell[]): string {
  return JSON.stringify(cells.map(jsonCell));
}

function jsonValue(shape: ColumnShape): string {
  if (shape.codec.asText === true) return 'CAST(value AS INTEGER)';
  if (shape.codec.columnType === 'REAL') return 'CAST(value AS REAL)';
  return shape.codec.columnType === 'BLOB' ? 'unhex(value)' : 'value';
}

function inSubquery(node: MembershipNode, spec: QuerySpec, context: SqlContext): Fragment {
  const subquery = context.subquery(spec);
  if (subquery === undefined) return ['FALSE'];
  const column = valueSQL(node.column, context);
  const left = collated(node.column, [subquery.shape], context);
  const found = sql`${left} IN (${untypedSubquery(subquery, shapeOf(context.from, node.column))})`;
  if (!subquery.shape.nullable || !shapeOf(context.from, node.column).nullable) return found;
  // IN never finds null; as in JavaScript, a null among the values does.
  const nulls = sql`SELECT 1 FROM (${subquery.sql}) WHERE ${subquery.value} IS NULL`;
  return sql`(${found}) OR (${column} IS NULL AND EXISTS (${nulls}))`;
}

function untypedSubquery({ sql: all, value, shape }: Subquery, column: ColumnShape): Fragment {
  const written = untyped([value], shape, [column]);
  return written.length === 1 ? all : sql`SELECT ${written} FROM (${all})`;
}
