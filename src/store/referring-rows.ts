import { quoted } from '../driver/sql-text.js';
import type { Referrer } from './catalog.js';
import type { StoreCore } from './store-core.js';
import { ID, IN_IDS } from './table-sql.js';

/** The rows that refer to some items by one column: their id, and the id of what they refer to. */
export function referringRows(core: StoreCore, by: Referrer, targets: readonly number[]): [number, number][] {
  return rowsWhere(core, by, quoted(by.column), targets);
}

/** The same for some rows of the column's own type; those without a reference are left out. */
export function referencesOf(core: StoreCore, by: Referrer, ids: readonly number[]): [number, number][] {
  return rowsWhere(core, by, `${quoted(by.column)} IS NOT NULL AND ${ID}`, ids);
}

function rowsWhere(core: StoreCore, { entry, column }: Referrer, what: string, ids: readonly number[]) {
  const sql = `SELECT ${ID}, ${quoted(column)} FROM ${quoted(entry.table)} WHERE ${what} ${IN_IDS}`;
  return core.file.connection.rows(sql, [JSON.stringify(ids)]) as [number, number][];
}
