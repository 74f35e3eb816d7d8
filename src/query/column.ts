import { CorollaryError, kindOf } from '../errors.js';
import { type Codec, cellOf, Refusal } from '../schema/codec.js';
import type { ItemType } from '../schema/item-type.js';
import { isJsonStep } from '../schema/json-path.js';
import {
  type Calculation,
  type CallOperand,
  type FromNode,
  MAX_DEPTH,
  MAX_NODES,
  type Search,
  type ValueCell,
} from './ast.js';
import { calculatedShape, calculationFault, operandCodec, operandShape, takesOperands } from './calculation.js';
import { type ColumnShape, findShape, relevanceShape, snippetShape } from './column-shape.js';
import { ComparableColumn, comparableIn, placeKey } from './comparable.js';
import { type Condition, newCondition } from './condition.js';
import { jsonValueCodec } from './json-value.js';
import { type ColumnPlace, columnError } from './operand.js';
import { mergedProvenance, type Provenance, type Source } from './provenance.js';
import { checkedOptions, newSearch } from './search/search.js';
import type { SnippetOptions } from './search/search-options.js';
import { depthOf, isColumn, sizeOf } from './traverse.js';
import { namedShape, placeOf } from './value-shape.js';

/**
 * A column at run time, or what is calculated from columns, behind all the interfaces of `columns.ts`: it has every
 * operator, and refuses those that mean nothing for its codec, with BAD_QUERY. Its members are public for this room
 * only.
 */
export class RuntimeColumn extends ComparableColumn {
  plus(operand: unknown): RuntimeColumn {
    return this.#calculated('plus', [operand]);
  }

  minus(operand: unknown): RuntimeColumn {
    return this.#calculated('minus', [operand]);
  }

  times(operand: unknown): RuntimeColumn {
    return this.#calculated('times', [operand]);
  }

  coalesce(operand: unknown): RuntimeColumn {
    return this.#calculated('coalesce', [operand]);
  }

  concat(...operands: readonly unknown[]): RuntimeColumn {
    return this.#calculated('concat', operands);
  }

  length(): RuntimeColumn {
    return this.#calculated('length', []);
  }

  lower(): RuntimeColumn {
    return this.#calculated('lower', []);
  }

  upper(): RuntimeColumn {
    return this.#calculated('upper', []);
  }

  year(): RuntimeColumn {
    return this.#calculated('year', []);
  }

  month(): RuntimeColumn {
    return this.#calculated('month', []);
  }

  day(): RuntimeColumn {
    return this.#calculated('day', []);
  }

  hour(): RuntimeColumn {
    return this.#calculated('hour', []);
  }

  minute(): RuntimeColumn {
    return this.#calculated('minute', []);
  }

  second(): RuntimeColumn {
    return this.#calculated('second', []);
  }

  weekday(): RuntimeColumn {
    return this.#calculated('weekday', []);
  }

  matches(text: unknown, options?: unknown): Condition {
    const { search } = this.#searched(text, options);
    return newCondition({ op: 'matches', search }, this.provenance);
  }

  relevance(text: unknown, options?: unknown): RuntimeColumn {
    const { search } = this.#searched(text, options);
    return new RuntimeColumn({ relevanceOf: search }, relevanceShape, this.provenance);
  }

  snippet(text: unknown, options?: unknown): RuntimeColumn {
    const { search, look } = this.#searched(text, options);
    return new RuntimeColumn({ snippetOf: search, ...look }, snippetShape, this.provenance);
  }

  #searched(text: unknown, options: unknown): { readonly search: Search; readonly look: SnippetOptions } {
    const { mode, ...look } = checkedOptions(this.place, options);
    const [source] = this.provenance.sources;
    if (source === undefined) throw columnError('BAD_QUERY', this.place, 'a search takes an attribute or an item');
    return { search: newSearch(source.frame.asked.from, this, text, mode), look };
  }

  at(step: unknown): RuntimeColumn {
    const { node, shape } = this;
    if (!isJsonStep(step)) {
      throw columnError('INVALID_VALUE', this.place, 'at takes a key of an object, or an index of an array, 0 or more');
    }
    const made = { ...shape, name: `${shape.name}.${step}`, codec: jsonValueCodec, nullable: true };
    if ('at' in node) return new RuntimeColumn({ ...node, at: [...node.at, step] }, made, this.provenance);
    if (shape.codec.name !== 'json' || !isColumn(node)) {
      throw columnError('BAD_QUERY', this.place, 'at goes into json attributes only');
    }
    return new RuntimeColumn({ at: [step], of: node }, made, this.provenance);
  }

  /** The columns of the type that a reference points to. */
  get to(): Readonly<Record<string, RuntimeColumn>> {
    const { node, provenance } = this;
    const [source] = provenance.sources;
    if (source === undefined || !isColumn(node) || this.shape.reference === undefined) {
      throw columnError('BAD_QUERY', this.place, 'to follows references only');
    }
    const path = node.name === 'self' ? (node.path ?? []) : [...(node.path ?? []), node.name];
    return columnsAt(source, path);
  }

  #calculated(fn: Calculation, given: readonly unknown[]): RuntimeColumn {
    if (!takesOperands(fn, given.length)) {
      throw columnError('BAD_QUERY', this.place, `${fn} takes another number of operands`);
    }
    const fault = calculationFault(fn, this.shape);
    if (fault !== undefined) throw columnError('BAD_QUERY', this.place, `${fn} ${fault}`);
    const operands = given.map((operand) => this.#callOperand(fn, operand));
    const shape = calculatedShape(fn, [this.shape, ...operands.map((operand) => operand.shape)]);
    if (typeof shape === 'string') throw columnError('BAD_QUERY', this.place, `${fn} ${shape}`);
    const node = { fn, of: this.node, with: operands.map((operand) => operand.node) };
    // Here, since a loop may make one too deep to be walked.
    if (sizeOf(node) > MAX_NODES) {
      throw columnError('BAD_QUERY', this.place, `a calculation consists of ${MAX_NODES} parts at most`);
    }
    if (depthOf(node) > MAX_DEPTH) {
      const place = { ...this.place, attribute: fn };
      throw columnError('BAD_QUERY', place, `calculations nest at most ${MAX_DEPTH} levels deep`);
    }
    return new RuntimeColumn(node, shape, mergedProvenance([this, ...operands].map(({ provenance }) => provenance)));
  }

  #callOperand(fn: Calculation, operand: unknown): CalculationOperand {
    const other = columnIn(operand);
    if (other !== undefined) {
      this.mustBeOfOneQuery(other);
      return { node: { column: other.node }, shape: other.shape, provenance: other.provenance };
    }
    if (this.shape.reference !== undefined) throw columnError('BAD_QUERY', this.place, `${fn} takes a column here`);
    if (this.shape.codec === jsonValueCodec && typeof operand === 'boolean') {
      throw columnError('BAD_QUERY', this.place, `${fn} cannot tell true and false in JSON from 1 and 0`);
    }
    const value = encodedBy(operandCodec(fn, this.shape, operand), operand, this.place, fn);
    return {
      node: { value },
      shape: operandShape(fn, this.shape, value),
      provenance: { ...this.provenance, sources: [] },
    };
  }
}

/** What a calculation takes beside the value itself. */
interface CalculationOperand {
  readonly node: CallOperand;
  readonly shape: ColumnShape;
  readonly provenance: Provenance;
}

function encodedBy(codec: Codec, value: unknown, place: ColumnPlace, fn: Calculation): ValueCell {
  if (value === null || value === undefined) {
    throw columnError('INVALID_VALUE', place, `${fn} takes a value or a column, not ${kindOf(value)}`);
  }
  try {
    return cellOf(codec, value);
  } catch (cause) {
    if (cause instanceof Refusal) throw columnError('INVALID_VALUE', place, `${fn} ${cause.message}`, cause);
    throw cause;
  }
}

/** Where columns are read from: one of a callback's types, or where a path of references leads from it. */
interface ColumnsPlace {
  readonly source: Source;
  readonly path: readonly string[];
  readonly end: FromNode;
}

/** Makes all columns of a type at a place. */
type Maker = new (place: ColumnsPlace) => Readonly<Record<string, RuntimeColumn>>;

const makers = new WeakMap<ItemType, Maker>();

/** The columns of one of a callback's types; each is made when it is asked for. */
export function columnsOf(source: Source): Readonly<Record<string, RuntimeColumn>> {
  return columnsOfPlace({ source, path: [], end: source });
}

function columnsAt(source: Source, path: readonly string[]): Readonly<Record<string, RuntimeColumn>> {
  const end = placeOf(source, path);
  if (end !== undefined) return columnsOfPlace({ source, path, end });
  const attribute = path.join('.');
  const said = 'refers to items of any type: to needs a reference that names its type';
  throw columnError('BAD_QUERY', { type: source.type.name, attribute }, said);
}

function columnsOfPlace(place: ColumnsPlace): Readonly<Record<string, RuntimeColumn>> {
  return new (makerOf(place.end.type))(place);
}

/** The column that a value is; all columns of a type together stand for the item itself. Undefined for other values. */
export function columnIn(value: unknown): RuntimeColumn | undefined {
  // Every column is made here.
  return comparableIn(value) as RuntimeColumn | undefined;
}

function makerOf(type: ItemType): Maker {
  let maker = makers.get(type);
  if (maker === undefined) {
    maker = makeMaker(type);
    makers.set(type, maker);
  }
  return maker;
}

// A class, as every callback of a query has its own columns: made by Object.create, they took a sixth of building one.
function makeMaker(type: ItemType): Maker {
  class ColumnsOfType {
    /** Kept as long as the type: see `keepShape`. */
    static readonly sample = new ColumnsOfType({} as ColumnsPlace);
    readonly [placeKey]: ColumnsPlace;
    constructor(place: ColumnsPlace) {
      this[placeKey] = place;
    }
  }
  const columns: object = ColumnsOfType.prototype;
  Reflect.deleteProperty(columns, 'constructor'); // an attribute may be called so
  Object.setPrototypeOf(columns, unknownColumns(type));
  // Printing would ask for names that are no columns.
  Object.defineProperty(columns, Symbol.for('nodejs.util.inspect.custom'), { value: () => `columns of ${type.name}` });
  for (const name of [...type.byName.keys(), 'storeId', 'self']) {
    const shape = findShape(type, name) as ColumnShape;
    Object.defineProperty(columns, name, {
      enumerable: true,
      get(this: { readonly [placeKey]: ColumnsPlace }) {
        return newColumn(this[placeKey], shape);
      },
    });
  }
  // It has just been given a member for each column.
  return ColumnsOfType as unknown as Maker;
}

function newColumn({ source, path, end }: ColumnsPlace, shape: ColumnShape): RuntimeColumn {
  const node =
    path.length > 0 ? { source: source.index, path, name: shape.name } : { source: source.index, name: shape.name };
  const provenance: Provenance = { sources: [source], scopes: [], isAggregate: false };
  return new RuntimeColumn(node, namedShape(shape, path, end.isOptional), provenance);
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
