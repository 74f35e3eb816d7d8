import type { SqlRow } from '../driver/sql-value.js';
import { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import { type QuerySpec, readValues } from '../query/ast.js';
import { outOfRange } from '../query/calculation.js';
import type { Layout, Output } from '../query/sql/layout.js';
import { shapeOf } from '../query/value-shape.js';
import { jsonCodec } from '../schema/codecs/json.js';
import type { Cell } from '../schema/value.js';
import { becomeSiblings } from './answer.js';
import { notThere } from './keeper.js';
import { findById, itemOfRow } from './load.js';
import { isInMemory, loadTogether } from './load-together.js';
import { preload } from './preload.js';
import type { Reading, StoreCore } from './store-core.js';

/** A row that a store gave. */
export interface StoreRow {
  readonly core: StoreCore;
  readonly reading: Reading;
  readonly row: SqlRow;
}

/** What a question asks of its rows: items, values, lists of items or objects of values. */
export function resultsOf(spec: QuerySpec, layout: Layout, rows: readonly StoreRow[]): unknown[] {
  const parts = layout.outputs.map((output) =>
    output.kind === 'item' ? itemsOf(spec, output, rows) : valuesOf(output, cellsAt(rows, output.at)),
  );
  return assembled(spec, parts, rows.length);
}

/** The same for groups, given the cells of their values; those of items belong to the group's store. */
export function groupResultsOf(spec: QuerySpec, rows: readonly StoreRow[]): unknown[] {
  const parts = (readValues(spec) ?? []).map((value, at) => {
    const output = { kind: 'value', value, shape: shapeOf(spec.from, value), at } as const;
    return valuesOf(output, cellsAt(rows, at));
  });
  return assembled(spec, parts, rows.length);
}

/** The results one by one, but for items that were deleted meanwhile, and objects of values with such a one. */
export function* stillThere(results: Iterable<unknown>): Generator<unknown> {
  for (const one of results) if (!hasGone(one)) yield one;
}

function hasGone(one: unknown): boolean {
  if (typeof one !== 'object' || one === null) return false;
  return one instanceof Item
    ? !one.isStored
    : Object.values(one).some((part) => part instanceof Item && !part.isStored);
}

/** Puts the parts of each result together, as the question asks for them. `parts`: a list of all rows' for each. */
function assembled({ from, pluck, select }: QuerySpec, parts: readonly unknown[][], count: number): unknown[] {
  const [only] = parts;
  if (only !== undefined && select === undefined && (pluck !== undefined || from.length === 1)) return only;
  const partsOf = (row: number) => parts.map((part) => part[row]);
  const one =
    select === undefined
      ? partsOf
      : (row: number) => Object.fromEntries(select.map(({ name }, at) => [name, parts[at]?.[row]]));
  return Array.from({ length: count }, (_, row) => one(row));
}

type ItemOutput = Extract<Output, { kind: 'item' }>;
type ValueOutput = Extract<Output, { kind: 'value' }>;

/** The live objects of one type in an answer. What they refer to is read store by store. */
function itemsOf(spec: QuerySpec, output: ItemOutput, rows: readonly StoreRow[]): (Item | null)[] {
  const items = rows.map((row) => itemOf(output, row));
  const columns = (spec.preload ?? []).filter(({ source }) => source === output.source);
  for (const { core, reading, parts } of byStore(rows, (at) => items[at] ?? undefined)) {
    // An item stands in many rows of a join.
    const once = spec.from.length === 1 ? parts : [...new Set(parts)];
    becomeSiblings(once);
    for (const column of columns) preload(core, reading, once, column);
  }
  return items;
}

function itemOf({ type, at }: ItemOutput, { core, reading, row }: StoreRow): Item | null {
  if (row[at] === null) return null;
  const end = at + type.attributes.length + 1;
  return itemOfRow(core, type, at === 0 && row.length === end ? row : row.slice(at, end), reading.epoch);
}

interface StoreCell {
  readonly core: StoreCore;
  readonly reading: Reading;
  readonly cell: Cell;
}

function cellsAt(rows: readonly StoreRow[], at: number): readonly StoreCell[] {
  return rows.map(({ core, reading, row }) => ({ core, reading, cell: row[at] ?? null }));
}

/** The values that cells stand for; of references, the items. */
function valuesOf(output: ValueOutput, cells: readonly StoreCell[]): unknown[] {
  if (output.shape.reference === undefined) return cells.map(({ cell }) => decoded(output, cell));
  const failures = new Map<StoreCore, ReadonlyMap<number, unknown>>();
  const idAt = (at: number) => (cells[at]?.cell ?? undefined) as number | undefined;
  for (const { core, reading, parts } of byStore(cells, idAt)) failures.set(core, loadTogether(core, reading, parts));
  return cells.map(({ core, reading, cell }) => {
    if (cell === null) return null;
    const id = cell as number;
    if (failures.get(core)?.has(id)) throw failures.get(core)?.get(id);
    return loadedItem(core, reading, id) ?? findById(core, id) ?? core.gone.get(id) ?? notThere(core, output.shape, id);
  });
}

// Not by its store, which would join a running transaction by being asked: a tree's query reads it aside.
function loadedItem(core: StoreCore, reading: Reading, id: number): Item | undefined {
  const known = core.identity.get(id);
  return known !== undefined && stateOf(known).life === 'stored' && isInMemory(core, reading, id) ? known : undefined;
}

function decoded({ value, shape }: ValueOutput, cell: Cell): unknown {
  if (cell !== null) return ('at' in value ? jsonCodec : shape.codec).decode(cell);
  // What is not null becomes so only where a calculation gives no number.
  if (!shape.nullable && 'fn' in value) throw outOfRange(shape.codec.name);
  return null;
}

interface StoreParts<P> {
  readonly core: StoreCore;
  readonly reading: Reading;
  readonly parts: P[];
}

function byStore<P>(
  rows: readonly { readonly core: StoreCore; readonly reading: Reading }[],
  partAt: (at: number) => P | undefined,
): Iterable<StoreParts<P>> {
  const stores = new Map<StoreCore, StoreParts<P>>();
  let last: StoreParts<P> | undefined;
  rows.forEach(({ core, reading }, at) => {
    const part = partAt(at);
    if (part === undefined) return;
    // Rows of one store mostly stand together.
    if (last?.core !== core) {
      last = stores.get(core) ?? { core, reading, parts: [] };
      stores.set(core, last);
    }
    last.parts.push(part);
  });
  return stores.values();
}
