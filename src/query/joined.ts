import { CorollaryError } from '../errors.js';
import type { Stored } from '../schema/attribute-types.js';
import type { ItemClass } from '../schema/item-class.js';
import { type FromNode, MAX_TYPES, type QuerySpec } from './ast.js';
import type { Columns } from './columns.js';
import type { Asked } from './provenance.js';

declare const of: unique symbol;

/** A type of a join whose items may be missing: see {@link optional}. */
export interface Optional<T> {
  readonly [of]: T;
}

class OptionalType<T> implements Optional<T> {
  declare readonly [of]: T;
  readonly itemClass: ItemClass<T>;

  constructor(itemClass: ItemClass<T>) {
    this.itemClass = itemClass;
  }
}

/**
 * Marks a type of a join as one that may be missing: where no item fulfils the conditions that are given with the
 * types, null stands in its place. Conditions given by `where` later apply to what was joined.
 *
 * @example
 * store.query([City, optional(Mayor)], (c, m) => m.city.eq(c));
 */
export function optional<T>(itemClass: ItemClass<T>): Optional<T> {
  return new OptionalType(itemClass);
}

/** What can be joined: item classes, or such marked by {@link optional}. The first is never optional. */
export type Joinable = readonly [ItemClass<unknown>, ...(ItemClass<unknown> | Optional<unknown>)[]];

/** What the callbacks of a join's query are given: the columns of each type. */
export type JoinColumns<F extends Joinable> = {
  -readonly [I in keyof F]: F[I] extends Optional<infer T>
    ? Columns<T, null>
    : F[I] extends ItemClass<infer T>
      ? Columns<T>
      : never;
};

/** What a join's query yields: the items of each type. */
export type JoinedItems<F extends Joinable> = {
  -readonly [I in keyof F]: F[I] extends Optional<infer T> ? T | null : F[I] extends ItemClass<infer T> ? T : never;
};

/** The items that a join's `update` and `delete` are about. */
export type FirstOf<F extends Joinable> = F[0] extends ItemClass<infer T extends Stored> ? T : never;

/**
 * The types of a question, as they were given.
 * @throws CorollaryError BAD_QUERY, and what `typeOf` throws
 */
export function fromTypes(given: unknown, typeOf: Asked['typeOf']): QuerySpec['from'] {
  if (!Array.isArray(given)) return [required(given, typeOf)];
  const [first, ...more] = given as readonly unknown[];
  if (first === undefined) throw bad('query takes at least one type');
  if (first instanceof OptionalType) throw bad('the first type of a join cannot be optional: begin with another');
  if (given.length > MAX_TYPES) throw bad(`a join has ${MAX_TYPES} types at most`);
  return [required(first, typeOf), ...more.map((one) => source(one, typeOf))];
}

function source(given: unknown, typeOf: Asked['typeOf']): FromNode {
  if (!(given instanceof OptionalType)) return required(given, typeOf);
  return { type: typeOf(given.itemClass), isOptional: true };
}

function required(given: unknown, typeOf: Asked['typeOf']): FromNode {
  if (given instanceof OptionalType) throw bad('only types of a join are optional: query([A, optional(B)], ...)');
  return { type: typeOf(given as ItemClass), isOptional: false };
}

function bad(said: string): CorollaryError {
  return new CorollaryError('BAD_QUERY', said);
}
