import { CorollaryError, type ErrorDetails } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';

/**
 * Runs a statement that writes items of a type, so that an error about a rule of its table says which rule it was.
 * @throws CorollaryError CONSTRAINT naming type and attribute, and what the statement throws.
 */
export function namingRules<R>(type: ItemType, write: () => R, storeId?: number): R {
  try {
    return write();
  } catch (error) {
    throw isUnnamed(error) ? namedRule(error, type, storeId) : error;
  }
}

/**
 * Brings the table of a type up to its class, so that an error about items that are not unique, as they now are to be,
 * says of which attributes, and what to do: until it is done, nothing of the type can be written, nor deleted.
 * @throws CorollaryError CONSTRAINT naming type and attribute, and what the work throws.
 */
export function namingDoubles(type: ItemType, adapt: () => void): void {
  try {
    adapt();
  } catch (error) {
    throw isUnnamed(error) ? doubles(error, type) : error;
  }
}

function doubles(error: CorollaryError, type: ItemType): CorollaryError {
  const attributes = attributesIn(causeOf(error), type);
  const message = `${type.name} in ${error.store}: the class says now that ${attributes.join(', ')} must be unique, and items stored before have the same; nothing was written: take that out of the class, change or delete those items, then put it back`;
  return new CorollaryError('CONSTRAINT', message, placed(error, type, attributes));
}

// One that has a type is about a row that has waited until this statement.
function isUnnamed(error: unknown): error is CorollaryError {
  return error instanceof CorollaryError && error.code === 'CONSTRAINT' && error.type === undefined;
}

/** The error about a rule of a type's table, saying which rule it was. */
export function namedRule(error: CorollaryError, type: ItemType, storeId: number | undefined): CorollaryError {
  const text = causeOf(error);
  const attributes = attributesIn(text, type);
  const rule = sentence(text, type, attributes.join(', '));
  const message = `${type.name} in ${error.store}: ${rule}; nothing was written`;
  return new CorollaryError('CONSTRAINT', message, { ...placed(error, type, attributes), storeId });
}

function placed({ store, cause }: CorollaryError, type: ItemType, attributes: readonly string[]): ErrorDetails {
  return { store, type: type.name, attribute: attributes.length === 1 ? attributes[0] : undefined, cause };
}

function causeOf({ cause }: CorollaryError): string {
  return cause instanceof Error ? cause.message : '';
}

// SQLite names the columns or the CHECK, never the values: 'UNIQUE constraint failed: item_city_v1.name',
// 'CHECK constraint failed: population'.
function attributesIn(text: string, type: ItemType): string[] {
  const [, list = ''] = text.split('constraint failed: ');
  const names = list.split(', ').map((name) => name.slice(name.lastIndexOf('.') + 1));
  return names.filter((name) => type.byName.has(name));
}

function sentence(text: string, type: ItemType, attributes: string): string {
  // Another program may have made a unique index on something else than attributes.
  if (text.startsWith('UNIQUE') && attributes !== '')
    return `${attributes} must be unique, and another ${type.name} has the same`;
  if (text.startsWith('NOT NULL')) return `${attributes} is not nullable`;
  if (text.startsWith('CHECK'))
    return attributes === '' ? 'a check of the class refuses it' : `the check of ${attributes} refuses it`;
  return 'a rule of the table refuses it';
}
