/** Types only: the one signature of attribute decorators, and the sentences that the compiler prints. */

import type { Decimal, Plain } from '../schema/attribute-types.js';
import type { ReservedName } from '../schema/names.js';
import type { Item } from './item.js';

declare const problem: unique symbol;
/** No argument is ever of this type: the compiler prints its sentence. */
export interface Mismatch<Sentence extends string> {
  readonly [problem]: Sentence;
}

/** The name of a type, for a sentence. */
type Named<V> = [V] extends [never]
  ? 'never'
  : [V] extends [Decimal]
    ? 'Decimal'
    : [V] extends [string]
      ? 'string'
      : [V] extends [number]
        ? 'number'
        : [V] extends [bigint]
          ? 'bigint'
          : [V] extends [boolean]
            ? 'boolean'
            : [V] extends [Date]
              ? 'Date'
              : [V] extends [Uint8Array]
                ? 'Uint8Array'
                : [V] extends [Item]
                  ? 'an item'
                  : 'something else';
type Found<V> = null extends V ? `${Named<NonNullable<V>>} | null` : Named<V>;

/** `unknown` where a property of type Prop suits an attribute of type Want, else a {@link Mismatch}. */
export type PropertyVerdict<Prop, Want, Null extends boolean, What extends string> = 0 extends 1 & Prop
  ? Mismatch<`${What}() needs a property with a type; this one is 'any'`>
  : undefined extends Prop
    ? Mismatch<`an attribute is never undefined: use null, and ${What}({ nullable: true })`>
    : Suits<NonNullable<Plain<Prop>>, Want> extends true
      ? NullVerdict<Prop, Null, What>
      : [Want] extends [Item]
        ? Mismatch<`the property's type is not the item class that ${What}() refers to`>
        : Mismatch<`${What}() suits ${Named<Want>}, but the property is ${Found<Prop>}`>;

/**
 * A scalar property may be narrower than its attribute ('new' | 'done'). An object may not: what comes back is a plain
 * Date or Uint8Array, and a reference may be to any of the class.
 */
type Suits<Prop, Want> = [Prop] extends [Want]
  ? [Want] extends [Item | Date | Uint8Array]
    ? [Want] extends [Prop]
      ? true
      : false
    : true
  : false;

type NullVerdict<Prop, Null extends boolean, What extends string> = null extends Prop
  ? Null extends true
    ? unknown
    : Mismatch<`the property may be null, so say so: ${What}({ nullable: true })`>
  : Null extends true
    ? Mismatch<`the attribute is nullable, so add '| null' to the property's type`>
    : unknown;

/** The property's name: what a legacy decorator is given, or a part of what a standard one is. */
type NameIn<C> = C extends string ? C : C extends { readonly name: infer N extends string } ? N : never;
type IsReserved<N extends string> = [N] extends [never] ? false : Lowercase<N> extends ReservedName ? true : false;

type Verdict<T, C, Want, Null extends boolean, What extends string> =
  IsReserved<NameIn<C>> extends true
    ? Mismatch<`items have a member named ${NameIn<C>} already: choose another name`>
    : T extends abstract new (
          ...args: never
        ) => unknown
      ? Mismatch<`${What}() goes on an instance property, not on a static one`>
      : C extends keyof T
        ? PropertyVerdict<T[C], Want, Null, What>
        : C extends { kind: 'field' | 'accessor'; static: false; private: false; access: { get(o: never): infer V } }
          ? PropertyVerdict<V, Want, Null, What>
          : Mismatch<`${What}() goes on a public instance field or accessor`>;

/**
 * A decorator for a property of type Want, of both kinds in one signature. A legacy one is called with (prototype,
 * name, descriptor?), a standard one with (undefined | { get, set }, context); C is the name's literal type or the
 * context's, and the check hangs on it. Overloads would print "No overload matches this call" in place of the sentence.
 */
export type AttributeDecorator<Want, Null extends boolean, What extends string> =
  // biome-ignore lint/suspicious/noExplicitAny: the two decorator kinds want different results
  <T, const C>(target: T, context: C & Verdict<T, C, Want, Null, What>, descriptor?: any) => any;
