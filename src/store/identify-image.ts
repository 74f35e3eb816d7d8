import { Connection } from '../driver/connection.js';
import { quoted } from '../driver/sql-text.js';
import { configureScratch } from '../driver/whole-database.js';
import { CorollaryError } from '../errors.js';
import { CATALOGUE_COLUMNS, catalogueEntry } from './catalogue-row.js';
import { finishDatabaseFile } from './database-file.js';
import type { StoreIds } from './format.js';
import type { TypeShape } from './shape.js';
import { ID } from './table-sql.js';

/** Who the store in an image is, and who it is to be. */
export interface Identification {
  readonly was: string;
  readonly is: StoreIds;
  /** The new uids of stores, by the old ones: of its substores, and of stores that addresses point to. */
  readonly uids: ReadonlyMap<string, string>;
}

/** An address begins with the uid of a store, so many characters, and goes on with a slash and the item's id. */
const UID_CHARACTERS = 32;
/** So many rows are read at once. */
const BATCH = 1000;

/**
 * Makes an image in a file the database of another store, or of the same one in another place, durably.
 * @throws CorollaryError CORRUPT, DISK_FULL, IO_ERROR; the file is of no use then.
 */
export function identifyFile(file: string, identification: Identification): void {
  const connection = new Connection(file, { readOnly: false, durability: 'full', busyTimeoutMs: 0, place: file });
  try {
    configureScratch(connection);
    identify(connection, identification, file);
  } finally {
    connection.close();
  }
  finishDatabaseFile(file, 'log');
}

/** The same for an open database. */
export function identify(connection: Connection, identification: Identification, place: string): void {
  connection.run('BEGIN');
  writeIds(connection, identification, place);
  // Nobody is part of a transaction here, nor decides about one: an image is taken when none is pending.
  connection.run('DELETE FROM corollary_prepared');
  connection.run('DELETE FROM corollary_decisions');
  if (identification.uids.size > 0) rewriteUids(connection, identification.uids, place);
  connection.commit();
}

function writeIds(connection: Connection, { was, is }: Identification, place: string): void {
  const sql = 'UPDATE corollary_store SET uid = ?, parent = ?, incarnation = ?, deleted = 0 WHERE uid = ?';
  if (connection.run(sql, [is.uid, is.parentUid, is.incarnation, was]) === 1) return;
  throw new CorollaryError('CORRUPT', `${place} is not the database of the store with uid ${was}`, { path: place });
}

/** A column whose texts begin with uids. */
interface UidColumn {
  readonly table: string;
  readonly column: string;
}

function rewriteUids(connection: Connection, uids: ReadonlyMap<string, string>, place: string): void {
  for (const column of uidColumns(connection, place)) rewriteColumn(connection, column, uids);
}

function uidColumns(connection: Connection, place: string): UidColumn[] {
  const types = connection.rows(`SELECT ${CATALOGUE_COLUMNS} FROM corollary_types`);
  return types.flatMap((row) => {
    const { name, table, shape } = catalogueEntry(row, place);
    const { attributes } = shape;
    const holdsUids = (attribute: TypeShape['attributes'][number]) =>
      attribute.type === 'address' || (name === 'corollary_substore' && attribute.name === 'uid');
    return attributes.filter(holdsUids).map((attribute) => ({ table, column: attribute.name }));
  });
}

function rewriteColumn(connection: Connection, { table, column }: UidColumn, uids: ReadonlyMap<string, string>): void {
  const [from, cell] = [quoted(table), quoted(column)];
  const read = `SELECT ${ID}, ${cell} FROM ${from} WHERE ${ID} > ? AND typeof(${cell}) = 'text' ORDER BY ${ID} LIMIT ${BATCH}`;
  const write = `UPDATE ${from} SET ${cell} = ? WHERE ${ID} = ?`;
  for (let last = 0; ; ) {
    const rows = connection.rows(read, [last]) as [number, string][];
    for (const [id, text] of rows) {
      const uid = uids.get(text.slice(0, UID_CHARACTERS));
      if (uid !== undefined) connection.run(write, [uid + text.slice(UID_CHARACTERS), id]);
    }
    if (rows.length < BATCH) return;
    last = (rows.at(-1) as [number, string])[0];
  }
}
