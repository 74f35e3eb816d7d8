import type { Cell } from '../schema/value.js';
import type {
  CallOperand,
  ConditionNode,
  FromNode,
  ListNode,
  OperandNode,
  OrderNode,
  QuerySpec,
  Referrers,
  ValueNode,
} from './ast.js';

/** A question as data that JSON can hold; `specFromJSON` reads it back. */
export interface QueryJSON {
  /** Type names; `{ optional: name }` for what may be missing from a row. */
  readonly from: readonly (string | { readonly optional: string })[];
  readonly on?: unknown;
  readonly cross?: boolean;
  readonly where?: unknown;
  readonly groupBy?: readonly unknown[];
  readonly having?: unknown;
  readonly orderBy?: readonly unknown[];
  readonly firstPer?: readonly unknown[];
  readonly limit?: number;
  readonly offset?: number;
  readonly distinct?: boolean;
  readonly pluck?: unknown;
  readonly select?: readonly unknown[];
  readonly preload?: readonly unknown[];
}

/** A cell as JSON holds it: bytes as `{ bytes: base64 }`. */
export function cellJSON(cell: Cell): unknown {
  if (!(cell instanceof Uint8Array)) return cell;
  return { bytes: Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('base64') };
}

/** A condition as JSON holds it. */
export function conditionJSON(node: ConditionNode): unknown {
  switch (node.op) {
    case 'and':
    case 'or':
      return { op: node.op, of: node.of.map(conditionJSON) };
    case 'not':
      return { op: 'not', of: conditionJSON(node.of) };
    case 'matches':
      return node;
    case 'exists':
      return { op: 'exists', referrers: referrersJSON(node.referrers) };
    case 'between':
      return { ...node, column: valueJSON(node.column), low: operandJSON(node.low), high: operandJSON(node.high) };
    case 'in':
    case 'notIn':
      return { ...node, column: valueJSON(node.column), list: listJSON(node.list) };
    default:
      return { ...node, column: valueJSON(node.column), ...('to' in node && { to: operandJSON(node.to) }) };
  }
}

/** A value as JSON holds it. */
export function valueJSON(node: ValueNode): unknown {
  if ('fn' in node) return { ...node, of: valueJSON(node.of), with: node.with.map(operandJSON) };
  if ('aggregate' in node) return { ...node, ...(node.of !== undefined && { of: valueJSON(node.of) }) };
  return 'countOf' in node ? { countOf: referrersJSON(node.countOf) } : node;
}

function referrersJSON({ of, by, through }: Referrers): unknown {
  return { of, by: specJSON(by), through };
}

function operandJSON(operand: OperandNode | CallOperand): unknown {
  if ('value' in operand) return { value: cellJSON(operand.value) };
  return 'column' in operand ? { column: valueJSON(operand.column) } : operand;
}

function listJSON(list: ListNode): unknown {
  if ('values' in list) return { values: list.values.map(cellJSON) };
  return 'query' in list ? { query: specJSON(list.query) } : list;
}

/** An order as JSON holds it. */
export function orderJSON(node: OrderNode): unknown {
  return { ...node, column: valueJSON(node.column) };
}

function fromJSON({ type, isOptional }: FromNode): QueryJSON['from'][number] {
  return isOptional ? { optional: type.name } : type.name;
}

/** A question as JSON holds it; parts that say nothing are left out. */
export function specJSON(spec: QuerySpec): QueryJSON {
  const parts: { readonly [K in keyof QueryJSON]-?: QueryJSON[K] | undefined } = {
    from: spec.from.map(fromJSON),
    on: spec.on && conditionJSON(spec.on),
    cross: spec.isCross === true ? true : undefined,
    where: spec.where && conditionJSON(spec.where),
    groupBy: spec.groupBy?.map(valueJSON),
    having: spec.having && conditionJSON(spec.having),
    orderBy: filled(spec.orderBy.map(orderJSON)),
    firstPer: spec.firstPer?.map(valueJSON),
    limit: spec.limit,
    offset: spec.offset,
    distinct: spec.distinct ? true : undefined,
    pluck: spec.pluck && valueJSON(spec.pluck),
    select: spec.select?.map(({ name, column }) => ({ name, column: valueJSON(column) })),
    preload: spec.preload,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as unknown as QueryJSON;
}

function filled(list: readonly unknown[]): readonly unknown[] | undefined {
  return list.length > 0 ? list : undefined;
}
