import { firstType, type QuerySpec, readValues } from './ast.js';
import { type ColumnShape, isSameKind, mayBeSame } from './column-shape.js';
import { type ColumnPlace, columnError } from './operand.js';
import { shapeOf } from './value-shape.js';

/** Why a query cannot stand where a list of a column's values could, as a phrase; undefined when it can. */
export function listFault(shape: ColumnShape, query: QuerySpec): string | undefined {
  const [value, ...more] = readValues(query) ?? [];
  if (query.from.length > 1 && value === undefined) return 'takes a query of one value: pluck one of what is joined';
  if (more.length > 0 || query.select !== undefined) return 'takes a query of one value: pluck it, instead of select';
  const isFine = value === undefined ? shape.reference !== undefined : isListOf(shape, shapeOf(query.from, value));
  return isFine ? undefined : 'takes a query of values of the same kind: pluck a column';
}

function isListOf(shape: ColumnShape, plucked: ColumnShape): boolean {
  // References of unsuitable targets are WRONG_TYPE, not BAD_QUERY: see checkTarget.
  if (shape.reference !== undefined && plucked.reference !== undefined) return true;
  return isSameKind(shape, plucked);
}

/**
 * Refuses a query of items that a reference cannot refer to.
 * @throws CorollaryError WRONG_TYPE
 */
export function checkTarget(place: ColumnPlace, shape: ColumnShape, query: QuerySpec): void {
  const wanted = shape.reference?.target?.();
  const plucked = query.pluck === undefined ? undefined : shapeOf(query.from, query.pluck);
  const found = plucked === undefined ? firstType(query).itemClass : plucked.reference?.target?.();
  if (mayBeSame(wanted, found)) return;
  throw columnError('WRONG_TYPE', place, `takes a ${wanted?.name}, not a ${found?.name}`);
}
