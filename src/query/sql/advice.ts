import type { ItemType } from '../../schema/item-type.js';
import type { ColumnRef, ComparisonOp, ConditionNode, FromNode, OrderNode, QuerySpec, ValueNode } from '../ast.js';
import { conjunctsOf } from '../join.js';
import { columnsIn, isColumn } from '../traverse.js';
import { placeOf } from '../value-shape.js';

/** What a table in SQLite's plan is: one of a question's types, or where a path of references leads. */
export interface PlannedTable {
  readonly type: ItemType;
  readonly source: number;
  readonly path: readonly string[];
}

/**
 * What makes a question slow, in plain words, from SQLite's plan for it: tables that are read as a whole though there
 * are conditions, answers that are sorted as a whole for a few, indexes made for one question. With the declaration
 * that would help, where one would.
 */
export function adviceFor(
  spec: QuerySpec,
  plan: readonly string[],
  tableCalled: (name: string) => PlannedTable | undefined,
): readonly string[] {
  const advice = plan.flatMap((line) => {
    const step = /^(SCAN|SEARCH) (.+?)(?: USING (.*))?$/.exec(line);
    const table = step === null ? undefined : tableCalled(step[2] as string);
    if (table !== undefined) return tableAdvice(spec, table, step?.[1] as string, step?.[3] ?? '');
    return /^USE TEMP B-TREE FOR .*ORDER BY/.test(line) ? sortAdvice(spec) : [];
  });
  return [...new Set(advice)];
}

function tableAdvice(spec: QuerySpec, table: PlannedTable, verb: string, index: string): readonly string[] {
  if (index.startsWith('AUTOMATIC')) return automaticAdvice(spec, table);
  return verb === 'SCAN' && !/^(COVERING )?INDEX/.test(index) ? scanAdvice(spec, table) : [];
}

function scanAdvice(spec: QuerySpec, table: PlannedTable): readonly string[] {
  const own = conditionsOn(spec, table).filter((node) => columnsIn(node).every((column) => isOf(table, column)));
  return own.length > 0 ? ownAdvice(table, own) : othersAdvice(spec, table);
}

function ownAdvice(table: PlannedTable, conditions: readonly ConditionNode[]): readonly string[] {
  const { type } = table;
  const keys = indexKeys(table, conditions);
  const isRead = `Every ${type.name} is read, for`;
  if (keys !== undefined) {
    return hasIndex(type, keys) ? [] : [`${isRead} no index serves the conditions: ${declaration(type, keys)}`];
  }
  const words = conditions.some(({ op }) => op === 'contains' || op === 'like' || op === 'endsWith');
  const cure = words
    ? 'to search for words, declare fullText: true and use matches'
    : 'conditions on single columns such as eq, in, between and startsWith can';
  return [`${isRead} its conditions cannot use an index: ${cure}`];
}

/** Where only what a reference leads to is asked for, an index there lets SQLite begin with it. */
function othersAdvice(spec: QuerySpec, { type }: PlannedTable): readonly string[] {
  return tablesOnPaths(spec).flatMap((other) => {
    const keys = indexKeys(other, conditionsOn(spec, other));
    if (keys === undefined || hasIndex(other.type, keys)) return [];
    return [`Every ${type.name} is read, for no index serves the conditions: ${declaration(other.type, keys)}`];
  });
}

function tablesOnPaths(spec: QuerySpec): readonly PlannedTable[] {
  const found = new Map<string, PlannedTable>();
  for (const { source, path } of conjunctsOf(spec.where).flatMap(columnsIn)) {
    if (path === undefined) continue;
    const type = placeOf(spec.from[source] as FromNode, path)?.type;
    if (type !== undefined) found.set([source, ...path].join('.'), { type, source, path });
  }
  return [...found.values()];
}

function automaticAdvice(spec: QuerySpec, table: PlannedTable): readonly string[] {
  const keys = indexKeys(table, conditionsOn(spec, table));
  if (keys === undefined) return [];
  return [`An index of every ${table.type.name} is made for this query alone: ${declaration(table.type, keys)}`];
}

function sortAdvice(spec: QuerySpec): readonly string[] {
  if (spec.limit === undefined || spec.from.length > 1) return [];
  const [{ type }] = spec.from;
  const orders = spec.orderBy.map(orderKey);
  const [first] = spec.orderBy;
  const isServable = orders.every((key) => key !== undefined) && spec.orderBy.every((order) => isLike(order, first));
  if (!isServable || orders.length === 0) return [];
  const table: PlannedTable = { type, source: 0, path: [] };
  const equal = conditionsOn(spec, table)
    .filter(isEquality)
    .flatMap((node) => keysOf(table, node));
  const keys = [...equal.filter((key) => !orders.some((order) => order?.name === key.name)), ...orders] as IndexKey[];
  if (hasIndex(type, keys) || keys.some(({ at }) => at !== undefined)) return [];
  return [`Every ${type.name} that is found is sorted to give ${spec.limit}: ${declaration(type, keys)}`];
}

/** What an index is on: an attribute, or a place inside its JSON. */
interface IndexKey {
  readonly name: string;
  readonly at?: readonly (string | number)[];
}

function conditionsOn(spec: QuerySpec, table: PlannedTable): readonly ConditionNode[] {
  const all = [...conjunctsOf(spec.where), ...conjunctsOf(spec.on)];
  return all.filter((node) => columnsIn(node).some((column) => isOf(table, column)));
}

function isOf({ source, path }: PlannedTable, column: ColumnRef): boolean {
  return column.source === source && (column.path ?? []).join('.') === path.join('.');
}

/** The columns of an index that would serve: those compared for equality, then one of a range. */
function indexKeys(table: PlannedTable, conditions: readonly ConditionNode[]): readonly IndexKey[] | undefined {
  const equal = conditions.filter(isEquality).flatMap((node) => keysOf(table, node));
  const range = conditions.filter((node) => RANGES.has(node.op)).flatMap((node) => keysOf(table, node));
  const keys = [...equal, ...range.slice(0, 1)].filter(({ name }) => table.type.byName.has(name));
  const json = keys.find(({ at }) => at !== undefined);
  if (json !== undefined) return [json];
  return keys.length === 0 ? undefined : keys.filter((key, i) => keys.findIndex(({ name }) => name === key.name) === i);
}

const RANGES: ReadonlySet<string> = new Set(['lt', 'lte', 'gt', 'gte', 'between', 'startsWith'] satisfies (
  | ComparisonOp
  | 'between'
  | 'startsWith'
)[]);

function isEquality(node: ConditionNode): boolean {
  return node.op === 'eq' || node.op === 'in' || node.op === 'isNull';
}

/** The columns of a table that a condition compares. */
function keysOf(table: PlannedTable, node: ConditionNode): readonly IndexKey[] {
  const sides = 'column' in node ? [node.column, ...('to' in node && 'column' in node.to ? [node.to.column] : [])] : [];
  return sides.flatMap((value) => {
    const column = 'at' in value ? value.of : value;
    return isColumn(column) && isOf(table, column) ? (valueKey(value) ?? []) : [];
  });
}

function orderKey({ column }: OrderNode): IndexKey | undefined {
  return isColumn(column) && column.path === undefined ? valueKey(column) : undefined;
}

function valueKey(value: ValueNode): IndexKey | undefined {
  if ('at' in value) return { name: value.of.name, at: value.at };
  return isColumn(value) ? { name: value.name } : undefined;
}

/** An index is read from either end: all its columns ascending, nulls first, or the reverse of it. */
function isLike(order: OrderNode, first: OrderNode | undefined): boolean {
  return order.direction === first?.direction && (order.direction === 'asc') === (order.nulls === 'first');
}

function hasIndex(type: ItemType, keys: readonly IndexKey[]): boolean {
  const names = keys.map(({ name }) => name);
  const [first] = keys;
  const attribute = first && type.byName.get(first.name);
  if (first?.at !== undefined) {
    return attribute?.indexedAt.some((at) => JSON.stringify(at) === JSON.stringify(first.at)) === true;
  }
  const single = attribute?.indexed === true || attribute?.unique === true || attribute?.reference !== undefined;
  if (single && keys.length === 1) return true;
  return [...type.indexes, ...type.unique].some((index) => names.every((name, i) => index[i] === name));
}

function declaration(type: ItemType, keys: readonly IndexKey[]): string {
  const [first] = keys;
  if (first?.at !== undefined) return `declare indexedAt: [${JSON.stringify(first.at)}] on ${type.name}.${first.name}`;
  if (keys.length === 1) return `declare indexed: true on ${type.name}.${first?.name}`;
  const names = keys.map(({ name }) => `'${name}'`).join(', ');
  return `declare @item('${type.name}', { indexes: [[${names}]] })`;
}
