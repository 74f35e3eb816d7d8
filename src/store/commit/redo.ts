import type { Connection } from '../../driver/connection.js';
import { quoted } from '../../driver/sql-text.js';
import type { SqlRow, SqlValue } from '../../driver/sql-value.js';
import { CorollaryError } from '../../errors.js';
import type { CatalogueEntry } from '../catalogue-entry.js';
import type { Definition } from '../definition.js';
import { ID, IN_IDS } from '../table-sql.js';

/**
 * What a transaction did to one store, as rows to be written whatever was there before: doing it twice is doing it
 * once. Rows that were changed are taken away first and come back with their new cells, so that no two of them are in
 * each other's way on the ground of uniqueness. Where a type has got another table, that is made first, and all its rows
 * are written.
 */
export type Step =
  | { readonly define: string; readonly values: readonly SqlValue[] }
  | { readonly remove: string; readonly ids: readonly number[] }
  | { readonly insert: string; readonly columns: readonly string[]; readonly rows: readonly RedoRow[] }
  | { readonly parent: string };

/** Cells as JSON can hold them; bytes as base64 in a list of one. */
export type RedoRow = readonly (null | number | string | readonly [string])[];

/** The type of some rows, and the ids of those that were written. */
export type WrittenRows = ReadonlyMap<CatalogueEntry, Iterable<number>>;

/** A type that was given another table, with all its rows; or that was dropped with its table. */
export interface Replaced {
  readonly from: CatalogueEntry;
  readonly to: CatalogueEntry | undefined;
  /** All that makes the new table and takes the old one away. */
  readonly definitions: readonly Definition[];
}

/** A step is cut near this size, so that neither writing nor reading it takes much memory. */
const STEP_CHARACTERS = 1_000_000;

/** What the running transaction did to these rows, read from its own view of the database. */
export function capture(connection: Connection, written: WrittenRows, replaced: readonly Replaced[]): Step[] {
  const tables = byTable(written);
  for (const { from, to } of replaced) for (const entry of [from, to]) if (entry) tables.delete(entry.table);
  const definitions = replaced.flatMap((one) => one.definitions.map(definitionStep));
  const removals = [...tables].map(([table, { ids }]): Step => ({ remove: table, ids: [...ids] }));
  const rows = [...tables.values()].flatMap(({ entry, ids }) => insertsOf(connection, entry, [...ids]));
  const moved = replaced.flatMap(({ to }) => (to === undefined ? [] : insertsOf(connection, to, undefined)));
  return [...definitions, ...removals, ...rows, ...moved];
}

/** What runs a statement that is no change of items. */
export function definitionStep({ sql, values = [] }: Definition): Step {
  return { define: sql, values };
}

// The catalogue's entry of a type may have changed on the way; its table has not.
function byTable(written: WrittenRows): Map<string, { readonly entry: CatalogueEntry; readonly ids: Set<number> }> {
  const tables = new Map<string, { entry: CatalogueEntry; ids: Set<number> }>();
  for (const [entry, ids] of written) {
    const known = tables.get(entry.table) ?? { entry, ids: new Set<number>() };
    tables.set(entry.table, known);
    for (const id of ids) known.ids.add(id);
  }
  return tables;
}

/** `ids`: undefined for all rows of the table. */
function insertsOf(connection: Connection, entry: CatalogueEntry, ids: readonly number[] | undefined): Step[] {
  const { table, shape } = entry;
  const { attributes } = shape;
  const columns = ['storeId', ...attributes.map(({ name }) => name)];
  // As text: an integer may be larger than a JavaScript number can say. SQLite takes it back for what it is.
  const cells = attributes.map(({ name, column }) =>
    column === 'INTEGER' ? `CAST(${quoted(name)} AS TEXT)` : quoted(name),
  );
  const which = ids === undefined ? '' : ` WHERE ${ID} ${IN_IDS}`;
  const sql = `SELECT ${[ID, ...cells].join(', ')} FROM ${quoted(table)}${which}`;
  const steps: Step[] = [];
  let rows: RedoRow[] = [];
  let characters = 0;
  const flush = () => {
    if (rows.length > 0) steps.push({ insert: table, columns, rows });
    rows = [];
    characters = 0;
  };
  connection.each(sql, ids === undefined ? [] : [JSON.stringify(ids)], (row) => {
    rows.push(row.map(packed));
    characters += sizeOf(row);
    if (characters > STEP_CHARACTERS) flush();
  });
  flush();
  return steps;
}

function packed(cell: SqlValue): RedoRow[number] {
  return cell instanceof Uint8Array ? [Buffer.from(cell).toString('base64')] : cell;
}

function unpacked(cell: RedoRow[number]): SqlValue {
  return Array.isArray(cell) ? Buffer.from(cell[0], 'base64') : (cell as SqlValue);
}

function sizeOf(row: SqlRow): number {
  let size = 0;
  for (const cell of row) size += typeof cell === 'string' || cell instanceof Uint8Array ? cell.length : 8;
  return size;
}

/** Does the steps. Runs inside a transaction. @throws CorollaryError CORRUPT where one means nothing in this database */
export function applySteps(connection: Connection, steps: Iterable<Step>): void {
  for (const step of steps)
    try {
      applyStep(connection, step);
    } catch (error) {
      throw error instanceof CorollaryError ? error : notFromHere(connection, error);
    }
}

function notFromHere({ place }: Connection, cause: unknown): CorollaryError {
  const said = `${place}: what a transaction over several stores has left to be done cannot be done there: the database is damaged, restore a backup`;
  return new CorollaryError('CORRUPT', said, { store: place, cause });
}

function applyStep(connection: Connection, step: Step): void {
  if ('define' in step) connection.run(step.define, step.values);
  else if ('remove' in step)
    connection.run(`DELETE FROM ${quoted(step.remove)} WHERE ${ID} ${IN_IDS}`, [JSON.stringify(step.ids)]);
  else if ('parent' in step) connection.run('UPDATE corollary_store SET parent = ?', [step.parent]);
  else insertRows(connection, step.insert, step.columns, step.rows);
}

function insertRows(connection: Connection, table: string, columns: readonly string[], rows: readonly RedoRow[]): void {
  const places = columns.map(() => '?').join(', ');
  const sql = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) VALUES (${places})`;
  for (const row of rows) if (connection.run(sql, row.map(unpacked)) !== 1) throw ignored(connection, row[0]);
}

// It was taken away before: to go on would lose it.
function ignored({ place }: Connection, id: RedoRow[number] | undefined): CorollaryError {
  return new CorollaryError(
    'CONSTRAINT',
    `${place}: a trigger of another program ignores item ${id}, which a committed transaction over several stores has written: drop that trigger, and use the store again`,
    { store: place, storeId: Number(id) },
  );
}
