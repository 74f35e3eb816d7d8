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

/** The ids of what fills the dependencies of an item, in the order of declaration. */
export function filledIn(item: Item): number[] {
  return dependenciesOf(item).flatMap(({ attribute }) => idIn(item, attribute) ?? []);
}

/** What a reference of an item refers to; null where that is nothing. */
export function idIn(item: Item, attribute: string): number | null {
  return item.idOf(attribute as never);
}
