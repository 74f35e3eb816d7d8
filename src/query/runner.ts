import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { AggregateFn, QuerySpec, ValueNode } from './ast.js';

/** How a question is answered: its SQL, the parameters bound, and SQLite's plan, one line per step. */
export interface Explanation {
  readonly sql: string;
  readonly parameters: readonly Cell[];
  readonly plan: readonly string[];
}

/** Some of an answer, and where the next part begins; `next` is undefined after the last. */
export interface Page<R> {
  readonly items: R[];
  readonly next: string | undefined;
}

/** Who answers questions: the socket into which stores and trees plug. */
export interface QueryRunner {
  /** A store's uid, or what names a tree; a subquery must be of the same scope. */
  readonly scope: string;
  /** @throws CorollaryError UNKNOWN_TYPE */
  typeNamed(name: string): ItemType;
  /** The type of a class, learned if it is new. @throws CorollaryError BAD_TYPE, DUPLICATE_TYPE */
  typeOf(itemClass: ItemClass): ItemType;
  /** Live items, or lists of them; with `pluck`, values; with `select`, objects of values. */
  read(spec: QuerySpec): unknown[];
  /** `value` is absent for 'count' only. */
  aggregate(spec: QuerySpec, fn: AggregateFn, value?: ValueNode): unknown;
  /** `after` is a cursor of an earlier page of the same question. */
  page(spec: QuerySpec, size: number, after: string | undefined): Page<unknown>;
  /** Changes every item found; returns their number. */
  update(spec: QuerySpec, values: object): number;
  /** Deletes every item found; returns their number. */
  delete(spec: QuerySpec): number;
  explain(spec: QuerySpec): Explanation;
}

/** The key under which a store or tree gives its runner. */
export const runnerOf: unique symbol = Symbol('corollary.runner');

/** Anything that answers queries. */
export interface Askable {
  readonly [runnerOf]: QueryRunner;
}
