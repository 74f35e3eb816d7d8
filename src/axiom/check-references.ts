import { Faults } from '../item/check-value.js';
import { validateReferences } from '../item/validate-references.js';
import type { ItemType } from '../schema/item-type.js';
import { getOfType } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';

/**
 * Shows what the references of items lead to to the `validate` functions of these attributes: while the items were
 * created, not everything was there.
 * @throws CorollaryError INVALID_VALUE naming the item of Axiom
 */
export function checkReferences(
  core: StoreCore,
  type: ItemType,
  items: Iterable<{ readonly id: number; readonly name: string }>,
): void {
  const checked = type.attributes.filter(
    ({ reference, validate }) => reference !== undefined && validate !== undefined,
  );
  if (checked.length === 0) return;
  for (const { id, name } of items) {
    const faults = new Faults();
    validateReferences(getOfType(core, type, id), checked, faults);
    faults.throwAny(name, { type: type.name });
  }
}
