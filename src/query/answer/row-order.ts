import type { Cell } from '../../schema/value.js';
import { type OrderNode, type QuerySpec, readValues, type ValueNode } from '../ast.js';
import type { ColumnShape } from '../column-shape.js';
import { foldedASCII } from '../sql/compile-text.js';
import { isColumn, isSameValue } from '../traverse.js';
import { type From, shapeOf } from '../value-shape.js';

/** How the cells of a column compare. */
export type CellOrder = Pick<ColumnShape, 'codec' | 'collate'>;

/** One key of an order, ready to compare cells with. */
export interface RowKey extends CellOrder {
  readonly nullable: boolean;
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
}

/**
 * The orders that settle every row's place in an answer: those asked for, then the ids of its items. Nothing follows
 * the id of a single item, as no two rows share it. Distinct values are ordered by themselves alone.
 */
export function keyOrders(spec: QuerySpec): readonly OrderNode[] {
  return [...spec.orderBy, ...lastOrders(spec)].reduce<OrderNode[]>((keys, order) => {
    const isSettled = keys.some((key) => isSameValue(key.column, order.column) || settlesAll(spec, key));
    if (!isSettled) keys.push(order);
    return keys;
  }, []);
}

/** Those of {@link keyOrders} that were asked for, and not only to break ties; all, where values are distinct. */
export function askedOrders(spec: QuerySpec): readonly OrderNode[] {
  const keys = keyOrders(spec);
  return isDistinct(spec) ? keys : keys.filter((key) => spec.orderBy.includes(key));
}

function lastOrders(spec: QuerySpec): readonly OrderNode[] {
  const values = spec.distinct ? readValues(spec) : undefined;
  return (values ?? spec.from.map((_, source) => ({ source, name: 'storeId' }))).map(ascending);
}

function ascending(column: ValueNode): OrderNode {
  return { column, direction: 'asc', nulls: 'first' };
}

function settlesAll(spec: QuerySpec, { column }: OrderNode): boolean {
  return spec.from.length === 1 && !isDistinct(spec) && isId(column);
}

/** True for the id of an item of the question itself. */
function isId(column: ValueNode): boolean {
  return isColumn(column) && column.path === undefined && (column.name === 'storeId' || column.name === 'self');
}

/** True when the answer is a set of values. */
export function isDistinct(spec: QuerySpec): boolean {
  // Not by readValues: this is asked for each pair of a thousand members.
  return spec.distinct && (spec.pluck !== undefined || spec.select !== undefined);
}

/** True when an answer has all rows that fulfil its conditions: aggregates of parts of them make those of the whole. */
export function isWhole(spec: QuerySpec): boolean {
  return spec.limit === undefined && spec.offset === undefined && !isDistinct(spec);
}

/** Orders, ready to compare cells with. */
export function rowKeys(from: From, orders: readonly OrderNode[]): readonly RowKey[] {
  return orders.map((order) => rowKey(from, order));
}

/** One order, ready to compare cells with. */
export function rowKey(from: From, { column, direction, nulls }: OrderNode): RowKey {
  const { codec, collate, nullable } = shapeOf(from, column);
  return { codec, collate, nullable, direction, nulls };
}

/** Compares lists of key cells exactly as SQLite orders the rows they belong to. */
export function compareRows(keys: readonly RowKey[]): (a: readonly Cell[], b: readonly Cell[]) => number {
  return (a, b) => {
    for (const [i, key] of keys.entries()) {
      const found = compareKey(key, a[i] as Cell, b[i] as Cell);
      if (found !== 0) return found;
    }
    return 0;
  };
}

/** Compares the cells of one key, exactly as SQLite orders the rows they belong to. */
export function compareKey(key: RowKey, a: Cell, b: Cell): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === (key.nulls === 'first') ? -1 : 1;
  }
  const found = compareCells(key, a, b);
  return key.direction === 'asc' ? found : -found;
}

/** Compares cells of one column as SQLite does: null, then numbers, then text, then bytes. */
export function compareCells(order: CellOrder, a: Cell, b: Cell): number {
  const rank = rankOf(order, a) - rankOf(order, b);
  if (rank !== 0 || a === null) return Math.sign(rank);
  if (order.codec.asText === true) return compareNumbers(numberIn(a as string), numberIn(b as string));
  if (typeof a === 'number') return Math.sign(a - (b as number)) || 0;
  if (typeof a === 'string') return compareTexts(order, a, b as string);
  return Math.sign(Buffer.compare(a, b as Uint8Array));
}

function rankOf(order: CellOrder, cell: Cell): number {
  if (cell === null) return 0;
  if (typeof cell === 'number' || order.codec.asText === true) return 1;
  return typeof cell === 'string' ? 2 : 3;
}

/** An int64 as text; or the real that SQLite made of a calculated number beyond that. */
function numberIn(text: string): bigint | number {
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}

function compareNumbers(a: bigint | number, b: bigint | number): number {
  return a < b ? -1 : Number(a > b);
}

function compareTexts(order: CellOrder, a: string, b: string): number {
  return compareCodePoints(foldedText(order, a), foldedText(order, b));
}

/** A text as its collation sees it: the same for all that it does not tell apart. */
export function foldedText({ collate }: Pick<CellOrder, 'collate'>, text: string): string {
  return collate === 'nocase' ? foldedASCII(text) : text;
}

/** Compares texts by code points, which is the order of their UTF-8 bytes. JavaScript's `<` puts U+E000 after U+10000. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return lifted(x) < lifted(y) ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

/** A code unit's rank: surrogates, which only code points beyond U+FFFF have, come after all others. */
function lifted(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
