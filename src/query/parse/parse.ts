import type { ItemType } from '../../schema/item-type.js';
import { LONGEST_NAME } from '../../schema/names.js';
import { type ColumnRef, type FromNode, MAX_TYPES, type OrderNode, type QuerySpec, type SelectNode } from '../ast.js';
import { unsuitability } from '../column-shape.js';
import { overRows } from '../grouping.js';
import { checkedSpec, isReference } from '../spec.js';
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
import { readCondition } from './parse-condition.js';
import { type NodeReading, readColumn, readValue, shapeAt } from './parse-value.js';

/**
 * A question from its JSON, which may come from anywhere: every part is checked, nothing of it is trusted.
 * @throws CorollaryError BAD_QUERY naming the place that is wrong, such as where.and[2]; what `typeNamed` throws
 */
export function specFromJSON(json: unknown, typeNamed: (name: string) => ItemType): QuerySpec {
  return readSpec(newReading(typeNamed), json, { path: '', depth: 0 });
}

const MEMBERS = [
  ...['on', 'cross', 'where', 'groupBy', 'having', 'orderBy', 'firstPer', 'limit', 'offset', 'distinct', 'pluck'],
  ...['select', 'preload'],
];

function readSpec(reading: Reading, json: unknown, outer: Place): QuerySpec {
  const place = entered(reading, outer);
  const found = members(json, place, ['from'], MEMBERS);
  const from = readFrom(reading, found.get('from'), inside(place, 'from'));
  const ofRows: NodeReading = {
    ...reading,
    from,
    allowsAggregates: false,
    readSpec: (inner, at) => readSpec(reading, inner, at),
  };
  const ofGroups: NodeReading = { ...ofRows, allowsAggregates: true };
  const part = <R>(name: string, read: (json: unknown, place: Place) => R): R | undefined =>
    found.has(name) ? read(found.get(name), inside(place, name)) : undefined;
  const values = (nodes: NodeReading) => (list: unknown, at: Place) =>
    filledList(list, at).map((value, i) => readValue(nodes, value, element(at, i)));
  const spec = {
    from,
    on: part('on', (on, at) => readCondition(ofRows, on, at)),
    isCross: part('cross', readFlag),
    where: part('where', (where, at) => readCondition(ofRows, where, at)),
    groupBy: part('groupBy', values(ofRows)),
    having: part('having', (having, at) => overRows(readCondition(ofGroups, having, at))),
    orderBy:
      part('orderBy', (list, at) => listAt(list, at).map((one, i) => readOrder(ofGroups, one, element(at, i)))) ?? [],
    firstPer: part('firstPer', values(ofRows)),
    limit: part('limit', readCount),
    offset: part('offset', readCount),
    distinct: part('distinct', readFlag) ?? false,
    pluck: part('pluck', (pluck, at) => readValue(ofGroups, pluck, at)),
    select: part('select', (list, at) => readSelect(ofGroups, list, at)),
    preload: part('preload', (list, at) =>
      filledList(list, at).map((one, i) => readPreload(ofRows, one, element(at, i))),
    ),
  };
  if (spec.pluck !== undefined && spec.select !== undefined) throw malformed(place, 'has both pluck and select');
  return checkedSpec(withoutUndefined(spec));
}

// A question has no members that say nothing: equal questions are equal data.
function withoutUndefined(spec: { readonly [K in keyof QuerySpec]: QuerySpec[K] | undefined }): QuerySpec {
  return Object.fromEntries(Object.entries(spec).filter(([, part]) => part !== undefined)) as unknown as QuerySpec;
}

function filledList(json: unknown, place: Place): readonly unknown[] {
  const list = listAt(json, place);
  if (list.length > 0) return list;
  throw malformed(place, 'must not be empty');
}

function readFrom(reading: Reading, json: unknown, place: Place): QuerySpec['from'] {
  const list = filledList(json, place);
  if (list.length > MAX_TYPES) throw malformed(place, `must have ${MAX_TYPES} types at most`);
  const [first, ...more] = list.map((one, i) => readSource(reading, one, element(place, i)));
  if (first === undefined || first.isOptional) throw malformed(element(place, 0), 'must be a type name');
  return [first, ...more];
}

function readSource(reading: Reading, json: unknown, place: Place): FromNode {
  const isOptional = typeof json !== 'string';
  const name = isOptional ? members(json, place, ['optional']).get('optional') : json;
  // Names are told in messages, which are not to be of any length.
  if (typeof name !== 'string' || name.length > LONGEST_NAME) throw malformed(place, 'must be a type name');
  return { type: reading.typeNamed(name), isOptional };
}

function readOrder(reading: NodeReading, json: unknown, outer: Place): OrderNode {
  const place = entered(reading, outer);
  const found = members(json, place, ['column', 'direction', 'nulls']);
  const column = readValue(reading, found.get('column'), inside(place, 'column'));
  const direction = wordAt(found.get('direction'), inside(place, 'direction'), ['asc', 'desc']);
  const said = unsuitability(shapeAt(reading, column), direction);
  if (said !== undefined) throw malformed(place, said);
  return { column, direction, nulls: wordAt(found.get('nulls'), inside(place, 'nulls'), ['first', 'last']) };
}

function readSelect(reading: NodeReading, json: unknown, place: Place): readonly SelectNode[] {
  const names = new Set<unknown>();
  return filledList(json, place).map((one, i) => {
    const here = element(place, i);
    const found = members(one, here, ['name', 'column']);
    const name = found.get('name');
    if (typeof name !== 'string' || name === '__proto__' || names.has(name)) {
      throw malformed(inside(here, 'name'), 'must be a name of its own');
    }
    names.add(name);
    return { name, column: readValue(reading, found.get('column'), inside(here, 'column')) };
  });
}

function readPreload(reading: NodeReading, json: unknown, place: Place): ColumnRef {
  const column = readColumn(reading.from, json, entered(reading, place));
  if (isReference(reading.from, column)) return column;
  throw malformed(inside(place, 'name'), `must be a reference of ${reading.from[0].type.name}`);
}

function readCount(json: unknown, place: Place): number {
  if (Number.isSafeInteger(json) && (json as number) >= 0) return json as number;
  throw malformed(place, 'must be a whole number, 0 or more');
}

function readFlag(json: unknown, place: Place): boolean {
  if (typeof json === 'boolean') return json;
  throw malformed(place, 'must be true or false');
}
