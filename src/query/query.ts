import { keepShape } from '../driver/kept-shapes.js';
import { CorollaryError, kindOf } from '../errors.js';
import type { Changes, Equalities, Plain, Stored } from '../schema/attribute-types.js';
import type { Referable } from '../schema/item-type.js';
import { isDistinct } from './answer/row-order.js';
import { type AggregateFn, type ColumnRef, type ConditionNode, firstType, type QuerySpec, readValues } from './ast.js';
import type { Average, ColumnOf, Columns, Selected, Sum, Summable } from './columns.js';
import { and, type Condition, newCondition, nodeOf } from './condition.js';
import { columnFrom, columnsFrom, conditionFrom, groupConditionFrom, membersFrom, ordersFrom } from './filter.js';
import { isGrouped, overRows } from './grouping.js';
import { dividedCondition } from './join.js';
import { type QueryJSON, specJSON } from './json.js';
import type { LiveChanges, LiveUpdate } from './live/live-update.js';
import { subscribe } from './live/subscribe.js';
import type { SubscribeOptions } from './live/subscribe-options.js';
import type { Subscription } from './live/subscription.js';
import { type Order, orderParts } from './order.js';
import { newPages, type Pages } from './pages.js';
import { specFromJSON } from './parse/parse.js';
import { type Asked, NOWHERE, questionName } from './provenance.js';
import { Question } from './question.js';
import { type Askable, type Explanation, type Page, type QueryRunner, runnerOf } from './runner.js';
import { assertComplete, checkedCount, checkedSpec } from './spec.js';
import { isSameValue } from './traverse.js';
import { aggregateFault } from './value-shape.js';

/** The columns that a query's callbacks are given: those of its type, or of each type that it joins. */
export type ColumnLists = readonly unknown[];
/** What narrows a query: a callback over columns, a condition, or values that attributes of the first type must equal. */
export type Where<T, A extends ColumnLists = [Columns<T>]> = ((...columns: A) => Condition) | Condition | Equalities<T>;
/** What sorts a query: a callback that gives one order or several, or orders. */
export type OrderBy<T, A extends ColumnLists = [Columns<T>]> = (...columns: A) => Order | readonly Order[];
/** Picks a column. */
type PickOne<A extends ColumnLists, V> = (...columns: A) => ColumnOf<V>;
/** Picks a column, or several. */
type PickSome<A extends ColumnLists> = (...columns: A) => ColumnOf<unknown> | readonly ColumnOf<unknown>[];
/** How one page is asked for; `after` is the `next` of the page before. */
export interface PageOptions {
  readonly size: number;
  readonly after?: string | undefined;
}

/** Picks a reference. */
export type PickReference<T, A extends ColumnLists = [Columns<T>]> = (...columns: A) => ColumnOf<Stored | null>;

/** Makes a query of some types, asked of a runner. */
export let newQuery: <T extends Stored, R, A extends ColumnLists>(
  runner: QueryRunner,
  from: QuerySpec['from'],
  where?: unknown,
) => Query<T, R, A>;

/** That of the query that keeps the shape of all. */
const NO_SPEC = { from: [], orderBy: [], distinct: false } as unknown as QuerySpec;

/**
 * A question about the items of one type, or of several that are joined: immutable, lazy, and asked anew each time it
 * is read. `R` is what it yields: items, lists of them, values of a plucked column, or objects of selected ones. `A` is
 * what its callbacks are given.
 *
 * @example
 * const large = store.query(City, c => c.population.gt(1_000_000)).orderBy(c => c.name.asc());
 * for (const city of large.limit(10)) console.log(city.name);
 */
export class Query<T extends Stored, R = T, A extends ColumnLists = [Columns<T>]>
  extends Question
  implements Iterable<R>
{
  readonly #runner: QueryRunner;
  readonly #spec: QuerySpec;

  static {
    newQuery = <T extends Stored, R, A extends ColumnLists>(
      runner: QueryRunner,
      from: QuerySpec['from'],
      where?: unknown,
    ) => {
      const all = new Query<T, R, A>(runner, { from, orderBy: [], distinct: false });
      return where === undefined ? all : all.#joinedBy(where);
    };
    keepShape(new Query({ scope: '' } as QueryRunner, NO_SPEC));
  }

  /** `spec`: one that was checked, or in which nothing can be wrong. */
  private constructor(runner: QueryRunner, spec: QuerySpec) {
    super(spec, runner.scope);
    this.#runner = runner;
    this.#spec = spec;
  }

  /**
   * The query that {@link Query.toJSON} was called on, asked of a store or tree. The JSON may come from anywhere.
   * @throws CorollaryError BAD_QUERY naming the place that is wrong; UNKNOWN_TYPE
   */
  static fromJSON<T extends Stored = Stored, R = T>(of: Askable | QueryRunner, json: unknown): Query<T, R> {
    const runner = runnerFrom(of);
    return new Query<T, R>(runner, checkedSpec(specFromJSON(json, (name) => runner.typeNamed(name))));
  }

  /** Only what fulfils this condition too. */
  where(where: Where<T, A>): Query<T, R, A> {
    const found = conditionFrom(this.#asked, where);
    return this.#with({ where: joint(this.#spec.where, found) });
  }

  /** Sorted by these, after the orders given before. Ties are broken by the id. */
  orderBy(...orders: readonly (OrderBy<T, A> | Order)[]): Query<T, R, A> {
    const added = ordersFrom(this.#asked, orders).map((order) => orderParts(order).node);
    return this.#with({ orderBy: [...this.#spec.orderBy, ...added] });
  }

  /** At most so many. */
  limit(count: number): Query<T, R, A> {
    return this.#windowed({ limit: checkedCount('limit', count) });
  }

  /** Without the first so many. */
  offset(count: number): Query<T, R, A> {
    return this.#windowed({ offset: checkedCount('offset', count) });
  }

  /** Each plucked value, or each object of selected ones, once. Items are distinct anyway. */
  distinct(): Query<T, R, A> {
    return this.#with({ distinct: true });
  }

  /**
   * Of the items with the same values of these columns only the first, in the order asked for: the latest message of
   * each thread, say. Conditions apply before, a limit after.
   *
   * @example
   * store.query(Message).orderBy(m => m.sentAt.desc()).firstPer(m => m.thread);
   */
  firstPer(...picks: readonly PickSome<A>[]): Query<T, R, A> {
    const values = columnsFrom(this.#asked, 'firstPer', picks).map(({ node }) => node);
    return this.#with({ firstPer: [...(this.#spec.firstPer ?? []), ...values] });
  }

  /** Allows the types of a join to be combined without a condition that ties them: every item with every other. */
  cross(): Query<T, R, A> {
    return this.#with({ isCross: true });
  }

  /** One column's values instead of the items, nulls included. */
  pluck<V>(pick: PickOne<A, V>): Query<T, Plain<V>, A> {
    const { select: _, ...rest } = this.#spec;
    const { node } = columnFrom(this.#asked, 'pluck', pick);
    return new Query<T, Plain<V>, A>(this.#runner, checkedSpec({ ...rest, pluck: node }));
  }

  /**
   * Loads what these references point to together with the answer, and keeps it in memory as long as the items that
   * refer to it: it is there also after an `await`, when their store does not keep it any more. A path of references,
   * as in `c => c.country.to.continent`, loads each of them.
   */
  preload(...picks: readonly PickReference<T, A>[]): Query<T, R, A> {
    const columns = picks.map((pick) => columnFrom(this.#asked, 'preload', pick).node);
    const all = [...(this.#spec.preload ?? []), ...columns] as ColumnRef[];
    return this.#with({ preload: all.filter((one, at) => all.findIndex((other) => isSameValue(other, one)) === at) });
  }

  /**
   * Objects of values instead of the items: columns, what is calculated from them, aggregates, and whole items, for
   * which their columns together stand.
   *
   * @example
   * store.query(City).select(c => ({ city: c, country: c.country.to.name, density: c.population.times(2) }));
   */
  select<S extends Readonly<Record<string, ColumnOf<unknown>>>>(pick: (...columns: A) => S): Query<T, Selected<S>, A> {
    const { pluck: _, ...rest } = this.#spec;
    const select = membersFrom(this.#asked, pick);
    return new Query<T, Selected<S>, A>(this.#runner, checkedSpec({ ...rest, select }));
  }

  /**
   * Groups of the items with the same values of these columns, of which `select` or `pluck` reads columns grouped by,
   * what these settle, and aggregates. Orders and limits apply to groups; ties are broken by the columns grouped by.
   *
   * @example
   * store.query(City).groupBy(c => c.country).select(c => ({ country: c.country.to.name, cities: count() }));
   */
  groupBy(...picks: readonly PickSome<A>[]): Query<T, R, A> {
    const values = columnsFrom(this.#asked, 'groupBy', picks).map(({ node }) => node);
    return this.#with({ groupBy: [...(this.#spec.groupBy ?? []), ...values] });
  }

  /** Only groups that fulfil this condition too, which may look at aggregates. */
  having(having: ((...columns: A) => Condition) | Condition): Query<T, R, A> {
    const found = joint(this.#spec.having, groupConditionFrom(this.#asked, having));
    return this.#with({ having: overRows(found) });
  }

  /**
   * Settles first what the answer consists of, so that writing meanwhile is allowed; an item deleted meanwhile is
   * skipped. Items are all read first, and so is what searches give. Other plain values of one type in one store are
   * read in pieces, as they are when their turn comes, so that memory stays flat.
   */
  *[Symbol.iterator](): Iterator<R> {
    if (readValues(this.#spec) !== undefined) return yield* this.#runner.stream(this.#complete) as Iterable<R>;
    for (const one of this.all()) if (!hasGone(one)) yield one;
  }

  /** The whole answer. */
  all(): R[] {
    // The runner answers with items of the type asked for, or values of the plucked column: what R stands for.
    return this.#runner.read(this.#complete) as R[];
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
    const type = firstType(this.#spec).name;
    if (found.length === 0) throw new CorollaryError('NOT_FOUND', `The query of ${type} found nothing`, { type });
    if (found.length === 1) return found[0] as R;
    const said = `The query of ${type} found more than one: narrow it, or use first()`;
    throw new CorollaryError('NOT_UNIQUE', said, { type });
  }

  /** How many there are; a null that `pluck` finds counts, and of groups, the groups. */
  count(): number {
    return this.#runner.aggregate(this.#complete, 'count') as number;
  }

  /** True when there is any. */
  exists(): boolean {
    const limit = Math.min(this.#spec.limit ?? 1, 1);
    // Which items are the first of their kind is up to the order.
    const orderBy = this.#spec.firstPer === undefined ? [] : this.#spec.orderBy;
    return (this.#runner.aggregate({ ...this.#complete, orderBy, limit }, 'count') as number) > 0;
  }

  /**
   * The exact sum of a column, nulls left out; 0 of nothing.
   * @throws CorollaryError OUT_OF_RANGE when it leaves what the attribute can hold
   */
  sum<V extends Summable>(pick: PickOne<A, V>): Sum<V> {
    return this.#aggregate('sum', pick) as Sum<V>;
  }

  /** The average of a column, nulls left out, and null of nothing; decimals are rounded half-even to their scale. */
  avg<V extends Summable>(pick: PickOne<A, V>): Average<V> {
    return this.#aggregate('avg', pick) as Average<V>;
  }

  /** The smallest value of a column; null of nothing. */
  min<V>(pick: PickOne<A, V>): NonNullable<V> | null {
    return this.#aggregate('min', pick) as NonNullable<V> | null;
  }

  /** The largest value of a column; null of nothing. */
  max<V>(pick: PickOne<A, V>): NonNullable<V> | null {
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
    return this.#runner.page(this.#complete, size, after) as Page<R>;
  }

  /**
   * Has a listener told after commits that can change the answer, in this process or another, until the subscription
   * is closed, its signal aborts or the store is closed. Without a listener: the answer now, and again after such
   * commits, for `for await`. Commits of one turn of the event loop are one update.
   * @throws CorollaryError INVALID_VALUE; BAD_QUERY for `changes` of what is no query of one type's items; STORE_CLOSED;
   * NOT_SUPPORTED for a listener that wants `changes` and is given inside a transaction
   *
   * @example
   * using subscription = store.query(City).subscribe(({ results }) => show(results));
   * for await (const { results } of store.query(City).subscribe()) show(results);
   */
  subscribe(
    listener: (update: LiveChanges<T>) => void,
    options: SubscribeOptions & { readonly changes: true },
  ): Subscription;
  subscribe(listener: (update: LiveUpdate<R>) => void, options?: SubscribeOptions): Subscription;
  subscribe(options: SubscribeOptions & { readonly changes: true }): AsyncIterable<LiveChanges<T>>;
  subscribe(options?: SubscribeOptions): AsyncIterable<LiveUpdate<R>>;
  subscribe(first: unknown = {}, second: unknown = {}): unknown {
    return subscribe(this.#runner, this.#complete, first, second);
  }

  /** Gives all items found these values, of a join those of its first type; returns their number. */
  update(values: Changes<T>): number {
    this.#mustBeItems('update');
    return this.#runner.update(this.#complete, values);
  }

  /** Deletes all items found, of a join those of its first type; returns their number. */
  delete(): number {
    this.#mustBeItems('delete');
    return this.#runner.delete(this.#complete);
  }

  /** The SQL with its parameters, and SQLite's plan for it. */
  explain(): Explanation {
    return this.#runner.explain(this.#complete);
  }

  /** The question as data that JSON can hold; {@link Query.fromJSON} makes it a query again. */
  toJSON(): QueryJSON {
    return structuredClone(specJSON(this.#spec));
  }

  // Conditions given with the types of a join say how optional ones are tied; later ones narrow what was joined.
  #joinedBy(where: unknown): Query<T, R, A> {
    const { from } = this.#spec;
    return this.#with(dividedCondition(from, nodeOf(conditionFrom(this.#asked, where))));
  }

  get #asked(): Asked {
    const { scope, typeOf } = this.#runner;
    return { from: this.#spec.from, scope, typeOf: (itemClass) => typeOf.call(this.#runner, itemClass) };
  }

  /** The question, if it can be asked as it is. */
  get #complete(): QuerySpec {
    assertComplete(this.#spec);
    return this.#spec;
  }

  #with(change: Partial<QuerySpec>): Query<T, R, A> {
    return new Query<T, R, A>(this.#runner, checkedSpec({ ...this.#spec, ...change }));
  }

  // Whatever the rest says, any limit and offset go with it.
  #windowed(window: Pick<QuerySpec, 'limit' | 'offset'>): Query<T, R, A> {
    return new Query<T, R, A>(this.#runner, { ...this.#spec, ...window });
  }

  #upTo(count: number): R[] {
    return this.#runner.read({ ...this.#complete, limit: Math.min(this.#spec.limit ?? count, count) }) as R[];
  }

  #aggregate(fn: AggregateFn, pick: unknown): unknown {
    if (isGrouped(this.#spec))
      throw this.#bad(`${fn} takes all items together: select ${fn}() to have it of each group`);
    const { node, shape, provenance } = columnFrom(this.#asked, fn, pick);
    const fault = provenance.isAggregate ? 'takes no aggregate' : aggregateFault(fn, shape);
    if (fault !== undefined) throw this.#bad(`${shape.name}: ${fn} ${fault}`, shape.name);
    const [value, ...more] = readValues(this.#spec) ?? [];
    if (isDistinct(this.#spec) && (more.length > 0 || value === undefined || !isSameValue(value, node))) {
      throw this.#bad(`${fn} of distinct values takes the plucked column`);
    }
    return this.#runner.aggregate(this.#complete, fn, node);
  }

  #mustBeWhole(what: string, size: number): void {
    checkedCount(`${what} size`, size, 1);
    if (this.#spec.limit === undefined && this.#spec.offset === undefined) return;
    throw this.#bad(`${what} goes through the whole answer: leave limit and offset out`);
  }

  #mustBeItems(what: string): void {
    if (readValues(this.#spec) === undefined && !isGrouped(this.#spec)) return;
    throw this.#bad(`${what} works on items: leave pluck, select and groups out`);
  }

  #bad(said: string, attribute?: string): CorollaryError {
    const { from } = this.#spec;
    return new CorollaryError('BAD_QUERY', `${questionName(from)}: ${said}`, { type: from[0].type.name, attribute });
  }
}

/** True for an item that was deleted, and for a list with such a one. */
function hasGone(one: unknown): boolean {
  if (Array.isArray(one)) return one.some(hasGone);
  return (one as Partial<Referable> | null)?.isStored === false;
}

/** Both conditions as one. The first was checked before. */
function joint(before: ConditionNode | undefined, added: Condition): ConditionNode {
  return before === undefined ? nodeOf(added) : nodeOf(and(newCondition(before, NOWHERE), added));
}

function runnerFrom(of: unknown): QueryRunner {
  if (typeof of === 'object' && of !== null) {
    if (runnerOf in of) return of[runnerOf] as QueryRunner;
    if ('typeNamed' in of) return of as QueryRunner;
  }
  throw new CorollaryError('INVALID_VALUE', `Query.fromJSON takes a store or a tree, then the JSON; not ${kindOf(of)}`);
}
