import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Competitor } from '../competitors/competitor.js';

/** The ids that a competitor has given to the cities, in the order in which they were created. */
export function idsOf(competitor: Competitor, directory: string): number[] {
  const { id, table } = competitor;
  return reading(competitor, directory, (database) =>
    database.prepare<[], number>(`SELECT ${id} FROM ${table} ORDER BY ${id}`).pluck().all(),
  );
}

/** Differs where the cities that are stored differ. Ids are left out: each library has its own. */
export function rowsDigest(competitor: Competitor, directory: string): string {
  const select = `SELECT name, population, area, capital, founded FROM ${competitor.table} ORDER BY ${competitor.id}`;
  const rows = reading(competitor, directory, (database) => database.prepare(select).raw().all());
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 16);
}

function reading<R>({ file }: Competitor, directory: string, read: (database: Database.Database) => R): R {
  const database = new Database(join(directory, file));
  try {
    return read(database);
  } finally {
    database.close();
  }
}
