import { kindOf } from '../errors.js';
import type { Check } from '../schema/attribute.js';
import type { AttrKey } from '../schema/attribute-types.js';
import type { ItemClass } from '../schema/item-class.js';
import type { IndexColumns } from '../schema/item-type.js';
import { checkTypeName, nameFault } from '../schema/names.js';
import type { Mismatch } from './attribute-check.js';
import { declaredItem, fileItem, type ItemDeclaration } from './declarations.js';
import type { Item } from './item.js';
import type { Indirector, Role, RoleEntry } from './role.js';
import { badType, refuseItemBase, refuseNonItem } from './type-of.js';
import type { StepsFit, UpgradeStep } from './upgrade-step.js';

/** What `@item` may say of an item type besides its name. */
export interface ItemOptions<
  Columns extends string = string,
  Roles extends readonly RoleEntry[] = readonly RoleEntry[],
  Steps extends readonly UpgradeStep[] = readonly UpgradeStep[],
> {
  /** To be raised when the attributes change; 1 if not given. */
  readonly version?: number;
  /** What the type was called in earlier versions of the program: stores that they wrote are brought to the new name. */
  readonly was?: readonly string[];
  /** Lists of attributes, each to be indexed together. */
  readonly indexes?: readonly (readonly Columns[])[];
  /** Lists of attributes whose values together no two items share. Nulls are never equal. */
  readonly unique?: readonly (readonly Columns[])[];
  /** Conditions that every item meets, kept as CHECKs in SQLite: `[c => c.from.lte(c.until)]`. */
  readonly checks?: readonly Check[];
  /** Text attributes whose words are indexed, to be searched; as `fullText: true` on each of them. */
  readonly fullText?: readonly Columns[];
  /**
   * Gives the roles that an item of the class plays where it is given as a powerup without naming one: a list of roles,
   * or of `[role, priority]`. A function of the item, so that they may depend on it.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the class is not known where its options are written
  readonly roles?: (powerup: any) => Roles;
  /** Gives the steps from earlier versions to this one; see `upgrade`. */
  readonly upgrades?: () => Steps;
}

/** `unknown` where all names are attributes of T, else a sentence that the compiler will print. */
type NamesSuit<T, Columns extends string> = [Exclude<Columns, AttrKey<T>>] extends [never]
  ? unknown
  : Mismatch<`indexes, unique and fullText name ${Exclude<Columns, AttrKey<T>>}, which is no attribute of the class`>;

type Asking<R> = R extends Role<infer T> | readonly [Role<infer T>, number]
  ? (player: T | Indirector<T>) => void
  : never;
/** What an item must be to play all of these roles. */
type Playing<Roles extends readonly RoleEntry[]> = [Roles] extends [never]
  ? unknown
  : Asking<Roles[number]> extends (player: infer All) => void
    ? All
    : unknown;

/**
 * What {@link item} gives: a decorator for item classes, of either kind, that can be called as a function too. Where it
 * names no attributes it asks for nothing but an item class, which costs the compiler next to nothing.
 */
export type ItemDecorator<
  Columns extends string,
  Roles extends readonly RoleEntry[] = never,
  Steps extends readonly UpgradeStep[] = never,
> = [Columns | Steps] extends [never]
  ? (itemClass: ItemClass<Item & Playing<Roles>>, context?: ClassDecoratorContext) => void
  : <C extends ItemClass<Item & Playing<Roles>>>(
      itemClass: C & NamesSuit<C['prototype'], Columns> & StepsFit<C['prototype'], Steps>,
      context?: ClassDecoratorContext,
    ) => void;

const OPTIONS = ['version', 'was', 'indexes', 'unique', 'checks', 'fullText', 'roles', 'upgrades'];

/**
 * Makes a class an item type, under the name that it has in the file. The name is written, never taken from the class:
 * tools rename classes. Works as a decorator of either kind, and as a function: `item('city')(City)`.
 *
 * @example
 * @item('city', { version: 2, indexes: [['country', 'population']], unique: [['country', 'name']] })
 * class City extends Item {}
 * @throws CorollaryError BAD_TYPE
 */
export function item<
  const Columns extends string = never,
  const Roles extends readonly RoleEntry[] = never,
  const Steps extends readonly UpgradeStep[] = never,
>(typeName: string, options: ItemOptions<Columns, Roles, Steps> = {}): ItemDecorator<Columns, Roles, Steps> {
  checkTypeName(typeName, 'An item type needs a name: it');
  const decorator = (itemClass: unknown) => {
    refuseNonItem(itemClass);
    if (declaredItem(itemClass) !== undefined) throw badType(itemClass, 'it has @item twice', typeName);
    const declaration = declarationOf(itemClass, typeName, options);
    refuseItemBase(itemClass, declaration);
    fileItem(itemClass, declaration);
  };
  return decorator as ItemDecorator<Columns, Roles, Steps>; // It serves all cases of the type.
}

function declarationOf(itemClass: ItemClass, typeName: string, options: ItemOptions): ItemDeclaration {
  const faults = [...optionFaults(options), ...formerNameFaults(typeName, options)];
  if (faults.length > 0) throw badType(itemClass, `@item('${typeName}') ${faults.join('; ')}`, typeName);
  const { version = 1, was = [], indexes = [], unique = [], checks = [], fullText = [], roles, upgrades } = options;
  const lists = { indexes: copied(indexes), unique: copied(unique), checks: [...checks], fullText: [...fullText] };
  return { typeName, version, was: [...was], ...lists, roles, upgrades };
}

function copied(lists: readonly IndexColumns[]): readonly IndexColumns[] {
  return lists.map((list) => [...list]);
}

function optionFaults(options: unknown): string[] {
  if (typeof options !== 'object' || options === null) return [`takes an object of options, not ${kindOf(options)}`];
  const faults = Object.keys(options)
    .filter((key) => !OPTIONS.includes(key))
    .map((key) => `has no option '${key}': there are ${OPTIONS.join(', ')}`);
  const given = options as Record<string, unknown>;
  const { version = 1, indexes = [], unique = [], checks = [], fullText = [] } = given;
  // 2^31: a version is compared in other languages' tools too.
  if (!Number.isInteger(version) || (version as number) < 1 || (version as number) > 2 ** 31)
    faults.push('needs an integer from 1 to 2^31 as version');
  if (!isListOfLists(indexes)) faults.push("needs lists of attribute names as indexes: [['a', 'b']]");
  if (!isListOfLists(unique)) faults.push("needs lists of attribute names as unique: [['a', 'b']]");
  if (!Array.isArray(checks) || checks.some((check) => typeof check !== 'function'))
    faults.push('needs a list of functions as checks');
  if (!isNames(fullText)) faults.push("needs a list of attribute names as fullText: ['a', 'b']");
  return [...faults, ...FUNCTIONS.flatMap(([name, what]) => functionFault(given[name], what))];
}

function formerNameFaults(typeName: string, options: ItemOptions | null): string[] {
  const was: unknown = options?.was === undefined ? [] : options.was;
  if (!Array.isArray(was)) return ["needs a list of earlier type names as was: ['town']"];
  const taken = new Set([typeName.toLowerCase()]);
  return was.flatMap((name: unknown) => {
    const fault = nameFault(name);
    if (fault !== undefined) return [`has in was a name that ${fault}`];
    const isTwice = taken.has(String(name).toLowerCase());
    taken.add(String(name).toLowerCase());
    return isTwice ? [`has the name '${name}' twice, in was or as its own`] : [];
  });
}

/** Options that are asked late. */
const FUNCTIONS = [
  ['roles', 'a function that gives a list of roles as roles: () => [Mailer]'],
  ['upgrades', 'a function that gives a list of steps as upgrades: () => [upgrade(1, {...})]'],
] as const;

function functionFault(value: unknown, what: string): string[] {
  return value === undefined || typeof value === 'function' ? [] : [`needs ${what}`];
}

function isListOfLists(value: unknown): boolean {
  return Array.isArray(value) && value.every(isNames);
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
