import type { Cell } from '../../schema/value.js';
import type { ConditionNode, OrderNode, QuerySpec, ValueNode } from '../ast.js';
import { isColumn } from '../traverse.js';
import { shapeOf } from '../value-shape.js';

/** Enough for two orders and the id. What is said in more is said in one, at which no index can begin. */
const MOST_PIECES = 6;

/**
 * The same question, of the rows that come after one in an order, given that row's cells for it. `ties`: whether rows with
 * the same cells come after, too. Collations apply as in the order itself.
 *
 * Rows come after one where they are the same in all keys but the last, and beyond it in that; then where they are the same
 * in all but the last two, and beyond it in the one before; and so on. Of each of these an index can find the first, but of
 * all together SQLite finds every row, and sorts them.
 */
export function afterPlace(
  spec: QuerySpec,
  orders: readonly OrderNode[],
  place: readonly Cell[],
  ties: 'left out' | 'included' = 'left out',
): QuerySpec {
  const later = orders.flatMap((order, i) => {
    const same = sameUpTo(orders, place, i);
    const beyond = beyondCell(spec, order, place[i] as Cell);
    return beyond.map((condition) => all([...same, condition])).reverse();
  });
  if (ties === 'included') later.push(all(sameUpTo(orders, place, orders.length)));
  const pieces = atMost(MOST_PIECES, later.reverse());
  const whole = narrowed(spec, any(pieces));
  const [first] = orders;
  if (pieces.length <= 1 || first === undefined || !mayHaveIndex(first.column)) return whole;
  return { ...whole, pieces: pieces.map((piece) => both(spec.where, piece)) };
}

/**
 * The same question, of the rows that do not come after a cell in its first order, where an index on the column can begin or
 * end there. As it is where it could not, or where nothing comes after.
 */
export function upToCell(spec: QuerySpec, order: OrderNode, cell: Cell): QuerySpec {
  const { column, direction, nulls } = order;
  if (cell === null) return nulls === 'first' ? narrowed(spec, isNull(column)) : spec;
  if (nulls === 'first' && shapeOf(spec.from, column).nullable) return spec;
  const asked = narrowed(spec, { op: direction === 'asc' ? 'lte' : 'gte', column, to: { value: cell } });
  // Of nulls, all of which come after, an index would find each before it is left out.
  return nullsFollow(spec, order) && asked.pieces ? { ...asked, pieces: asked.pieces.slice(0, -1) } : asked;
}

function narrowed(spec: QuerySpec, condition: ConditionNode): QuerySpec {
  const where = both(spec.where, condition);
  if (spec.pieces === undefined) return { ...spec, where };
  return { ...spec, where, pieces: spec.pieces.map((piece) => both(piece, condition)) };
}

function both(one: ConditionNode | undefined, other: ConditionNode): ConditionNode {
  return one === undefined ? other : { op: 'and', of: [one, other] };
}

function all(conditions: readonly ConditionNode[]): ConditionNode {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { op: 'and', of: conditions };
}

function any(conditions: readonly ConditionNode[]): ConditionNode {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { op: 'or', of: conditions };
}

function atMost(count: number, pieces: readonly ConditionNode[]): readonly ConditionNode[] {
  const excess = pieces.length - count;
  return excess <= 0 ? pieces : [any(pieces.slice(0, excess + 1)), ...pieces.slice(excess + 1)];
}

/** Nothing that is calculated, or found by following references, has one. */
function mayHaveIndex(column: ValueNode): boolean {
  return isColumn(column) && column.path === undefined;
}

function sameUpTo(orders: readonly OrderNode[], place: readonly Cell[], end: number): readonly ConditionNode[] {
  return orders.slice(0, end).map(({ column }, i) => isSame(column, place[i] as Cell));
}

function isSame(column: ValueNode, cell: Cell): ConditionNode {
  return cell === null ? isNull(column) : { op: 'eq', column, to: { value: cell } };
}

function isNull(column: ValueNode): ConditionNode {
  return { op: 'isNull', column };
}

/** The conditions of coming after a cell, one after the other. */
function beyondCell(spec: QuerySpec, order: OrderNode, cell: Cell): ConditionNode[] {
  const { column, direction } = order;
  if (cell === null) return order.nulls === 'first' ? [{ op: 'isNotNull', column }] : [];
  const beyond: ConditionNode = { op: direction === 'asc' ? 'gt' : 'lt', column, to: { value: cell } };
  return nullsFollow(spec, order) ? [beyond, isNull(column)] : [beyond];
}

function nullsFollow(spec: QuerySpec, order: OrderNode): boolean {
  return order.nulls === 'last' && shapeOf(spec.from, order.column).nullable;
}
