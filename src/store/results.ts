import type { SqlRow } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import { type QuerySpec, readValues, type ValueNode } from '../query/ast.js';
import { outOfRange } from '../query/calculation.js';
import type { ColumnShape } from '../query/column-shape.js';
import type { Layout, Output } from '../query/layout.js';
import { shapeOf } from '../query/value-shape.js';
import type { Cell } from '../schema/value.js';
import { findById, itemOfRow } from './load.js';
import type { StoreCore } from './store-core.js';

/** A row that a store gave, as of an epoch of it. */
export interface StoreRow {
  readonly core: StoreCore;
  readonly row: SqlRow;
  readonly epoch: number;
}

/** Makes the parts of an answer of rows: items, values, lists of items or objects of values. */
export function resultReader(spec: QuerySpec, layout: Layout): (found: StoreRow) => unknown {
  const [only, ...more] = layout.outputs;
  const isItem = only?.kind === 'item' && !only.isOptional && more.length === 0 && readValues(spec) === undefined;
  if (isItem && layout.columns.length === only.type.attributes.length + 1) {
    return ({ core, row, epoch }) => itemOfRow(core, only.type, row, epoch);
  }
  const assemble = assembler(spec);
  return (found) => assemble(layout.outputs.map((output) => partOf(output, found)));
}

/** Puts the parts of one result together, as the question asks for them. */
function assembler({ from, pluck, select }: QuerySpec): (parts: readonly unknown[]) => unknown {
  if (select !== undefined) {
    return (parts) => Object.fromEntries(select.map(({ name }, at) => [name, parts[at]]));
  }
  return pluck !== undefined || from.length === 1 ? ([part]) => part : (parts) => parts;
}

function partOf(output: Output, { core, row, epoch }: StoreRow): unknown {
  if (output.kind === 'value') return decoded(core, output, row[output.at] ?? null);
  const cells = row.slice(output.at, output.at + output.type.attributes.length + 1);
  return cells[0] === null ? null : itemOfRow(core, output.type, cells, epoch);
}

/** Makes the result of a group, given the cells of its values and the store whose items they refer to. */
export function groupResultReader(spec: QuerySpec): (core: StoreCore, cells: readonly Cell[]) => unknown {
  const outputs = (readValues(spec) ?? []).map((value) => ({ value, shape: shapeOf(spec.from, value) }));
  const assemble = assembler(spec);
  return (core, cells) => assemble(outputs.map((output, at) => decoded(core, output, cells[at] ?? null)));
}

interface Value {
  readonly value: ValueNode;
  readonly shape: ColumnShape;
}

function decoded(core: StoreCore, { value, shape }: Value, cell: Cell): unknown {
  if (cell === null) {
    // What is not null becomes so only where a calculation gives no number.
    if (!shape.nullable && 'fn' in value) throw outOfRange(shape.codec.name);
    return null;
  }
  if (shape.reference !== undefined) return referredItem(core, shape, cell as number);
  return 'at' in value ? JSON.parse(cell as string) : shape.codec.decode(cell);
}

function referredItem(core: StoreCore, { name }: ColumnShape, id: number): unknown {
  const item = findById(core, id) ?? core.gone.get(id);
  if (item !== undefined) return item;
  const place = core.file.place;
  throw new CorollaryError('NOT_FOUND', `${name} refers to item ${id}, which is not in ${place}`, {
    store: place,
    attribute: name,
    storeId: id,
  });
}
