import { createHash } from 'node:crypto';
import { CorollaryError } from '../errors.js';
import type { Cell } from '../schema/value.js';
import type { ColumnRef, ConditionNode, OrderNode, QuerySpec, ValueCell } from './ast.js';
import { cellFromJSON } from './cells.js';
import { shapeOf } from './column-shape.js';
import { cellJSON, specJSON } from './json.js';
import { keyOrders } from './row-order.js';

/**
 * The cursor of a page: an opaque text that says after which row the next page begins. `key` has the cells of
 * {@link keyOrders} of that row.
 */
export function encodeCursor(spec: QuerySpec, scope: string, key: readonly Cell[]): string {
  const payload = [hashOf(spec), scope, key.map(cellJSON)];
  return Buffer.from(JSON.stringify(payload)).toString('base64url');
}

/**
 * The key that {@link encodeCursor} was given.
 * @throws CorollaryError BAD_CURSOR when the text is no cursor, or belongs to another question, store or tree.
 */
export function decodeCursor(spec: QuerySpec, scope: string, cursor: string): readonly Cell[] {
  const payload = payloadOf(cursor);
  if (payload === undefined) throw badCursor(spec, 'is not one that page() gave');
  if (payload.hash !== hashOf(spec)) throw badCursor(spec, 'belongs to another query');
  if (payload.scope !== scope) throw badCursor(spec, 'belongs to another store');
  const orders = keyOrders(spec);
  const key = orders.map((order, i) => keyCell(spec, order, payload.key[i]));
  if (payload.key.length !== orders.length || key.includes(undefined)) {
    throw badCursor(spec, 'is not one that page() gave');
  }
  return key as readonly Cell[];
}

interface Payload {
  readonly hash: string;
  readonly scope: string;
  readonly key: readonly unknown[];
}

function payloadOf(cursor: unknown): Payload | undefined {
  if (typeof cursor !== 'string') return undefined;
  const json = parsed(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(json) || json.length !== 3) return undefined;
  const [hash, scope, key] = json as unknown[];
  if (typeof hash !== 'string' || typeof scope !== 'string' || !Array.isArray(key)) return undefined;
  return { hash, scope, key };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keyCell(spec: QuerySpec, order: OrderNode, json: unknown): Cell | undefined {
  const shape = shapeOf(spec.from, order.column);
  if (json === null) return shape.nullable ? null : undefined;
  return cellFromJSON(shape, json);
}

/** Tells questions apart, values included; equal questions have equal hashes in every process. */
function hashOf(spec: QuerySpec): string {
  return createHash('sha256')
    .update(JSON.stringify(specJSON(spec)))
    .digest('base64url')
    .slice(0, 22);
}

function badCursor(spec: QuerySpec, said: string): CorollaryError {
  const type = spec.from[0].name;
  return new CorollaryError('BAD_CURSOR', `The cursor given to a query of ${type} ${said}: start without one`, {
    type,
  });
}

/**
 * The question for one page: what comes after `key` (everything, without one), and one row more than `size`, by whose
 * presence one sees that there is a next page.
 */
export function pageSpec(spec: QuerySpec, size: number, key: readonly Cell[] | undefined): QuerySpec {
  if (key === undefined) return { ...spec, limit: size + 1 };
  const after = afterKey(spec, key);
  const where = spec.where === undefined ? after : ({ op: 'and', of: [spec.where, after] } as const);
  return { ...spec, where, limit: size + 1 };
}

/**
 * The condition of coming after a row in a question's order, given the row's cells for {@link keyOrders}: larger in
 * the first key, or the same in that and larger in the second, and so on. Collations apply as in the order itself.
 */
function afterKey(spec: QuerySpec, key: readonly Cell[]): ConditionNode {
  const orders = keyOrders(spec);
  const later = orders.flatMap((order, i): ConditionNode[] => {
    const beyond = isBeyond(spec, order, key[i] as Cell);
    if (beyond === undefined) return [];
    const same = orders.slice(0, i).map((earlier, j) => isSame(earlier.column, key[j] as Cell));
    return [same.length === 0 ? beyond : { op: 'and', of: [...same, beyond] }];
  });
  const first = orders[0] as OrderNode;
  const start = orders.length > 1 ? fromStart(spec, first, key[0] as Cell) : undefined;
  const after: ConditionNode = { op: 'or', of: later };
  // Implied by the rest, but an index can begin there.
  return start === undefined ? after : { op: 'and', of: [start, after] };
}

function isSame(column: ColumnRef, cell: Cell): ConditionNode {
  return cell === null ? { op: 'isNull', column } : { op: 'eq', column, to: { value: cell } };
}

function isBeyond(spec: QuerySpec, order: OrderNode, cell: Cell): ConditionNode | undefined {
  const { column } = order;
  if (cell === null) return order.nulls === 'first' ? { op: 'isNotNull', column } : undefined;
  const beyond = comparison(order, cell, false);
  return nullsFollow(spec, order) ? { op: 'or', of: [beyond, { op: 'isNull', column }] } : beyond;
}

function fromStart(spec: QuerySpec, order: OrderNode, cell: Cell): ConditionNode | undefined {
  return cell === null || nullsFollow(spec, order) ? undefined : comparison(order, cell, true);
}

function comparison(order: OrderNode, cell: ValueCell, isInclusive: boolean): ConditionNode {
  const op = order.direction === 'asc' ? 'gt' : 'lt';
  return { op: isInclusive ? `${op}e` : op, column: order.column, to: { value: cell } };
}

function nullsFollow(spec: QuerySpec, order: OrderNode): boolean {
  return order.nulls === 'last' && shapeOf(spec.from, order.column).nullable;
}
