import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { decodeCursor, encodeCursor } from '../query/answer/cursor.js';
import type { GroupRow } from '../query/answer/group-rows.js';
import { finish, type PartialResult, partialOfCells } from '../query/answer/partial-results.js';
import { isDistinct, isWhole } from '../query/answer/row-order.js';
import { type AggregateFn, firstType, type QuerySpec, readValues, type ValueNode } from '../query/ast.js';
import { isOfStore } from '../query/column-shape.js';
import { isGrouped } from '../query/grouping.js';
import { assertTiedByReferences } from '../query/join.js';
import type {
  Explanation,
  FoundAnswer,
  FoundPart,
  Page,
  QueryRunner,
  Since,
  Watcher,
  Watching,
} from '../query/runner.js';
import { isSettled, type SettledCell, type Settling, settled, settledValue, type Unknown } from '../query/settle.js';
import { compileRows } from '../query/sql/compile.js';
import { layoutOf } from '../query/sql/layout.js';
import { withoutFirstPer } from '../query/sql/select.js';
import { FEATURES, featuresOf, questionsBelow, questionsIn } from '../query/traverse.js';
import { shapeOf } from '../query/value-shape.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { checkedUpdate, updateItems } from '../store/bulk-update.js';
import { explained } from '../store/explain.js';
import { GroupAnswer, type GroupOwner } from '../store/group-answer.js';
import { resultsOf, stillThere } from '../store/results.js';
import { compileContext, rowsOf } from '../store/rows.js';
import type { StoreCore } from '../store/store-core.js';
import { StoreRunner } from '../store/store-runner.js';
import { assertComparable, foundPart, whereIs } from '../store/watch-store.js';
import { Asking, askedStore, pathText, type Turn } from './asking.js';
import type { Branch } from './branch.js';
import { foundInTree, foundSince } from './live/found-in-tree.js';
import { watchTree } from './live/watch-tree.js';
import { type Found, Merge } from './merge.js';
import { Partials } from './partials.js';
import { Walk, type WalkOptions } from './walk.js';

/** The item itself, of the first type. */
const SELF = { source: 0, name: 'self' };

/** A store and all below it as the one who answers questions: each store is asked, the answers are put together. */
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

  typeOf(itemClass: ItemClass): ItemType {
    return this.#branch.core.typeOf(itemClass);
  }

  read(spec: QuerySpec): unknown[] {
    const asked = this.#settled(spec);
    if (isGrouped(asked)) return this.#groups(asked, (answer, rows) => answer.results(answer.within(rows)));
    const { rows, merge } = this.#merged(asked);
    return resultsOf(asked, merge.layout, rows);
  }

  stream(spec: QuerySpec): Iterable<unknown> {
    return stillThere(this.read(spec));
  }

  /** A store that fails counts for nothing if the caller skips it. */
  #visitEach<R>(visit: (branch: Branch<S>, walk: Walk<S>) => R | undefined): R[] {
    const answers: R[] = [];
    const walk = new Walk<S>(this.#options);
    for (const branch of walk.from(this.#branch)) {
      const answer = walk.ask(branch, () => visit(branch, walk));
      if (answer !== undefined) answers.push(answer);
    }
    return answers;
  }

  /** The rows of all stores in one order, cut to offset and limit. `more`: values to read beside those asked for. */
  #merged(
    spec: QuerySpec,
    more: readonly ValueNode[] = [],
  ): { readonly rows: readonly Found[]; readonly merge: Merge } {
    const { limit, offset = 0, ...whole } = spec;
    const merge = new Merge(whole, limit === undefined ? undefined : offset + limit, more);
    this.#ask(merge);
    return { rows: merge.rows().slice(offset), merge };
  }

  // First those of which nothing is known. Then the others, by what they have to offer, as long as that is wanted.
  #ask(merge: Merge): void {
    const asking = new Asking(merge);
    const walk = new Walk<S>(this.#options);
    const waiting: { readonly branch: Branch<S>; readonly first: Cell }[] = [];
    for (const branch of walk.from(this.#branch)) {
      walk.ask(branch, () => {
        const first = this.#mayWait ? asking.firstOf(branch.core, walk.period) : undefined;
        if (first === undefined) asking.ask(turnOf(branch, walk));
        else waiting.push({ branch, first });
      });
    }
    waiting.sort((a, b) => merge.compareFirst(a.first, b.first));
    for (const { branch, first } of waiting) {
      if (merge.isBeyond(first)) return;
      walk.ask(branch, () => asking.ask(turnOf(branch, walk)));
    }
  }

  // A store that fails takes those below with it, unless they were asked already.
  get #mayWait(): boolean {
    return this.#options.onStoreError === undefined;
  }

  aggregate(spec: QuerySpec, fn: AggregateFn, of?: ValueNode): unknown {
    const asked = this.#settled(spec);
    const value = of && this.#settledValue(asked.from, of);
    if (isGrouped(asked)) return this.#groups(asked, (answer, rows) => answer.within(rows).length);
    const shape = value && shapeOf(asked.from, value);
    if (isWhole(asked)) return finish(fn, shape, this.#partials(asked, fn, value));
    if (fn === 'count' && !isDistinct(asked)) return this.#countWithin(asked);
    if (value === undefined || shape === undefined) return this.#merged(asked).rows.length;
    const { rows, merge } = this.#merged(asked, [value]);
    const cells = rows.map(({ row }) => row[merge.placeOfMore(0)] ?? null);
    return finish(fn, shape, partialOfCells(fn, shape, cells));
  }

  #partials(spec: QuerySpec, fn: AggregateFn, value: ValueNode | undefined): PartialResult[] {
    const partials = new Partials(spec, fn, value);
    return this.#visitEach(({ core }, { period }) => partials.of(core, period)).flat();
  }

  #countWithin({ limit, offset, ...whole }: QuerySpec): number {
    const all = finish('count', undefined, this.#partials(whole, 'count', undefined)) as number;
    return Math.min(limit ?? Number.POSITIVE_INFINITY, Math.max(0, all - (offset ?? 0)));
  }

  page(spec: QuerySpec, size: number, after: string | undefined): Page<unknown> {
    const asked = this.#settled(spec);
    if (isGrouped(asked)) return this.#pageOfGroups(spec, asked, size, after);
    const merge = new Merge(asked, size + 1);
    if (after !== undefined) merge.startAfter(decodeCursor(spec, this.scope, after, merge.placeKeys));
    this.#ask(merge);
    const rows = merge.rows();
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    return {
      items: resultsOf(asked, merge.layout, page),
      next: last && encodeCursor(spec, this.scope, merge.place(last), merge.placeKeys),
    };
  }

  #pageOfGroups(spec: QuerySpec, asked: QuerySpec, size: number, after: string | undefined): Page<unknown> {
    return this.#groups(asked, (answer, rows) => {
      const place = after === undefined ? undefined : decodeCursor(spec, this.scope, after, answer.keys);
      return answer.page(rows, size, place, (last) => encodeCursor(spec, this.scope, last, answer.keys));
    });
  }

  #groups<R>(spec: QuerySpec, use: (answer: GroupAnswer, rows: readonly GroupRow<GroupOwner>[]) => R): R {
    const answer = new GroupAnswer(spec);
    this.#visitEach((branch, walk) => {
      const turn = turnOf(branch, walk);
      const context = compileContext(turn.core, 'nothing');
      turn.core.atOneMomentAside((reading) => answer.ask(askedStore(turn, reading), context), turn.period);
    });
    const { core } = this.#branch;
    const idIn = () => {
      throw notInTree('a condition on groups that compares with an item', 'compare in where');
    };
    return use(answer, answer.rows({ core, path: '', reading: core.readingAside() }, idIn));
  }

  /** The question as every store can answer it for itself. */
  #settled(spec: QuerySpec): QuerySpec {
    return this.#settledBelow(withoutFirstPer(spec));
  }

  // Each store answers with its own rows. For references that is the whole answer, since they stay within a store, but for
  // null; which values, groups or first rows a tree has, no store can tell: such a subquery is asked first.
  #settledBelow(spec: QuerySpec): QuerySpec {
    for (const query of [spec, ...questionsBelow(spec)]) assertTiedByReferences(query);
    return settled(spec, this.#settling);
  }

  #settledValue(from: QuerySpec['from'], value: ValueNode): ValueNode {
    for (const query of questionsIn(value)) assertTiedByReferences(query);
    return settledValue(from, value, this.#settling);
  }

  get #settling(): Settling {
    return { unknownOf, answer: (query) => this.#cellsOf(query) };
  }

  #cellsOf(query: QuerySpec): SettledCell[] {
    // Groups and distinct values do not tell of which rows they are: which of these come first is asked apart.
    const isOfRows = !isGrouped(query) && !isDistinct(query);
    const asked = this.#settledBelow(isOfRows ? query : withoutFirstPer(query));
    if (isGrouped(asked)) {
      assertOfOneStore(asked);
      return this.#groups(asked, (answer, rows) =>
        answer.within(rows).map(({ owner, outputs }) => ({ cell: outputs[0] ?? null, store: owner.core.file.uid })),
      );
    }
    const ids = readValues(asked) === undefined ? { ...asked, pluck: SELF } : asked;
    return this.#merged(ids).rows.map(({ core, row }) => ({ cell: row[0] ?? null, store: core.file.uid }));
  }

  found(spec: QuerySpec, since?: Since): FoundAnswer {
    assertComparable(this.#branch.core);
    const asked = this.#settled(spec);
    // Which rows of a store are in the answer, the others decide.
    if (isCut(spec) || !isSettled(spec, { unknownOf })) return this.#foundWithin(asked);
    const options = this.#options;
    const tree = { top: this.#branch, options, ask: (core: StoreCore) => foundIn(core, asked) };
    // A store that was skipped is asked again each time.
    return since === undefined || options.onStoreError !== undefined ? foundInTree(tree) : foundSince(tree, since);
  }

  #foundWithin(spec: QuerySpec): FoundAnswer {
    const byStore = new Map<StoreCore, Found[]>();
    for (const found of this.#merged(spec).rows) {
      const rows = byStore.get(found.core);
      if (rows === undefined) byStore.set(found.core, [found]);
      else rows.push(found);
    }
    const parts = [...byStore].map(([core, rows]) => {
      const width = firstType(spec).attributes.length + 1; // what else was read tells the order
      const cells = rows.map(({ row }) => row.slice(0, width));
      return foundPart(core, firstType(spec), cells, (rows[0] as Found).reading.epoch);
    });
    return { parts, gone: 'all others', top: whereIs(this.#branch.core) };
  }

  watch(watcher: Watcher): Watching {
    return watchTree(this.#branch.core, this.#options.depth, watcher);
  }

  update(spec: QuerySpec, values: object): number {
    const type = firstType(spec);
    const { core } = this.#branch;
    checkedUpdate(core, type, values, true); // what is wrong with the values is wrong without any items too
    return this.#write(spec, (store, ids) => updateItems(store, type, ids, values));
  }
  delete(spec: QuerySpec): number {
    const type = firstType(spec);
    return this.#write(spec, (store, ids) => new StoreRunner(store).deleteItems(type, ids));
  }

  // Every store that is asked is locked before, so that what is written is what was found.
  #write(spec: QuerySpec, work: (store: StoreCore, ids: readonly number[]) => number): number {
    const { core } = this.#branch;
    return core.writeInSteps((transaction) => {
      const joined = this.#visitEach(({ core: store }) => {
        transaction.join(store);
        return store;
      });
      const locked = new TreeRunner(this.#branch, { ...this.#options, among: new Set(joined) }); // others were skipped
      let count = 0;
      for (const [store, ids] of deepestFirst(locked.#idsByStore(spec))) count += work(store, [...ids]);
      return count;
    });
  }

  #idsByStore(spec: QuerySpec): Map<StoreCore, Set<number>> {
    const asked = { ...this.#settled(spec), pluck: SELF };
    const found = new Map<StoreCore, Set<number>>();
    for (const { core, row } of this.#merged(asked).rows) {
      const ids = found.get(core) ?? new Set<number>();
      found.set(core, ids.add(row[0] as number));
    }
    return found;
  }

  /** The SQL is the same for every store; it is explained for the uppermost. */
  explain(spec: QuerySpec): Explanation {
    const { core } = this.#branch;
    const asked = withoutFirstPer(this.#settled(spec));
    return explained(asked, core.readingAside(), compileContext(core, 'nothing'));
  }
}

// What is found in a store may delete those below it: what is found in them is deleted before.
function deepestFirst<V>(byStore: ReadonlyMap<StoreCore, V>): readonly (readonly [StoreCore, V])[] {
  return [...byStore].sort(([one], [other]) => other.depth - one.depth);
}

function turnOf<S extends KeepingStore>(branch: Branch<S>, { period }: Walk<S>): Turn {
  return {
    core: branch.core,
    get path() {
      return pathText(branch.path);
    },
    period,
  };
}

function foundIn(core: StoreCore, spec: QuerySpec): FoundPart {
  return core.atOneMomentAside((reading) => {
    const rows = rowsOf(reading, compileRows(spec, layoutOf(spec), compileContext(core, 'nothing')));
    return foundPart(core, firstType(spec), rows, reading.epoch);
  });
}

/** What of a subquery no store can tell for itself: null is the same in all. */
function unknownOf(query: QuerySpec): Unknown {
  if (isCut(query) || isGrouped(query)) return 'answer';
  const [value] = readValues(query) ?? [];
  const shape = value && shapeOf(query.from, value);
  if (shape === undefined) return 'nothing';
  if (!isOfStore(shape)) return 'answer';
  if (!shape.nullable) return 'nothing';
  // Which rows come first is not told by those that are null.
  return query.firstPer === undefined ? 'null' : 'answer';
}

/** True when which rows of a store are in the answer depends on those of others. */
function isCut(query: QuerySpec): boolean {
  return query.limit !== undefined || query.offset !== undefined || !hasOwnFirsts(query);
}

/** True when rows of different stores never have the same values of `firstPer`. */
function hasOwnFirsts({ firstPer, from }: QuerySpec): boolean {
  return firstPer === undefined || differByStore(from, firstPer);
}

/** True when rows of different stores never have the same of these values. */
function differByStore(from: QuerySpec['from'], values: readonly ValueNode[]): boolean {
  return values.map((value) => shapeOf(from, value)).some((shape) => isOfStore(shape) && !shape.nullable);
}

// An id is one of some store. A key is one of the store that its group's rows are in, but of those that are aggregated over
// several stores nobody can tell whose they are.
function assertOfOneStore(query: QuerySpec): void {
  const { from, groupBy = [], pluck } = query;
  const isOfIds =
    pluck !== undefined && (featuresOf(pluck) & FEATURES.aggregate) !== 0 && isOfStore(shapeOf(from, pluck));
  if (isOfIds && !differByStore(from, groupBy))
    throw notInTree('ids among the values of groups that go over several stores', 'ask for the items by firstPer');
}

function notInTree(what: string, cure: string): CorollaryError {
  return new CorollaryError('NOT_SUPPORTED', `A query of a tree does not have ${what}: ${cure}`);
}
