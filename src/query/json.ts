import type { Cell } from '../schema/value.js';
import type { ConditionNode, ListNode, OperandNode, QuerySpec } from './ast.js';

/** A question as data that JSON can hold; `specFromJSON` reads it back. */
export interface QueryJSON {
  /** Type names. */
  readonly from: readonly string[];
  readonly where?: unknown;
  readonly orderBy?: readonly unknown[];
  readonly limit?: number;
  readonly offset?: number;
  readonly distinct?: boolean;
  readonly pluck?: unknown;
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
    case 'between':
      return { ...node, low: operandJSON(node.low), high: operandJSON(node.high) };
    case 'in':
    case 'notIn':
      return { ...node, list: listJSON(node.list) };
    default:
      return 'to' in node ? { ...node, to: operandJSON(node.to) } : node;
  }
}

function operandJSON(operand: OperandNode): unknown {
  return 'value' in operand ? { value: cellJSON(operand.value) } : operand;
}

function listJSON(list: ListNode): unknown {
  if ('values' in list) return { values: list.values.map(cellJSON) };
  return 'query' in list ? { query: specJSON(list.query) } : list;
}

/** A question as JSON holds it; parts that say nothing are left out. */
export function specJSON(spec: QuerySpec): QueryJSON {
  return {
    from: spec.from.map((type) => type.name),
    ...(spec.where !== undefined && { where: conditionJSON(spec.where) }),
    ...(spec.orderBy.length > 0 && { orderBy: spec.orderBy }),
    ...(spec.limit !== undefined && { limit: spec.limit }),
    ...(spec.offset !== undefined && { offset: spec.offset }),
    ...(spec.distinct && { distinct: true }),
    ...(spec.pluck !== undefined && { pluck: spec.pluck }),
  };
}
