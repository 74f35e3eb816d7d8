import { quoted } from '../driver/sql-text.js';
import { type Bound, EMPTY } from '../query/bound.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { Catalog, StoredType } from './catalog.js';
import { isUnwrittenSince, type Moment, momentOf, type ReadAt } from './moment.js';
import { selected } from './table-sql.js';

/**
 * The bounds of columns of one store, in memory as long as nobody writes to it: by them a tree's question passes by
 * stores that cannot have what it asks for. `StoreCore.bounds` keeps a running transaction's changes out of them.
 */
export class Bounds {
  readonly #catalog: Catalog;
  /** By type and attribute; undefined for what was wanted once. */
  readonly #known = new Map<ItemType, Map<string, Bound | undefined>>();
  #seen: Moment | undefined;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** The bound of an attribute as of a reading; undefined where it is not known. */
  find(reading: ReadAt, type: ItemType, attribute: string): Bound | undefined {
    return isUnwrittenSince(this.#seen, reading) ? this.#known.get(type)?.get(attribute) : undefined;
  }

  /**
   * Notes that a bound would serve. It is read when it is wanted for the second time and nobody has written in between:
   * a store that is written between any two questions does not pay for bounds that are old before they serve.
   */
  want(reading: ReadAt, type: ItemType, attribute: string): void {
    if (!isUnwrittenSince(this.#seen, reading)) this.#startFrom(reading);
    const ofType = this.#known.get(type) ?? new Map<string, Bound | undefined>();
    this.#known.set(type, ofType);
    if (ofType.get(attribute) !== undefined) return;
    ofType.set(attribute, ofType.has(attribute) ? this.#read(reading, type, attribute) : undefined);
  }

  #startFrom(reading: ReadAt): void {
    this.#known.clear();
    this.#seen = momentOf(reading);
  }

  #read({ connection }: ReadAt, type: ItemType, name: string): Bound | undefined {
    const stored = this.#catalog.find(type);
    if (stored === undefined) return EMPTY;
    const attribute = type.byName.get(name);
    if (attribute === undefined || !hasIndex(stored, name)) return undefined;
    const [low = null, high = null, hasNull] = connection.row(boundSQL(stored, attribute)) ?? [];
    return { low, high, hasNull: hasNull === 1 };
  }
}

/** True where the first and the last cell are found without reading all rows. */
function hasIndex({ entry }: StoredType, name: string): boolean {
  return entry.shape.rules.indexes.some(({ columns, at }) => columns[0] === name && at === undefined);
}

// Each in a SELECT of its own: together, SQLite would read every row.
function boundSQL({ sql: { table } }: StoredType, attribute: Attribute): string {
  const column = quoted(attribute.name);
  const extreme = (fn: 'min' | 'max') => `(SELECT ${selected(attribute, `${fn}(${column})`)} FROM ${table})`;
  const isNullThere = attribute.nullable ? `EXISTS (SELECT 1 FROM ${table} WHERE ${column} IS NULL)` : '0';
  return `SELECT ${extreme('min')}, ${extreme('max')}, ${isNullThere}`;
}
