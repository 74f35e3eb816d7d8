import { kindOf } from '../errors.js';
import type { WhenDeleted } from '../schema/attribute.js';
import type { Address, AttrKey, Decimal, DecimalInput } from '../schema/attribute-types.js';
import type { Codec } from '../schema/codec.js';
import { addressCodec } from '../schema/codecs/address.js';
import { bigintCodec } from '../schema/codecs/bigint.js';
import { booleanCodec } from '../schema/codecs/boolean.js';
import { bytesCodec } from '../schema/codecs/bytes.js';
import { decimalCodec, MAX_SCALE } from '../schema/codecs/decimal.js';
import { integerCodec } from '../schema/codecs/integer.js';
import { jsonCodec } from '../schema/codecs/json.js';
import { realCodec } from '../schema/codecs/real.js';
import { referenceCodec } from '../schema/codecs/reference.js';
import { textCodec } from '../schema/codecs/text.js';
import { timestampCodec } from '../schema/codecs/timestamp.js';
import type { ItemClass } from '../schema/item-class.js';
import type { AttributeDecorator, DecoratorOf, PropertyVerdict, Wanted } from './attribute-check.js';
import { type AttributeKind, type AttributeOptions, attributeOf } from './attribute-options.js';
import { badAttribute } from './declarations.js';
import type { Site } from './decorate.js';
import type { Item } from './item.js';
import { referenceRule } from './reference-rule.js';
import { fitsSchema, type StandardSchema } from './standard-schema.js';
import { refuseNonItem } from './type-of.js';

/** What `attribute()` makes of what the compiler says. Number is left out: integer and real are different things. */
const INFERRED: ReadonlyMap<unknown, AttributeKind> = new Map<unknown, AttributeKind>([
  [String, { what: '@attribute', codec: textCodec }],
  [BigInt, { what: '@attribute', codec: bigintCodec }],
  [Boolean, { what: '@attribute', codec: booleanCodec }],
  [Date, { what: '@attribute', codec: timestampCodec }],
  [Uint8Array, { what: '@attribute', codec: bytesCodec }],
  [Buffer, { what: '@attribute', codec: bytesCodec }],
]);

function plain<V, What extends string>(what: What, codec: Codec) {
  return <Null extends boolean = false>(options: AttributeOptions<V, Null> = {}): AttributeDecorator<V, Null, What> =>
    attributeOf(() => ({ what, codec }), options);
}

/** Options of {@link text}. */
export interface TextOptions<Null extends boolean = boolean> extends AttributeOptions<string, Null> {
  /** 'nocase': A to Z equal a to z in comparisons, orders and unique. 'binary' if not given. */
  readonly collate?: 'binary' | 'nocase';
  /** True: its words are indexed, to be searched. */
  readonly fullText?: boolean;
}

/** Well-formed text without NUL characters. */
export function text<Null extends boolean = false>(
  options: TextOptions<Null> = {},
): AttributeDecorator<string, Null, '@text'> {
  return attributeOf(({ place }) => {
    const collate = options?.collate ?? 'binary';
    if (collate !== 'binary' && collate !== 'nocase')
      throw badAttribute(place, "@text() needs 'binary' or 'nocase' as collate");
    return { what: '@text', codec: textCodec, own: ['collate'], collate };
  }, options);
}

/** Safe integers: whole numbers up to 2^53. */
export const integer = plain<number, '@integer'>('@integer', integerCodec);
/** Whole numbers of 64 bits, as bigint. */
export const bigint = plain<bigint, '@bigint'>('@bigint', bigintCodec);
/** Finite numbers of double precision. */
export const real = plain<number, '@real'>('@real', realCodec);
/** True or false. */
export const boolean = plain<boolean, '@boolean'>('@boolean', booleanCodec);
/** Moments to the millisecond, as Date. Changing a Date that was read changes nothing in the item. */
export const timestamp = plain<Date, '@timestamp'>('@timestamp', timestampCodec);
/** Bytes, as Uint8Array. Changing an array that was read changes nothing in the item. */
export const bytes = plain<Uint8Array, '@bytes'>('@bytes', bytesCodec);

/** Items anywhere in the tree, as their addresses. Only the form is checked: what is there may come and go. */
export const address = plain<Address, '@address'>('@address', addressCodec);

/** Options of {@link json}. */
// biome-ignore lint/suspicious/noExplicitAny: the property's type, which is not known where the options are written
export interface JsonOptions<Null extends boolean = boolean> extends AttributeOptions<any, Null> {
  /** A validator of the Standard Schema kind. It only accepts or refuses: what it would change stays as given. */
  readonly schema?: StandardSchema;
  /** Places inside that have an index, each the keys and indexes that lead there: `[['theme', 'color']]`. */
  readonly indexedAt?: readonly (readonly (string | number)[])[];
}

const JSON_OPTIONS = ['schema', 'indexedAt'];

/** Plain data of the property's own type, as JSON: deeply frozen when read. What JSON would drop or change is refused. */
export function json<Null extends boolean = false>(
  options: JsonOptions<Null> = {},
): AttributeDecorator<unknown, Null, '@json'> {
  return attributeOf(({ place }) => {
    const schema = options?.schema;
    if (schema === undefined) return { what: '@json', codec: jsonCodec, own: JSON_OPTIONS };
    if (typeof schema['~standard']?.validate !== 'function')
      throw badAttribute(place, `@json() needs a Standard Schema validator as schema, not ${kindOf(schema)}`);
    return { what: '@json', codec: jsonCodec, own: JSON_OPTIONS, validate: (value) => fitsSchema(schema, value) };
  }, options);
}

/** Options of {@link decimal}. */
export interface DecimalOptions<Null extends boolean = boolean> extends AttributeOptions<DecimalInput, Null> {
  /** Digits after the point, 0 to 18. */
  readonly scale: number;
}

/** Exact decimal numbers, as canonical text with `scale` digits after the point: '12.50'. */
export function decimal<Null extends boolean = false>(
  options: DecimalOptions<Null>,
): AttributeDecorator<Decimal, Null, '@decimal'> {
  return attributeOf(({ place }) => {
    const scale: unknown = options?.scale;
    if (!Number.isInteger(scale) || (scale as number) < 0 || (scale as number) > MAX_SCALE)
      throw badAttribute(place, `@decimal() needs an integer from 0 to ${MAX_SCALE} as scale`);
    return { what: '@decimal', codec: decimalCodec(scale as number), own: ['scale'] };
  }, options);
}

/** Options of {@link reference}. */
export interface ReferenceOptions<T, Null extends boolean = boolean> extends AttributeOptions<T, Null> {
  /**
   * What happens to the item when the one that it refers to is deleted: 'cascade' deletes it too, 'nullify' makes the
   * reference null, 'refuse' refuses the deletion. If not given: 'nullify' where nullable, else 'refuse'.
   */
  readonly whenDeleted?: WhenDeleted;
}

/**
 * Another item of the same store: of the class that `target` answers, or any if there is none. The class is asked for
 * late, so that it may be declared further down.
 *
 * @example
 * @reference(() => Country, { whenDeleted: 'cascade' }) declare country: Country;
 * @reference({ nullable: true }) declare about: Item | null;
 */
export function reference<T extends Item, Null extends boolean = false>(
  target: () => ItemClass<T>,
  options?: ReferenceOptions<T, Null>,
  // Not by the shorter name: T is new for each class, so that every name on the way is instantiated anew.
): DecoratorOf<Wanted<T, Null, '@reference'>>;
export function reference<Null extends boolean = false>(
  options?: ReferenceOptions<Item, Null>,
): AttributeDecorator<Item, Null, '@reference'>;
export function reference(
  // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what may be given
  first?: (() => ItemClass) | ReferenceOptions<any>,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  second?: ReferenceOptions<any>,
  // biome-ignore lint/suspicious/noExplicitAny: as above
): AttributeDecorator<Item, any, '@reference'> {
  const [target, options = {}] = typeof first === 'object' ? [undefined, first] : [first, second];
  return attributeOf<Item, boolean, '@reference'>(({ place }) => {
    const whenDeleted = options?.whenDeleted ?? (options?.nullable ? 'nullify' : 'refuse');
    const reference = referenceRule('@reference', place, target, whenDeleted);
    return { what: '@reference', codec: referenceCodec, own: ['whenDeleted'], reference };
  }, options);
}

/**
 * An attribute whose type the compiler tells: text, bigint, boolean, timestamp or bytes. Needs legacy decorators and
 * `emitDecoratorMetadata`; where the type is not told, or does not suffice, the error says what to write instead.
 */
export function attribute<Null extends boolean = false>(
  options: AttributeOptions<never, Null> = {},
): AttributeDecorator<unknown, Null, '@attribute'> {
  return attributeOf((site) => {
    const kind = INFERRED.get(site.designType);
    if (kind !== undefined) return kind;
    const names = '@text(), @integer(), @real(), @timestamp(), @reference(() => City)';
    throw badAttribute(site.place, `its type cannot be inferred: ${whyUntold(site)}. Name it instead: ${names} ...`);
  }, options);
}

function whyUntold({ isStandard, designType }: Site): string {
  if (isStandard) return 'standard decorators are told no types';
  if (typeof designType !== 'function')
    return "the compiler emitted none (esbuild and tsx never do, others with 'emitDecoratorMetadata')";
  return `the compiler emitted ${designType.name}, which does not suffice (for unions with null, and plain numbers, it never does)`;
}

type Suiting<T, D> = {
  [K in keyof D]: K extends AttrKey<T>
    ? D[K] extends DecoratorOf<Wanted<infer Want, infer Null, infer What>>
      ? D[K] & PropertyVerdict<T[K], Want, Null, What>
      : never
    : never;
};

/**
 * Declares attributes without decorator syntax: for JavaScript, and for tools that only strip types (`node file.ts`).
 * To be called before the class is used. In TypeScript the properties are declared as usual, by `declare name: string`.
 *
 * @example
 * attributes(City, { name: text(), population: integer({ nullable: true }) });
 * item('city')(City);
 */
export function attributes<T extends Item, const D extends Partial<Record<AttrKey<T>, unknown>>>(
  itemClass: ItemClass<T>,
  decorators: D & Suiting<T, D>,
): void {
  refuseNonItem(itemClass);
  for (const [name, decorate] of Object.entries(decorators as Record<string, unknown>)) {
    if (typeof decorate !== 'function')
      throw badAttribute(
        `${itemClass.name}.${name}`,
        `attributes() takes text() and the like, not ${kindOf(decorate)}`,
      );
    decorate(itemClass.prototype, name);
  }
}
