import { quoted } from '../driver/sql-text.js';
import type { SqlRow } from '../driver/sql-value.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import type { StoreCore } from './store-core.js';
import { ID, IN_IDS, TableSql } from './table-sql.js';

/** How many rows are in memory at once: at first, at most, and as many as have about so many characters and bytes. */
const FIRST_BATCH = 20;
const LARGEST_BATCH = 500;
const BATCH_BYTES = 4_000_000;

/** A row as it is in the file. */
export interface StoredRow {
  readonly id: number;
  /** By `attribute.index` of the type that it is read as. */
  readonly cells: readonly Cell[];
}

/** The rows of a table, read as those of a type, by their ids: a batch at a time, so that any number of them can be gone through. */
export function* batchesOf(core: StoreCore, { table }: CatalogueEntry, type: ItemType): Generator<StoredRow[]> {
  const { selectAfter } = new TableSql(table, type);
  let limit = FIRST_BATCH;
  for (let last = 0; ; ) {
    const rows = core.file.connection.rows(selectAfter, [last, limit]);
    if (rows.length === 0) return;
    yield rows.map(([id, ...cells]) => ({ id: id as number, cells }));
    last = rows.at(-1)?.[0] as number;
    const sizeOfOne = 1 + rows.reduce((sum, row) => sum + sizeOf(row), 0) / rows.length;
    limit = Math.min(LARGEST_BATCH, Math.ceil(BATCH_BYTES / sizeOfOne));
  }
}

function sizeOf(row: SqlRow): number {
  return row.reduce<number>((sum, cell) => sum + lengthOf(cell), 0);
}

function lengthOf(cell: SqlRow[number]): number {
  return typeof cell === 'string' || cell instanceof Uint8Array ? cell.length : 8;
}

/** How many rows a table has. */
export function rowCount(core: StoreCore, { table }: CatalogueEntry): number {
  const [count] = core.file.connection.row(`SELECT count(*) FROM ${quoted(table)}`) as [number];
  return count;
}

/** True when a table has a row. */
export function hasRows(core: StoreCore, { table }: CatalogueEntry): boolean {
  return core.file.connection.row(`SELECT 1 FROM ${quoted(table)} LIMIT 1`) !== undefined;
}

/** The ids of so many rows, the lowest first. */
export function firstIds(core: StoreCore, { table }: CatalogueEntry, count: number): number[] {
  const sql = `SELECT ${ID} FROM ${quoted(table)} ORDER BY ${ID} LIMIT +?`;
  return core.file.connection.rows(sql, [count]).map(([id]) => id as number);
}

/** Those of the ids that a table has no row for. */
export function idsNotIn(core: StoreCore, { table }: CatalogueEntry, ids: readonly number[]): number[] {
  const sql = `SELECT ${ID} FROM ${quoted(table)} WHERE ${ID} ${IN_IDS}`;
  const found = new Set(core.file.connection.rows(sql, [JSON.stringify(ids)]).map(([id]) => id));
  return ids.filter((id) => !found.has(id));
}
