import type { ItemType } from '../../schema/item-type.js';
import type { Cell } from '../../schema/value.js';
import {
  type ColumnRef,
  type ConditionNode,
  type FromNode,
  type LikeNode,
  type ListNode,
  type OperandNode,
  type OrderNode,
  type QuerySpec,
  readValues,
  type TextSearchNode,
  type ValueNode,
} from '../ast.js';
import { isColumn } from '../traverse.js';
import { placeOf, shapeOf } from '../value-shape.js';
import { LONGEST_CHAIN, listCell } from './compile-condition.js';
import { like, textSearch } from './compile-text.js';
import type { Fragment } from './fragment.js';
import { joinedPath } from './level.js';
import { type CompileContext, idInStore, LONGEST_LIST } from './select.js';

/** A question in two: what its SQL depends on, beside the tables of its store, and the parameters of that SQL. */
export interface QuestionShape {
  readonly key: string;
  readonly values: readonly Cell[];
}

/** What has more parameters is hardly asked twice in the same shape, and its key would be long. */
const MOST_VALUES = 64;

/**
 * The shape of a plain question: about columns of its types, and of what these refer to, which are compared with each
 * other and with cells. Undefined for all others; for those, SQL is more than such a key and the cells in a row.
 *
 * Questions with the same key have the same SQL: the key says, in an order that can be read in one way only, all that the
 * SQL of a plain question is written from. That is operators, how many conditions and values follow them, columns by
 * their names (which have no spaces; their codecs and collations belong to the type), the tables that are joined on the
 * way to them, whether null is in a list, directions, and whether there is a limit and an offset. A comparison with null
 * is another operator; for a search in a text stands its SQL. The values stand in the SQL in the order in which they are
 * read here.
 */
export function questionShape(spec: QuerySpec, context: CompileContext): QuestionShape | undefined {
  const reader = new ShapeReader(spec, context);
  return reader.question(spec) && reader.values.length <= MOST_VALUES ? reader : undefined;
}

/** Reads a question. Each method is false for what is not plain. */
class ShapeReader implements QuestionShape {
  readonly values: Cell[] = [];
  key = '';
  readonly #spec: QuerySpec;
  readonly #context: CompileContext;

  constructor(spec: QuerySpec, context: CompileContext) {
    this.#spec = spec;
    this.#context = context;
  }

  question(spec: QuerySpec): boolean {
    const { pieces } = spec;
    if (pieces === undefined) return this.#rows(spec);
    this.#say(`pieces ${pieces.length}`);
    if (!pieces.every((where) => this.#rows({ ...spec, where }))) return false;
    this.#window(spec);
    return true;
  }

  #rows(spec: QuerySpec): boolean {
    if (!isOfRows(spec)) return false;
    for (const source of spec.from) this.#source(source);
    const { where, orderBy } = spec;
    if (where !== undefined && !this.#condition(where)) return false;
    this.#say(`order ${orderBy.length}`);
    if (!orderBy.every((order) => this.#order(order)) || !this.#read(spec)) return false;
    this.#window(spec);
    return true;
  }

  #window({ limit, offset }: QuerySpec): void {
    if (limit !== undefined) this.#bind('limit', limit);
    if (offset !== undefined) this.#bind('offset', offset);
  }

  #source({ type, isOptional }: FromNode): void {
    this.#say(`${isOptional ? 'optional' : 'required'} ${numberOf(type)} ${this.#context.tableOf(type)}`);
  }

  #read(spec: QuerySpec): boolean {
    const values = readValues(spec);
    if (values === undefined) return true;
    this.#say(`${spec.distinct ? 'distinct' : 'read'} ${values.length}`);
    return values.every((value) => this.#column(value));
  }

  #condition(node: ConditionNode): boolean {
    this.#say(node.op);
    switch (node.op) {
      case 'and':
        return this.#conditions(node.of);
      case 'or':
        // More alternatives become lists of values.
        return node.of.length <= LONGEST_CHAIN && this.#conditions(node.of);
      case 'not':
        return this.#condition(node.of);
      case 'isNull':
      case 'isNotNull':
        return this.#column(node.column);
      case 'between':
        return this.#column(node.column) && this.#operand(node.low) && this.#operand(node.high);
      case 'in':
      case 'notIn':
        this.#say(node.orNull ? 'orNull' : 'notNull');
        return this.#column(node.column) && this.#list(node.list);
      case 'like':
        return this.#column(node.column) && this.#text(node, like);
      case 'startsWith':
      case 'endsWith':
      case 'contains':
        return this.#column(node.column) && this.#text(node, textSearch);
      case 'eq':
      case 'ne':
      case 'lt':
      case 'lte':
      case 'gt':
      case 'gte':
        return this.#column(node.column) && this.#operand(node.to);
      default:
        return false;
    }
  }

  #conditions(nodes: readonly ConditionNode[]): boolean {
    this.#say(String(nodes.length));
    return nodes.every((node) => this.#condition(node));
  }

  #order({ column, direction, nulls }: OrderNode): boolean {
    this.#say(`${direction} ${nulls}`);
    return this.#column(column);
  }

  #column(node: ValueNode): boolean {
    if (!isColumn(node)) return false;
    if (node.path !== undefined) this.#path(node, node.path);
    if (node.source !== 0) this.#say(String(node.source)); // no name begins with a digit
    this.#say(node.name);
    return true;
  }

  #path(column: ColumnRef, path: readonly string[]): void {
    this.#say(`to ${path.join('.')}`);
    const start = this.#spec.from[column.source] as FromNode;
    for (const at of joinedPath(column).keys()) {
      // A path that leads nowhere was refused.
      const table = this.#context.tableOf((placeOf(start, path.slice(0, at + 1)) as FromNode).type);
      this.#say(String(table));
      if (table === undefined) return;
    }
  }

  #text<N extends TextSearchNode | LikeNode>(
    node: N,
    written: (node: N, column: Fragment, isNocase: boolean) => Fragment,
  ): boolean {
    const isNocase = shapeOf(this.#spec.from, node.column).collate === 'nocase';
    for (const part of written(node, [], isNocase)) {
      if (typeof part === 'string') this.#say(part);
      else this.#bind('?', part.cell);
    }
    return true;
  }

  #operand(operand: OperandNode): boolean {
    if ('column' in operand) return this.#column(operand.column);
    if ('ref' in operand) this.#bind('=item', this.#idIn(operand.store, operand.ref));
    else this.#bind('=cell', operand.value);
    return true;
  }

  #list(list: ListNode): boolean {
    if ('query' in list) return false;
    const cells =
      'values' in list ? list.values : list.refs.flatMap(({ store, ids }) => ids.map((id) => this.#idIn(store, id)));
    if (cells.length > LONGEST_LIST) {
      this.#bind('many', listCell(cells));
      return true;
    }
    this.#say(`${'values' in list ? 'cells' : 'items'} ${cells.length}`);
    this.values.push(...cells);
    return true;
  }

  #idIn(store: string, id: number): number {
    return idInStore(this.#context, this.#spec, store, id);
  }

  #bind(word: string, cell: Cell): void {
    this.#say(word);
    this.values.push(cell);
  }

  #say(word: string): void {
    this.key += ` ${word}`;
  }
}

/** True where rows are asked for as they are, and not groups of them or the first of such. */
function isOfRows({ on, groupBy, having, firstPer }: QuerySpec): boolean {
  return on === undefined && groupBy === undefined && having === undefined && firstPer === undefined;
}

const numbers = new WeakMap<ItemType, number>();
let lastNumber = 0;

/** Tells types apart, of which several may have tables that are called the same. */
function numberOf(type: ItemType): number {
  const known = numbers.get(type);
  if (known !== undefined) return known;
  numbers.set(type, ++lastNumber);
  return lastNumber;
}
