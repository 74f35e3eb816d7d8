import type { ItemType } from '../schema/item-type.js';
import type { JsonPath } from '../schema/json-path.js';
import type { Cell } from '../schema/value.js';
import type { SearchMode, SnippetOptions } from './search/search-options.js';

/** A column of a question: an attribute's name, or 'storeId', or 'self' (the item itself). */
export interface ColumnRef {
  /** Which of the question's types it belongs to, or its path begins at: an index into {@link QuerySpec.from}. */
  readonly source: number;
  /** The references to follow before the column is read; never empty. */
  readonly path?: readonly string[];
  readonly name: string;
}

/** A cell that is not null. */
export type ValueCell = Exclude<Cell, null>;

/** A place inside a json attribute: keys of objects and indexes of arrays. */
export interface JsonPathNode {
  readonly at: JsonPath;
  readonly of: ColumnRef;
}

/** The functions that calculate with the values of one row. */
export const CALCULATIONS = [
  ...(['plus', 'minus', 'times', 'coalesce', 'concat', 'length', 'lower', 'upper'] as const),
  ...(['year', 'month', 'day', 'hour', 'minute', 'second', 'weekday'] as const),
] as const;
/** One of {@link CALCULATIONS}. */
export type Calculation = (typeof CALCULATIONS)[number];

/** What else a calculation takes: a cell, or another value of the row. */
export type CallOperand = { readonly value: ValueCell } | { readonly column: ValueNode };
/** A value calculated from others of the same row. */
export interface CallNode {
  readonly fn: Calculation;
  readonly of: ValueNode;
  readonly with: readonly CallOperand[];
}

/** The functions that make one value of many rows'. */
export const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max'] as const;
/** One of {@link AGGREGATES}. */
export type AggregateFn = (typeof AGGREGATES)[number];
/** One value of a whole group of rows. `of` is absent only for the number of rows. */
export interface AggregateNode {
  readonly aggregate: AggregateFn;
  readonly of?: ValueNode;
}

/** The items that refer to an item: those that `by` asks for and whose column `through` holds what `of` does. */
export interface Referrers {
  readonly of: ColumnRef;
  readonly by: QuerySpec;
  /** A reference of the type that `by` asks for. */
  readonly through: ColumnRef;
}
/** How many items refer to an item. */
export interface ReferrerCountNode {
  readonly countOf: Referrers;
}

/** A search for words in the full-text attributes of an item. */
export interface Search {
  /** The item: a reference, or `self`. */
  readonly of: ColumnRef;
  /** The one attribute that is searched; all full-text attributes, if not given. */
  readonly attribute?: string;
  readonly text: string;
  readonly mode: SearchMode;
}
/** How well an item fits a search, more for better; null where it does not. */
export interface RelevanceNode {
  readonly relevanceOf: Search;
}
/** A piece of an item's text around what a search found; null where it found nothing. */
export interface SnippetNode extends SnippetOptions {
  readonly snippetOf: Search;
}

/** A value that every row has, or every group of rows. */
export type ValueNode =
  | ColumnRef
  | JsonPathNode
  | CallNode
  | AggregateNode
  | ReferrerCountNode
  | RelevanceNode
  | SnippetNode;

/** What a value is compared with: a cell made by its codec, another value, or an item of one store. */
export type OperandNode =
  | { readonly value: ValueCell }
  | { readonly column: ValueNode }
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
  readonly column: ValueNode;
  readonly to: OperandNode;
}
/** A column between two operands, both included. */
export interface BetweenNode {
  readonly op: 'between';
  readonly column: ValueNode;
  readonly low: OperandNode;
  readonly high: OperandNode;
}
/** A column among values; `orNull` says that null is one of them. */
export interface MembershipNode {
  readonly op: 'in' | 'notIn';
  readonly column: ValueNode;
  readonly list: ListNode;
  readonly orNull: boolean;
}
/** A column that is null, or is not. */
export interface NullTestNode {
  readonly op: NullTestOp;
  readonly column: ValueNode;
}
/** A column matched by SQLite's LIKE. */
export interface LikeNode {
  readonly op: 'like';
  readonly column: ValueNode;
  readonly pattern: string;
  readonly escape?: string;
}
/** A text column searched for a text, literally. */
export interface TextSearchNode {
  readonly op: TextSearchOp;
  readonly column: ValueNode;
  readonly text: string;
}
/** An item that others refer to, or, negated, that none does. */
export interface ExistsNode {
  readonly op: 'exists';
  readonly referrers: Referrers;
}
/** An item in which a search finds what it is for. */
export interface MatchNode {
  readonly op: 'matches';
  readonly search: Search;
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
  | TextSearchNode
  | ExistsNode
  | MatchNode;

/** One key of an order. */
export interface OrderNode {
  readonly column: ValueNode;
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
}

/** One of the types that a question is about. */
export interface FromNode {
  readonly type: ItemType;
  /** True when its item may be missing from a row, which then has null in its place. Never the first. */
  readonly isOptional: boolean;
}

/** One member of a projection. */
export interface SelectNode {
  readonly name: string;
  readonly column: ValueNode;
}

/** A question as plain, frozen data: what a {@link QueryRunner} answers. */
export interface QuerySpec {
  /** One type, or several that are joined. */
  readonly from: readonly [FromNode, ...FromNode[]];
  /** What ties the optional types to the others. */
  readonly on?: ConditionNode;
  /** True when several types may be combined without a condition that ties them. */
  readonly isCross?: boolean;
  readonly where?: ConditionNode;
  /** For a page: `where` in pieces. A row fulfils one of them at most, and stands before those that fulfil the next. */
  readonly pieces?: readonly ConditionNode[];
  /** Rows with the same values of these are one group. */
  readonly groupBy?: readonly ValueNode[];
  /** What a group must fulfil. */
  readonly having?: ConditionNode;
  readonly orderBy: readonly OrderNode[];
  /** Of the rows with the same values of these, only the first is taken, in the order given. */
  readonly firstPer?: readonly ValueNode[];
  readonly limit?: number;
  readonly offset?: number;
  /** Matters with `pluck` and `select` only. */
  readonly distinct: boolean;
  /** The one value read instead of items. */
  readonly pluck?: ValueNode;
  /** The values read instead of items, as the members of an object. */
  readonly select?: readonly SelectNode[];
  /** References whose items are loaded with the answer. */
  readonly preload?: readonly ColumnRef[];
}

/** The deepest nesting of conditions and values, in memory and in JSON: far below SQLite's limit, and safe to walk. */
export const MAX_DEPTH = 100;

/** How many types a join has at most: SQLite joins 64 tables, and each path of references takes some. */
export const MAX_TYPES = 16;

/** The most nodes that a condition or a value consists of, in memory and in JSON. */
export const MAX_NODES = 10_000;

/** The type that a question asks for, first of those that it joins. */
export function firstType(spec: Pick<QuerySpec, 'from'>): ItemType {
  return spec.from[0].type;
}

/** What is read of each row instead of its items; undefined where it is the items. */
export function readValues({ pluck, select }: QuerySpec): readonly ValueNode[] | undefined {
  return pluck === undefined ? select?.map(({ column }) => column) : [pluck];
}
