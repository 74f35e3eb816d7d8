import type { ItemType } from '../../schema/item-type.js';
import { isDistinct, keyOrders } from '../answer/row-order.js';
import { type QuerySpec, readValues, type ValueNode } from '../ast.js';
import type { ColumnShape } from '../column-shape.js';
import { isColumn, isSameValue } from '../traverse.js';
import { shapeOf } from '../value-shape.js';

/** A column of a SELECT: a value, in the form in which it is read, or in that in which it is compared. */
export interface LaidOut {
  readonly value: ValueNode;
  readonly form: 'read' | 'compared';
}

/** A part of an answer: a whole item, whose cells stand in the row, or one value. */
export type Output =
  | { readonly kind: 'item'; readonly type: ItemType; readonly source: number; readonly at: number }
  | { readonly kind: 'value'; readonly value: ValueNode; readonly shape: ColumnShape; readonly at: number };

/** What a SELECT reads, and where in its rows the parts of the answer stand. */
export interface Layout {
  readonly columns: readonly LaidOut[];
  readonly outputs: readonly Output[];
  /** Where the cells of the values stand by which rows are compared. */
  readonly keys: readonly number[];
}

/** The layout of a question's rows. `keys`: values by which rows are compared with others. */
export function layoutOf(spec: QuerySpec, keys: readonly ValueNode[] = []): Layout {
  const columns: LaidOut[] = [];
  const outputs = outputsOf(spec, columns);
  return { columns, outputs, keys: keys.map((value) => placeOfKey(value, columns)) };
}

/** The same with the cells that tell a row's place in the answer. */
export function layoutWithKeys(spec: QuerySpec): Layout {
  return layoutOf(
    spec,
    keyOrders(spec).map(({ column }) => column),
  );
}

function outputsOf(spec: QuerySpec, columns: LaidOut[]): Output[] {
  const values = readValues(spec);
  if (values === undefined) return spec.from.map((_, source) => itemOutput(spec, source, columns));
  return values.map((value) => {
    const source = isDistinct(spec) ? undefined : ownItem(value);
    return source === undefined ? valueOutput(spec, value, columns) : itemOutput(spec, source, columns);
  });
}

/** The source whose item a value is; undefined for others. */
function ownItem(value: ValueNode): number | undefined {
  return isColumn(value) && value.name === 'self' && value.path === undefined ? value.source : undefined;
}

function valueOutput({ from }: QuerySpec, value: ValueNode, columns: LaidOut[]): Output {
  const at = columns.push({ value, form: 'read' }) - 1;
  return { kind: 'value', value, shape: shapeOf(from, value), at };
}

function itemOutput({ from }: QuerySpec, source: number, columns: LaidOut[]): Output {
  const { type } = from[source] as QuerySpec['from'][0];
  const at = columns.length;
  columns.push(...itemColumns(type, source));
  return { kind: 'item', type, source, at };
}

const ofItems = new WeakMap<ItemType, Map<number, readonly LaidOut[]>>();

/** All columns of an item: "storeId", then the attributes in index order. */
function itemColumns(type: ItemType, source: number): readonly LaidOut[] {
  const bySource = ofItems.get(type) ?? new Map<number, readonly LaidOut[]>();
  ofItems.set(type, bySource);
  const known = bySource.get(source);
  if (known !== undefined) return known;
  const names = ['storeId', ...type.attributes.map(({ name }) => name)];
  const made = names.map((name): LaidOut => ({ value: { source, name }, form: 'read' }));
  bySource.set(source, made);
  return made;
}

function placeOfKey(value: ValueNode, columns: LaidOut[]): number {
  const known = columns.findIndex((column) => isComparable(column) && isSameValue(column.value, value));
  return known === -1 ? columns.push({ value, form: 'compared' }) - 1 : known;
}

/** What lies in JSON is read in another form than it is compared in. */
function isComparable({ value, form }: LaidOut): boolean {
  return form === 'compared' || !('at' in value);
}

/** The layout of the ids of a question's first items. */
export function idLayout(spec: QuerySpec): Layout {
  const value = { source: 0, name: 'storeId' };
  const shape = shapeOf(spec.from, value);
  return { columns: [{ value, form: 'read' }], outputs: [{ kind: 'value', value, shape, at: 0 }], keys: [] };
}
