import type { SqlRow } from '../driver/sql-value.js';
import { CorollaryError } from '../errors.js';
import { isJsonStep } from '../schema/json-path.js';
import { nameFault } from '../schema/names.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { isListOf, isMissingOr, isObject, isRecordOf, isText, parsedJson } from './json-checks.js';
import type { AttributeShape, IndexShape, TypeRules, TypeShape } from './shape.js';

/**
 * Reads the rows of the catalogue. Statements are made of what they say, so a row that this library would not have
 * written is refused: a damaged page, or somebody, has put it there.
 */

/** The columns of {@link catalogueEntry}. */
export const CATALOGUE_COLUMNS = 'tag, name, version, "table", shape';

/** What a row of the catalogue says. @throws CorollaryError CORRUPT */
export function catalogueEntry(row: SqlRow, place: string): CatalogueEntry {
  const [tag, name, version, table, shape] = row as [number, string, number, string, string]; // STRICT sees to that
  if (!isTableName(table)) throw damaged(place, tag);
  return { tag, name, version, table, shape: typeShape(shape, tag, place) };
}

function typeShape(text: string, tag: number, place: string): TypeShape {
  const shape = parsedJson(text);
  if (!isShape(shape)) throw damaged(place, tag);
  return shape;
}

function damaged(place: string, tag: number): CorollaryError {
  return new CorollaryError(
    'CORRUPT',
    `${place}: the catalogue says of the type with the tag ${tag} what corollary never writes: the database is damaged, restore a backup`,
    { store: place },
  );
}

// Empty where the type was dropped. The library's own tables are no types'.
function isTableName(table: unknown): boolean {
  return table === '' || (isText(table) && /^item_\w+$/.test(table));
}

const isName = (value: unknown): boolean => nameFault(value) === undefined;
const isTexts = (value: unknown): boolean => isListOf(value, isText);
const areNames = (value: unknown): boolean => isListOf(value, isName);

function isShape(value: unknown): value is TypeShape {
  if (!isObject(value)) return false;
  const { attributes, checks, rules, formerly } = value as { readonly [K in keyof TypeShape]: unknown };
  const isVersion = (part: unknown) => typeof part === 'number';
  const areParts = isListOf(attributes, isAttribute) && isTexts(checks) && isRules(rules);
  return areParts && isMissingOr(formerly, (names) => isRecordOf(names, isVersion));
}

const COLUMN_TYPES: readonly unknown[] = ['TEXT', 'INTEGER', 'REAL', 'BLOB'];

function isAttribute(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, type, column, nullable, ...rest } = value as { readonly [K in keyof AttributeShape]: unknown };
  const isColumn = isName(name) && isText(type) && COLUMN_TYPES.includes(column) && typeof nullable === 'boolean';
  return (
    isColumn &&
    isMissingOr(rest.collate, isText) &&
    isMissingOr(rest.check, isText) &&
    isMissingOr(rest.references, isText)
  );
}

const WHEN_DELETED: readonly unknown[] = ['refuse', 'nullify', 'cascade'];

function isRules(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { indexes, whenDeleted, owned, fullText } = value as { readonly [K in keyof TypeRules]: unknown };
  const areRules = isListOf(indexes, isIndex) && isRecordOf(whenDeleted, (rule) => WHEN_DELETED.includes(rule));
  return areRules && isMissingOr(owned, areNames) && isMissingOr(fullText, areNames);
}

function isIndex(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { columns, at, unique } = value as { readonly [K in keyof IndexShape]: unknown };
  return areNames(columns) && typeof unique === 'boolean' && isMissingOr(at, isJsonPath);
}

function isJsonPath(value: unknown): boolean {
  return isListOf(value, isJsonStep);
}
