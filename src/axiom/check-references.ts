import type { ErrorDetails } from '../errors.js';
import { Faults, runValidate } from '../item/check-value.js';
import type { Attribute } from '../schema/attribute.js';
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
    const item = getOfType(core, type, id) as unknown as Record<string, unknown>; // its attributes
    for (const attribute of checked) checkReference(attribute, item[attribute.name], faults);
    const details: ErrorDetails = { type: type.name };
    faults.throwAny(name, details);
  }
}

function checkReference({ name, validate }: Attribute, value: unknown, faults: Faults): void {
  if (value === null || validate === undefined) return;
  try {
    runValidate(validate, value);
  } catch (error) {
    faults.take(name, error);
  }
}
