import type { SqlRow } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { finish, type Partial, partialOfCells } from '../query/aggregate.js';
import { type ColumnRef, type QuerySpec, subqueriesIn } from '../query/ast.js';
import { shapeOf } from '../query/column-shape.js';
import { compileAggregate, compileItems, compileValuesWithKeys, isDistinctPluck } from '../query/compile.js';
import { compareCodePoints, compareRows, keyOfRow, keyOrders, type RowKey, rowKeys } from '../query/row-order.js';
import type { AggregateFn, Explanation, Page, QueryRunner } from '../query/runner.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { itemOfRow } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import { compileContext, rowsOf, StoreRunner, valueReader } from '../store/store-runner.js';
import type { Branch } from './branch.js';
import { Walk, type WalkOptions } from './walk.js';

/** A row of one store's answer, with what decides its place among those of all stores. */
interface Found {
  readonly core: StoreCore;
  readonly row: SqlRow;
  readonly epoch: number;
  readonly key: readonly Cell[];
}

/** With fewer rows than this, sorting out those beyond the limit is not worth its time. */
const MIN_TRIM = 1000;

/** A store and all below it as the one who answers questions: each store is asked, the answers are merged. */
export class TreeRunner<S extends KeepingStore> implements QueryRunner {
  readonly #branch: Branch<S>;
  readonly #options: WalkOptions;

  constructor(branch: Branch<S>, options: WalkOptions) {
    this.#branch = branch;
    this.#options = options;
  }

  get scope(): string {
    return `tree of ${this.#branch.core.file.uid}`;
  }

  typeNamed(name: string): ItemType {
    return new StoreRunner(this.#branch.core).typeNamed(name);
  }

  read(spec: QuerySpec): unknown[] {
    assertAnswerable(spec);
    const readers = new Map<StoreCore, (cell: Cell) => unknown>();
    return this.#merged(spec).map(({ core, row, epoch }) => {
      if (spec.pluck === undefined) return itemOfRow(core, spec.from[0], row, epoch);
      const reader = readers.get(core) ?? valueReader(core, spec, spec.pluck);
      readers.set(core, reader);
      return reader(row[0] ?? null);
    });
  }

  /** Asks every store, with what `ask` gets from it. A store that fails counts for nothing if the caller skips it. */
  #fromEach<R>(ask: (core: StoreCore) => R): R[] {
    const answers: R[] = [];
    const walk = new Walk<S>(this.#options);
    for (const branch of walk.from(this.#branch)) {
      const answer = walk.ask(branch, () => ask(branch.core));
      if (answer !== undefined) answers.push(answer);
    }
    return answers;
  }

  /** The rows of all stores in one order, cut to offset and limit. */
  #merged(spec: QuerySpec): readonly Found[] {
    const { limit, offset = 0 } = spec;
    const most = limit === undefined ? Number.POSITIVE_INFINITY : offset + limit;
    const { offset: _, ...asked } = limit === undefined ? spec : { ...spec, limit: most };
    const merge = new Merge(spec, most);
    this.#fromEach((core) => merge.add(foundIn(core, asked)));
    return merge.rows().slice(offset);
  }

  aggregate(spec: QuerySpec, fn: AggregateFn, column?: ColumnRef): unknown {
    assertAnswerable(spec);
    const shape = column && shapeOf(spec.from, column);
    const isWhole = spec.limit === undefined && spec.offset === undefined && !isDistinctPluck(spec);
    if (isWhole) return finish(fn, shape, this.#partials(spec, fn, column));
    if (fn === 'count' && !isDistinctPluck(spec)) return this.#countWithin(spec);
    if (column === undefined || shape === undefined) return this.#merged(spec).length;
    const cells = this.#merged({ ...spec, pluck: column }).map(({ row }) => row[0] ?? null);
    return finish(fn, shape, partialOfCells(fn, shape, cells));
  }

  #partials(spec: QuerySpec, fn: AggregateFn, column: ColumnRef | undefined): Partial[] {
    return this.#fromEach((core) => {
      const reading = core.readingAside();
      return rowsOf(reading, compileAggregate(spec, fn, column, compileContext(core, 'nothing')));
    }).flat();
  }

  #countWithin({ limit, offset, ...whole }: QuerySpec): number {
    const all = finish('count', undefined, this.#partials(whole, 'count', undefined)) as number;
    return Math.min(limit ?? Number.POSITIVE_INFINITY, Math.max(0, all - (offset ?? 0)));
  }

  page(): Page<unknown> {
    throw notInTree('page and pages');
  }
  update(): number {
    throw notInTree('update');
  }
  delete(): number {
    throw notInTree('delete');
  }

  /** The SQL is the same for every store; it is explained for the uppermost. */
  explain(spec: QuerySpec): Explanation {
    return new StoreRunner(this.#branch.core, true).explain(spec);
  }
}

function foundIn(core: StoreCore, spec: QuerySpec): Found[] {
  const reading = core.readingAside();
  const { epoch } = reading;
  const context = compileContext(core, 'nothing');
  if (spec.pluck === undefined) {
    const rows = rowsOf(reading, compileItems(spec, context));
    return rows.map((row) => ({ core, row, epoch, key: keyOfRow(spec, row) }));
  }
  const rows = rowsOf(reading, compileValuesWithKeys(spec, context));
  return rows.map((row) => ({ core, row, epoch, key: row.slice(1) }));
}

// Each store answers with its own rows. For references that is the whole answer, since they stay within a store; which
// values or which first rows a tree has, no store can tell.
function assertAnswerable({ where }: QuerySpec): void {
  for (const { pluck, limit, offset, from } of where === undefined ? [] : subqueriesIn(where)) {
    const isOfItems = pluck === undefined || shapeOf(from, pluck).reference !== undefined;
    if (isOfItems && limit === undefined && offset === undefined) continue;
    throw new CorollaryError(
      'NOT_SUPPORTED',
      'A query of a tree cannot yet contain a query of the tree that plucks values or has a limit: read that one first, and give its values as a list',
    );
  }
}

function notInTree(what: string): CorollaryError {
  return new CorollaryError(
    'NOT_SUPPORTED',
    `A query of a tree does not have ${what} yet: go through tree.stores() and ask each store`,
  );
}

/** Merges the answers of stores that come in the order of their paths. */
class Merge {
  readonly #spec: QuerySpec;
  readonly #most: number;
  readonly #compare: (a: readonly Cell[], b: readonly Cell[]) => number;
  #found: Found[] = [];

  constructor(spec: QuerySpec, most: number) {
    this.#spec = spec;
    this.#most = most;
    this.#compare = compareRows(askedKeys(spec));
  }

  add(found: readonly Found[]): void {
    for (const one of found) this.#found.push(one);
    if (this.#found.length > Math.max(MIN_TRIM, 4 * this.#most)) this.#found = this.rows();
  }

  // The sort is stable: equal rows stay in the order of paths, and within a store in that of ids.
  rows(): Found[] {
    const sorted = this.#found.sort((a, b) => this.#compare(a.key, b.key));
    return (isDistinctPluck(this.#spec) ? this.#once(sorted) : sorted).slice(0, this.#most);
  }

  // Of texts that differ in case only, the first in binary order stands for all, as within one store.
  #once(sorted: readonly Found[]): Found[] {
    const once: Found[] = [];
    for (const one of sorted) {
      const last = once.at(-1);
      if (last === undefined || !this.#isSame(one, last)) once.push(one);
      else if (comesFirst(one.row[0], last.row[0])) once[once.length - 1] = one;
    }
    return once;
  }

  // The same id in two stores is two items; null is one value everywhere.
  #isSame(one: Found, other: Found): boolean {
    const { pluck, from } = this.#spec;
    const isOfItems = pluck !== undefined && shapeOf(from, pluck).reference !== undefined;
    if (isOfItems && one.row[0] !== null) return false;
    return this.#compare(one.key, other.key) === 0;
  }
}

function comesFirst(one: Cell | undefined, other: Cell | undefined): boolean {
  return typeof one === 'string' && typeof other === 'string' && compareCodePoints(one, other) < 0;
}

/** The keys that were asked for, without the id that ends every order: ids of different stores say nothing. */
function askedKeys(spec: QuerySpec): readonly RowKey[] {
  const keys = rowKeys(spec);
  return isDistinctPluck(spec) ? keys : keys.slice(0, Math.min(keys.length, askedOrders(spec)));
}

function askedOrders(spec: QuerySpec): number {
  const last = keyOrders(spec).at(-1);
  const isAsked = spec.orderBy.some((order) => order === last);
  return keyOrders(spec).length - (isAsked ? 0 : 1);
}
