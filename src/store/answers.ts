import type { Connection, SqlRow } from '../driver/connection.js';
import { CorollaryError, problemsError } from '../errors.js';
import { checkedChanges, Faults } from '../item/check-value.js';
import type { Item } from '../item/item.js';
import { type CellChange, stateOf } from '../item/state.js';
import { finish, type Partial } from '../query/aggregate.js';
import type { ColumnRef, QuerySpec } from '../query/ast.js';
import { shapeOf } from '../query/column-shape.js';
import {
  type CompileContext,
  compileAggregate,
  compileIds,
  compileItems,
  compileValues,
  compileValuesWithKeys,
} from '../query/compile.js';
import { decodeCursor, encodeCursor, pageSpec } from '../query/cursor.js';
import type { Compiled } from '../query/fragment.js';
import { keyOfRow } from '../query/row-order.js';
import type { AggregateFn, Explanation, Page, QueryRunner } from '../query/runner.js';
import type { ItemType } from '../schema/item-type.js';
import { remember } from './change.js';
import { deleteItems } from './deletion.js';
import { getOfType, itemOfRow } from './load.js';
import type { StoreCore } from './store-core.js';
import type { Transaction } from './transaction.js';

/** What the SQL of a question must know of this store. */
export function compileContext(core: StoreCore, foreignItems: 'refuse' | 'nothing'): CompileContext {
  return { uid: core.file.uid, tableOf: (type) => core.catalog.find(type)?.sql.table, foreignItems };
}

/** Runs compiled SQL; what was not compiled, because its type was never stored, has no rows. */
export function rowsOf(connection: Connection, compiled: Compiled | undefined): SqlRow[] {
  return compiled === undefined ? [] : connection.rows(compiled.sql, compiled.values);
}

/** The partial results of an aggregate in this store. */
export function partialsOf(connection: Connection, compiled: Compiled | undefined): Partial[] {
  return rowsOf(connection, compiled);
}

/** One store as the one who answers questions. */
export class StoreRunner implements QueryRunner {
  readonly #core: StoreCore;
  readonly #isAside: boolean;

  /** `isAside`: the store does not join a running transaction by being asked. */
  constructor(core: StoreCore, isAside = false) {
    this.#core = core;
    this.#isAside = isAside;
  }

  #reading(): Connection {
    return this.#isAside ? this.#core.readingAside() : this.#core.reading();
  }

  get scope(): string {
    return this.#core.file.uid;
  }

  get #context(): CompileContext {
    return compileContext(this.#core, 'refuse');
  }

  typeNamed(name: string): ItemType {
    const type = this.#core.registry.named(name);
    if (type !== undefined) return type;
    throw new CorollaryError(
      'UNKNOWN_TYPE',
      `No class of this program has the type name that the query asks for: pass it in types`,
    );
  }

  read(spec: QuerySpec): unknown[] {
    const connection = this.#reading();
    const compile = spec.pluck === undefined ? compileItems : compileValues;
    return this.#results(spec, rowsOf(connection, compile(spec, this.#context)));
  }

  aggregate(spec: QuerySpec, fn: AggregateFn, column?: ColumnRef): unknown {
    const connection = this.#reading();
    const partials = partialsOf(connection, compileAggregate(spec, fn, column, this.#context));
    return finish(fn, column && shapeOf(spec.from, column), partials);
  }

  page(spec: QuerySpec, size: number, after: string | undefined): Page<unknown> {
    const connection = this.#reading();
    const asked = pageSpec(spec, size, after === undefined ? undefined : decodeCursor(spec, this.scope, after).key);
    const compile = spec.pluck === undefined ? compileItems : compileValuesWithKeys;
    const rows = rowsOf(connection, compile(asked, this.#context));
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const hasMore = rows.length > size && last !== undefined;
    return { items: this.#results(spec, page), next: hasMore ? this.#cursorAfter(spec, last) : undefined };
  }

  #results(spec: QuerySpec, rows: readonly SqlRow[]): unknown[] {
    if (spec.pluck === undefined) return rows.map((row) => itemOfRow(this.#core, spec.from[0], row));
    const decode = valueReader(this.#core, spec, spec.pluck);
    return rows.map((row) => decode(row[0] ?? null));
  }

  #cursorAfter(spec: QuerySpec, row: SqlRow): string {
    return encodeCursor(spec, this.scope, spec.pluck === undefined ? keyOfRow(spec, row) : row.slice(1));
  }

  update(spec: QuerySpec, values: object): number {
    const core = this.#core;
    core.assertWritable();
    const type = spec.from[0];
    return core.writeInSteps((transaction) => {
      const changes = checkedBulkChanges(core, type, values);
      const ids = this.#ids(spec);
      if (ids.length === 0 || changes.length === 0) return ids.length;
      updateRows(core, type, ids, changes);
      updateItems(core, ids, changes, transaction);
      return ids.length;
    });
  }

  delete(spec: QuerySpec): number {
    const core = this.#core;
    core.assertWritable();
    return core.writeInSteps((transaction) => {
      const ids = this.#ids(spec);
      if (ids.length > 0) deleteItems(core, spec.from[0], ids, transaction);
      return ids.length;
    });
  }

  #ids(spec: QuerySpec): number[] {
    return rowsOf(this.#core.file.connection, compileIds(spec, this.#context)).map((row) => row[0] as number);
  }

  explain(spec: QuerySpec): Explanation {
    const connection = this.#reading();
    const compile = spec.pluck === undefined ? compileItems : compileValues;
    const compiled = compile(spec, this.#context);
    if (compiled === undefined) return { sql: '', parameters: [], plan: [`no ${spec.from[0].name} was ever stored`] };
    const plan = connection.rows(`EXPLAIN QUERY PLAN ${compiled.sql}`, compiled.values);
    return { sql: compiled.sql, parameters: compiled.values, plan: plan.map((row) => String(row[3])) };
  }
}

/** Turns a plucked cell into its value; a reference into the item. */
export function valueReader(core: StoreCore, spec: QuerySpec, column: ColumnRef): (cell: SqlRow[number]) => unknown {
  const { codec, reference } = shapeOf(spec.from, column);
  const attribute = spec.from[0].byName.get(column.name);
  return (cell) => {
    if (cell === null) return null;
    if (reference === undefined) return codec.decode(cell);
    if (attribute === undefined) return getOfType(core, spec.from[0], cell as number);
    return core.keeper.resolve(attribute, cell as number);
  };
}

function checkedBulkChanges(core: StoreCore, type: ItemType, values: object): readonly CellChange[] {
  const faults = new Faults();
  const changes = checkedChanges(type, values, core.keeper, faults);
  if (faults.problems.length > 0)
    throw problemsError(type.name, faults.problems, { type: type.name, cause: faults.cause });
  return changes;
}

function updateRows(core: StoreCore, type: ItemType, ids: readonly number[], changes: readonly CellChange[]): void {
  const sql = core.catalog.ready(type).sql.updateMany(changes.map(({ attribute }) => attribute));
  core.file.connection.run(sql, [...changes.map(({ cell }) => cell), JSON.stringify(ids)]);
}

function updateItems(
  core: StoreCore,
  ids: readonly number[],
  changes: readonly CellChange[],
  transaction: Transaction,
): void {
  for (const item of liveItems(core, ids)) {
    const state = stateOf(item);
    remember(state, transaction);
    for (const { attribute, cell } of changes) state.cells[attribute.index] = cell;
  }
}

function liveItems(core: StoreCore, ids: readonly number[]): Item[] {
  return ids.flatMap((id) => core.identity.get(id) ?? []);
}
