import { CorollaryError, kindOf } from '../errors.js';
import type { Item } from '../item/item.js';
import type { AnyRole } from '../item/role.js';
import type { AttrKey, Input, ReferenceKey } from '../schema/attribute-types.js';
import type { ItemClass } from '../schema/item-class.js';
import type { AxiomRow } from './source/axiom-row.js';
import type { AxiomFile, AxiomReference } from './source/links.js';

type ReferenceValue<T, K> = K extends ReferenceKey<T> ? AxiomReference | AxiomFile : never;
/**
 * Values for some attributes of a T. Null may be given everywhere, since everything may be null in Axiom; where the
 * attribute is not nullable, the item is among the problems.
 */
export type AxiomValues<T> = { readonly [K in AttrKey<T>]?: Input<T[K]> | ReferenceValue<T, K> | null };

/** How the items of an Axiom type become items of a class: see {@link mapTo}. */
export interface AxiomTypeOptions<T> {
  /**
   * Values for attributes that are not simply taken over. Called for each item, twice: to check, and to write; so it
   * gives the same for the same, and changes nothing.
   */
  readonly values?: (row: AxiomRow) => AxiomValues<T>;
  /** The attributes of the Axiom type that are given up. */
  readonly drop?: readonly string[];
}

/** What a mapping says, for whoever carries it out. */
export interface TypePlan {
  readonly to: ItemClass;
  readonly values: ((row: AxiomRow) => unknown) | undefined;
  readonly drop: readonly string[];
}

/** What {@link mapTo} was told. */
export let planOf: (mapping: AxiomTypeMapping) => TypePlan;

/** What {@link mapTo} gives. */
export class AxiomTypeMapping {
  readonly #plan: TypePlan;
  static {
    planOf = (mapping) => mapping.#plan;
  }

  /** Use {@link mapTo}. */
  constructor(plan: TypePlan) {
    this.#plan = plan;
  }
}

/**
 * Says how the items of an Axiom type become items of a class. What has the same name is taken over; `values` gives the
 * rest, and what is to be different.
 *
 * @example
 * mapTo(Book, { values: (row) => ({ price: row.decimal('cost'), writer: row.reference('author') }), drop: ['weight'] })
 * @throws CorollaryError INVALID_VALUE
 */
export function mapTo<T extends Item>(
  type: ItemClass<T>,
  options: NoInfer<AxiomTypeOptions<T>> = {},
): AxiomTypeMapping {
  const faults = optionFaults(type, options);
  if (faults.length > 0) throw new CorollaryError('INVALID_VALUE', `mapTo takes ${faults.join('; and ')}`);
  const { values, drop = [] } = options;
  return new AxiomTypeMapping({ to: type, values, drop: [...drop] });
}

function optionFaults(type: unknown, options: unknown): string[] {
  if (typeof type !== 'function') return [`an item class, not ${kindOf(type)}`];
  if (typeof options !== 'object' || options === null) return [`an object of options, not ${kindOf(options)}`];
  const { values, drop, ...others } = options as Record<string, unknown>;
  return [
    ...Object.keys(others).map((name) => `no option '${name}', only values and drop`),
    ...(values === undefined || typeof values === 'function' ? [] : [`a function as values, not ${kindOf(values)}`]),
    ...(drop === undefined || isListOfTexts(drop) ? [] : ['a list of attribute names as drop']),
  ];
}

/** True for an array of nothing but texts. */
export function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** The class that takes over what has the same names, or what {@link mapTo} gives. */
export type AxiomTypeEntry = ItemClass<Item> | AxiomTypeMapping;
/** What becomes of the types of a store, by their names in Axiom; where versions differ, for each of them. */
export type AxiomTypes = Readonly<Record<string, AxiomTypeEntry | { readonly [version: number]: AxiomTypeEntry }>>;

/** What becomes of a store of Axiom. */
export interface AxiomMapping {
  /** By the names of types in Axiom: 'book', 'myapp_model_book'. */
  readonly types?: AxiomTypes;
  /** The types of Axiom whose items are left out. */
  readonly skip?: readonly string[];
  /** The roles that interfaces have become, by the dotted names of these: 'myapp.imyapp.IGreeter'. */
  readonly roles?: Readonly<Record<string, AnyRole>>;
  /**
   * What is different for a substore, given its path among the files of its parent: 'account/example.com/bob.axiom'. Null
   * leaves it out. For what is not given, that of the parent counts.
   */
  readonly substores?: (path: string) => AxiomSubstore | null;
}

/** What becomes of a substore. */
export interface AxiomSubstore extends AxiomMapping {
  /** The name that it gets; the last part of its path if not given. */
  readonly name?: string;
}
