import type { SqlRow } from '../driver/connection.js';
import { CorollaryError, kindOf, problemsError } from '../errors.js';
import { checkedChanges, Faults, isPlainInput } from '../item/check-value.js';
import { type CellChange, stateOf } from '../item/state.js';
import { finish } from '../query/aggregate.js';
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
import { namingRules } from './broken-rule.js';
import type { StoredType } from './catalog.js';
import { setCells } from './change.js';
import { deleteItems } from './deletion.js';
import { getOfType, itemOfRow, itemsWithIds, liveItems } from './load.js';
import type { Reading, StoreCore } from './store-core.js';

/** What the SQL of a question must know of this store. */
export function compileContext(core: StoreCore, foreignItems: 'refuse' | 'nothing'): CompileContext {
  return { uid: core.file.uid, tableOf: (type) => core.catalog.find(type)?.sql.table, foreignItems };
}

/** Runs compiled SQL; what was not compiled, because its type was never stored, has no rows. */
export function rowsOf({ connection }: Pick<Reading, 'connection'>, compiled: Compiled | undefined): SqlRow[] {
  return compiled === undefined ? [] : connection.rows(compiled.sql, compiled.values);
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

  #reading(): Reading {
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
      `${this.#core.file.place}: no class of this program has the type name '${name}': pass it in the option types`,
      { store: this.#core.file.place, type: name },
    );
  }

  read(spec: QuerySpec): unknown[] {
    const reading = this.#reading();
    const compile = spec.pluck === undefined ? compileItems : compileValues;
    return this.#results(spec, rowsOf(reading, compile(spec, this.#context)), reading.epoch);
  }

  aggregate(spec: QuerySpec, fn: AggregateFn, column?: ColumnRef): unknown {
    const reading = this.#reading();
    const partials = rowsOf(reading, compileAggregate(spec, fn, column, this.#context));
    return finish(fn, column && shapeOf(spec.from, column), partials);
  }

  page(spec: QuerySpec, size: number, after: string | undefined): Page<unknown> {
    const reading = this.#reading();
    const asked = pageSpec(spec, size, after === undefined ? undefined : decodeCursor(spec, this.scope, after));
    const compile = spec.pluck === undefined ? compileItems : compileValuesWithKeys;
    const rows = rowsOf(reading, compile(asked, this.#context));
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const hasMore = rows.length > size && last !== undefined;
    return {
      items: this.#results(spec, page, reading.epoch),
      next: hasMore ? this.#cursorAfter(spec, last) : undefined,
    };
  }

  #results(spec: QuerySpec, rows: readonly SqlRow[], epoch: number): unknown[] {
    if (spec.pluck === undefined) return rows.map((row) => itemOfRow(this.#core, spec.from[0], row, epoch));
    const decode = valueReader(this.#core, spec, spec.pluck);
    return rows.map((row) => decode(row[0] ?? null));
  }

  #cursorAfter(spec: QuerySpec, row: SqlRow): string {
    return encodeCursor(spec, this.scope, spec.pluck === undefined ? keyOfRow(spec, row) : row.slice(1));
  }

  update(spec: QuerySpec, values: object): number {
    const core = this.#core;
    const type = spec.from[0];
    return core.writeInSteps((transaction, part) => {
      const changes = checkedBulkChanges(core, type, values);
      const ids = this.#ids(spec);
      if (ids.length === 0 || changes.length === 0) return ids.length;
      const stored = core.catalog.ready(type);
      // With a hook, every item must be there to be told.
      const items = type.hooks.committed ? itemsWithIds(core, stored, ids) : liveItems(core, ids);
      updateRows(core, stored, ids, changes);
      for (const item of items) setCells(stateOf(item), changes, { transaction, part });
      return ids.length;
    });
  }

  delete(spec: QuerySpec): number {
    const core = this.#core;
    return core.writeInSteps((transaction, part) => {
      const ids = this.#ids(spec);
      if (ids.length > 0) deleteItems(core, spec.from[0], ids, { transaction, part });
      return ids.length;
    });
  }

  #ids(spec: QuerySpec): number[] {
    return rowsOf(this.#core.file, compileIds(spec, this.#context)).map((row) => row[0] as number);
  }

  explain(spec: QuerySpec): Explanation {
    const reading = this.#reading();
    const compile = spec.pluck === undefined ? compileItems : compileValues;
    const compiled = compile(spec, this.#context);
    if (compiled === undefined) return { sql: '', parameters: [], plan: [`no ${spec.from[0].name} was ever stored`] };
    const plan = reading.connection.rows(`EXPLAIN QUERY PLAN ${compiled.sql}`, compiled.values);
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

function checkedBulkChanges(core: StoreCore, type: ItemType, values: unknown): readonly CellChange[] {
  if (!isPlainInput(values))
    throw new CorollaryError(
      'INVALID_VALUE',
      `update of ${type.name} takes a plain object of values, not ${kindOf(values)}`,
      {
        type: type.name,
      },
    );
  const faults = new Faults();
  const changes = checkedChanges(type, values, core.keeper, faults);
  if (faults.problems.length > 0)
    throw problemsError(type.name, faults.problems, { type: type.name, cause: faults.cause });
  return changes;
}

function updateRows(
  core: StoreCore,
  { sql, type }: StoredType,
  ids: readonly number[],
  changes: readonly CellChange[],
): void {
  const text = sql.updateMany(changes.map(({ attribute }) => attribute));
  const values = [...changes.map(({ cell }) => cell), JSON.stringify(ids)];
  namingRules(type, () => core.file.connection.run(text, values));
}
