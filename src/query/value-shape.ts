import { CorollaryError } from '../errors.js';
import { realCodec } from '../schema/codecs/real.js';
import type { ItemType } from '../schema/item-type.js';
import type { AggregateFn, AggregateNode, CallNode, ColumnRef, FromNode, ValueNode } from './ast.js';
import { calculatedShape, operandShape, takesOperands } from './calculation.js';
import { type ColumnShape, countShape, findShape, relevanceShape, snippetShape } from './column-shape.js';
import { jsonValueCodec } from './json-value.js';

/** The types that a value's columns belong to. */
export type From = readonly FromNode[];

/**
 * The shape of a value of a question.
 * @throws CorollaryError UNKNOWN_ATTRIBUTE when a column is not one of its types'; BAD_QUERY
 */
export function shapeOf(from: From, value: ValueNode): ColumnShape {
  const shape = resolvedShape(from, value);
  if (typeof shape !== 'string') return shape;
  throw new CorollaryError('BAD_QUERY', `A query of ${from[0]?.type.name} calculates what has no value: ${shape}`);
}

/** The shape of a value whose columns are known to be there; or, as a phrase, why it means nothing. */
export function resolvedShape(from: From, value: ValueNode): ColumnShape | string {
  if ('source' in value) return columnShape(from, value);
  if ('at' in value) return jsonShape(columnShape(from, value.of), value.at);
  if ('aggregate' in value) return aggregateShape(from, value);
  if ('countOf' in value) return countShape;
  if ('relevanceOf' in value) return relevanceShape;
  if ('snippetOf' in value) return snippetShape;
  const of = resolvedShape(from, value.of);
  if (typeof of === 'string') return of;
  return callShape(from, value, of);
}

function columnShape(from: From, column: ColumnRef): ColumnShape {
  const place = from[column.source];
  const end = place && placeOf(place, column.path ?? []);
  const shape = end && findShape(end.type, column.name);
  if (shape === undefined) {
    throw new CorollaryError('UNKNOWN_ATTRIBUTE', `${place?.type.name ?? 'The query'} has no attribute of that name`, {
      type: place?.type.name,
      attribute: column.name,
    });
  }
  return namedShape(shape, column.path ?? [], end?.isOptional === true);
}

/** A shape as it is at the end of a path, or where its item may be missing. */
export function namedShape(shape: ColumnShape, path: readonly string[], isOptional: boolean): ColumnShape {
  if (path.length === 0 && (shape.nullable || !isOptional)) return shape;
  return { ...shape, name: [...path, shape.name].join('.'), nullable: shape.nullable || isOptional };
}

/** Where the references of a path lead from a type; undefined where one of them leads to no certain type. */
export function placeOf(start: FromNode, path: readonly string[]): FromNode | undefined {
  return path.reduce<FromNode | undefined>((place, name) => {
    const next = place?.type.referredType(name);
    const isOptional = place?.isOptional === true || place?.type.byName.get(name)?.nullable === true;
    return next && { type: next, isOptional };
  }, start);
}

/** The type of the items that a column holds; undefined where that is any type, or it holds none. */
export function itemTypeOf(from: From, { source, path = [], name }: ColumnRef): ItemType | undefined {
  const start = from[source];
  return start && placeOf(start, name === 'self' ? path : [...path, name])?.type;
}

function jsonShape(of: ColumnShape, at: readonly (string | number)[]): ColumnShape | string {
  if (of.codec.name !== 'json') return `${of.name} is no json attribute`;
  return { ...of, name: [of.name, ...at].join('.'), codec: jsonValueCodec, nullable: true };
}

function callShape(from: From, { fn, with: operands }: CallNode, of: ColumnShape): ColumnShape | string {
  const shapes: ColumnShape[] = [of];
  for (const operand of operands) {
    const shape = 'value' in operand ? operandShape(fn, of, operand.value) : resolvedShape(from, operand.column);
    if (typeof shape === 'string') return shape;
    shapes.push(shape);
  }
  if (!takesOperands(fn, operands.length)) return `${fn} takes another number of operands`;
  const shape = calculatedShape(fn, shapes);
  return typeof shape === 'string' ? `${fn} ${shape}` : shape;
}

function aggregateShape(from: From, { aggregate, of }: AggregateNode): ColumnShape | string {
  if (of === undefined) return aggregate === 'count' ? countShape : 'it is of nothing';
  const shape = resolvedShape(from, of);
  return typeof shape === 'string' ? shape : aggregatedShape(aggregate, shape);
}

/** The shape of an aggregate of values; or, as a phrase that follows its name, why it means nothing for them. */
export function aggregatedShape(aggregate: AggregateFn, shape: ColumnShape): ColumnShape | string {
  const fault = aggregateFault(aggregate, shape);
  return fault ?? { ...shape, name: `${aggregate}(${shape.name})`, ...resultOf(aggregate, shape) };
}

/** Why an aggregate means nothing for a value, as a phrase that follows its name; undefined when it does. */
export function aggregateFault(aggregate: AggregateFn, { codec, reference }: ColumnShape): string | undefined {
  if (aggregate === 'count') return undefined;
  const isFine = aggregate === 'min' || aggregate === 'max' ? codec.ordered : codec.arithmetic !== undefined;
  if (isFine && reference === undefined) return undefined;
  return `means nothing for ${reference === undefined ? codec.name : 'references'}`;
}

function resultOf(
  aggregate: AggregateFn,
  { codec }: ColumnShape,
): Pick<ColumnShape, 'codec' | 'nullable' | 'reference'> {
  const reference = undefined;
  if (aggregate === 'count') return { codec: countShape.codec, nullable: false, reference };
  if (aggregate === 'sum') return { codec: codec === jsonValueCodec ? realCodec : codec, nullable: false, reference };
  const isAverage = aggregate === 'avg' && codec.arithmetic !== 'decimal';
  return { codec: isAverage ? realCodec : codec, nullable: true, reference };
}
