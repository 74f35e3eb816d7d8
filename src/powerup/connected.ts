import type { SqlRow } from '../driver/connection.js';
import { quoted } from '../driver/sql-text.js';
import type { StoreCore } from '../store/store-core.js';
import { ID } from '../store/table-sql.js';
import { Connector } from './connector.js';

/** What a connector is looked up by; what is left out may be anything. `target`: an item's id, or null for the store. */
export interface Wanted {
  readonly target: number | null;
  readonly role?: string | undefined;
  readonly player?: number | undefined;
}

/** The columns of connectors that are wanted, by one indexed query: first in priority first, then first given. */
export function connected(core: StoreCore, wanted: Wanted, columns: readonly string[]): readonly SqlRow[] {
  const { connection } = core.reading();
  const table = core.catalog.find(core.typeOf(Connector))?.sql.table;
  if (table === undefined) return []; // nothing ever played a role here
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined && value !== null);
  const conditions = given.map(([column]) => `${quoted(column)} = ?`);
  if (wanted.target === null) conditions.push('"target" IS NULL');
  const sql = `SELECT ${columns.join(', ')} FROM ${table} WHERE ${conditions.join(' AND ')} ORDER BY "priority" DESC, ${ID}`;
  return connection.rows(
    sql,
    given.map(([, value]) => value as string | number),
  );
}
