import { CorollaryError, kindOf, prefixed } from '../errors.js';
import { attributes } from '../item/attributes.js';
import { declaredItem } from '../item/declarations.js';
import { Item } from '../item/item.js';
import { item } from '../item/item-decorator.js';
import { typeOf } from '../item/type-of.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import { Upgrade } from './upgrade.js';

/** A step of a class, ready to be run. */
export interface Step {
  readonly from: number;
  readonly to: number;
  /** The earlier version. No store knows it, and it never has items. */
  readonly oldType: ItemType;
  readonly run: Upgrade['step'];
}

const known = new WeakMap<ItemType, readonly Step[]>();

/**
 * The steps that a class declares, whatever versions they are between.
 * @throws CorollaryError BAD_TYPE listing what is wrong with them
 */
export function stepsOf(type: ItemType): readonly Step[] {
  const steps = known.get(type) ?? resolve(type);
  known.set(type, steps);
  return steps;
}

function resolve(type: ItemType): readonly Step[] {
  const declared = declaredBy(type);
  if (!Array.isArray(declared)) throw badUpgrades(type, [`gives ${kindOf(declared)}`]);
  const faults = declared.flatMap((one, at) => faultOf(type, one, declared.slice(0, at)));
  if (faults.length > 0) throw badUpgrades(type, faults);
  return (declared as Upgrade[]).map((one) => ({
    from: one.from,
    to: one.to,
    oldType: typeOf(classOf(type, one)),
    run: one.step,
  }));
}

/** What the class's function gives. @throws CorollaryError naming the class, with what the function threw as its cause */
function declaredBy(type: ItemType): unknown {
  const { name } = type.itemClass;
  try {
    return declaredItem(type.itemClass)?.upgrades?.() ?? [];
  } catch (cause) {
    if (cause instanceof CorollaryError) throw prefixed(cause, `Class ${name}`);
    const message = `Class ${name}: the function upgrades of its @item threw an error, and is to give a list of steps`;
    throw new CorollaryError('BAD_TYPE', message, { type: type.name, cause });
  }
}

function faultOf({ version }: ItemType, one: unknown, before: readonly unknown[]): string[] {
  if (!(one instanceof Upgrade)) return [`has ${kindOf(one)} in it`];
  const { from, to } = one;
  if (to > version) return [`has a step from version ${from} to ${to}, past the version of the class, ${version}`];
  const isTwice = before.some((other) => other instanceof Upgrade && other.from === from && other.to === to);
  return isTwice ? [`has two steps from version ${from} to ${to}`] : [];
}

function badUpgrades(type: ItemType, faults: readonly string[]): CorollaryError {
  return new CorollaryError(
    'BAD_TYPE',
    `Class ${type.itemClass.name}: the option upgrades of its @item gives a list of steps, [upgrade(1, {...})], but this one ${faults.join('; ')}`,
    { type: type.name },
  );
}

/** A class that has the attributes of an earlier version. */
function classOf({ name }: ItemType, { from, shape }: Upgrade): ItemClass {
  class Old extends Item {}
  Object.defineProperty(Old, 'name', { value: `${name} of version ${from}` }); // for messages
  // The compiler knows no attributes of the class; attributes() checks what it is given.
  (attributes as (itemClass: ItemClass, decorators: object) => void)(Old, shape);
  item(name, { version: from })(Old);
  return Old;
}
