import { CorollaryError, kindOf } from '../errors.js';
import type { Changes, Decimal, Equalities, Plain, Stored } from '../schema/attribute-types.js';
import type { ItemType, Referable } from '../schema/item-type.js';
import { checkAggregate } from './aggregate.js';
import { type ConditionNode, isSameColumn, type QuerySpec } from './ast.js';
import type { Average, ColumnOf, Columns, Sum } from './columns.js';
import { and, type Condition, newCondition, nodeOf } from './condition.js';
import { columnFrom, conditionFrom, ordersFrom } from './filter.js';
import { type QueryJSON, specJSON } from './json.js';
import { type Order, orderParts } from './order.js';
import { newPages, type Pages } from './pages.js';
import { specFromJSON } from './parse.js';
import { Question } from './question.js';
import { type AggregateFn, type Askable, type Explanation, type Page, type QueryRunner, runnerOf } from './runner.js';
import { checkedCount, checkedSpec } from './spec.js';

/** What narrows a query: a callback over columns, a condition, or values that attributes must equal. */
export type Where<T> = ((columns: Columns<T>) => Condition) | Condition | Equalities<T>;
/** What sorts a query: a callback that gives one order or several, or orders. */
export type OrderBy<T> = (columns: Columns<T>) => Order | readonly Order[];
/** Picks a column. */
export type PickColumn<T, V> = (columns: Columns<T>) => ColumnOf<V>;
/** How one page is asked for; `after` is the `next` of the page before. */
export interface PageOptions {
  readonly size: number;
  readonly after?: string | undefined;
}

type Summable = number | bigint | Decimal | null;

/** Makes a query of one type, asked of a runner. */
export let newQuery: <T extends Stored>(runner: QueryRunner, type: ItemType, where?: Where<T>) => Query<T>;

/**
 * A question about the items of one type: immutable, lazy, and asked anew each time it is read. `R` is what it yields:
 * the items, or the values of a plucked column.
 *
 * @example
 * const large = store.query(City, c => c.population.gt(1_000_000)).orderBy(c => c.name.asc());
 * for (const city of large.limit(10)) console.log(city.name);
 */
export class Query<T extends Stored, R = T> extends Question implements Iterable<R> {
  readonly #runner: QueryRunner;
  readonly #spec: QuerySpec;

  static {
    newQuery = <T extends Stored>(runner: QueryRunner, type: ItemType, where?: Where<T>) => {
      const all = new Query<T>(runner, { from: [type], orderBy: [], distinct: false });
      return where === undefined ? all : all.where(where);
    };
  }

  private constructor(runner: QueryRunner, spec: QuerySpec) {
    super(spec, runner.scope);
    this.#runner = runner;
    this.#spec = checkedSpec(spec);
  }

  /**
   * The query that {@link Query.toJSON} was called on, asked of a store or tree. The JSON may come from anywhere.
   * @throws CorollaryError BAD_QUERY naming the place that is wrong; UNKNOWN_TYPE
   */
  static fromJSON<T extends Stored = Stored, R = T>(of: Askable | QueryRunner, json: unknown): Query<T, R> {
    const runner = runnerFrom(of);
    return new Query<T, R>(
      runner,
      specFromJSON(json, (name) => runner.typeNamed(name)),
    );
  }

  /** Only what fulfils this condition too. */
  where(where: Where<T>): Query<T, R> {
    const found = conditionFrom(this.#asked, where);
    const before = this.#spec.where;
    return this.#with({ where: before === undefined ? nodeOf(found) : nodeOf(and(known(before), found)) });
  }

  /** Sorted by these, after the orders given before. Ties are broken by the id. */
  orderBy(...orders: readonly (OrderBy<T> | Order)[]): Query<T, R> {
    const added = ordersFrom(this.#asked, orders).map((order) => orderParts(order).node);
    return this.#with({ orderBy: [...this.#spec.orderBy, ...added] });
  }

  /** At most so many. */
  limit(count: number): Query<T, R> {
    return this.#with({ limit: checkedCount('limit', count) });
  }

  /** Without the first so many. */
  offset(count: number): Query<T, R> {
    return this.#with({ offset: checkedCount('offset', count) });
  }

  /** Each plucked value once. Items are distinct anyway. */
  distinct(): Query<T, R> {
    return this.#with({ distinct: true });
  }

  /** One column's values instead of the items, nulls included. */
  pluck<V>(pick: PickColumn<T, V>): Query<T, Plain<V>> {
    const { ref } = columnFrom(this.#asked, 'pluck', pick);
    return new Query<T, Plain<V>>(this.#runner, { ...this.#spec, pluck: ref });
  }

  /** Reads the whole answer first, so that writing meanwhile is allowed; an item deleted meanwhile is skipped. */
  *[Symbol.iterator](): Iterator<R> {
    const found = this.all();
    if (this.#spec.pluck !== undefined) return yield* found;
    for (const item of found) if ((item as Partial<Referable>).isStored !== false) yield item;
  }

  /** The whole answer. */
  all(): R[] {
    // The runner answers with items of the type asked for, or values of the plucked column: what R stands for.
    return this.#runner.read(this.#spec) as R[];
  }

  /** The first of the answer; undefined when it is empty. */
  first(): R | undefined {
    return this.#upTo(1)[0];
  }

  /**
   * The only one of the answer.
   * @throws CorollaryError NOT_FOUND, NOT_UNIQUE
   */
  one(): R {
    const found = this.#upTo(2);
    const type = this.#type.name;
    if (found.length === 0) throw new CorollaryError('NOT_FOUND', `The query of ${type} found nothing`, { type });
    if (found.length === 1) return found[0] as R;
    const said = `The query of ${type} found more than one: narrow it, or use first()`;
    throw new CorollaryError('NOT_UNIQUE', said, { type });
  }

  /** How many there are; a null that `pluck` finds counts. */
  count(): number {
    return this.#runner.aggregate(this.#spec, 'count') as number;
  }

  /** True when there is any. */
  exists(): boolean {
    const limit = Math.min(this.#spec.limit ?? 1, 1);
    return (this.#runner.aggregate({ ...this.#spec, orderBy: [], limit }, 'count') as number) > 0;
  }

  /**
   * The exact sum of a column, nulls left out; 0 of nothing.
   * @throws CorollaryError OUT_OF_RANGE when it leaves what the attribute can hold
   */
  sum<V extends Summable>(pick: PickColumn<T, V>): Sum<V> {
    return this.#aggregate('sum', pick) as Sum<V>;
  }

  /** The average of a column, nulls left out, and null of nothing; decimals are rounded half-even to their scale. */
  avg<V extends Summable>(pick: PickColumn<T, V>): Average<V> {
    return this.#aggregate('avg', pick) as Average<V>;
  }

  /** The smallest value of a column; null of nothing. */
  min<V>(pick: PickColumn<T, V>): NonNullable<V> | null {
    return this.#aggregate('min', pick) as NonNullable<V> | null;
  }

  /** The largest value of a column; null of nothing. */
  max<V>(pick: PickColumn<T, V>): NonNullable<V> | null {
    return this.#aggregate('max', pick) as NonNullable<V> | null;
  }

  /**
   * The answer in pages of `size`, which `for` and `for await` can run through.
   * @throws CorollaryError BAD_QUERY for a size below 1, or a query with a limit or an offset
   */
  pages(size: number): Pages<R> {
    this.#mustBeWhole('pages', size);
    return newPages((after) => this.page({ size, after }));
  }

  /**
   * One page, after the page whose `next` is given; items that come and go elsewhere do not shift it.
   * @throws CorollaryError BAD_CURSOR for a cursor of another query or store; BAD_QUERY as `pages`
   */
  page(options: PageOptions): Page<R> {
    const { size, after } = (options ?? {}) as PageOptions;
    this.#mustBeWhole('page', size);
    return this.#runner.page(this.#spec, size, after) as Page<R>;
  }

  /** Gives all items found these values; returns their number. */
  update(values: Changes<T>): number {
    this.#mustBeItems('update');
    return this.#runner.update(this.#spec, values);
  }

  /** Deletes all items found; returns their number. */
  delete(): number {
    this.#mustBeItems('delete');
    return this.#runner.delete(this.#spec);
  }

  /** The SQL with its parameters, and SQLite's plan for it. */
  explain(): Explanation {
    return this.#runner.explain(this.#spec);
  }

  /** The question as data that JSON can hold; {@link Query.fromJSON} makes it a query again. */
  toJSON(): QueryJSON {
    return specJSON(this.#spec);
  }

  get #type(): ItemType {
    return this.#spec.from[0];
  }

  get #asked(): { readonly type: ItemType; readonly scope: string } {
    return { type: this.#type, scope: this.#runner.scope };
  }

  #with(change: Partial<QuerySpec>): Query<T, R> {
    return new Query<T, R>(this.#runner, { ...this.#spec, ...change });
  }

  #upTo(count: number): R[] {
    return this.#runner.read({ ...this.#spec, limit: Math.min(this.#spec.limit ?? count, count) }) as R[];
  }

  #aggregate(fn: AggregateFn, pick: unknown): unknown {
    const { ref, shape } = columnFrom(this.#asked, fn, pick);
    checkAggregate(fn, this.#type.name, shape);
    const { distinct, pluck } = this.#spec;
    if (distinct && pluck !== undefined && !isSameColumn(pluck, ref)) {
      throw this.#bad(`${fn} of distinct values takes the plucked column`);
    }
    return this.#runner.aggregate(this.#spec, fn, ref);
  }

  #mustBeWhole(what: string, size: number): void {
    checkedCount(`${what} size`, size, 1);
    if (this.#spec.limit === undefined && this.#spec.offset === undefined) return;
    throw this.#bad(`${what} goes through the whole answer: leave limit and offset out`);
  }

  #mustBeItems(what: string): void {
    if (this.#spec.pluck === undefined) return;
    throw this.#bad(`${what} works on items: leave pluck out`);
  }

  #bad(said: string): CorollaryError {
    const type = this.#type.name;
    return new CorollaryError('BAD_QUERY', `Query of ${type}: ${said}`, { type });
  }
}

function runnerFrom(of: unknown): QueryRunner {
  if (typeof of === 'object' && of !== null) {
    if (runnerOf in of) return of[runnerOf] as QueryRunner;
    if ('typeNamed' in of) return of as QueryRunner;
  }
  throw new CorollaryError('INVALID_VALUE', `Query.fromJSON takes a store or a tree, then the JSON; not ${kindOf(of)}`);
}

/** A condition again whose origin has been checked before. */
function known(node: ConditionNode): Condition {
  return newCondition(node, { sources: [], scopes: [] });
}
