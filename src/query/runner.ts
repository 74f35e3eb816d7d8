import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { ColumnRef, QuerySpec } from './ast.js';

/** The questions with one value as their answer. */
export type AggregateFn = 'count' | 'sum' | 'avg' | 'min' | 'max';

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
  /** Live items; or, with `pluck`, decoded values, nulls included. */
  read(spec: QuerySpec): unknown[];
  /** `column` is absent for 'count' only. */
  aggregate(spec: QuerySpec, fn: AggregateFn, column?: ColumnRef): unknown;
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
