import { CorollaryError } from '../errors.js';
import { deepFrozen, isSameColumn, type QuerySpec } from './ast.js';
import { shapeOf } from './column-shape.js';

/**
 * The question itself, frozen, if its parts go together.
 * @throws CorollaryError BAD_QUERY when distinct values are ordered by another column, or cannot be told apart.
 */
export function checkedSpec(spec: QuerySpec): QuerySpec {
  const { pluck } = spec;
  if (spec.distinct && pluck !== undefined) {
    const shape = shapeOf(spec.from, pluck);
    if (shape.codec.incomparable === true) {
      throw bad(spec, pluck.name, `distinct means nothing for ${shape.codec.name}: equal values may differ on disk`);
    }
    if (spec.orderBy.some((order) => !isSameColumn(order.column, pluck))) {
      throw bad(spec, pluck.name, 'distinct values can only be ordered by themselves');
    }
  }
  // Not the types in `from`: they belong to the schema.
  for (const part of [spec.where, spec.orderBy, pluck]) deepFrozen(part);
  Object.freeze(spec.from);
  return Object.freeze(spec);
}

/** The number itself, if it can be a limit or an offset. @throws CorollaryError BAD_QUERY */
export function checkedCount(what: string, value: unknown, least = 0): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw new CorollaryError('BAD_QUERY', `${what} takes a whole number, ${least} or more`);
}

function bad(spec: QuerySpec, attribute: string, said: string): CorollaryError {
  const type = spec.from[0].name;
  return new CorollaryError('BAD_QUERY', `${type}.${attribute}: ${said}`, { type, attribute });
}
