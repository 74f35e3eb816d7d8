import type { Problem } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';
import type { CatalogueEntries } from './catalogue-entries.js';
import { type CatalogueEntry, isBehind, standing } from './catalogue-entry.js';
import { shapeDifferences, type TypeShape } from './shape.js';

/** What keeps a class from being used for the items of its type that a file has, or may get. */

/** What keeps a type from having its name in a file. */
export function nameProblems(entries: CatalogueEntries, type: ItemType): readonly Problem[] {
  const { name, version } = type;
  const rivals = entries.rivalsOf(type).map((entry) => entry.name);
  if (rivals.length > 0) {
    const message = `${name} was called otherwise, and items are stored under several of its names, ${rivals.join(' and ')}: leave out of was what is another type`;
    return [{ code: 'SCHEMA_MISMATCH', message }];
  }
  const past = entries.pastOf(type);
  if (past === undefined) return [];
  const became = past.renamedTo === undefined ? 'was dropped' : `is called ${past.renamedTo}`;
  const message = `${name} up to version ${past.version} ${became} here, the class has version ${version}: use the newer program, or give a new type that has the name a higher version`;
  return [{ code: 'NEWER_DATABASE', message }];
}

/** What keeps a class from reading what is stored in another version, or under a former name, as it is. */
export function versionProblems(entry: CatalogueEntry, type: ItemType): readonly Problem[] {
  const stands = standing(entry, type);
  if (entry.version > type.version) return [{ code: 'NEWER_DATABASE', message: `${stands}: use the newer program` }];
  if (isBehind(entry, type)) return [{ code: 'NO_UPGRADE_PATH', message: `${stands}, and no upgrade leads there` }];
  return [];
}

/**
 * What a class of the same version says otherwise than the file. `ofReferred` gives what keeps types that it refers to from
 * having their names.
 */
export function shapeProblems(
  stored: TypeShape,
  wanted: TypeShape,
  { name, version }: ItemType,
  ofReferred: () => readonly Problem[],
): readonly Problem[] {
  const differences = shapeDifferences(stored, wanted);
  if (differences.length === 0) return [];
  const what = `${name} version ${version}: ${differences.join(', ')}`;
  // What it refers to was renamed by a newer program: a higher version of this class would be no cure.
  const newer = ofReferred().find(({ code }) => code === 'NEWER_DATABASE');
  if (newer !== undefined) return [{ code: newer.code, message: `${what}; ${newer.message}` }];
  return [{ code: 'SCHEMA_MISMATCH', message: `${what}; raise the version of the class to change what it stores` }];
}
