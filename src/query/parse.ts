import type { ItemType } from '../schema/item-type.js';
import type { ConditionNode, OrderNode, QuerySpec } from './ast.js';
import { type ColumnShape, findShape, unsuitability } from './column-shape.js';
import {
  element,
  entered,
  inside,
  listAt,
  malformed,
  members,
  newReading,
  type Place,
  type Reading,
  wordAt,
} from './json-reader.js';
import { readColumn, readCondition } from './parse-condition.js';
import { checkedSpec } from './spec.js';

/**
 * A question from its JSON, which may come from anywhere: every part is checked, nothing of it is trusted.
 * @throws CorollaryError BAD_QUERY naming the place that is wrong, such as where.and[2]; what `typeNamed` throws
 */
export function specFromJSON(json: unknown, typeNamed: (name: string) => ItemType): QuerySpec {
  return readSpec(newReading(typeNamed), json, { path: '', depth: 0 });
}

function readSpec(reading: Reading, json: unknown, outer: Place): QuerySpec {
  const place = entered(reading, outer);
  const found = members(json, place, ['from'], ['where', 'orderBy', 'limit', 'offset', 'distinct', 'pluck']);
  const from = readFrom(reading, found.get('from'), inside(place, 'from'));
  const orders = found.has('orderBy') ? listAt(found.get('orderBy'), inside(place, 'orderBy')) : [];
  const pluck = found.get('pluck');
  return checkedSpec({
    from,
    ...(found.has('where') && { where: readWhere(reading, from, found.get('where'), inside(place, 'where')) }),
    orderBy: orders.map((order, i) => readOrder(reading, from, order, element(inside(place, 'orderBy'), i))),
    ...countMember(found, 'limit', place),
    ...countMember(found, 'offset', place),
    distinct: readFlag(found.get('distinct'), inside(place, 'distinct')),
    ...(pluck !== undefined && { pluck: readColumn(from, pluck, inside(place, 'pluck')) }),
  });
}

function readFrom(reading: Reading, json: unknown, place: Place): readonly [ItemType] {
  const [name, ...more] = listAt(json, place);
  if (typeof name !== 'string' || more.length > 0) throw malformed(place, 'must be a list of one type name');
  return [reading.typeNamed(name)];
}

function readWhere(reading: Reading, from: readonly [ItemType], json: unknown, place: Place): ConditionNode {
  return readCondition({ ...reading, from, readSpec: (inner, at) => readSpec(reading, inner, at) }, json, place);
}

function readOrder(reading: Reading, from: readonly [ItemType], json: unknown, outer: Place): OrderNode {
  const place = entered(reading, outer);
  const found = members(json, place, ['column', 'direction', 'nulls']);
  const column = readColumn(from, found.get('column'), inside(place, 'column'));
  const direction = wordAt(found.get('direction'), inside(place, 'direction'), ['asc', 'desc']);
  const said = unsuitability(findShape(from[0], column.name) as ColumnShape, direction);
  if (said !== undefined) throw malformed(place, said);
  return { column, direction, nulls: wordAt(found.get('nulls'), inside(place, 'nulls'), ['first', 'last']) };
}

function countMember(
  found: ReadonlyMap<string, unknown>,
  name: 'limit' | 'offset',
  place: Place,
): { readonly limit?: number; readonly offset?: number } {
  const value = found.get(name);
  if (value === undefined) return {};
  if (Number.isSafeInteger(value) && (value as number) >= 0) return { [name]: value as number };
  throw malformed(inside(place, name), 'must be a whole number, 0 or more');
}

function readFlag(json: unknown, place: Place): boolean {
  if (json === undefined || typeof json === 'boolean') return json ?? false;
  throw malformed(place, 'must be true or false');
}
