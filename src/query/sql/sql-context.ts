import type { ColumnRef, QuerySpec, Referrers, RelevanceNode, Search, SnippetNode, ValueNode } from '../ast.js';
import type { ColumnShape } from '../column-shape.js';
import type { From } from '../value-shape.js';
import type { Fragment } from './fragment.js';

/** A SELECT of one column, which it calls `value`. */
export interface Subquery {
  readonly sql: Fragment;
  readonly value: string;
  readonly shape: ColumnShape;
}

/** What the SQL of a condition or a value depends on beside itself. */
export interface SqlContext {
  readonly from: From;
  /** The SQL of a column. */
  readonly column: (column: ColumnRef) => string;
  /** The SQL of a value that was calculated before, under a name of its own. */
  readonly known?: (value: ValueNode) => Fragment | undefined;
  /** The id as it is known in the store asked, of an item of the store with that uid. */
  readonly idIn: (store: string, id: number) => number;
  /** A subquery's SQL; undefined when its type was never stored. */
  readonly subquery: (spec: QuerySpec) => Subquery | undefined;
  /** FROM and WHERE of the items that refer to an item of the question; undefined when their type was never stored. */
  readonly referrers: (referrers: Referrers) => Fragment | undefined;
  /** True where an item has what a search is for. */
  readonly matches: (search: Search) => Fragment;
  /** What is read of a search beside that it matches. */
  readonly found: (node: RelevanceNode | SnippetNode) => string;
  /** The longest list written out; a longer one becomes one JSON parameter. */
  readonly longestList: number;
}
