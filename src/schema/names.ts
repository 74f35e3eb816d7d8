import { CorollaryError, kindOf } from '../errors.js';

/** Names that no attribute may have, in any case: members of Item (now or announced), of columns, of every object. */
export const RESERVED_NAMES = [
  ...[
    'store',
    'storeId',
    'address',
    'isStored',
    'set',
    'idOf',
    'delete',
    'toJSON',
    'activate',
    'stored',
    'committed',
    'deleted',
  ],
  ...['powerUp', 'powerDown', 'powerupsFor', 'as', 'maybe', 'rolesOf', 'inMemoryPowerUp'],
  ...['self'],
  ...[
    'constructor',
    'hasOwnProperty',
    'isPrototypeOf',
    'propertyIsEnumerable',
    'toLocaleString',
    'toString',
    'valueOf',
  ],
] as const;
/** One of {@link RESERVED_NAMES}, in lower case. */
export type ReservedName = Lowercase<(typeof RESERVED_NAMES)[number]>;

const reserved: ReadonlySet<string> = new Set(RESERVED_NAMES.map((name) => name.toLowerCase()));
/** How many characters the name of a type or an attribute has at most. */
export const LONGEST_NAME = 63;
const NAME = new RegExp(`^[A-Za-z_][A-Za-z0-9_]{0,${LONGEST_NAME - 1}}$`);

/** Refuses what cannot be the name of an item type or of an own attribute type, with BAD_TYPE. */
export function checkTypeName(name: unknown, what: string): asserts name is string {
  const fault = nameFault(name);
  if (fault !== undefined) throw new CorollaryError('BAD_TYPE', `${what} ${fault}`);
}

/**
 * Refuses what cannot be an attribute's name: BAD_TYPE, or RESERVED_NAME for one that items need themselves.
 * `place` names the attribute in the message.
 */
export function checkAttributeName(name: string, place: string): void {
  const details = { attribute: name };
  const fault = nameFault(name);
  if (fault !== undefined) throw new CorollaryError('BAD_TYPE', `${place}: an attribute's name ${fault}`, details);
  if (reserved.has(name.toLowerCase()))
    throw new CorollaryError('RESERVED_NAME', `${place}: items have a member of that name; choose another`, details);
}

/** What keeps a value from being the name of an item type, an own attribute type or an attribute, as a phrase. */
export function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return `must be a text, not ${kindOf(name)}`;
  if (!NAME.test(name))
    return `must be 1 to ${LONGEST_NAME} letters, digits and underscores, and not begin with a digit`;
  if (/^sqlite_/i.test(name)) return "must not begin with 'sqlite_', which SQLite keeps for itself";
  return name === '__proto__' ? "must not be '__proto__'" : undefined;
}
