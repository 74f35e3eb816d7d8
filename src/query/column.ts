import { CorollaryError, kindOf } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';
import type {
  ColumnRef,
  ComparisonOp,
  ConditionNode,
  ListNode,
  MembershipNode,
  OperandNode,
  OrderNode,
  QuerySpec,
  TextSearchOp,
  ValueCell,
} from './ast.js';
import { type ColumnShape, findShape, isKindOf, isSameKind, shapeOf, unsuitability } from './column-shape.js';
import type { LikeOptions } from './columns.js';
import { type Condition, newCondition } from './condition.js';
import { type ColumnPlace, columnError, encoded, likePattern, referred, refGroups, searchText } from './operand.js';
import { newOrder, type Order, type OrderOptions } from './order.js';
import type { Provenance, Source } from './provenance.js';
import { Question, scopeOf, specOf } from './question.js';

/**
 * A column at run time, behind all the interfaces of `columns.ts`: it has every operator, and refuses those that
 * mean nothing for its codec, with BAD_QUERY. Its members are public for this room only.
 */
export class RuntimeColumn {
  readonly ref: ColumnRef;
  readonly source: Source;
  readonly shape: ColumnShape;

  constructor(source: Source, shape: ColumnShape) {
    this.ref = Object.freeze({ source: source.index, name: shape.name });
    this.source = source;
    this.shape = shape;
  }

  eq(operand: unknown): Condition {
    return operand === null ? this.isNull() : this.#equality('eq', operand);
  }

  ne(operand: unknown): Condition {
    return operand === null ? this.isNotNull() : this.#equality('ne', operand);
  }

  lt(operand: unknown): Condition {
    return this.#comparison('lt', operand);
  }

  lte(operand: unknown): Condition {
    return this.#comparison('lte', operand);
  }

  gt(operand: unknown): Condition {
    return this.#comparison('gt', operand);
  }

  gte(operand: unknown): Condition {
    return this.#comparison('gte', operand);
  }

  between(low: unknown, high: unknown): Condition {
    this.#mustSuit('between');
    const [from, to] = [this.#bound('between', low), this.#bound('between', high)];
    return this.#condition({ op: 'between', column: this.ref, low: from, high: to });
  }

  isNull(): Condition {
    return this.#condition({ op: 'isNull', column: this.ref });
  }

  isNotNull(): Condition {
    return this.#condition({ op: 'isNotNull', column: this.ref });
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
    return this.#condition({ op: 'like', column: this.ref, ...parts });
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
    return { type: this.source.type.name, attribute: this.shape.name };
  }

  #condition(node: ConditionNode, scopes: readonly string[] = []): Condition {
    return newCondition(node, { sources: [this.source], scopes });
  }

  #order(direction: 'asc' | 'desc', nulls: 'first' | 'last'): Order {
    this.#mustSuit(direction);
    if (nulls !== 'first' && nulls !== 'last') {
      throw columnError('BAD_QUERY', this.place, `nulls stand 'first' or 'last'`);
    }
    const provenance: Provenance = { sources: [this.source], scopes: [] };
    return newOrder({ column: this.ref, direction, nulls }, provenance);
  }

  #equality(op: 'eq' | 'ne', operand: unknown): Condition {
    this.#mustSuit(op);
    return this.#condition({ op, column: this.ref, to: this.#operand(operand) });
  }

  #comparison(op: ComparisonOp, operand: unknown): Condition {
    this.#mustSuit(op);
    return this.#condition({ op, column: this.ref, to: this.#bound(op, operand) });
  }

  #search(op: TextSearchOp, text: unknown): Condition {
    this.#mustSuit(op);
    return this.#condition({ op, column: this.ref, text: searchText(this.place, text) });
  }

  #bound(op: string, operand: unknown): OperandNode {
    if (operand !== null) return this.#operand(operand);
    throw columnError('BAD_QUERY', this.place, `${op} null finds nothing: null is neither smaller nor larger`);
  }

  #operand(operand: unknown): OperandNode {
    if (operand instanceof RuntimeColumn) return this.#otherColumn(operand);
    return this.#value(operand);
  }

  #value(value: unknown): { value: ValueCell } | { ref: number; store: string } {
    if (value === undefined || this.shape.reference === undefined) {
      return { value: encoded(this.place, this.shape, value) };
    }
    return referred(this.place, this.shape, value);
  }

  #otherColumn(other: RuntimeColumn): OperandNode {
    if (other.source !== this.source) {
      throw columnError('BAD_QUERY', this.place, 'columns of two queries cannot be compared with each other');
    }
    if (!isSameKind(this.shape, other.shape)) {
      throw columnError('BAD_QUERY', this.place, `cannot be compared with ${other.shape.name}, of another kind`);
    }
    return { column: other.ref };
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
    return this.#condition({ op, column: this.ref, list: this.#list(present), orNull });
  }

  #list(values: readonly unknown[]): ListNode {
    const nodes = values.map((value) => this.#value(value));
    const cells = nodes.flatMap((node) => ('value' in node ? [node.value] : []));
    if (this.shape.reference === undefined) return { values: cells };
    return { refs: refGroups(nodes.flatMap((node) => ('ref' in node ? [node] : []))) };
  }

  #inQuestion(op: MembershipNode['op'], question: Question): Condition {
    const query = specOf(question);
    if (!isListFor(this.shape, query)) {
      throw columnError('BAD_QUERY', this.place, `${op} takes a query of values of the same kind: pluck a column`);
    }
    checkTarget(this.place, this.shape, query);
    return this.#condition({ op, column: this.ref, list: { query }, orNull: false }, [scopeOf(question)]);
  }

  #mustSuit(op: ConditionNode['op'] | OrderNode['direction']): void {
    const said = unsuitability(this.shape, op);
    if (said !== undefined) throw columnError('BAD_QUERY', this.place, `${op} ${said}`);
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** True when a query's values are of a column's kind: the same codec, or items for a reference. */
export function isListFor(shape: ColumnShape, query: QuerySpec): boolean {
  if (query.pluck === undefined) return shape.reference !== undefined;
  const plucked = shapeOf(query.from, query.pluck);
  // References of unsuitable targets are WRONG_TYPE, not BAD_QUERY: see checkTarget.
  if (shape.reference !== undefined && plucked.reference !== undefined) return true;
  return isSameKind(shape, plucked);
}

/**
 * Refuses a query of items that a reference cannot refer to.
 * @throws CorollaryError WRONG_TYPE
 */
export function checkTarget(place: ColumnPlace, shape: ColumnShape, query: QuerySpec): void {
  const wanted = shape.reference?.target?.();
  const plucked = query.pluck === undefined ? undefined : shapeOf(query.from, query.pluck);
  const found = plucked === undefined ? query.from[0].itemClass : plucked.reference?.target?.();
  if (wanted === undefined || found === undefined || isKindOf(found, wanted) || isKindOf(wanted, found)) return;
  throw columnError('WRONG_TYPE', place, `takes a ${wanted.name}, not a ${found.name}`);
}

const sourceKey = Symbol('source');
const makers = new WeakMap<ItemType, object>();

/** The columns of one type, as its queries' callbacks see them; each is made when it is asked for. */
export function columnsOf(source: Source): Readonly<Record<string, RuntimeColumn>> {
  return Object.create(makerOf(source.type), { [sourceKey]: { value: source } });
}

function makerOf(type: ItemType): object {
  let maker = makers.get(type);
  if (maker === undefined) {
    maker = makeMaker(type);
    makers.set(type, maker);
  }
  return maker;
}

function makeMaker(type: ItemType): object {
  const maker: object = Object.create(unknownColumns(type));
  // Printing would ask for names that are no columns.
  Object.defineProperty(maker, Symbol.for('nodejs.util.inspect.custom'), { value: () => `columns of ${type.name}` });
  for (const name of [...type.byName.keys(), 'storeId', 'self']) {
    const shape = findShape(type, name) as ColumnShape;
    Object.defineProperty(maker, name, {
      enumerable: true,
      get(this: { readonly [sourceKey]: Source }) {
        return new RuntimeColumn(this[sourceKey], shape);
      },
    });
  }
  return maker;
}

/** What programs ask of any object without meaning a column: to await, print or serialise it. */
const NO_COLUMNS: ReadonlySet<PropertyKey> = new Set(['then', 'toJSON', 'constructor', 'inspect', 'nodeType']);

// The compiler knows the columns; a program without one would read 'undefined has no eq'.
function unknownColumns(type: ItemType): object {
  return new Proxy(Object.create(null), {
    get(_, name) {
      if (typeof name === 'symbol' || NO_COLUMNS.has(name)) return undefined;
      const known = [...type.byName.keys(), 'storeId', 'self'].join(', ');
      throw new CorollaryError('UNKNOWN_ATTRIBUTE', `${type.name} has no attribute '${name}', only ${known}`, {
        type: type.name,
        attribute: name,
      });
    },
  });
}
