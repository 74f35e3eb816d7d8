/** Types only: what a query's callback sees of an item class. */
import type { AttrKey, Decimal, Input, Plain, Stored, StoreId } from '../schema/attribute-types.js';
import type { Condition } from './condition.js';
import type { Order, OrderOptions } from './order.js';

declare const carries: unique symbol;

/** Anything with a value of type V for every item. */
export interface ColumnOf<V> {
  readonly [carries]: V;
}

type Base<V> = NonNullable<Plain<V>>;
/** What a column of type V may be compared with: a value, or a column of the same kind. */
export type Operand<V> = Input<V> | ColumnOf<Base<V> | null> | ColumnOf<Base<V>>;

/** The tests for null. */
export interface NullTests {
  isNull(): Condition;
  isNotNull(): Condition;
}

/** A column whose values can be told apart: booleans, bytes, values of own attribute types. */
export interface Column<V> extends ColumnOf<Plain<V>>, NullTests {
  /** Null equals null, as in JavaScript. */
  eq(operand: Operand<V>): Condition;
  /** The complement of `eq`: nulls are found too, unless null is the operand. */
  ne(operand: Operand<V>): Condition;
  /** Finds what is in a list or a query's values; nothing, if that is empty. */
  in(values: Iterable<Input<V> | null>): Condition;
  /** The complement of `in`. */
  notIn(values: Iterable<Input<V> | null>): Condition;
  asc(options?: OrderOptions): Order;
  desc(options?: OrderOptions): Order;
}

/** A column whose values are smaller and larger. A null is neither, so none of these finds it. */
export interface OrderedColumn<V> extends Column<V> {
  lt(operand: Operand<NonNullable<V>>): Condition;
  lte(operand: Operand<NonNullable<V>>): Condition;
  gt(operand: Operand<NonNullable<V>>): Condition;
  gte(operand: Operand<NonNullable<V>>): Condition;
  /** Both ends are included. */
  between(low: Operand<NonNullable<V>>, high: Operand<NonNullable<V>>): Condition;
}

/** How a `like` pattern is read. */
export interface LikeOptions {
  /** One character that makes the next `%` or `_` stand for itself. */
  readonly escape?: string;
}

/** A column of texts. The searches are literal and respect the column's collation; the empty text is in every text. */
export interface TextColumn<V> extends OrderedColumn<V> {
  /** SQLite's own: `%` and `_` are wild, and ASCII case is ignored whatever the collation. */
  like(pattern: string, options?: LikeOptions): Condition;
  startsWith(text: string): Condition;
  endsWith(text: string): Condition;
  contains(text: string): Condition;
}

/** A column that refers to items, compared with items; a deleted one is refused. */
export interface ReferenceColumn<V> extends ColumnOf<Plain<V>>, NullTests {
  eq(item: Operand<V>): Condition;
  ne(item: Operand<V>): Condition;
  /** Finds what is in a list of items, or among the items of a query. */
  in(items: Iterable<Plain<V> | null>): Condition;
  /** The complement of `in`. */
  notIn(items: Iterable<Plain<V> | null>): Condition;
}

/** The kind of column that an attribute of type V has. */
export type ColumnFor<V> = [Base<V>] extends [Decimal]
  ? OrderedColumn<V>
  : [Base<V>] extends [string]
    ? TextColumn<V>
    : [Base<V>] extends [number | bigint | Date]
      ? OrderedColumn<V>
      : [Base<V>] extends [Stored]
        ? ReferenceColumn<V>
        : Column<V>;

/** The id as a column; plain numbers will do as operands. */
type IdColumn<T> = Omit<OrderedColumn<number>, typeof carries> & ColumnOf<StoreId<T>>;

type AttributeColumns<T, K extends keyof T> = { readonly [P in K]: ColumnFor<T[P]> };
/** T's attributes as columns, with `storeId` and `self`, the item itself. */
export type Columns<T> = AttributeColumns<T, AttrKey<T>> & {
  readonly storeId: IdColumn<T>;
  readonly self: ReferenceColumn<T>;
};

/** What a sum of values of type V is: never null. */
export type Sum<V> = [NonNullable<V>] extends [Decimal] ? Decimal : [NonNullable<V>] extends [bigint] ? bigint : number;
/** What an average of values of type V is: null when there are none. */
export type Average<V> = ([NonNullable<V>] extends [Decimal] ? Decimal : number) | null;
