import type { ItemType } from '../schema/item-type.js';
import type { TypeShape } from './shape.js';

/** A type as the file knows it, whether this program has a class for it or not. */
export interface CatalogueEntry {
  readonly tag: number;
  readonly name: string;
  readonly version: number;
  /** Empty where the type was dropped: then nothing but its names and version is known. */
  readonly table: string;
  readonly shape: TypeShape;
}

/**
 * The names that a type has had, where it gets an entry in place of others, or its first one. Those that its class says
 * count although this file never had them: an earlier program that still runs would make the type anew.
 */
export function formerNames(type: ItemType, before: readonly CatalogueEntry[]): Readonly<Record<string, number>> {
  const names = [...type.formerNames, ...before.map(({ name }) => name)].map((name) => [name, type.version] as const);
  const known = before.flatMap(({ shape }) => Object.entries(shape.formerly ?? {}));
  const own = type.name.toLowerCase();
  return Object.fromEntries([...names, ...known].filter(([name]) => name.toLowerCase() !== own));
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
