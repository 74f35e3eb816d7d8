import type { Item } from '../../item/item.js';
import { typeOf } from '../../item/type-of.js';
import type { DependencyRule } from '../../schema/attribute.js';
import type { ItemClass } from '../../schema/item-class.js';

/** One attribute of a class that `dependsOn` declares. */
export interface Dependency {
  readonly attribute: string;
  readonly itemClass: ItemClass<Item>;
  readonly rule: DependencyRule;
}

/** What the class of an item depends on, in the order of declaration. */
export function dependenciesOf(item: Item): Dependency[] {
  // What a reference's target answers is an item class: that was checked when the type was put together.
  return typeOf(item.constructor as ItemClass).attributes.flatMap(({ name, reference }) => {
    const [target, rule] = [reference?.target, reference?.dependency];
    return target === undefined || rule === undefined
      ? []
      : [{ attribute: name, itemClass: target() as ItemClass<Item>, rule }];
  });
}

/** What fills the dependencies of an item, each once, in the order of declaration; installed or not. */
export function requirementsIn(item: Item): Item[] {
  return [...new Set(dependenciesOf(item).flatMap(({ attribute }) => requirementIn(item, attribute) ?? []))];
}

/** What fills one dependency of an item. */
export function requirementIn(item: Item, attribute: string): Item | null {
  return Reflect.get(item, attribute) as Item | null; // that is what a nullable reference gives
}
