import { createHash } from 'node:crypto';
import { CorollaryError } from '../../errors.js';
import type { Cell } from '../../schema/value.js';
import { firstType, type QuerySpec } from '../ast.js';
import { outOfRange } from '../calculation.js';
import { cellJSON, specJSON } from '../json.js';
import { cellFromJSON } from '../parse/cells.js';
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
