import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * What lies in a directory and below it, by relative path: a directory, a link with its target, or a file with a digest
 * of its bytes. Only for stores that are closed: reading a live database's file would drop SQLite's locks.
 */
export function contentsOf(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(paths.map((path) => [path, kindAt(join(directory, path))]));
}

function kindAt(path: string): string {
  const stat = lstatSync(path);
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (!stat.isFile()) return 'something else'; // a named pipe, say, which is not read
  return `file ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

/** The same without the files that SQLite itself keeps beside a database that is open, or was opened to be read only. */
export function contentsWithoutLogs(directory: string): Record<string, string> {
  return Object.fromEntries(Object.entries(contentsOf(directory)).filter(([path]) => !/-(wal|shm)$/.test(path)));
}

/** Runs a function with a connection of better-sqlite3 to a store's database, past the library. */
export function inDatabase<R>(directory: string, work: (database: Database.Database) => R): R {
  const database = new Database(join(directory, 'db.sqlite'), { fileMustExist: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** The tables of a store that has no items. */
export const ownTables = ['corollary_decisions', 'corollary_prepared', 'corollary_store', 'corollary_types'];

/** The names of all tables of a store's database. */
export function tablesOf(directory: string): unknown[] {
  return inDatabase(directory, (database) =>
    database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all(),
  );
}

/** The table that has a column of this name. */
export function tableWith(database: Database.Database, column: string): string {
  const find = "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ?";
  return String(database.prepare(find).pluck().get(column));
}

/** The indexed columns of the table with this column, one text per index: 'a,b' or 'unique a,b'. */
export function indexesOfTableWith(directory: string, column: string): string[] {
  return inDatabase(directory, (database) => {
    const rows = database
      .prepare(`SELECT l."unique" AS isUnique, group_concat(c.name) AS columns
        FROM pragma_index_list(?) l, pragma_index_info(l.name) c GROUP BY l.name ORDER BY columns`)
      .all(tableWith(database, column)) as { isUnique: number; columns: string }[];
    return rows.map(({ isUnique, columns }) => (isUnique === 1 ? `unique ${columns}` : columns));
  });
}

/** The directories of a store's direct substores. */
export function substoreDirectories(directory: string): string[] {
  const sub = join(directory, 'sub');
  return readdirSync(sub).map((id) => join(sub, id));
}

/** Makes a named pipe: who opens it without care waits for ever. */
export function aFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}
