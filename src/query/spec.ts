import { CorollaryError } from '../errors.js';
import { isDistinct } from './answer/row-order.js';
import { type ColumnRef, MAX_DEPTH, type QuerySpec, readValues, type ValueNode } from './ast.js';
import { isGrouped, looseValues } from './grouping.js';
import { assertTied, conjunctsOf, lastOptional } from './join.js';
import { questionName } from './provenance.js';
import { depthOf, FEATURES, featuresIn, isColumn, isSameValue, nodesIn, questionsBelow, topNodes } from './traverse.js';
import { shapeOf } from './value-shape.js';

/** True for an attribute that refers to items; `self` does not: it is the item. */
export function isReference(from: QuerySpec['from'], value: ValueNode): value is ColumnRef {
  return isColumn(value) && value.name !== 'self' && shapeOf(from, value).reference !== undefined;
}

/**
 * The question itself, if its parts go together.
 * @throws CorollaryError BAD_QUERY when distinct values are ordered by another column, or cannot be told apart; when
 * what is no reference is to be preloaded, or values are read instead of items.
 */
export function checkedSpec(spec: QuerySpec): QuerySpec {
  if (topNodes(spec).some((node) => depthOf(node) > MAX_DEPTH)) {
    throw bad(spec, `conditions and calculations nest at most ${MAX_DEPTH} levels deep`);
  }
  if (isDistinct(spec)) assertDistinctHasMeaning(spec);
  for (const value of [...(spec.groupBy ?? []), ...(spec.firstPer ?? [])]) assertComparable(spec, value, 'a group');
  if (spec.firstPer !== undefined && spec.from.length > 1) throw bad(spec, 'firstPer takes a query of one type');
  checkTies(spec);
  checkPreload(spec);
  return spec;
}

function checkTies(spec: QuerySpec): void {
  for (const node of conjunctsOf(spec.on)) {
    if (lastOptional(spec.from, node) === undefined) {
      throw bad(spec, 'on ties optional types: each of its conditions reads a column of one');
    }
    // What a search found is joined after all types.
    if (nodesIn(node).some((part) => 'relevanceOf' in part || 'snippetOf' in part)) {
      throw bad(spec, 'relevance and snippets cannot tie optional types: say it in where');
    }
  }
}

function checkPreload(spec: QuerySpec): void {
  for (const column of spec.preload ?? []) {
    const { name } = shapeOf(spec.from, column);
    if (!isReference(spec.from, column)) {
      throw bad(spec, `${name}: preload takes references, such as c => c.country`, name);
    }
    if (readValues(spec) !== undefined) {
      throw bad(spec, `${name}: preload is for queries of items: leave pluck and select out`, name);
    }
  }
}

function assertDistinctHasMeaning(spec: QuerySpec): void {
  const values = readValues(spec) ?? [];
  for (const value of values) assertComparable(spec, value, 'distinct');
  const isRead = (value: ValueNode) => values.some((read) => isSameValue(read, value));
  if (!spec.orderBy.every(({ column }) => isRead(column))) {
    throw bad(spec, 'distinct values can only be ordered by themselves');
  }
}

function assertComparable(spec: QuerySpec, value: ValueNode, what: string): void {
  const { name, codec } = shapeOf(spec.from, value);
  if (codec.incomparable !== true) return;
  const said = `${name}: ${what} means nothing for ${codec.name}: equal values may differ on disk`;
  throw bad(spec, said, name);
}

/**
 * Refuses a question that lacks something without which it, or a question inside it, has no answer.
 * @throws CorollaryError BAD_QUERY
 */
export function assertComplete(spec: QuerySpec): void {
  for (const query of [spec, ...questionsBelow(spec)]) assertAnswerable(query);
}

function assertAnswerable(spec: QuerySpec): void {
  assertTied(spec);
  if (!isGrouped(spec)) return;
  if (readValues(spec) === undefined) throw bad(spec, 'groups have no items: say by select what to read of them');
  if (spec.distinct) throw bad(spec, 'groups differ already: leave distinct out, or group by less');
  if (
    spec.firstPer !== undefined &&
    (featuresIn(spec.orderBy.map(({ column }) => column)) & FEATURES.aggregate) !== 0
  ) {
    throw bad(
      spec,
      'firstPer takes the first items, which have no aggregates to be ordered by: ask for them by a query inside in',
    );
  }
  const [loose] = looseValues(spec);
  if (loose === undefined) return;
  const { name } = shapeOf(spec.from, loose);
  throw bad(spec, `${name} differs within a group: group by it, or take its min or max`, name);
}

/** The number itself, if it can be a limit or an offset. @throws CorollaryError BAD_QUERY */
export function checkedCount(what: string, value: unknown, least = 0): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw new CorollaryError('BAD_QUERY', `${what} takes a whole number, ${least} or more`);
}

function bad({ from }: QuerySpec, said: string, attribute?: string): CorollaryError {
  return new CorollaryError('BAD_QUERY', `${questionName(from)}: ${said}`, { type: from[0].type.name, attribute });
}
