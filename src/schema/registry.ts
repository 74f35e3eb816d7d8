import { CorollaryError } from '../errors.js';
import type { ItemClass } from './item-class.js';
import type { ItemType } from './item-type.js';

/** The item types that one tree of stores knows. Two classes with one type name cannot both be in it. */
export class TypeRegistry {
  readonly #resolve: (itemClass: ItemClass) => ItemType;
  readonly #byClass = new Map<ItemClass, ItemType>();
  /** By all names that they have or had. */
  readonly #byName = new Map<string, ItemType>();
  readonly #retired: ReadonlySet<string>;

  /** `retired`: names of types that the program knows, and has no class for any more. */
  constructor(resolve: (itemClass: ItemClass) => ItemType, retired: Iterable<string> = []) {
    this.#resolve = resolve;
    this.#retired = new Set([...retired].map((name) => name.toLowerCase()));
  }

  /**
   * The type of an item class. An unknown class is taken in, with all that its references point to.
   * @throws CorollaryError DUPLICATE_TYPE, BAD_TYPE; nothing was taken in then.
   */
  learn(itemClass: ItemClass): ItemType {
    return this.#byClass.get(itemClass) ?? this.#takeIn(itemClass);
  }

  /** The type that has or had that name, whatever its case. */
  named(name: string): ItemType | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** What the type is called now; the same where no class says anything else. */
  nameNow(name: string): string {
    return this.named(name)?.name ?? name;
  }

  /** True for a type that the program knows, and has no class for any more. */
  isRetired(name: string): boolean {
    return this.#retired.has(name.toLowerCase());
  }

  /** Every known type, in the order in which they were learned. */
  all(): ItemType[] {
    return [...this.#byClass.values()];
  }

  #takeIn(itemClass: ItemClass): ItemType {
    const types = this.#reachable(itemClass);
    const names = new Map(this.#byName);
    for (const type of types) this.#claimNames(type, names);
    for (const type of types) {
      this.#byClass.set(type.itemClass, type);
      for (const name of namesOf(type)) this.#byName.set(name.toLowerCase(), type);
    }
    // The first one found is the class itself.
    return types[0] as ItemType;
  }

  #claimNames(type: ItemType, taken: Map<string, ItemType>): void {
    for (const name of namesOf(type)) {
      const namesake = taken.get(name.toLowerCase());
      if (namesake !== undefined) throw duplicate(name, namesake, type);
      if (this.isRetired(name)) throw retiredToo(name, type);
      taken.set(name.toLowerCase(), type);
    }
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

function namesOf({ name, formerNames }: ItemType): readonly string[] {
  return [name, ...formerNames];
}

function duplicate(name: string, known: ItemType, other: ItemType): CorollaryError {
  const [one, two] = [known, other].map((type) => `${type.itemClass.name} (${nameLike(name, type)})`);
  return new CorollaryError(
    'DUPLICATE_TYPE',
    `Two classes have the same type name, ignoring case: ${one} and ${two}. Give one of them another name in @item`,
    { type: other.name },
  );
}

function nameLike(name: string, type: ItemType): string {
  const its = namesOf(type).find((one) => one.toLowerCase() === name.toLowerCase());
  return its === type.name ? `type name '${its}'` : `formerly '${its}'`;
}

function retiredToo(name: string, { itemClass, name: type }: ItemType): CorollaryError {
  return new CorollaryError(
    'DUPLICATE_TYPE',
    `The type '${name}' is retired by the option retired, and class ${itemClass.name} has it: leave out one of them`,
    { type },
  );
}
