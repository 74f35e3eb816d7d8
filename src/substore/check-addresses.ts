import { quoted } from '../driver/sql-text.js';
import { CorollaryError } from '../errors.js';
import { ifAsWritten } from '../store/as-written.js';
import type { CatalogueEntry } from '../store/catalogue-entry.js';
import { hasRow } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import { ID } from '../store/table-sql.js';

/** An address in some item, and what it points to. */
export interface NotedAddress {
  readonly core: StoreCore;
  readonly path: readonly string[];
  readonly type: string;
  readonly attribute: string;
  readonly storeId: number;
  readonly table: string;
  readonly address: string;
  /** The item's number in the store that it is to be in. */
  readonly target: number;
}

/** A uid is the first part of an address, the item's number the second; see `Address`. */
const UID_LENGTH = 32;

/** The addresses of a tree, noted store by store, so that they can be compared when all stores are known. */
export class NotedAddresses {
  /** By the uid of the store that they point into. */
  readonly #noted = new Map<string, NotedAddress[]>();

  /** Takes down all addresses that the items of a store hold. */
  note(core: StoreCore, path: readonly string[]): void {
    for (const entry of core.catalog.entries())
      for (const { name, type } of entry.shape.attributes)
        if (type === 'address') this.#noteColumn(core, entry, { attribute: name, path });
  }

  #noteColumn(
    core: StoreCore,
    { name: type, table }: CatalogueEntry,
    at: Pick<NotedAddress, 'attribute' | 'path'>,
  ): void {
    const column = quoted(at.attribute);
    // What is no text there, SQLite's own check tells of.
    const sql = `SELECT ${ID}, ${column} FROM ${quoted(table)} WHERE typeof(${column}) = 'text'`;
    const rows = core.file.connection.rows(sql);
    for (const [storeId, address] of rows as [number, string][]) {
      const uid = address.slice(0, UID_LENGTH);
      const noted = this.#noted.get(uid) ?? [];
      this.#noted.set(uid, noted);
      noted.push({ ...at, core, table, address, type, storeId, target: Number(address.slice(UID_LENGTH + 1)) });
    }
  }

  /**
   * Those that point to nothing, given the store that has a uid, if there is one. What is there no more when that is
   * known was changed with it: an item is never put back.
   */
  *dangling(storeWith: (uid: string) => StoreCore | undefined): Generator<NotedAddress> {
    for (const [uid, noted] of this.#noted) {
      const core = storeWith(uid);
      for (const address of noted)
        if ((core === undefined || !hasItem(core, address.target)) && isThere(address)) yield address;
    }
  }
}

// Where another process has upgraded the type since, the next check looks at the new table.
function isThere({ core, table, attribute, storeId, address }: NotedAddress): boolean {
  const sql = `SELECT 1 FROM ${quoted(table)} WHERE ${ID} = ? AND ${quoted(attribute)} = ?`;
  try {
    const rows = ifAsWritten(() => core.reading().connection.rows(sql, [storeId, address]));
    return rows !== undefined && rows.length > 0;
  } catch (error) {
    if (error instanceof CorollaryError && core.isDeleted) return false;
    throw error;
  }
}

// What is in a store that cannot be asked is a finding: what is wrong with the store itself is another one.
function hasItem(core: StoreCore, id: number): boolean {
  try {
    const entry = core.entryOfId(id);
    return entry !== undefined && hasRow(core, entry, id);
  } catch (error) {
    if (error instanceof CorollaryError) return false;
    throw error;
  }
}
