import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Does something to a store's database as another program would: with a connection of its own, past the library. */
export function rawly<R>(storeDirectory: string, work: (database: Database.Database) => R): R {
  const database = new Database(join(storeDirectory, 'db.sqlite'), { fileMustExist: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** The table that has a column of this name. */
export function tableWith(database: Database.Database, column: string): string {
  const sql = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ?";
  return database.prepare(sql).pluck().get(column) as string;
}
