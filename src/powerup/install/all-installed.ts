import type { Item } from '../../item/item.js';
import { requirementsIn } from './dependencies.js';
import type { Installation } from './installation.js';
import { installationsAt } from './installations.js';
import type { Place } from './place.js';

/**
 * All that is installed at a place, and who depends on whom: B is a requirement of A where a dependency of A is filled
 * with B and both are installed there. Items may require each other in circles.
 */
export class AllInstalled {
  /** By the id of the item, in the order of installation. */
  readonly #installations: ReadonlyMap<number, Installation>;

  /** @throws CorollaryError UNKNOWN_TYPE when the class of one of them is not known: what it depends on nobody knows. */
  constructor(place: Place) {
    this.#installations = new Map(installationsAt(place).map((one) => [one.item.storeId, one]));
  }

  /**
   * What no explicit installation needs, through whatever chain or circle: dependents before what they depend on. With
   * `leaving`, as if that one were not explicit.
   */
  notNeeded(leaving?: Item): Item[] {
    const all = [...this.#installations.values()];
    const roots = all.filter(({ item, explicit }) => explicit && item !== leaving).map(({ item }) => item);
    const needed = this.#withRequirements(roots);
    const others = this.#withRequirements(all.map(({ item }) => item));
    return [...others].filter((item) => !needed.has(item)).reverse();
  }

  /** These and all that they depend on, each after everything that it depends on, as far as circles allow. */
  #withRequirements(items: Iterable<Item>): Set<Item> {
    const begun = new Set<Item>();
    const done = new Set<Item>();
    const visit = (item: Item) => {
      if (begun.has(item)) return;
      begun.add(item);
      for (const requirement of this.#requirementsOf(item)) visit(requirement);
      done.add(item);
    };
    for (const item of items) visit(item);
    return done;
  }

  /** What an item depends on directly. */
  #requirementsOf(item: Item): Item[] {
    return requirementsIn(item).filter(({ storeId }) => this.#installations.has(storeId));
  }
}
