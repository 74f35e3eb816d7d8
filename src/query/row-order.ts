import type { Cell } from '../schema/value.js';
import { type ColumnRef, isSameColumn, type OrderNode, type QuerySpec } from './ast.js';
import { type ColumnShape, shapeOf } from './column-shape.js';
import { foldedASCII } from './compile-text.js';

/** How the cells of a column compare. */
export type CellOrder = Pick<ColumnShape, 'codec' | 'collate'>;

/** One key of an order, ready to compare cells with. */
export interface RowKey extends CellOrder {
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
}

const BY_ID: OrderNode = Object.freeze({
  column: Object.freeze({ source: 0, name: 'storeId' }),
  direction: 'asc',
  nulls: 'first',
});

/**
 * The orders that settle every row's place in an answer: those asked for, then the id. Nothing follows the id, as no
 * two rows share it. Distinct values are ordered by themselves alone.
 */
export function keyOrders(spec: QuerySpec): readonly OrderNode[] {
  const { pluck } = spec;
  if (spec.distinct && pluck !== undefined) {
    return [spec.orderBy.find((order) => isSameColumn(order.column, pluck)) ?? { ...BY_ID, column: pluck }];
  }
  const keys: OrderNode[] = [];
  for (const order of spec.orderBy) {
    if (isId(order.column)) return [...keys, order];
    if (!keys.some((key) => isSameColumn(key.column, order.column))) keys.push(order);
  }
  return [...keys, BY_ID];
}

function isId(column: ColumnRef): boolean {
  return column.name === 'storeId' || column.name === 'self';
}

/** The keys of {@link keyOrders}, ready to compare cells with. */
export function rowKeys(spec: QuerySpec): readonly RowKey[] {
  return keyOrders(spec).map(({ column, direction, nulls }) => {
    const { codec, collate } = shapeOf(spec.from, column);
    return { codec, collate, direction, nulls };
  });
}

/** The key cells of a whole row as `compileItems` selects it: "storeId", then the attributes. */
export function keyOfRow(spec: QuerySpec, row: readonly Cell[]): readonly Cell[] {
  const type = spec.from[0];
  return keyOrders(spec).map(({ column }) => {
    const attribute = isId(column) ? undefined : type.byName.get(column.name);
    return row[attribute === undefined ? 0 : attribute.index + 1] as Cell;
  });
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

function compareKey(key: RowKey, a: Cell, b: Cell): number {
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
  if (order.codec.asText === true) return sign(BigInt(a as string) - BigInt(b as string));
  if (typeof a === 'number') return Math.sign(a - (b as number)) || 0;
  if (typeof a === 'string') return compareTexts(order, a, b as string);
  return Math.sign(Buffer.compare(a, b as Uint8Array));
}

function rankOf(order: CellOrder, cell: Cell): number {
  if (cell === null) return 0;
  if (typeof cell === 'number' || order.codec.asText === true) return 1;
  return typeof cell === 'string' ? 2 : 3;
}

function sign(difference: bigint): number {
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function compareTexts(order: CellOrder, a: string, b: string): number {
  return order.collate === 'nocase' ? compareCodePoints(foldedASCII(a), foldedASCII(b)) : compareCodePoints(a, b);
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
