import { quoted } from '../driver/sql-text.js';
import { CorollaryError } from '../errors.js';
import { CATALOGUE_COLUMNS, catalogueEntry } from './catalogue-row.js';
import { isListOf, isText } from './json-checks.js';
import type { StoreFile } from './store-file.js';

/**
 * What the rows of one of the library's own types say in columns of texts, ordered by the first, read past items and
 * classes.
 * @throws CorollaryError CORRUPT where there is something else
 */
export function builtInTexts({ connection, place }: StoreFile, type: string, columns: readonly string[]): string[][] {
  const row = connection.row(`SELECT ${CATALOGUE_COLUMNS} FROM corollary_types WHERE name = ?`, [type]);
  if (row === undefined) return [];
  const { table } = catalogueEntry(row, place);
  const rows: unknown = connection.rows(`SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(table)} ORDER BY 1`);
  if (isListOf(rows, (cells) => isListOf(cells, isText))) return rows as string[][];
  throw new CorollaryError(
    'CORRUPT',
    `${place}: a row of ${type} has something else than texts: the database is damaged, restore a backup`,
    { store: place, type },
  );
}
