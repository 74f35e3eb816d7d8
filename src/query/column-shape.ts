import { kindOf } from '../errors.js';
import type { Attribute } from '../schema/attribute.js';
import { type Codec, Refusal } from '../schema/codec.js';
import { integerCodec } from '../schema/codecs/integer.js';
import { realCodec } from '../schema/codecs/real.js';
import { textCodec } from '../schema/codecs/text.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { ConditionNode, OrderNode } from './ast.js';
import { jsonValueCodec } from './json-value.js';

/** What a question needs to know of a value. Attributes are such, `storeId` and `self`, and what is calculated. */
export type ColumnShape = Pick<Attribute, 'name' | 'codec' | 'nullable' | 'collate' | 'reference'>;

const idCodec: Codec<number> = {
  name: 'storeId',
  columnType: 'INTEGER',
  ordered: true,
  encode(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw new Refusal(`takes a safe integer, not ${kindOf(value)}`);
  },
  decode: (cell) => cell as number,
};

const idShape: ColumnShape = Object.freeze({
  name: 'storeId',
  codec: idCodec,
  nullable: false,
  collate: 'binary',
  reference: undefined,
});

/** The shape of a number of rows. */
export const countShape: ColumnShape = Object.freeze({ ...idShape, name: 'count', codec: integerCodec });

/** The shape of how well an item fits a search. */
export const relevanceShape: ColumnShape = Object.freeze({
  ...idShape,
  name: 'relevance',
  codec: realCodec,
  nullable: true,
});
/** The shape of a piece of an item's text. */
export const snippetShape: ColumnShape = Object.freeze({
  ...idShape,
  name: 'snippet',
  codec: textCodec,
  nullable: true,
});

const selfShapes = new WeakMap<ItemType, ColumnShape>();
function selfShape(type: ItemType): ColumnShape {
  let shape = selfShapes.get(type);
  if (shape === undefined) {
    const reference = { target: () => type.itemClass, whenDeleted: 'refuse' } as const;
    shape = { ...idShape, name: 'self', reference };
    selfShapes.set(type, shape);
  }
  return shape;
}

/** The shape of a type's column by name, 'storeId' and 'self' included; undefined when there is none. */
export function findShape(type: ItemType, name: string): ColumnShape | undefined {
  if (name === 'storeId') return idShape;
  if (name === 'self') return selfShape(type);
  return type.byName.get(name);
}

/** True for ids, wherever they are read from: the same id in two stores is two items. */
export function isOfStore({ reference, codec }: ColumnShape): boolean {
  return reference !== undefined || codec === idCodec;
}

/** Columns of the same kind can be compared with each other: integers with reals, else only with the same codec. */
export function isSameKind(a: ColumnShape, b: ColumnShape): boolean {
  if (a.reference !== undefined || b.reference !== undefined) return isSameReference(a, b);
  // What a place in JSON holds is known only when it is read.
  if (a.codec === jsonValueCodec || b.codec === jsonValueCodec) return isJsonLike(a.codec) && isJsonLike(b.codec);
  return a.codec.name === b.codec.name || (isNumeric(a.codec) && isNumeric(b.codec));
}

function isJsonLike(codec: Codec): boolean {
  return isNumeric(codec) || codec.textual === true || codec.name === 'boolean';
}

function isNumeric(codec: Codec): boolean {
  return codec.arithmetic === 'integer' || codec.arithmetic === 'real';
}

function isSameReference(a: ColumnShape, b: ColumnShape): boolean {
  if (a.reference === undefined || b.reference === undefined) return false;
  return mayBeSame(a.reference.target?.(), b.reference.target?.());
}

/** True when an item of one class may be one of the other; an absent class is any. */
export function mayBeSame(one: ItemClass | undefined, other: ItemClass | undefined): boolean {
  return one === undefined || other === undefined || isKindOf(one, other) || isKindOf(other, one);
}

/** True when `itemClass` is `base` or extends it. */
export function isKindOf(itemClass: ItemClass, base: ItemClass): boolean {
  const [mine, wanted] = [itemClass.prototype, base.prototype] as [object, object];
  return mine === wanted || Object.prototype.isPrototypeOf.call(wanted, mine);
}

/** Why an operator means nothing for a column, as a phrase that follows the operator; undefined when it does. */
export function unsuitability(
  shape: ColumnShape,
  op: ConditionNode['op'] | OrderNode['direction'],
): string | undefined {
  const { codec, reference } = shape;
  const kind = reference === undefined ? codec.name : 'references';
  if (ORDERING.has(op) && !(codec.ordered && reference === undefined)) return `means nothing for ${kind}: no order`;
  if (TEXTUAL.has(op) && codec.textual !== true) return `means nothing for ${kind}: only for text`;
  if (EQUATING.has(op) && codec.incomparable === true) return `means nothing for ${kind}: use isNull or isNotNull`;
  return undefined;
}

const ORDERING: ReadonlySet<string> = new Set(['lt', 'lte', 'gt', 'gte', 'between', 'asc', 'desc']);
const TEXTUAL: ReadonlySet<string> = new Set(['like', 'startsWith', 'endsWith', 'contains']);
const EQUATING: ReadonlySet<string> = new Set(['eq', 'ne', 'in', 'notIn']);
