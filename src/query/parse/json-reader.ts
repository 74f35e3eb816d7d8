import { CorollaryError } from '../../errors.js';
import type { ItemType } from '../../schema/item-type.js';
import { MAX_DEPTH, MAX_NODES } from '../ast.js';

/** Questions inside others are levels of their own here. */
const MAX_JSON_DEPTH = 2 * MAX_DEPTH;

/** Where a reader stands in the JSON: for messages, and to bound the depth. */
export interface Place {
  readonly path: string;
  readonly depth: number;
}

/** What is shared by all of one reading. */
export interface Reading {
  readonly typeNamed: (name: string) => ItemType;
  /** One for the whole reading, subqueries included. */
  readonly budget: { nodesLeft: number };
}

/** Begins to read one question. */
export function newReading(typeNamed: (name: string) => ItemType): Reading {
  return { typeNamed, budget: { nodesLeft: MAX_NODES } };
}

/** The place below another. */
export function inside(place: Place, part: string): Place {
  return { path: place.path === '' ? part : `${place.path}.${part}`, depth: place.depth };
}

/** An element's place. */
export function element(place: Place, index: number): Place {
  return { path: `${place.path}[${index}]`, depth: place.depth };
}

/** Counts a node, one level below. @throws CorollaryError BAD_QUERY when there are too many, or too deep. */
export function entered(reading: Reading, place: Place): Place {
  reading.budget.nodesLeft -= 1;
  if (reading.budget.nodesLeft < 0) throw malformed(place, `has more than ${MAX_NODES} conditions`);
  if (place.depth >= MAX_JSON_DEPTH) throw malformed(place, `nests more than ${MAX_JSON_DEPTH} levels deep`);
  return { path: place.path, depth: place.depth + 1 };
}

/** An error about one place in the JSON. It shows nothing of what stands there. */
export function malformed(place: Place, said: string): CorollaryError {
  return new CorollaryError('BAD_QUERY', `The query's JSON${place.path === '' ? '' : ` at ${place.path}`} ${said}`);
}

/** A plain object's own members; all of `needed` and none but these and `allowed`. */
export function members(
  json: unknown,
  place: Place,
  needed: readonly string[],
  allowed: readonly string[] = [],
): ReadonlyMap<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed(place, 'must be an object');
  const found = new Map<string, unknown>(Object.entries(json).filter(([, value]) => value !== undefined));
  const missing = needed.find((name) => !found.has(name));
  if (missing !== undefined) throw malformed(place, `lacks '${missing}'`);
  for (const name of found.keys()) {
    if (!needed.includes(name) && !allowed.includes(name)) throw malformed(place, 'has an unknown key');
  }
  return found;
}

/** An array. */
export function listAt(json: unknown, place: Place): readonly unknown[] {
  if (Array.isArray(json)) return json;
  throw malformed(place, 'must be a list');
}

/** One of some words. */
export function wordAt<W extends string>(json: unknown, place: Place, words: readonly W[]): W {
  const found = words.find((word) => word === json);
  if (found !== undefined) return found;
  throw malformed(place, `must be one of ${words.join(', ')}`);
}
