import { CorollaryError } from '../errors.js';
import type { TypeRegistry } from '../schema/registry.js';
import type { CatalogueEntry } from './catalogue-entry.js';

/** The error for an item of a type that the program has no class for; it names all such types of the store. */
export function unknownType(
  place: string,
  { name: type }: CatalogueEntry,
  entries: readonly CatalogueEntry[],
  registry: TypeRegistry,
): CorollaryError {
  return new CorollaryError('UNKNOWN_TYPE', `${place} holds items of type ${type}, ${why(type, entries, registry)}`, {
    store: place,
    type,
  });
}

function why(type: string, entries: readonly CatalogueEntry[], registry: TypeRegistry): string {
  if (registry.isRetired(type)) return 'which this program has retired: they are kept, and not read';
  const unknown = entries.filter(({ name }) => registry.named(name) === undefined && !registry.isRetired(name));
  const list = unknown.map(({ name, version }) => `${name} (version ${version})`).join(', ');
  return `for which this program has no class: pass it in the option types. Without a class here: ${list}`;
}
