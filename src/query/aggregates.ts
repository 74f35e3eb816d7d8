import { CorollaryError, kindOf } from '../errors.js';
import type { AggregateFn } from './ast.js';
import { columnIn, RuntimeColumn } from './column.js';
import { countShape } from './column-shape.js';
import type { Average, ColumnFor, ColumnOf, NumberColumn, Sum, Summable } from './columns.js';
import { columnError } from './operand.js';
import { NOWHERE } from './provenance.js';
import { aggregatedShape } from './value-shape.js';

/**
 * How many rows a group has; or, of a column, how many of its values are not null. For `select`, `having` and
 * `orderBy`.
 *
 * @example
 * store.query(City).groupBy(c => c.country).select(c => ({ country: c.country, cities: count() }));
 */
export function count(column?: ColumnOf<unknown>): NumberColumn<number> {
  const counted: unknown = column;
  if (counted !== undefined) return aggregate('count', counted);
  return new RuntimeColumn({ aggregate: 'count' }, countShape, { ...NOWHERE, isAggregate: true }) as never;
}

/** The exact sum of a column over a group's rows, nulls left out; 0 of nothing. See {@link count}. */
export function sum<V extends Summable>(column: ColumnOf<V>): NumberColumn<Sum<V>> {
  return aggregate('sum', column);
}

/** The average of a column over a group's rows, nulls left out; null of nothing. See {@link count}. */
export function avg<V extends Summable>(column: ColumnOf<V>): NumberColumn<Average<V>> {
  return aggregate('avg', column);
}

/** The smallest value of a column over a group's rows; null of nothing. See {@link count}. */
export function min<V>(column: ColumnOf<V>): ColumnFor<V | null> {
  return aggregate('min', column);
}

/** The largest value of a column over a group's rows; null of nothing. See {@link count}. */
export function max<V>(column: ColumnOf<V>): ColumnFor<V | null> {
  return aggregate('max', column);
}

// What is made has the operators of every interface: the signatures above say which are meant.
function aggregate(fn: AggregateFn, given: unknown): never {
  const column = columnIn(given);
  if (column === undefined) throw new CorollaryError('BAD_QUERY', `${fn} takes a column, not ${kindOf(given)}`);
  const { node, shape, provenance, place } = column;
  if (provenance.isAggregate) throw columnError('BAD_QUERY', place, `${fn} takes no aggregate`);
  const made = aggregatedShape(fn, shape);
  if (typeof made === 'string') throw columnError('BAD_QUERY', place, `${fn} ${made}`);
  return new RuntimeColumn({ aggregate: fn, of: node }, made, { ...provenance, isAggregate: true }) as never;
}
