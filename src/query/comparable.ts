import { kindOf } from '../errors.js';
import type {
  ComparisonOp,
  ConditionNode,
  ListNode,
  MembershipNode,
  OperandNode,
  OrderNode,
  TextSearchOp,
  ValueCell,
  ValueNode,
} from './ast.js';
import { type ColumnShape, isSameKind, unsuitability } from './column-shape.js';
import type { LikeOptions } from './columns.js';
import { type Condition, newCondition } from './condition.js';
import { checkTarget, listFault } from './membership.js';
import { type ColumnPlace, columnError, encoded, likePattern, referred, refGroups, searchText } from './operand.js';
import { newOrder, type Order, type OrderOptions } from './order.js';
import { mergedProvenance, type Provenance } from './provenance.js';
import { Question, scopeOf, specOf } from './question.js';

/** Under which columns that stand for an item say where they are read from. */
export const placeKey: unique symbol = Symbol('place');

/** The column that a value is; all columns of a type together stand for the item itself. Undefined for other values. */
export function comparableIn(value: unknown): ComparableColumn | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    if (value instanceof ComparableColumn) return value;
    return placeKey in value ? (value as unknown as { readonly self: ComparableColumn }).self : undefined;
  } catch {
    return undefined; // a Proxy that was revoked, say, is no column
  }
}

/** The part of a column that makes conditions and orders of it: see RuntimeColumn. */
export class ComparableColumn {
  readonly node: ValueNode;
  readonly shape: ColumnShape;
  readonly provenance: Provenance;

  constructor(node: ValueNode, shape: ColumnShape, provenance: Provenance) {
    this.node = node;
    this.shape = shape;
    this.provenance = provenance;
  }

  eq(operand: unknown): Condition {
    return operand === null ? this.isNull() : this.#comparison('eq', this.#operand(operand));
  }

  ne(operand: unknown): Condition {
    return operand === null ? this.isNotNull() : this.#comparison('ne', this.#operand(operand));
  }

  lt(operand: unknown): Condition {
    return this.#comparison('lt', this.#bound('lt', operand));
  }

  lte(operand: unknown): Condition {
    return this.#comparison('lte', this.#bound('lte', operand));
  }

  gt(operand: unknown): Condition {
    return this.#comparison('gt', this.#bound('gt', operand));
  }

  gte(operand: unknown): Condition {
    return this.#comparison('gte', this.#bound('gte', operand));
  }

  between(low: unknown, high: unknown): Condition {
    this.#mustSuit('between');
    const [from, to] = [this.#bound('between', low), this.#bound('between', high)];
    const node: ConditionNode = { op: 'between', column: this.node, low: from.node, high: to.node };
    return this.#condition(node, [...from.origins, ...to.origins]);
  }

  isNull(): Condition {
    return this.#condition({ op: 'isNull', column: this.node });
  }

  isNotNull(): Condition {
    return this.#condition({ op: 'isNotNull', column: this.node });
  }

  in(values: unknown): Condition {
    return this.#membership('in', values);
  }

  notIn(values: unknown): Condition {
    return this.#membership('notIn', values);
  }

  like(pattern: unknown, options: LikeOptions = {}): Condition {
    this.#mustSuit('like');
    const parts = likePattern(this.place, pattern, options.escape);
    return this.#condition({ op: 'like', column: this.node, ...parts });
  }

  startsWith(text: unknown): Condition {
    return this.#search('startsWith', text);
  }

  endsWith(text: unknown): Condition {
    return this.#search('endsWith', text);
  }

  contains(text: unknown): Condition {
    return this.#search('contains', text);
  }

  asc(options?: OrderOptions): Order {
    return this.#order('asc', options?.nulls ?? 'first');
  }

  desc(options?: OrderOptions): Order {
    return this.#order('desc', options?.nulls ?? 'last');
  }

  /** How messages name it. */
  get place(): ColumnPlace {
    return { type: this.provenance.sources[0]?.type.name, attribute: this.shape.name };
  }

  #condition(node: ConditionNode, origins: readonly Provenance[] = []): Condition {
    return newCondition(node, mergedProvenance([this.provenance, ...origins]));
  }

  #order(direction: 'asc' | 'desc', nulls: 'first' | 'last'): Order {
    this.#mustSuit(direction);
    if (nulls !== 'first' && nulls !== 'last') {
      throw columnError('BAD_QUERY', this.place, `nulls stand 'first' or 'last'`);
    }
    return newOrder({ column: this.node, direction, nulls }, this.provenance);
  }

  #comparison(op: ComparisonOp, operand: Operand): Condition {
    this.#mustSuit(op);
    return this.#condition({ op, column: this.node, to: operand.node }, operand.origins);
  }

  #search(op: TextSearchOp, text: unknown): Condition {
    this.#mustSuit(op);
    return this.#condition({ op, column: this.node, text: searchText(this.place, text) });
  }

  #bound(op: string, operand: unknown): Operand {
    if (operand !== null) {
      this.#mustSuit(op as ComparisonOp);
      return this.#operand(operand);
    }
    throw columnError('BAD_QUERY', this.place, `${op} null finds nothing: null is neither smaller nor larger`);
  }

  #operand(operand: unknown): Operand {
    const other = comparableIn(operand);
    if (other === undefined) return { node: this.#value(operand), origins: [] };
    this.mustBeOfOneQuery(other);
    if (!isSameKind(this.shape, other.shape)) {
      throw columnError('BAD_QUERY', this.place, `cannot be compared with ${other.shape.name}, of another kind`);
    }
    return { node: { column: other.node }, origins: [other.provenance] };
  }

  #value(value: unknown): { value: ValueCell } | { ref: number; store: string } {
    if (value === undefined || this.shape.reference === undefined) {
      return { value: encoded(this.place, this.shape, value) };
    }
    return referred(this.place, this.shape, value);
  }

  mustBeOfOneQuery(other: ComparableColumn): void {
    const frames = new Set([...this.provenance.sources, ...other.provenance.sources].map(({ frame }) => frame));
    if (frames.size <= 1) return;
    throw columnError('BAD_QUERY', this.place, 'columns of two queries cannot be compared with each other');
  }

  #membership(op: MembershipNode['op'], values: unknown): Condition {
    this.#mustSuit(op);
    if (values instanceof Question) return this.#inQuestion(op, values);
    if (typeof values === 'string' || !isIterable(values)) {
      throw columnError('INVALID_VALUE', this.place, `${op} takes a list or a query, not ${kindOf(values)}`);
    }
    const all = [...values];
    const present = all.filter((value) => value !== null);
    const orNull = present.length < all.length;
    return this.#condition({ op, column: this.node, list: this.#list(present), orNull });
  }

  #list(values: readonly unknown[]): ListNode {
    const nodes = values.map((value) => this.#value(value));
    const cells = nodes.flatMap((node) => ('value' in node ? [node.value] : []));
    if (this.shape.reference === undefined) return { values: cells };
    return { refs: refGroups(nodes.flatMap((node) => ('ref' in node ? [node] : []))) };
  }

  #inQuestion(op: MembershipNode['op'], question: Question): Condition {
    const query = specOf(question);
    const fault = listFault(this.shape, query);
    if (fault !== undefined) throw columnError('BAD_QUERY', this.place, `${op} ${fault}`);
    checkTarget(this.place, this.shape, query);
    const origin: Provenance = { sources: [], scopes: [scopeOf(question)], isAggregate: false };
    return this.#condition({ op, column: this.node, list: { query }, orNull: false }, [origin]);
  }

  #mustSuit(op: ConditionNode['op'] | OrderNode['direction']): void {
    const said = unsuitability(this.shape, op);
    if (said !== undefined) throw columnError('BAD_QUERY', this.place, `${op} ${said}`);
  }
}

/** What a column is compared with, and where that came from. */
interface Operand {
  readonly node: OperandNode;
  readonly origins: readonly Provenance[];
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
