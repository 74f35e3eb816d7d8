import { createHash } from 'node:crypto';
import { CorollaryError } from '../../errors.js';
import type { Cell } from '../../schema/value.js';
import {
  type ConditionNode,
  firstType,
  type OrderNode,
  type QuerySpec,
  type ValueCell,
  type ValueNode,
} from '../ast.js';
import { outOfRange } from '../calculation.js';
import { cellJSON, specJSON } from '../json.js';
import { cellFromJSON } from '../parse/cells.js';
import { shapeOf } from '../value-shape.js';
import type { RowKey } from './row-order.js';

/**
 * The cursor of a page: an opaque text that says after which row the next page begins. `place` has the cells that tell
 * the row's place in the answer.
 * @throws CorollaryError OUT_OF_RANGE when one of them is a calculated number that its kind cannot hold
 */
export function encodeCursor(spec: QuerySpec, scope: string, place: readonly Cell[], keys: readonly RowKey[]): string {
  for (const [at, key] of keys.entries()) {
    // Calculated, a number may be beyond what its kind can hold, and then it is no longer known exactly.
    if (keyCell(key, cellJSON(place[at] ?? null)) === undefined) throw outOfRange(key.codec.name);
  }
  const payload = [hashOf(spec), scope, place.map(cellJSON)];
  return Buffer.from(JSON.stringify(payload)).toString('base64url');
}

/**
 * The place that {@link encodeCursor} was given; `keys` says what its cells are.
 * @throws CorollaryError BAD_CURSOR when the text is no cursor, or belongs to another question, store or tree.
 */
export function decodeCursor(spec: QuerySpec, scope: string, cursor: string, keys: readonly RowKey[]): readonly Cell[] {
  const payload = payloadOf(cursor);
  if (payload === undefined) throw badCursor(spec, 'is not one that page() gave');
  if (payload.hash !== hashOf(spec)) throw badCursor(spec, 'belongs to another query');
  if (payload.scope !== scope) throw badCursor(spec, 'belongs to another store');
  const place = keys.map((key, i) => keyCell(key, payload.place[i]));
  if (payload.place.length !== keys.length || place.includes(undefined)) {
    throw badCursor(spec, 'is not one that page() gave');
  }
  return place as readonly Cell[];
}

interface Payload {
  readonly hash: string;
  readonly scope: string;
  readonly place: readonly unknown[];
}

function payloadOf(cursor: unknown): Payload | undefined {
  if (typeof cursor !== 'string') return undefined;
  const json = parsed(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(json) || json.length !== 3) return undefined;
  const [hash, scope, place] = json as unknown[];
  if (typeof hash !== 'string' || typeof scope !== 'string' || !Array.isArray(place)) return undefined;
  return { hash, scope, place };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keyCell(key: RowKey, json: unknown): Cell | undefined {
  if (json === null) return key.nullable ? null : undefined;
  return cellFromJSON(key, json);
}

/**
 * Tells questions apart, values included; equal questions have equal hashes in every process. What is loaded besides
 * makes no difference to the answer.
 */
function hashOf({ preload: _, ...spec }: QuerySpec): string {
  return createHash('sha256')
    .update(JSON.stringify(specJSON(spec)))
    .digest('base64url')
    .slice(0, 22);
}

function badCursor(spec: QuerySpec, said: string): CorollaryError {
  const type = firstType(spec).name;
  return new CorollaryError('BAD_CURSOR', `The cursor given to a query of ${type} ${said}: start without one`, {
    type,
  });
}

/** The same question, of the rows that fulfil a condition, too. */
export function narrowed(spec: QuerySpec, condition: ConditionNode): QuerySpec {
  return { ...spec, where: spec.where === undefined ? condition : { op: 'and', of: [spec.where, condition] } };
}

/**
 * The condition of coming after a row in an order, given the row's cells for it: larger in the first key, or the same
 * in that and larger in the second, and so on. `ties`: whether rows with the same cells come after, too. Collations
 * apply as in the order itself.
 */
export function afterPlace(
  spec: QuerySpec,
  orders: readonly OrderNode[],
  place: readonly Cell[],
  ties: 'left out' | 'included' = 'left out',
): ConditionNode {
  const later = orders.flatMap((order, i): ConditionNode[] => {
    const beyond = isBeyond(spec, order, place[i] as Cell);
    if (beyond === undefined) return [];
    const same = sameUpTo(orders, place, i);
    return [same.length === 0 ? beyond : { op: 'and', of: [...same, beyond] }];
  });
  if (ties === 'included') later.push({ op: 'and', of: sameUpTo(orders, place, orders.length) });
  const after: ConditionNode = { op: 'or', of: later };
  const [first] = orders;
  const start = first === undefined || orders.length === 1 ? undefined : fromStart(spec, first, place[0] as Cell);
  // Implied by the rest, but an index can begin there.
  return start === undefined ? after : { op: 'and', of: [start, after] };
}

/**
 * The condition of not coming after a cell in one order, where an index on the column can begin or end there; undefined
 * where it could not, or where nothing comes after.
 */
export function upToCell(spec: QuerySpec, order: OrderNode, cell: Cell): ConditionNode | undefined {
  const { column, direction, nulls } = order;
  if (cell === null) return nulls === 'first' ? { op: 'isNull', column } : undefined;
  if (nulls === 'first' && shapeOf(spec.from, column).nullable) return undefined;
  return { op: direction === 'asc' ? 'lte' : 'gte', column, to: { value: cell } };
}

function sameUpTo(orders: readonly OrderNode[], place: readonly Cell[], end: number): readonly ConditionNode[] {
  return orders.slice(0, end).map(({ column }, i) => isSame(column, place[i] as Cell));
}

function isSame(column: ValueNode, cell: Cell): ConditionNode {
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
