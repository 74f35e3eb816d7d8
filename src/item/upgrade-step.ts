/** Types only: what `@item` must know of the steps between versions, which the room of upgrades makes and runs. */

import type { AttrKey, Input, MandatoryKey, StoreId } from '../schema/attribute-types.js';
import type { Mismatch } from './attribute-check.js';
import type { Item } from './item.js';

declare const takes: unique symbol;
declare const gives: unique symbol;

/** A step from one version of an item type to a later one; `upgrade()` makes it. */
export interface UpgradeStep<Old = unknown, Given = unknown, From = number, To = number> {
  readonly from: From;
  readonly to: To;
  /** Never there: the values it is given, and those that it gives. */
  readonly [takes]?: Old;
  readonly [gives]?: Given;
}

/** Answers the steps that lead to the version of a class. */
export type UpgradesOf = () => readonly UpgradeStep[];

/** `unknown` where what the last steps give is what a T needs, else a sentence that the compiler will print. */
export type StepsFit<T, Steps extends readonly UpgradeStep[]> = [Steps] extends [never]
  ? unknown
  : LastFits<T, LastOf<Steps[number]>>;

/** The steps that lead where no other goes on; none where the compiler does not know all versions. */
type LastOf<Step extends UpgradeStep, All extends UpgradeStep = Step> = number extends All['to'] | All['from']
  ? never
  : Step extends { readonly to: Exclude<All['to'], All['from']> }
    ? Step
    : never;

type LastFits<T, Last> = [Wrong<T, Last>] extends [never] ? unknown : Mismatch<Wrong<T, Last>>;

type Wrong<T, Step> =
  Step extends UpgradeStep<infer Old, infer Given>
    ? NonNullable<Given> extends infer Values
      ? Lacking<T, Exclude<MandatoryKey<T>, keyof Values | Suiting<T, Old>>> | Unsuited<T, Values>
      : never
    : never;

type Lacking<T, K> =
  K extends AttrKey<T> ? `the last upgrade does not give ${K}, which is mandatory and cannot be copied` : never;
type Unsuited<T, Values> = {
  [K in keyof Values & AttrKey<T>]: Values[K] extends Acceptable<T[K]> ? never : UnlessUnknown<Values[K], K>;
}[keyof Values & AttrKey<T>];
type UnlessUnknown<V, K extends string> =
  IsUntold<V> extends true ? never : `the last upgrade gives ${K} a value that it does not take`;
/** True for what only the check of its value can tell: JSON, and the id of any item. */
type IsUntold<V> = unknown extends V
  ? true
  : NonNullable<V> extends StoreId
    ? StoreId<Item> extends NonNullable<V>
      ? true
      : false
    : false;

/** The attributes that are copied. */
type Suiting<T, Old> = {
  [K in keyof Old & AttrKey<T>]: Old[K] extends Acceptable<T[K]> ? K : IsUntold<Old[K]> extends true ? K : never;
}[keyof Old & AttrKey<T>];

/** What a step may give for a property of type V. What is in an object, the check of its value looks at. */
type Acceptable<V> =
  NonNullable<V> extends Item
    ? V | StoreId<NonNullable<V>>
    : NonNullable<V> extends Date | Uint8Array
      ? V
      : NonNullable<V> extends object
        ? unknown
        : Input<V>;
