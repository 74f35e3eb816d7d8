/** Types only: what is inferred from an item class. Nothing here mentions `Item`, so that `query` can use it too. */

import type { RESERVED_NAMES } from './names.js';

declare const defaulted: unique symbol;
declare const memory: unique symbol;
declare const storeIdOf: unique symbol;
declare const exact: unique symbol;
declare const addressed: unique symbol;

/**
 * An item's id in its store: a safe integer that never comes back. A plain number is not one, and ids of different
 * item types do not mix; `7 as StoreId<City>` says so where an id came from outside.
 */
export type StoreId<T = unknown> = number & { readonly [storeIdOf]: T };
/** Anything with an id in a store. Item classes are; the rooms below `item` ask for no more. */
export interface Stored {
  readonly storeId: StoreId;
}

/** Marks a non-null attribute that may be left out when an item is created, because its decorator gives a default. */
export type Default<V> = V & { readonly [defaulted]?: never };
/** Marks a public field that is kept in memory only: it is no attribute. */
export type Memory<V> = V extends null | undefined ? V : V & { readonly [memory]?: never };
/** The type behind a {@link Default} mark. */
export type Plain<V> = typeof defaulted extends keyof V
  ? V extends infer U & { readonly [defaulted]?: never }
    ? U
    : V
  : V;

/** An exact decimal number as its canonical text, such as '12.50'; see the `decimal` attribute. */
export type Decimal = string & { readonly [exact]: 'decimal' };
/**
 * Where an item is, whatever store of the tree it is in: the uid of its store and its storeId, as one text. A plain text
 * is not one; `text as Address` says so where an address came from outside, and its form is checked where it is used.
 */
export type Address = string & { readonly [addressed]: 'address' };
/** What may be given where a {@link Decimal} is kept: canonical text, a numeric string literal, a safe integer. */
export type DecimalInput = Decimal | `${number}` | number;
/** What may be given for a property of type V. */
export type Input<V> = [NonNullable<Plain<V>>] extends [Decimal] ? DecimalInput | Extract<V, null> : Plain<V>;

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
// Apart from WritableKey, because only a mapped type over `K extends keyof T` keeps the readonly marks. Of nothing but
// marks, as the properties' types would cost the compiler an instantiation each, twice.
type IsWritable<T, K extends keyof T> = Same<{ [P in K]: T }, { -readonly [P in K]: T }>;
// Without the members of Item: their types are made from these very keys, which would be circular.
// `infer` spreads out the keys at half of what Exclude costs.
type OwnKey<T> = keyof T extends infer K extends keyof T
  ? K extends (typeof RESERVED_NAMES)[number]
    ? never
    : K
  : never;
/** Keys of T that can be assigned to: a getter without a setter, or a readonly property, is no attribute. */
type WritableKey<T> =
  // All at once first: most classes have no others, and key by key it costs the compiler several times as much.
  IsWritable<T, OwnKey<T>> extends true
    ? OwnKey<T>
    : { [K in OwnKey<T>]-?: IsWritable<T, K> extends true ? K : never }[OwnKey<T>];
// biome-ignore lint/suspicious/noExplicitAny: the one parameter list every method is assignable to
type Method = (...args: any[]) => unknown;
type IsAttribute<V> = typeof memory extends keyof NonNullable<V> ? false : NonNullable<V> extends Method ? false : true;
type DataKey<T, K extends keyof T> = K extends unknown ? (IsAttribute<T[K]> extends true ? K : never) : never;
/** The names of T's attributes: its public, writable properties that are neither methods nor marked {@link Memory}. */
export type AttrKey<T> = DataKey<T, WritableKey<T>> & string;

type MayOmit<V> = null extends V ? true : typeof defaulted extends keyof V ? true : false;
type OptionalKey<T, K extends keyof T> = K extends unknown ? (MayOmit<T[K]> extends true ? K : never) : never;
// Mapped over the keys themselves (not Record<>), so that renaming an attribute in an editor renames it at uses too.
type Must<T, K extends keyof T> = { [P in K]: Input<T[P]> };
type May<T, K extends keyof T> = { [P in K]?: Input<T[P]> };
/** The names of the attributes that an item must be given when it is created. */
export type MandatoryKey<T> = Exclude<AttrKey<T>, OptionalKey<T, AttrKey<T>>>;
type Given<T, K extends keyof T, O extends keyof T> = Must<T, Exclude<K, O>> & May<T, O>;
/**
 * What must and what may be given to create a T: every non-null attribute without a default must. Where T is not to be
 * inferred from it, `NoInfer<CreateInput<T>>` shares what the compiler found for T; `CreateInput<NoInfer<T>>` does not.
 */
export type CreateInput<T> = Given<T, AttrKey<T>, OptionalKey<T, AttrKey<T>>>;
/** New values for some of T's attributes. */
export type Changes<T> = May<T, AttrKey<T>>;
/** Values that some of T's attributes must equal. */
export type Equalities<T> = May<T, AttrKey<T>>;
/** The names of T's attributes that refer to other items. */
export type ReferenceKey<T> = {
  [K in AttrKey<T>]: NonNullable<Plain<T[K]>> extends Stored ? K : never;
}[AttrKey<T>];
/** The id of what a property of type V refers to; null where that can be null. */
export type ReferredId<V> = StoreId<NonNullable<Plain<V>>> | Extract<V, null>;
/** The same type under another name. Hides a class from emitDecoratorMetadata, which would read it before it exists. */
export type Ref<T> = T;
