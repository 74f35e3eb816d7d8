import { isJsonStep } from '../../schema/json-path.js';
import {
  AGGREGATES,
  CALCULATIONS,
  type Calculation,
  type CallNode,
  type CallOperand,
  type ColumnRef,
  type QuerySpec,
  type Referrers,
  type Search,
  type ValueNode,
} from '../ast.js';
import { operandShape, takesOperands } from '../calculation.js';
import { type ColumnShape, findShape, mayBeSame } from '../column-shape.js';
import { isSearchText } from '../operand.js';
import { expressionOf, missingIndex, snippetFault } from '../search/search.js';
import { SEARCH_MODES, type SnippetOptions } from '../search/search-options.js';
import { isSearchMode } from '../search/search-text.js';
import { type From, placeOf, resolvedShape, shapeOf } from '../value-shape.js';
import { cellFromJSON } from './cells.js';
import {
  element,
  entered,
  inside,
  listAt,
  malformed,
  members,
  type Place,
  type Reading,
  wordAt,
} from './json-reader.js';

/** What reading a value or a condition needs beside the JSON. */
export interface NodeReading extends Reading {
  readonly from: QuerySpec['from'];
  /** True where groups are looked at, which have aggregates. */
  readonly allowsAggregates: boolean;
  /** Reads the question of a subquery. */
  readonly readSpec: (json: unknown, place: Place) => QuerySpec;
}

/** A value read from JSON that may be anything. @throws CorollaryError BAD_QUERY naming the place */
export function readValue(reading: NodeReading, json: unknown, outer: Place): ValueNode {
  // Columns do not count: each belongs to a node that does.
  if (has(json, 'source')) return readColumn(reading.from, json, outer);
  const place = entered(reading, outer);
  const value = valueAt(reading, json, place);
  const shape = resolvedShape(reading.from, value);
  if (typeof shape === 'string') throw malformed(place, 'calculates what has no value');
  return value;
}

/** The shape of a value that has been read, and so is known to have one. */
export function shapeAt({ from }: Pick<NodeReading, 'from'>, value: ValueNode): ColumnShape {
  return shapeOf(from, value);
}

function valueAt(reading: NodeReading, json: unknown, place: Place): ValueNode {
  if (has(json, 'at')) return readJsonPath(reading, json, place);
  if (has(json, 'fn')) return readCall(reading, json, place);
  if (has(json, 'aggregate')) return readAggregate(reading, json, place);
  if (has(json, 'countOf')) {
    const referrers = members(json, place, ['countOf']).get('countOf');
    return { countOf: readReferrers(reading, referrers, inside(place, 'countOf')) };
  }
  if (has(json, 'relevanceOf')) {
    const search = members(json, place, ['relevanceOf']).get('relevanceOf');
    return { relevanceOf: readSearch(reading, search, inside(place, 'relevanceOf')) };
  }
  if (has(json, 'snippetOf')) return readSnippet(reading, json, place);
  throw malformed(place, 'must be a value: a column, or what is calculated from columns');
}

function has(json: unknown, key: string): boolean {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, key);
}

/** A column read from JSON, if it is one of the question's. @throws CorollaryError BAD_QUERY naming the place */
export function readColumn(from: From, json: unknown, place: Place): ColumnRef {
  const found = members(json, place, ['source', 'name'], ['path']);
  const [source, name] = [found.get('source'), found.get('name')];
  const start = typeof source === 'number' ? from[source] : undefined;
  if (start === undefined) throw malformed(inside(place, 'source'), 'must be the number of a type of the query');
  const path = found.has('path') ? readPath(found.get('path'), inside(place, 'path')) : [];
  const end = placeOf(start, path);
  if (end === undefined)
    throw malformed(inside(place, 'path'), 'must be references that lead from one type to another');
  if (typeof name !== 'string' || findShape(end.type, name) === undefined) {
    throw malformed(inside(place, 'name'), `must be an attribute of ${end.type.name}`);
  }
  return { source: source as number, ...(path.length > 0 && { path }), name };
}

function readPath(json: unknown, place: Place): readonly string[] {
  const path = listAt(json, place);
  if (path.length > 0 && path.length <= MAX_PATH && path.every((hop) => typeof hop === 'string')) {
    return path as readonly string[];
  }
  throw malformed(place, `must be 1 to ${MAX_PATH} names`);
}

// Each reference is a join; SQLite takes 64 tables.
const MAX_PATH = 20;

function readJsonPath(reading: NodeReading, json: unknown, place: Place): ValueNode {
  const found = members(json, place, ['at', 'of']);
  const at = listAt(found.get('at'), inside(place, 'at'));
  if (at.length === 0 || !at.every(isJsonStep)) throw malformed(inside(place, 'at'), 'must be keys and indexes');
  return { at: [...at] as (string | number)[], of: readColumn(reading.from, found.get('of'), inside(place, 'of')) };
}

function readCall(reading: NodeReading, json: unknown, place: Place): CallNode {
  const found = members(json, place, ['fn', 'of', 'with']);
  const fn = wordAt(found.get('fn'), inside(place, 'fn'), CALCULATIONS);
  const of = readValue(reading, found.get('of'), inside(place, 'of'));
  const operands = listAt(found.get('with'), inside(place, 'with'));
  if (!takesOperands(fn, operands.length)) throw malformed(inside(place, 'with'), `has a wrong length for ${fn}`);
  const shape = shapeAt(reading, of);
  const here = inside(place, 'with');
  const receiver = { fn, shape };
  return { fn, of, with: operands.map((operand, i) => readOperand(reading, receiver, operand, element(here, i))) };
}

/** What takes an operand: a calculation with a value of some shape. */
interface Receiver {
  readonly fn: Calculation;
  readonly shape: ColumnShape;
}

function readOperand(reading: NodeReading, { fn, shape: of }: Receiver, json: unknown, place: Place): CallOperand {
  const found = members(json, place, [], ['value', 'column']);
  if (found.size !== 1) throw malformed(place, 'must have a value or a column');
  if (found.has('column')) return { column: readValue(reading, found.get('column'), inside(place, 'column')) };
  const given = found.get('value');
  const shape = typeof given === 'number' ? operandShape(fn, of, given) : operandShape(fn, of, '');
  const value = of.reference === undefined ? cellFromJSON(shape, given) : undefined;
  if (value === undefined) throw malformed(inside(place, 'value'), `must be a value that ${fn} takes`);
  return { value };
}

function readAggregate(reading: NodeReading, json: unknown, place: Place): ValueNode {
  if (!reading.allowsAggregates) throw malformed(place, 'must look at single items');
  const found = members(json, place, ['aggregate'], ['of']);
  const aggregate = wordAt(found.get('aggregate'), inside(place, 'aggregate'), AGGREGATES);
  if (!found.has('of')) return { aggregate };
  const inner = { ...reading, allowsAggregates: false };
  return { aggregate, of: readValue(inner, found.get('of'), inside(place, 'of')) };
}

function readSnippet(reading: NodeReading, json: unknown, place: Place): ValueNode {
  const found = members(json, place, ['snippetOf', 'before', 'after', 'ellipsis', 'words']);
  const [before, after, ellipsis, words] = ['before', 'after', 'ellipsis', 'words'].map((name) => found.get(name));
  const options = { before, after, ellipsis, words } as SnippetOptions;
  const fault = snippetFault(options);
  if (fault !== undefined) throw malformed(place, `is wrong: ${fault}`);
  return { snippetOf: readSearch(reading, found.get('snippetOf'), inside(place, 'snippetOf')), ...options };
}

/** A search for words, read from JSON. @throws CorollaryError BAD_QUERY naming the place */
export function readSearch({ from }: NodeReading, json: unknown, place: Place): Search {
  const found = members(json, place, ['of', 'text', 'mode'], ['attribute']);
  const of = readColumn(from, found.get('of'), inside(place, 'of'));
  const [attribute, text, mode] = [found.get('attribute'), found.get('text'), found.get('mode')];
  if (attribute !== undefined && typeof attribute !== 'string') {
    throw malformed(inside(place, 'attribute'), 'must be the name of a full-text attribute');
  }
  if (!isSearchText(text)) throw malformed(inside(place, 'text'), 'must be a well-formed text');
  if (!isSearchMode(mode)) throw malformed(inside(place, 'mode'), `must be one of ${SEARCH_MODES.join(', ')}`);
  const search: Search = { of, ...(attribute !== undefined && { attribute }), text, mode };
  if (missingIndex(from, search) !== undefined) throw malformed(place, 'must search full-text attributes');
  expressionOf(from, search);
  return search;
}

/** Items that refer to an item, read from JSON. @throws CorollaryError BAD_QUERY naming the place */
export function readReferrers(reading: NodeReading, json: unknown, place: Place): Referrers {
  const found = members(json, place, ['of', 'by', 'through']);
  const of = readColumn(reading.from, found.get('of'), inside(place, 'of'));
  const by = reading.readSpec(found.get('by'), inside(place, 'by'));
  const { from, where: _, orderBy, distinct, ...more } = by;
  const isPlain = from.length === 1 && orderBy.length === 0 && !distinct && Object.keys(more).length === 0;
  if (!isPlain) throw malformed(inside(place, 'by'), 'must have one type, and a condition at most');
  const through = readColumn(from, found.get('through'), inside(place, 'through'));
  const [wanted, referring] = [shapeAt(reading, of).reference, shapeOf(from, through).reference];
  const isFine = through.path === undefined && through.name !== 'self' && wanted !== undefined;
  if (!isFine || referring === undefined || !mayBeSame(wanted.target?.(), referring.target?.())) {
    throw malformed(inside(place, 'through'), 'must be a reference to the items meant');
  }
  return { of, by, through };
}
