import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';

/** A column of a question: an attribute's name, or 'storeId', or 'self' (the item itself). */
export interface ColumnRef {
  /** Which of the question's types it belongs to: an index into {@link QuerySpec.from}. */
  readonly source: number;
  readonly name: string;
}

/** A cell that is not null. */
export type ValueCell = Exclude<Cell, null>;

/** What a column is compared with: a cell made by the column's codec, another column, or an item of one store. */
export type OperandNode =
  | { readonly value: ValueCell }
  | { readonly column: ColumnRef }
  | { readonly ref: number; readonly store: string };

/** Ids of items of one store, which is named by its uid. */
export interface RefGroup {
  readonly store: string;
  readonly ids: readonly number[];
}

/** What a membership test looks in. */
export type ListNode =
  | { readonly values: readonly ValueCell[] }
  | { readonly refs: readonly RefGroup[] }
  | { readonly query: QuerySpec };

/** The comparisons that take one operand. */
export const COMPARISONS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const;
/** The tests for null. */
export const NULL_TESTS = ['isNull', 'isNotNull'] as const;
/** The literal text searches. */
export const TEXT_SEARCHES = ['startsWith', 'endsWith', 'contains'] as const;
/** One of {@link COMPARISONS}. */
export type ComparisonOp = (typeof COMPARISONS)[number];
/** One of {@link NULL_TESTS}. */
export type NullTestOp = (typeof NULL_TESTS)[number];
/** One of {@link TEXT_SEARCHES}. */
export type TextSearchOp = (typeof TEXT_SEARCHES)[number];

/** Several conditions as one; of nothing, `and` holds always and `or` never. */
export interface JunctionNode {
  readonly op: 'and' | 'or';
  readonly of: readonly ConditionNode[];
}
/** The exact complement of a condition. */
export interface NotNode {
  readonly op: 'not';
  readonly of: ConditionNode;
}
/** A column compared with one operand. */
export interface ComparisonNode {
  readonly op: ComparisonOp;
  readonly column: ColumnRef;
  readonly to: OperandNode;
}
/** A column between two operands, both included. */
export interface BetweenNode {
  readonly op: 'between';
  readonly column: ColumnRef;
  readonly low: OperandNode;
  readonly high: OperandNode;
}
/** A column among values; `orNull` says that null is one of them. */
export interface MembershipNode {
  readonly op: 'in' | 'notIn';
  readonly column: ColumnRef;
  readonly list: ListNode;
  readonly orNull: boolean;
}
/** A column that is null, or is not. */
export interface NullTestNode {
  readonly op: NullTestOp;
  readonly column: ColumnRef;
}
/** A column matched by SQLite's LIKE. */
export interface LikeNode {
  readonly op: 'like';
  readonly column: ColumnRef;
  readonly pattern: string;
  readonly escape?: string;
}
/** A text column searched for a text, literally. */
export interface TextSearchNode {
  readonly op: TextSearchOp;
  readonly column: ColumnRef;
  readonly text: string;
}
/** A condition as plain data. */
export type ConditionNode =
  | JunctionNode
  | NotNode
  | ComparisonNode
  | BetweenNode
  | MembershipNode
  | NullTestNode
  | LikeNode
  | TextSearchNode;

/** One key of an order. */
export interface OrderNode {
  readonly column: ColumnRef;
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
}

/** A question as plain, frozen data: what a {@link QueryRunner} answers. */
export interface QuerySpec {
  readonly from: readonly [ItemType];
  readonly where?: ConditionNode;
  readonly orderBy: readonly OrderNode[];
  readonly limit?: number;
  readonly offset?: number;
  /** Matters with `pluck` only. */
  readonly distinct: boolean;
  /** The one column read instead of items. */
  readonly pluck?: ColumnRef;
}

/** The deepest nesting of conditions, in memory and in JSON: far below SQLite's limit, and safe to walk recursively. */
export const MAX_DEPTH = 100;

const depths = new WeakMap<ConditionNode, number>();
/** How many levels of conditions lie in a node, subqueries included. */
export function depthOf(node: ConditionNode): number {
  const known = depths.get(node);
  if (known !== undefined) return known;
  const depth = 1 + depthBelow(node);
  depths.set(node, depth);
  return depth;
}

function depthBelow(node: ConditionNode): number {
  if (node.op === 'and' || node.op === 'or') return node.of.reduce((deepest, n) => Math.max(deepest, depthOf(n)), 0);
  if (node.op === 'not') return depthOf(node.of);
  if ((node.op === 'in' || node.op === 'notIn') && 'query' in node.list) {
    return node.list.query.where === undefined ? 0 : depthOf(node.list.query.where);
  }
  return 0;
}

/** The queries inside a condition, at any depth of it. */
export function subqueriesIn(node: ConditionNode): readonly QuerySpec[] {
  if (node.op === 'and' || node.op === 'or') return node.of.flatMap(subqueriesIn);
  if (node.op === 'not') return subqueriesIn(node.of);
  if ((node.op !== 'in' && node.op !== 'notIn') || !('query' in node.list)) return [];
  const { query } = node.list;
  return query.where === undefined ? [query] : [query, ...subqueriesIn(query.where)];
}

/** The same column of the same source. */
export function isSameColumn(a: ColumnRef, b: ColumnRef): boolean {
  return a.source === b.source && a.name === b.name;
}

/** A value all of whose plain objects and arrays are frozen; bytes are left alone, for they cannot be. */
export function deepFrozen<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return value;
  for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}
