import type { Cell } from '../schema/value.js';
import { type CellOrder, compareCells } from './answer/row-order.js';
import type {
  ColumnRef,
  ConditionNode,
  MembershipNode,
  OperandNode,
  OrderNode,
  QuerySpec,
  ValueCell,
  ValueNode,
} from './ast.js';
import { isColumn } from './traverse.js';
import { shapeOf } from './value-shape.js';

/** The smallest and the largest cell of a column, nulls left out: both are null where there are only nulls, or no rows. */
export interface Bound {
  readonly low: Cell;
  readonly high: Cell;
  readonly hasNull: boolean;
}

/** That of no rows. */
export const EMPTY: Bound = Object.freeze({ low: null, high: null, hasNull: false });

/** What is known of the items of one type in one store, without asking. */
export interface Bounded {
  readonly uid: string;
  /** The bound of an attribute; undefined where it is not known. */
  boundOf(attribute: string): Bound | undefined;
}

/** The attributes whose bounds may tell that a store has no row for a question, as {@link hasNone} finds out. */
export function boundedAttributes({ from, where }: Pick<QuerySpec, 'from' | 'where'>): ReadonlySet<string> {
  const columns = where === undefined ? [] : comparedIn(where);
  return new Set(columns.filter((column) => hasBound(from, column)).map(({ name }) => name));
}

function comparedIn(node: ConditionNode): readonly ColumnRef[] {
  if (node.op === 'and' || node.op === 'or') return node.of.flatMap(comparedIn);
  return COMPARED.has(node.op) && 'column' in node && isColumn(node.column) ? [node.column] : [];
}

const COMPARED: ReadonlySet<string> = new Set(['eq', 'lt', 'lte', 'gt', 'gte', 'between', 'in', 'isNull', 'isNotNull']);

/** True for an attribute of a question's only type whose values have an order. */
export function hasBound(from: QuerySpec['from'], value: ValueNode): value is ColumnRef {
  if (from.length > 1 || !isColumn(value) || value.path !== undefined) return false;
  const attribute = from[0].type.byName.get(value.name);
  return attribute?.codec.ordered === true && attribute.reference === undefined;
}

/** True when it is sure that a store has no row that fulfils the conditions of a question of one type. */
export function hasNone({ from, where }: Pick<QuerySpec, 'from' | 'where'>, store: Bounded): boolean {
  return from.length === 1 && where !== undefined && !mayHold(from, where, store);
}

/** False when a condition holds for no row of a store. */
function mayHold(from: QuerySpec['from'], node: ConditionNode, store: Bounded): boolean {
  switch (node.op) {
    case 'and':
      return node.of.every((part) => mayHold(from, part, store));
    case 'or':
      return node.of.some((part) => mayHold(from, part, store));
    case 'eq':
      return mayEqual(knownOf(from, node.column, store), node.to, store.uid);
    case 'lt':
    case 'lte':
      return overlaps(knownOf(from, node.column, store), { high: cellOf(node.to), isOpen: node.op === 'lt' });
    case 'gt':
    case 'gte':
      return overlaps(knownOf(from, node.column, store), { low: cellOf(node.to), isOpen: node.op === 'gt' });
    case 'between':
      return overlaps(knownOf(from, node.column, store), { low: cellOf(node.low), high: cellOf(node.high) });
    case 'in':
      return mayBeAmong(knownOf(from, node.column, store), node, store.uid);
    case 'isNull':
      return knownOf(from, node.column, store)?.bound.hasNull !== false;
    case 'isNotNull':
      return knownOf(from, node.column, store)?.bound.low !== null;
    default:
      return true;
  }
}

/** A column of which the bound is known. */
interface Known {
  readonly shape: CellOrder;
  readonly bound: Bound;
}

function knownOf(from: QuerySpec['from'], value: ValueNode, store: Bounded): Known | undefined {
  const bound = hasBound(from, value) ? store.boundOf(value.name) : undefined;
  return bound && { shape: shapeOf(from, value), bound };
}

/** Cells from one to another; without an end, all on that side. `isOpen`: the ends are not in it. */
interface Range {
  readonly low?: ValueCell | undefined;
  readonly high?: ValueCell | undefined;
  readonly isOpen?: boolean;
}

/** False when no cell of a column lies in a range. */
function overlaps(known: Known | undefined, { low, high, isOpen = false }: Range): boolean {
  if (known === undefined) return true;
  const { shape, bound } = known;
  if (bound.low === null) return false; // null is in no range
  const most = isOpen ? -1 : 0;
  const isBelow = low === undefined || compareCells(shape, low, bound.high) <= most;
  return isBelow && (high === undefined || compareCells(shape, bound.low, high) <= most);
}

// What a column is compared with, row by row, has no end that is known.
function cellOf(operand: OperandNode): ValueCell | undefined {
  return 'value' in operand ? operand.value : undefined;
}

function mayEqual(known: Known | undefined, to: OperandNode, uid: string): boolean {
  if ('ref' in to) return to.store === uid; // an item of another store equals nothing
  return 'column' in to || overlaps(known, { low: to.value, high: to.value }); // two columns may both be null
}

/** A longer list is not gone through for each store. */
const LONGEST_LIST = 32;

function mayBeAmong(known: Known | undefined, { list, orNull }: MembershipNode, uid: string): boolean {
  if ('refs' in list) return orNull || list.refs.some(({ store }) => store === uid);
  if (known === undefined || !('values' in list) || list.values.length > LONGEST_LIST) return true;
  return (orNull && known.bound.hasNull) || list.values.some((cell) => overlaps(known, { low: cell, high: cell }));
}

/** The cell of the row that comes first in an order, among rows of which a bound is known; undefined of no rows. */
export function firstCell({ low, high, hasNull }: Bound, { direction, nulls }: OrderNode): Cell | undefined {
  const first = hasNull && (nulls === 'first' || low === null) ? null : direction === 'asc' ? low : high;
  return first === null && !hasNull ? undefined : first;
}
