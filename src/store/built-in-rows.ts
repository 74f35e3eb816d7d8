import { quoted } from '../driver/sql-text.js';
import type { SqlRow } from '../driver/sql-value.js';
import type { StoreFile } from './store-file.js';

/** The rows of one of the library's own types, ordered by the first column, read past items and classes. */
export function builtInRows({ connection }: StoreFile, type: string, columns: readonly string[]): SqlRow[] {
  const table = connection.row('SELECT "table" FROM corollary_types WHERE name = ?', [type])?.[0];
  if (table === undefined) return [];
  return connection.rows(`SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(table as string)} ORDER BY 1`);
}
