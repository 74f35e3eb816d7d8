import { CorollaryError } from '../errors.js';
import type { ItemClass } from './item-class.js';
import type { ItemType } from './item-type.js';

/** The item types that one tree of stores knows. Two classes with one type name cannot both be in it. */
export class TypeRegistry {
  readonly #resolve: (itemClass: ItemClass) => ItemType;
  readonly #byClass = new Map<ItemClass, ItemType>();
  readonly #byName = new Map<string, ItemType>();

  constructor(resolve: (itemClass: ItemClass) => ItemType) {
    this.#resolve = resolve;
  }

  /**
   * The type of an item class. An unknown class is taken in, with all that its references point to.
   * @throws CorollaryError DUPLICATE_TYPE, BAD_TYPE; nothing was taken in then.
   */
  learn(itemClass: ItemClass): ItemType {
    return this.#byClass.get(itemClass) ?? this.#takeIn(itemClass);
  }

  /** The type with that name, whatever its case. */
  named(name: string): ItemType | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** Every known type, in the order in which they were learned. */
  all(): ItemType[] {
    return [...this.#byClass.values()];
  }

  #takeIn(itemClass: ItemClass): ItemType {
    const types = this.#reachable(itemClass);
    const names = new Map(this.#byName);
    for (const type of types) {
      const namesake = names.get(type.name.toLowerCase());
      if (namesake !== undefined) throw duplicate(namesake, type);
      names.set(type.name.toLowerCase(), type);
    }
    for (const type of types) {
      this.#byClass.set(type.itemClass, type);
      this.#byName.set(type.name.toLowerCase(), type);
    }
    // The first one found is the class itself.
    return types[0] as ItemType;
  }

  /** The unknown types that can be reached from a class by references, itself first. Classes may refer in circles. */
  #reachable(itemClass: ItemClass): ItemType[] {
    const found = new Map<ItemClass, ItemType>([[itemClass, this.#resolve(itemClass)]]);
    // A Map's iterator also visits what is added meanwhile.
    for (const type of found.values())
      for (const { reference } of type.attributes) {
        const target = reference?.target?.();
        if (target === undefined || found.has(target) || this.#byClass.has(target)) continue;
        found.set(target, this.#resolve(target));
      }
    return [...found.values()];
  }
}

function duplicate(known: ItemType, other: ItemType): CorollaryError {
  const classes = `${known.itemClass.name} (type name '${known.name}') and ${other.itemClass.name} ('${other.name}')`;
  return new CorollaryError(
    'DUPLICATE_TYPE',
    `Two classes have the same type name, ignoring case: ${classes}. Give one of them another name in @item`,
    { type: other.name },
  );
}
