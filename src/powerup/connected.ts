import { quoted } from '../driver/sql-text.js';
import type { SqlRow } from '../driver/sql-value.js';
import type { StoreCore } from '../store/store-core.js';
import { ID } from '../store/table-sql.js';
import { Connector } from './connector.js';

/** What connectors are looked up by. `target`: an item's id, or null for the store. Null elsewhere: any. */
export interface Wanted {
  readonly target: number | null;
  readonly role: string | null;
  readonly player: number | null;
}

/** One who plays a role. */
export interface Connected {
  readonly id: number;
  readonly role: string;
  readonly player: number;
  readonly priority: number;
}

/** The connectors that are wanted, by one indexed statement: first in priority first, then first given. */
export function connected(core: StoreCore, wanted: Wanted, { connection } = core.reading()): Connected[] {
  const table = core.catalog.find(core.typeOf(Connector))?.sql.table;
  if (table === undefined) return []; // nothing ever played a role here
  const given = COLUMNS.filter((column) => wanted[column] !== null);
  const values = given.map((column) => wanted[column]);
  return connection.rows(sqlFor(table, given), values).map(toConnected).sort(byRank);
}

const COLUMNS = ['target', 'role', 'player'] as const;

// Written once for each combination: to write it anew took half as long as to run it.
const written = new Map<string, string>();

function sqlFor(table: string, given: readonly string[]): string {
  const key = `${given.join()} ${table}`;
  const known = written.get(key);
  if (known !== undefined) return known;
  const forStore = given.includes('target') ? [] : ['"target" IS NULL'];
  const conditions = [...forStore, ...given.map((column) => `${quoted(column)} = ?`)].join(' AND ');
  const sql = `SELECT ${ID}, "role", "player", "priority" FROM ${table} WHERE ${conditions}`;
  written.set(key, sql);
  return sql;
}

function toConnected([id, role, player, priority]: SqlRow): Connected {
  return { id, role, player, priority } as Connected;
}

// Sorted here: SQLite would sort even a single row by the id.
function byRank(a: Connected, b: Connected): number {
  return b.priority - a.priority || a.id - b.id;
}
