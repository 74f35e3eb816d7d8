import type { Attribute } from '../schema/attribute.js';
import { type Faults, runValidate } from './check-value.js';
import type { Item } from './item.js';

/** Shows what references of an item lead to to the `validate` functions of these attributes. */
export function validateReferences(item: Item, attributes: Iterable<Attribute>, faults: Faults): void {
  for (const { name, validate } of attributes) {
    const target = (item as unknown as Record<string, unknown>)[name]; // one of its attributes
    if (target === null || validate === undefined) continue;
    try {
      runValidate(validate, target);
    } catch (error) {
      faults.take(name, error);
    }
  }
}
