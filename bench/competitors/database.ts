import { join } from 'node:path';
import Database from 'better-sqlite3';

/** How much a commit must survive: SQLite's `synchronous`. Every competitor runs under the same. */
export type Synchronous = 'FULL' | 'NORMAL';

export const FILE = 'db.sqlite';

/** The table that a store of corollary makes for the cities, but for names. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS city (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    population INTEGER NOT NULL,
    area REAL NOT NULL,
    capital INTEGER NOT NULL CHECK (capital IN (0, 1)),
    founded INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS city_population ON city (population);
`;

/** What holds for one connection: the same as in a store of corollary. */
export const CONNECTION_PRAGMAS: readonly string[] = [
  'foreign_keys = OFF',
  'trusted_schema = OFF',
  'cell_size_check = ON',
  'cache_size = -2000',
];

/** Sets up a connection as a store of corollary sets up its own. `synchronous` is of the connection, not of the file. */
export function configure(database: Database.Database, synchronous: Synchronous): void {
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${synchronous}`);
  for (const pragma of CONNECTION_PRAGMAS) database.pragma(pragma);
}

/** Opens the database file of a directory, and makes it with its table where there is none. */
export function openDatabase(directory: string, synchronous: Synchronous): Database.Database {
  const database = new Database(join(directory, FILE));
  configure(database, synchronous);
  database.exec(SCHEMA);
  return database;
}
