import { CorollaryError, kindOf } from '../errors.js';
import type { DecoratorOf, Wanted } from '../item/attribute-check.js';
import type { Item } from '../item/item.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { UpgradeStep } from '../item/upgrade-step.js';
import type { CreateInput, StoreId } from '../schema/attribute-types.js';
import type { ItemClass } from '../schema/item-class.js';
import { assertPlainFunction } from '../store/async-guard.js';

/** The attributes of an earlier version, by name, as decorators: `{ name: text() }`. */
export type UpgradeShape = Readonly<Record<string, unknown>>;

type OldValue<D> =
  D extends DecoratorOf<Wanted<infer Want, infer Null, infer _>>
    ? (Want extends Item ? StoreId<Want> : Want) | (Null extends true ? null : never)
    : never;
/** The values of an item of an earlier version: references as ids, all others as they are read from an item. */
export type OldValues<S extends UpgradeShape> = { readonly [K in keyof S]: OldValue<S[K]> };

/** What a step may give for the next version. */
export type UpgradeResult = Readonly<Record<string, unknown>> | null;

type OrId<V> = NonNullable<V> extends Item ? V | StoreId<NonNullable<V>> : V;
/** What must and may be given to create a T in a step: as for `create` of a store, and references may be ids. */
export type UpgradeInput<T> = { [K in keyof CreateInput<T>]: OrId<CreateInput<T>[K]> };

/** What a step is given besides the old values. */
export interface UpgradeContext {
  /** The item's id, which stays. */
  readonly storeId: StoreId;
  /** The item's store, to read from, and to change items of other types in. Items of its own type cannot be reached. */
  readonly store: KeepingStore;
  /** Creates one more item, of another type, and gives its id. A reference may be given as an id: that of this item, too. */
  readonly create: <T extends Item>(type: ItemClass<T>, values: NoInfer<UpgradeInput<T>>) => StoreId<T>;
}

/** Options of {@link upgrade}. */
export interface UpgradeOptions<To extends number = number> {
  /** The version that the step leads to; the next one if not given. */
  readonly to?: To;
}

/** Past 31 the compiler does not know which step is the last, and leaves its check to the program when it runs. */
type Next<From extends number> = From extends keyof Successors ? Successors[From] & number : number;
// biome-ignore format: a table
interface Successors {
  1: 2; 2: 3; 3: 4; 4: 5; 5: 6; 6: 7; 7: 8; 8: 9; 9: 10; 10: 11; 11: 12; 12: 13; 13: 14; 14: 15; 15: 16; 16: 17;
  17: 18; 18: 19; 19: 20; 20: 21; 21: 22; 22: 23; 23: 24; 24: 25; 25: 26; 26: 27; 27: 28; 28: 29; 29: 30; 30: 31; 31: 32;
}

/** What {@link upgrade} makes. */
export class Upgrade implements UpgradeStep {
  readonly from: number;
  readonly to: number;
  readonly shape: UpgradeShape;
  /** Undefined where all is copied. */
  readonly step: ((old: never, context: UpgradeContext) => unknown) | undefined;

  constructor(from: number, to: number, shape: UpgradeShape, step: Upgrade['step']) {
    this.from = from;
    this.to = to;
    this.shape = shape;
    this.step = step;
  }
}

/**
 * A step from one version of an item type to the next, for the option `upgrades` of `item`. `shape` has the attributes
 * of the earlier version; `step` is given their values, and gives those of the later one, or null to delete the item.
 * Attributes of the same name and type are copied unless they are given; without a step, all are.
 *
 * @example
 * @item('person', { version: 2, upgrades: () => [upgrade(1, { name: text() }, (old) => ({ first: old.name }))] })
 * class Person extends Item {
 *   @text() declare first: string;
 * }
 * @throws CorollaryError BAD_TYPE; ASYNC_TRANSACTION for an asynchronous step
 */
export function upgrade<
  const From extends number,
  const S extends UpgradeShape,
  const Given extends UpgradeResult = Record<never, never>,
  const To extends number = Next<From>,
>(
  from: From,
  shape: S,
  step?: (old: OldValues<S>, context: UpgradeContext) => Given,
  options: UpgradeOptions<To> = {},
): NoInfer<UpgradeStep<OldValues<S>, Given, From, To>> {
  const faults = [...versionFaults(from, options), ...shapeFaults(shape)];
  if (faults.length > 0) throw new CorollaryError('BAD_TYPE', `upgrade(${String(from)}, ...) ${faults.join('; ')}`);
  if (step !== undefined)
    assertPlainFunction(step, `upgrade(${from}, ...)`, 'an upgrade is over when its transaction is');
  const made: unknown = new Upgrade(from, options.to ?? from + 1, shape, step as Upgrade['step']);
  return made as NoInfer<UpgradeStep<OldValues<S>, Given, From, To>>; // `to` is what the type says, unless it says nothing
}

function versionFaults(from: unknown, options: unknown): string[] {
  if (!isVersion(from)) return ['needs the number of a version first: an integer from 1'];
  if (typeof options !== 'object' || options === null) return [`takes an object of options, not ${kindOf(options)}`];
  const { to = from + 1, ...others } = options as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return [`has no option '${unknown}': there is to`];
  return isVersion(to) && to > from ? [] : [`needs a later version as to, an integer from ${from + 1}`];
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function shapeFaults(shape: unknown): string[] {
  const isObject = typeof shape === 'object' && shape !== null && !Array.isArray(shape);
  return isObject ? [] : [`needs the attributes of that version: { name: text() }, not ${kindOf(shape)}`];
}
