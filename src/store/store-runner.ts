import type { SqlRow } from '../driver/sql-value.js';
import { CorollaryError } from '../errors.js';
import { afterPlace } from '../query/answer/after-place.js';
import { decodeCursor, encodeCursor } from '../query/answer/cursor.js';
import type { GroupRow } from '../query/answer/group-rows.js';
import { finish } from '../query/answer/partial-results.js';
import { keyOrders, rowKeys } from '../query/answer/row-order.js';
import { type AggregateFn, firstType, type QuerySpec, readValues, type ValueNode } from '../query/ast.js';
import { isGrouped } from '../query/grouping.js';
import type { Explanation, FoundAnswer, Page, QueryRunner, Watcher, Watching } from '../query/runner.js';
import { type SettledCell, type Settling, settled, settledValue } from '../query/settle.js';
import type { Layout } from '../query/sql/layout.js';
import { readyAggregate, readyMomentAggregate, readyRows } from '../query/sql/ready.js';
import { type CompileContext, idInStore, withoutFirstPer } from '../query/sql/select.js';
import { shapeOf } from '../query/value-shape.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { itemsOfRows } from './answer.js';
import { updateItems } from './bulk-update.js';
import { deleteItems } from './deletion.js';
import { explained } from './explain.js';
import { GroupAnswer, type GroupOwner } from './group-answer.js';
import { resultsOf, stillThere } from './results.js';
import { compileContext, rowsOf, rowsWithLook, rowWithLook } from './rows.js';
import type { Reading, StoreCore } from './store-core.js';
import { canStream, idsInOrder, PIECE, readOfItems } from './stream.js';
import { runningTransaction } from './transaction.js';
import { assertComparable, foundPart, watchStore, whereIs } from './watch-store.js';

/** One store as the one who answers questions. */
export class StoreRunner implements QueryRunner {
  readonly #core: StoreCore;
  readonly #isAside: boolean;

  /** `isAside`: the store does not join a running transaction by being asked. */
  constructor(core: StoreCore, isAside = false) {
    this.#core = core;
    this.#isAside = isAside;
  }

  #reading(): Reading {
    return this.#isAside ? this.#core.readingAside() : this.#core.reading();
  }

  #atOneMoment<R>(ask: (reading: Reading) => R): R {
    return this.#isAside ? this.#core.atOneMomentAside(ask) : this.#core.atOneMoment(ask);
  }

  get scope(): string {
    return this.#core.file.uid;
  }

  get #context() {
    return compileContext(this.#core, 'refuse');
  }

  typeNamed(name: string): ItemType {
    const { registry, file } = this.#core;
    const type = registry.named(name);
    if (type !== undefined) return type;
    const cure = registry.isRetired(name) ? 'it is retired, and its items are not read' : 'pass it in the option types';
    throw new CorollaryError(
      'UNKNOWN_TYPE',
      `${file.place}: no class of this program has the type name '${name}': ${cure}`,
      { store: file.place, type: name },
    );
  }

  typeOf(itemClass: ItemClass): ItemType {
    return this.#core.typeOf(itemClass);
  }

  read(spec: QuerySpec): unknown[] {
    const looked = rowsWithLook(this.#core, spec);
    if (looked !== undefined) return this.#results(spec, looked.layout, looked.rows, this.#core.asLookedAt);
    return this.#atOneMoment((reading) => {
      const asked = this.#settled(spec);
      if (isGrouped(asked)) return this.#groups(asked, reading, (answer, rows) => answer.results(answer.within(rows)));
      const { layout, compiled } = readyRows(asked, 'answer', this.#context);
      return this.#results(asked, layout, rowsOf(reading, compiled), reading);
    });
  }

  *stream(spec: QuerySpec): Generator<unknown> {
    const { limit = Number.POSITIVE_INFINITY } = spec;
    const start = canStream(spec) ? this.read({ ...spec, limit: Math.min(limit, PIECE) }) : this.read(spec);
    if (start.length < PIECE || !canStream(spec)) return yield* stillThere(start);
    const { asked, ids } = this.#atOneMoment((reading) => {
      const asked = this.#settled(spec);
      return { asked, ids: idsInOrder(asked, reading, this.#context) };
    });
    const core = this.#core;
    for (let at = 0; at < ids.length; at += PIECE) {
      const piece = [...ids.subarray(at, at + PIECE)];
      const read = (reading: Reading) => readOfItems(asked, piece, { core, reading }, this.#context);
      yield* stillThere(this.#atOneMoment(read));
    }
  }

  aggregate(spec: QuerySpec, fn: AggregateFn, of?: ValueNode): unknown {
    const looked = this.#partialWithLook(spec, fn, of);
    if (looked !== undefined) return finish(fn, of && shapeOf(spec.from, of), [looked]);
    return this.#atOneMoment((reading) => this.#aggregate(reading, spec, fn, of));
  }

  #partialWithLook(spec: QuerySpec, fn: AggregateFn, of?: ValueNode): SqlRow | undefined {
    const core = this.#core;
    if (runningTransaction() !== undefined || !core.mayLookWithAnswer) return undefined;
    const compiled = readyMomentAggregate(spec, fn, of, this.#context);
    return compiled && rowWithLook(core, compiled);
  }

  #aggregate(reading: Reading, spec: QuerySpec, fn: AggregateFn, of?: ValueNode): unknown {
    const asked = this.#settled(spec);
    if (isGrouped(asked)) return this.#groups(asked, reading, (answer, rows) => answer.within(rows).length);
    const value = of && settledValue(asked.from, of, this.#settling);
    const partials = rowsOf(reading, readyAggregate(asked, fn, value, this.#context));
    return finish(fn, value && shapeOf(asked.from, value), partials);
  }

  page(spec: QuerySpec, size: number, after: string | undefined): Page<unknown> {
    return this.#atOneMoment((reading) => this.#page(reading, spec, size, after));
  }

  #page(reading: Reading, spec: QuerySpec, size: number, after: string | undefined): Page<unknown> {
    const settledSpec = this.#settled(spec);
    if (isGrouped(settledSpec)) {
      return this.#groups(settledSpec, reading, (answer, rows) => {
        const place = after === undefined ? undefined : decodeCursor(spec, this.scope, after, answer.keys);
        return answer.page(rows, size, place, (last) => encodeCursor(spec, this.scope, last, answer.keys));
      });
    }
    const whole = withoutFirstPer(settledSpec);
    const keys = keyOrders(whole);
    const cells = rowKeys(whole.from, keys);
    const place = after === undefined ? undefined : decodeCursor(spec, this.scope, after, cells);
    const asked = place === undefined ? whole : afterPlace(whole, keys, place);
    const { layout, compiled } = readyRows({ ...asked, limit: size + 1 }, 'answer and keys', this.#context);
    const rows = rowsOf(reading, compiled);
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    const next = last && encodeCursor(spec, this.scope, placeOf(layout, last), cells);
    return { items: this.#results(whole, layout, page, reading), next };
  }

  #results(spec: QuerySpec, layout: Layout, rows: readonly SqlRow[], reading: Reading): unknown[] {
    const core = this.#core;
    // Rows of one store need no list of where each is from: a tenth of loading many.
    const type = onlyType(spec, layout);
    if (type !== undefined) return itemsOfRows(core, type, rows, reading.epoch);
    return resultsOf(
      spec,
      layout,
      rows.map((row) => ({ core, reading, row })),
    );
  }

  #groups<R>(
    spec: QuerySpec,
    reading: Reading,
    use: (answer: GroupAnswer, rows: readonly GroupRow<GroupOwner>[]) => R,
  ): R {
    const context = this.#context;
    const owner: GroupOwner = { core: this.#core, reading, path: '' };
    const answer = new GroupAnswer(spec);
    answer.ask(owner, context);
    return use(
      answer,
      answer.rows(owner, (store, id) => idInStore(context, spec, store, id)),
    );
  }

  #settled(spec: QuerySpec): QuerySpec {
    return settled(spec, this.#settling);
  }

  // Groups are put together outside of SQL: a subquery of groups is asked first.
  get #settling(): Settling {
    return {
      unknownOf: (query) => (isGrouped(query) ? 'answer' : 'nothing'),
      answer: (query) => this.#cellsOf(query),
    };
  }

  #cellsOf(query: QuerySpec): SettledCell[] {
    return this.#atOneMoment((reading) => this.#settledCells(reading, query));
  }

  #settledCells(reading: Reading, query: QuerySpec): SettledCell[] {
    const asked = this.#settled(query);
    const inStore = (cell: Cell | undefined): SettledCell => ({ cell: cell ?? null, store: this.scope });
    if (isGrouped(asked)) {
      return this.#groups(asked, reading, (answer, rows) =>
        answer.within(rows).map(({ outputs }) => inStore(outputs[0])),
      );
    }
    const { compiled } = readyRows(asked, readValues(asked) === undefined ? 'ids' : 'answer', this.#context);
    return rowsOf(reading, compiled).map(([cell]) => inStore(cell));
  }

  update(spec: QuerySpec, values: object): number {
    return this.#core.writeInSteps(() => updateItems(this.#core, firstType(spec), this.#ids(spec), values));
  }

  delete(spec: QuerySpec): number {
    return this.#core.writeInSteps(() => this.deleteItems(firstType(spec), this.#ids(spec)));
  }

  /** Deletes the items of a type with these ids; how many there are. */
  deleteItems(type: ItemType, ids: readonly number[]): number {
    const core = this.#core;
    return core.writeInSteps((transaction, part) => {
      if (ids.length > 0) deleteItems(core, type, ids, { transaction, part });
      return ids.length;
    });
  }

  /** The ids of the first type's items, each once. */
  #ids(spec: QuerySpec): number[] {
    const asked = withoutFirstPer(this.#settled(spec));
    const rows = rowsOf(this.#core.file, readyRows(asked, 'ids', this.#context).compiled);
    const ids = rows.map((row) => row[0] as number);
    return spec.from.length === 1 ? ids : [...new Set(ids)];
  }

  found(spec: QuerySpec): FoundAnswer {
    assertComparable(this.#core);
    return this.#atOneMoment((reading) => {
      const asked = this.#settled(spec);
      const rows = rowsOf(reading, readyRows(asked, 'answer', this.#context).compiled);
      const part = foundPart(this.#core, firstType(spec), rows, reading.epoch);
      return { parts: [part], gone: 'all others', top: whereIs(this.#core) };
    });
  }

  watch(watcher: Watcher): Watching {
    return watchStore(this.#core, 0, watcher);
  }

  explain(spec: QuerySpec): Explanation {
    const reading = this.#reading();
    const asked = withoutFirstPer(this.#settled(spec));
    return explained(asked, reading, this.#context);
  }
}

/** The type of the items that rows consist of; undefined where there is more in them, or more to be done with them. */
function onlyType({ from, select, preload }: QuerySpec, { outputs, columns }: Layout): ItemType | undefined {
  const [only] = outputs;
  if (only?.kind !== 'item' || from.length > 1 || select !== undefined || preload !== undefined) return undefined;
  return columns.length === only.type.attributes.length + 1 ? only.type : undefined;
}

/** The cells that tell a row's place in the answer. */
export function placeOf(layout: Layout, row: SqlRow): readonly Cell[] {
  return layout.keys.map((at) => row[at] ?? null);
}
