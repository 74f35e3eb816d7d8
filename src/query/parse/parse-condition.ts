import {
  COMPARISONS,
  type ConditionNode,
  type ListNode,
  type MembershipNode,
  NULL_TESTS,
  type OperandNode,
  type QuerySpec,
  type RefGroup,
  TEXT_SEARCHES,
  type ValueCell,
  type ValueNode,
} from '../ast.js';
import { type ColumnShape, isSameKind, unsuitability } from '../column-shape.js';
import { checkTarget, listFault } from '../membership.js';
import { isPattern, isSearchText } from '../operand.js';
import { cellFromJSON } from './cells.js';
import { element, entered, inside, listAt, malformed, members, type Place, wordAt } from './json-reader.js';
import { type NodeReading, readReferrers, readSearch, readValue, shapeAt } from './parse-value.js';

const OPS = [
  'and',
  'or',
  'not',
  ...COMPARISONS,
  ...NULL_TESTS,
  ...TEXT_SEARCHES,
  'between',
  'in',
  'notIn',
  'like',
  'exists',
  'matches',
] as const;

/** A condition read from JSON that may be anything. @throws CorollaryError BAD_QUERY naming the place */
export function readCondition(reading: NodeReading, json: unknown, outer: Place): ConditionNode {
  const place = entered(reading, outer);
  const op = wordAt(opOf(json, place), inside(place, 'op'), OPS);
  const here = inside(place, op);
  switch (op) {
    case 'and':
    case 'or': {
      const of = listAt(members(json, place, ['op', 'of']).get('of'), here);
      return { op, of: of.map((part, i) => readCondition(reading, part, element(here, i))) };
    }
    case 'not':
      return { op, of: readCondition(reading, members(json, place, ['op', 'of']).get('of'), here) };
    case 'between': {
      const found = members(json, place, ['op', 'column', 'low', 'high']);
      const column = suitableColumn(reading, found.get('column'), op, here);
      const low = readOperand(reading, column, found.get('low'), inside(here, 'low'));
      return { op, column, low, high: readOperand(reading, column, found.get('high'), inside(here, 'high')) };
    }
    case 'in':
    case 'notIn':
      return readMembership(reading, op, members(json, place, ['op', 'column', 'list', 'orNull']), here);
    case 'matches':
      return { op, search: readSearch(reading, members(json, place, ['op', 'search']).get('search'), here) };
    case 'exists':
      return {
        op,
        referrers: readReferrers(reading, members(json, place, ['op', 'referrers']).get('referrers'), here),
      };
    case 'isNull':
    case 'isNotNull':
      return { op, column: suitableColumn(reading, members(json, place, ['op', 'column']).get('column'), op, here) };
    case 'like':
      return readLike(reading, members(json, place, ['op', 'column', 'pattern'], ['escape']), here);
    case 'startsWith':
    case 'endsWith':
    case 'contains': {
      const found = members(json, place, ['op', 'column', 'text']);
      const text = found.get('text');
      if (!isSearchText(text)) throw malformed(inside(here, 'text'), 'must be a well-formed text');
      return { op, column: suitableColumn(reading, found.get('column'), op, here), text };
    }
    default: {
      const found = members(json, place, ['op', 'column', 'to']);
      const column = suitableColumn(reading, found.get('column'), op, here);
      return { op, column, to: readOperand(reading, column, found.get('to'), inside(here, 'to')) };
    }
  }
}

function opOf(json: unknown, place: Place): unknown {
  if (typeof json === 'object' && json !== null && Object.hasOwn(json, 'op')) return (json as { op: unknown }).op;
  throw malformed(place, "must be a condition, with an 'op'");
}

function suitableColumn(reading: NodeReading, json: unknown, op: ConditionNode['op'], place: Place): ValueNode {
  const column = readValue(reading, json, inside(place, 'column'));
  const said = unsuitability(shapeAt(reading, column), op);
  if (said !== undefined) throw malformed(place, said);
  return column;
}

function readOperand(reading: NodeReading, column: ValueNode, json: unknown, place: Place): OperandNode {
  const shape = shapeAt(reading, column);
  const found = members(json, place, [], ['value', 'column', 'ref', 'store']);
  if (found.has('column') && found.size === 1) {
    const other = readValue(reading, found.get('column'), inside(place, 'column'));
    if (isSameKind(shape, shapeAt(reading, other))) return { column: other };
    throw malformed(place, 'compares columns of different kinds');
  }
  if (shape.reference === undefined && found.has('value') && found.size === 1) {
    return { value: readCell(shape, found.get('value'), inside(place, 'value')) };
  }
  const [ref, store] = [found.get('ref'), found.get('store')];
  if (shape.reference !== undefined && found.size === 2 && isId(ref) && typeof store === 'string')
    return { ref, store };
  throw malformed(place, `must be an operand for ${shape.name}`);
}

function readCell(shape: ColumnShape, json: unknown, place: Place): ValueCell {
  const cell = cellFromJSON(shape, json);
  if (cell !== undefined) return cell;
  throw malformed(place, `must be a value that ${shape.name} can hold`);
}

function isId(json: unknown): json is number {
  return Number.isSafeInteger(json);
}

function readMembership(
  reading: NodeReading,
  op: MembershipNode['op'],
  found: ReadonlyMap<string, unknown>,
  place: Place,
): ConditionNode {
  const column = suitableColumn(reading, found.get('column'), op, place);
  const orNull = found.get('orNull');
  if (typeof orNull !== 'boolean') throw malformed(inside(place, 'orNull'), 'must be true or false');
  return { op, column, list: readList(reading, column, found.get('list'), place), orNull };
}

function readList(reading: NodeReading, column: ValueNode, json: unknown, place: Place): ListNode {
  const shape = shapeAt(reading, column);
  const found = members(json, inside(place, 'list'), [], ['values', 'refs', 'query']);
  if (found.size !== 1) throw malformed(inside(place, 'list'), 'must have values, refs or a query');
  if (found.has('query')) return { query: readSubquery(reading, column, found.get('query'), inside(place, 'query')) };
  const name = shape.reference === undefined ? 'values' : 'refs';
  const here = inside(place, name);
  const list = listAt(found.get(name), here);
  if (name === 'refs') return { refs: list.map((group, i) => readRefs(group, element(here, i))) };
  return { values: list.map((cell, i) => readCell(shape, cell, element(here, i))) };
}

function readRefs(json: unknown, place: Place): RefGroup {
  const found = members(json, place, ['store', 'ids']);
  const [store, ids] = [found.get('store'), listAt(found.get('ids'), inside(place, 'ids'))];
  if (typeof store === 'string' && ids.every(isId)) return { store, ids: [...ids] };
  throw malformed(place, 'must have a store and whole numbers');
}

function readSubquery(reading: NodeReading, column: ValueNode, json: unknown, place: Place): QuerySpec {
  const shape = shapeAt(reading, column);
  const query = reading.readSpec(json, place);
  const fault = listFault(shape, query);
  if (fault !== undefined) throw malformed(place, fault);
  checkTarget({ type: reading.from[0].type.name, attribute: shape.name }, shape, query);
  return query;
}

function readLike(reading: NodeReading, found: ReadonlyMap<string, unknown>, place: Place): ConditionNode {
  const column = suitableColumn(reading, found.get('column'), 'like', place);
  const [pattern, character] = [found.get('pattern'), found.get('escape')];
  if (!isPattern(pattern)) {
    throw malformed(inside(place, 'pattern'), 'must be a well-formed text of 50000 bytes at most');
  }
  if (character === undefined) return { op: 'like', column, pattern };
  if (isSearchText(character) && [...character].length === 1) {
    return { op: 'like', column, pattern, escape: character };
  }
  throw malformed(inside(place, 'escape'), 'must be one character');
}
