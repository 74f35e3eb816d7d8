/** Types only: the one signature of attribute decorators, and the sentences that the compiler prints. */

import type { Address, Decimal, Plain } from '../schema/attribute-types.js';
import type { ReservedName } from '../schema/names.js';
import type { Item } from './item.js';

declare const problem: unique symbol;
declare const wanted: unique symbol;
/** No argument is ever of this type: the compiler prints its sentence. */
export interface Mismatch<Sentence extends string> {
  readonly [problem]: Sentence;
}

/** The name of a type, for a sentence. */
type Named<V> = [V] extends [never]
  ? 'never'
  : [V] extends [Decimal]
    ? 'Decimal'
    : [V] extends [Address]
      ? 'Address'
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

/** What an attribute decorator wants of its property: values of a type, null among them or not; and its own name. */
export interface Wanted<Want, Null extends boolean, What extends string> {
  readonly value: Want;
  readonly nullable: Null;
  readonly what: What;
  /** Of the usual property's type, which is let through without further questions. */
  readonly usual: Exactly<Null extends true ? Want | null : Want>;
}

/** Two of these suit each other when their types do, in both directions: cheaper to compare than a pair of types. */
interface Exactly<in out V> {
  readonly value: (value: V) => V;
}

// Asked of every attribute of every class, so it comes to the point at once: `scripts/type-cost.mjs` counts.
type PropertyFits<P, W extends { readonly usual: unknown }> =
  Exactly<P> extends W['usual'] ? (unknown extends P ? Explained<P, W> : unknown) : Explained<P, W>;

/**
 * `never` is what a legacy decorator finds where the class has no such property in public. What a standard one finds
 * here means nothing: its context is an object, which passes, and {@link ContextFits} looks into that.
 */
type Explained<P, W> =
  W extends Wanted<infer Want, infer Null, infer What>
    ?
        | object
        | ([P] extends [never]
            ? Mismatch<`${What}() goes on a public instance field or accessor`>
            : PropertyVerdict<P, Want, Null, What>)
    : never;

type ContextFits<C, W> = C extends string ? NameFits<C> : StandardFits<C, W>;

type NameFits<N extends string> =
  Lowercase<N> extends ReservedName ? Mismatch<`items have a member named ${N} already: choose another name`> : unknown;

type StandardFits<C, W> = C extends {
  name: infer N extends string;
  kind: 'field' | 'accessor';
  static: false;
  private: false;
  access: { get(o: never): infer V };
}
  ? NameFits<N> & (W extends Wanted<infer Want, infer Null, infer What> ? PropertyVerdict<V, Want, Null, What> : never)
  : Mismatch<'attributes are public instance fields or accessors'>;

/** A class itself, which a legacy decorator is given for a static property, has a prototype. */
export interface Instance {
  valueOf(): unknown; // what everything has, so that the compiler does not ask for something in common
  readonly prototype?: Mismatch<'attributes are instance properties, not static ones'>;
}

/**
 * A decorator for a property of type Want, of both kinds in one signature. A legacy one is called with (prototype,
 * name, descriptor?), a standard one with (undefined | { get, set }, context); C is the name's literal type or the
 * context's, and the check hangs on it. Overloads would print "No overload matches this call" in place of the sentence.
 *
 * `NoInfer` and the constraint of C keep the compiler from following both branches of every question.
 */
export interface DecoratorOf<W extends { readonly usual: unknown }> {
  <T extends Instance | undefined, const C extends string | object>(
    target: T,
    context: C & NoInfer<PropertyFits<T[C & keyof T], W>> & NoInfer<ContextFits<C, W>>,
    // biome-ignore lint/suspicious/noExplicitAny: the two decorator kinds want different results
    descriptor?: any,
    // biome-ignore lint/suspicious/noExplicitAny: as above
  ): any;
  /** Never there: `attributes()` infers W from it. */
  readonly [wanted]?: W;
}

/** {@link DecoratorOf}, spelt out. */
export type AttributeDecorator<Want, Null extends boolean, What extends string> = DecoratorOf<Wanted<Want, Null, What>>;
