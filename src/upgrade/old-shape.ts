import type { ItemType } from '../schema/item-type.js';
import { type AttributeShape, shapeOf, type TypeShape } from '../store/shape.js';

/**
 * The shape that a step says its version had, to be compared with the stored one: what makes no difference to who reads
 * the rows (checks, collations, what a plain `reference()` is to) is taken from there.
 */
export function saidOf(oldType: ItemType, stored: TypeShape): TypeShape {
  // By the class itself: the store need not know it.
  const typeName = ({ name }: { readonly name: string }) => oldType.referredType(name)?.name ?? '*';
  const said = shapeOf(oldType, () => '', typeName);
  const byName = new Map(stored.attributes.map((attribute) => [attribute.name, attribute]));
  const attributes = said.attributes.map((attribute) => asRead(attribute, byName.get(attribute.name)));
  return { ...stored, attributes };
}

function asRead(said: AttributeShape, stored: AttributeShape | undefined): AttributeShape {
  if (stored === undefined) return said;
  const { collate: _collate, check: _check, references, ...read } = said;
  const target = references === '*' ? stored.references : references;
  return {
    ...read,
    ...(stored.collate && { collate: stored.collate }),
    ...(stored.check && { check: stored.check }),
    ...(target && { references: target }),
  };
}
