import type { Cell } from '../schema/value.js';
import {
  type ConditionNode,
  firstType,
  type ListNode,
  type MembershipNode,
  type OperandNode,
  type QuerySpec,
  type Referrers,
  readValues,
  type ValueCell,
  type ValueNode,
} from './ast.js';
import { outOfRange } from './calculation.js';
import { type ColumnShape, findShape, isOfStore } from './column-shape.js';
import { comparedJson, jsonValueCodec } from './json-value.js';
import { refGroups } from './operand.js';
import { questionsBelow, questionsIn } from './traverse.js';
import { type From, shapeOf } from './value-shape.js';

/** One value of a subquery's answer; of an id, with the uid of the store that it is an id in. */
export interface SettledCell {
  readonly cell: Cell;
  readonly store: string;
}

/** What a single statement of one store cannot tell of a subquery: its answer, whether null is in it, or nothing. */
export type Unknown = 'answer' | 'null' | 'nothing';

/** Which subqueries are to be asked first, and how. */
export interface Settling {
  readonly unknownOf: (query: QuerySpec) => Unknown;
  readonly answer: (query: QuerySpec) => Iterable<SettledCell>;
}

/** True when all subqueries can be left as they are. */
export function isSettled(spec: QuerySpec, { unknownOf }: Pick<Settling, 'unknownOf'>): boolean {
  return questionsBelow(spec).every((query) => unknownOf(query) === 'nothing');
}

/**
 * The same question with the answers of some of its subqueries in their place. All of those that groups must fulfil are
 * asked first: groups are looked at outside of every store.
 */
export function settled(spec: QuerySpec, settling: Settling): QuerySpec {
  const { having, ...rest } = spec;
  const isPlain = having === undefined || questionsIn(having).length === 0;
  if (isPlain && isSettled(spec, settling)) return spec;
  const settledRest = specOf(rest, settling);
  if (having === undefined) return settledRest;
  const ofGroups = new Rewriting(spec.from, { ...settling, unknownOf: () => 'answer' });
  return { ...settledRest, having: ofGroups.condition(having) };
}

/** The same for a value that is aggregated beside what its question, of these types, says. */
export function settledValue(from: From, value: ValueNode, settling: Settling): ValueNode {
  return questionsIn(value).length === 0 ? value : new Rewriting(from, settling).value(value);
}

function specOf(spec: QuerySpec, settling: Settling): QuerySpec {
  return new Rewriting(spec.from, settling).spec(spec);
}

/** Rewrites what one question consists of. */
class Rewriting {
  readonly #from: From;
  readonly #settling: Settling;

  constructor(from: From, settling: Settling) {
    this.#from = from;
    this.#settling = settling;
  }

  spec(spec: QuerySpec): QuerySpec {
    const value = (node: ValueNode) => this.value(node);
    return {
      ...spec,
      ...(spec.on && { on: this.condition(spec.on) }),
      ...(spec.where && { where: this.condition(spec.where) }),
      ...(spec.groupBy && { groupBy: spec.groupBy.map(value) }),
      ...(spec.firstPer && { firstPer: spec.firstPer.map(value) }),
      ...(spec.pluck && { pluck: value(spec.pluck) }),
      ...(spec.select && { select: spec.select.map((one) => ({ ...one, column: value(one.column) })) }),
      orderBy: spec.orderBy.map((order) => ({ ...order, column: value(order.column) })),
    };
  }

  condition(node: ConditionNode): ConditionNode {
    switch (node.op) {
      case 'and':
      case 'or':
        return { ...node, of: node.of.map((part) => this.condition(part)) };
      case 'not':
        return { ...node, of: this.condition(node.of) };
      case 'matches':
        return node;
      case 'exists':
        return { ...node, referrers: this.#referrers(node.referrers) };
      case 'in':
      case 'notIn':
        return this.#membership({ ...node, column: this.value(node.column) });
      case 'between': {
        const [low, high] = [this.#operand(node.low), this.#operand(node.high)];
        return { ...node, column: this.value(node.column), low, high };
      }
      default: {
        const column = this.value(node.column);
        return 'to' in node ? { ...node, column, to: this.#operand(node.to) } : { ...node, column };
      }
    }
  }

  #operand(operand: OperandNode): OperandNode {
    return 'column' in operand ? { column: this.value(operand.column) } : operand;
  }

  value(node: ValueNode): ValueNode {
    if ('countOf' in node) return { countOf: this.#referrers(node.countOf) };
    if ('aggregate' in node) return node.of === undefined ? node : { ...node, of: this.value(node.of) };
    if (!('fn' in node)) return node;
    const operands = node.with.map((operand) =>
      'column' in operand ? { column: this.value(operand.column) } : operand,
    );
    return { ...node, of: this.value(node.of), with: operands };
  }

  #referrers(referrers: Referrers): Referrers {
    return { ...referrers, by: specOf(referrers.by, this.#settling) };
  }

  #membership(node: MembershipNode): MembershipNode {
    if (!('query' in node.list)) return node;
    const { query } = node.list;
    const unknown = this.#settling.unknownOf(query);
    const cells = unknown === 'nothing' ? [] : [...this.#settling.answer(unknown === 'null' ? nullsOf(query) : query)];
    const orNull = node.orNull || cells.some(({ cell }) => cell === null);
    const list = unknown === 'answer' ? listOf(query, cells) : { query: specOf(query, this.#settling) };
    return {
      ...node,
      list: 'values' in list ? comparable(list.values, shapeOf(this.#from, node.column)) : list,
      orNull,
    };
  }
}

/**
 * Those that a column can be equal to. A place in JSON gives numbers and texts; in a list, SQLite would turn one of the other
 * kind into what the column holds, as it does not where two values are compared.
 */
function comparable(values: readonly ValueCell[], { codec }: ColumnShape): ListNode {
  if (codec === jsonValueCodec || codec.asText === true || codec.columnType === 'BLOB') return { values };
  const kind = codec.columnType === 'TEXT' ? 'string' : 'number';
  return { values: values.filter((cell) => typeof cell === kind) };
}

/** Asks for one null in the answer of a subquery. */
function nullsOf(query: QuerySpec): QuerySpec {
  const [column] = readValues(query) as [ValueNode];
  const isNull: ConditionNode = { op: 'isNull', column };
  const where: ConditionNode = query.where === undefined ? isNull : { op: 'and', of: [query.where, isNull] };
  return { ...query, where, limit: 1 };
}

function listOf(query: QuerySpec, cells: readonly SettledCell[]): ListNode {
  const value = readValues(query)?.[0];
  const shape = value === undefined ? findShape(firstType(query), 'self') : shapeOf(query.from, value);
  const present = cells.filter(({ cell }) => cell !== null);
  if (shape !== undefined && isOfStore(shape)) {
    return { refs: refGroups(present.map(({ cell, store }) => ({ ref: cell as number, store }))) };
  }
  // Calculated beyond int64, a number is no longer known exactly.
  const isBeyond = shape?.codec.asText === true && present.some(({ cell }) => !/^-?\d+$/.test(cell as string));
  if (isBeyond) throw outOfRange(shape.codec.name);
  const isJson = value !== undefined && 'at' in value;
  return { values: present.map(({ cell }) => (isJson ? comparedJson(cell as string) : cell) as ValueCell) };
}
