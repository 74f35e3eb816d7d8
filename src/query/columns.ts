/** Types only: what a query's callback sees of an item class. */
import type { Address, AttrKey, Decimal, Input, Plain, Stored, StoreId } from '../schema/attribute-types.js';
import type { Condition } from './condition.js';
import type { Order, OrderOptions } from './order.js';
import type { SearchOptions, SnippetOptions } from './search/search-options.js';

declare const carries: unique symbol;

/** Anything with a value of type V for every item. */
export interface ColumnOf<V> {
  readonly [carries]: V;
}

type Base<V> = NonNullable<Plain<V>>;
/** What a column of type V may be compared with: a value, or a column of the same kind. */
export type Operand<V> = Input<V> | ColumnOf<Base<V> | null> | ColumnOf<Base<V>>;
/** What sums and averages are made of. */
export type Summable = number | bigint | Decimal | null;

/** The tests for null. */
export interface NullTests {
  isNull(): Condition;
  isNotNull(): Condition;
}

/** A column whose values can be told apart: booleans, bytes, addresses, values of own attribute types. */
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
  /** This value, or where it is null that one. */
  coalesce(value: Input<NonNullable<V>>): ColumnFor<NonNullable<V>>;
  coalesce<W extends Base<V> | null>(column: ColumnOf<W>): ColumnFor<NonNullable<V> | W>;
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

/**
 * A column of numbers, bigints or decimals. Null makes the result null. Read, a result beyond what its kind can hold is
 * OUT_OF_RANGE; conditions and orders see it exactly within 64 bits, and as a real beyond.
 */
export interface NumberColumn<V> extends OrderedColumn<V> {
  plus(value: Input<NonNullable<V>>): NumberColumn<V>;
  plus<W extends Summable>(column: ColumnOf<W>): NumberColumn<V | Extract<W, null>>;
  minus(value: Input<NonNullable<V>>): NumberColumn<V>;
  minus<W extends Summable>(column: ColumnOf<W>): NumberColumn<V | Extract<W, null>>;
  /** Of two decimals, the result has as many digits after the point as both together. */
  times(value: Input<NonNullable<V>>): NumberColumn<V>;
  times<W extends Summable>(column: ColumnOf<W>): NumberColumn<V | Extract<W, null>>;
}

/** A column of moments, and their parts in UTC. */
export interface DateColumn<V> extends OrderedColumn<V> {
  year(): NumberColumn<number | Extract<V, null>>;
  /** 1 to 12. */
  month(): NumberColumn<number | Extract<V, null>>;
  /** Of the month, 1 to 31. */
  day(): NumberColumn<number | Extract<V, null>>;
  hour(): NumberColumn<number | Extract<V, null>>;
  minute(): NumberColumn<number | Extract<V, null>>;
  second(): NumberColumn<number | Extract<V, null>>;
  /** 0, a Sunday, to 6. */
  weekday(): NumberColumn<number | Extract<V, null>>;
}

type Concatenable = string | ColumnOf<string> | ColumnOf<string | null>;

/** How a `like` pattern is read. */
export interface LikeOptions {
  /** One character that makes the next `%` or `_` stand for itself. */
  readonly escape?: string;
}

/** What can be searched for words: full-text attributes, and items that have such. */
export interface SearchedColumn {
  /**
   * True where all words are found, in any order. Nothing that people type is wrong; what has no word finds nothing.
   * @throws CorollaryError BAD_QUERY where nothing is declared as full text
   */
  matches(text: string, options?: SearchOptions): Condition;
  /** How well what is found fits, more for better; null where it does not. Of use in orders, and only within one store. */
  relevance(text: string, options?: SearchOptions): NumberColumn<number | null>;
  /** A piece of the text with the words found marked; null where there are none. Nothing is escaped. */
  snippet(text: string, options?: SearchOptions & Partial<SnippetOptions>): TextColumn<string | null>;
}

/** A column of texts. The searches are literal and respect the column's collation; the empty text is in every text. */
export interface TextColumn<V> extends OrderedColumn<V>, SearchedColumn {
  /** SQLite's own: `%` and `_` are wild, and ASCII case is ignored whatever the collation. */
  like(pattern: string, options?: LikeOptions): Condition;
  startsWith(text: string): Condition;
  endsWith(text: string): Condition;
  contains(text: string): Condition;
  /** The texts one after the other; null where any of them is. */
  concat<P extends readonly Concatenable[]>(
    ...parts: P
  ): TextColumn<string | Extract<V, null> | (P[number] extends string | ColumnOf<string> ? never : null)>;
  /** The number of code points. */
  length(): NumberColumn<number | Extract<V, null>>;
  /** A to Z made small, and nothing else. */
  lower(): TextColumn<string | Extract<V, null>>;
  /** a to z made large, and nothing else. */
  upper(): TextColumn<string | Extract<V, null>>;
}

/** The type of what lies at a key of J, or an index; null where J may have nothing there. */
type JsonAt<J, K> = K extends keyof J ? Exclude<J[K], undefined> | (undefined extends J[K] ? null : never) : null;
type JsonKey<J> = J extends readonly unknown[] ? number : J extends unknown ? Extract<keyof J, string> : never;

/** A column of objects: json attributes, and values of own attribute types. */
export interface ObjectColumn<V> extends Column<V> {
  /**
   * What lies at a key of the object, or an index of the array. Where there is nothing, it is null. Conditions and orders
   * see true and false as 1 and 0, and objects as JSON text. For json attributes only.
   */
  at<K extends JsonKey<Base<V>>>(key: K): ColumnFor<JsonAt<Base<V>, K> | Extract<V, null>>;
}

/** A column that refers to items, compared with items; a deleted one is refused. */
export interface ReferenceColumn<V> extends ColumnOf<Plain<V>>, NullTests, SearchedColumn {
  eq(item: Operand<V>): Condition;
  ne(item: Operand<V>): Condition;
  /** Finds what is in a list of items, or among the items of a query. */
  in(items: Iterable<Plain<V> | null>): Condition;
  /** The complement of `in`. */
  notIn(items: Iterable<Plain<V> | null>): Condition;
  /** The columns of the item referred to; all null where there is none. */
  readonly to: Columns<Base<V>, Extract<V, null>>;
}

/** The kind of column that an attribute of type V has. */
export type ColumnFor<V> = [Base<V>] extends [string]
  ? [Base<V>] extends [Decimal]
    ? NumberColumn<V>
    : [Base<V>] extends [Address]
      ? Column<V>
      : TextColumn<V>
  : [Base<V>] extends [number | bigint]
    ? NumberColumn<V>
    : [Base<V>] extends [Date]
      ? DateColumn<V>
      : [Base<V>] extends [Stored]
        ? ReferenceColumn<V>
        : [Base<V>] extends [boolean | Uint8Array]
          ? Column<V>
          : ObjectColumn<V>;

/** The id as a column; plain numbers will do as operands. */
export interface IdColumn<T, N = never>
  extends Omit<OrderedColumn<number | N>, typeof carries>,
    ColumnOf<StoreId<T> | N> {}

type AttributeColumns<T, K extends keyof T, N> = { readonly [P in K]: ColumnFor<T[P] | N> };
/**
 * T's attributes as columns, with `storeId` and `self`, the item itself, for which the columns together stand as well.
 * N is null where the item may be missing.
 */
export type Columns<T, N = never> = AttributeColumns<T, AttrKey<T>, N> &
  ColumnOf<T | N> & {
    readonly storeId: IdColumn<T, N>;
    readonly self: ReferenceColumn<T | N>;
  };

/** What `select` gives: an object with the value of each column. */
export type Selected<S> = { -readonly [K in keyof S]: S[K] extends ColumnOf<infer V> ? V : never };

/** What a sum of values of type V is: never null. */
export type Sum<V> = [NonNullable<V>] extends [Decimal] ? Decimal : [NonNullable<V>] extends [bigint] ? bigint : number;
/** What an average of values of type V is: null when there are none. */
export type Average<V> = ([NonNullable<V>] extends [Decimal] ? Decimal : number) | null;
