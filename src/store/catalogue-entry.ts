import type { ItemType } from '../schema/item-type.js';
import type { TypeShape } from './shape.js';

/** A type as the file knows it, whether this program has a class for it or not. */
export interface CatalogueEntry {
  readonly tag: number;
  readonly name: string;
  readonly version: number;
  /** Empty where the type was dropped: then nothing but its name and version is known. */
  readonly table: string;
  readonly shape: TypeShape;
}

/** True when a type is stored as an earlier program knew it: in an older version, or under a former name. */
export function isBehind({ name, version }: CatalogueEntry, type: ItemType): boolean {
  return version < type.version || (version === type.version && name.toLowerCase() !== type.name.toLowerCase());
}

/** How a type is stored and what its class says, as the beginning of a message. */
export function standing({ name, version }: CatalogueEntry, type: ItemType): string {
  const former = name.toLowerCase() === type.name.toLowerCase() ? '' : ` as ${name}`;
  return `${type.name} is stored${former} in version ${version}, the class has version ${type.version}`;
}
