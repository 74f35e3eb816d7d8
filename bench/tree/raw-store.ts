import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { configure, FILE, type Synchronous } from '../competitors/database.js';
import { newDirectory, removeDirectory } from '../measure/scratch.js';

const SCHEMA = `
  CREATE TABLE part (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, directory TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE reading (
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, watts INTEGER NOT NULL, noise INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX reading_watts ON reading (watts);
  CREATE TABLE prepared (token TEXT PRIMARY KEY, change TEXT NOT NULL) STRICT;
  CREATE TABLE decided (token TEXT PRIMARY KEY) STRICT;
`;

let template: Buffer | undefined;

/** The bytes of a database without rows, made once: to write them is faster than to run the schema. */
function emptyDatabase(): Buffer {
  template ??= madeTemplate();
  return template;
}

function madeTemplate(): Buffer {
  const directory = newDirectory();
  const database = new Database(join(directory, FILE));
  configure(database, 'FULL');
  database.exec(SCHEMA);
  database.close();
  const bytes = readFileSync(join(directory, FILE));
  removeDirectory(directory);
  return bytes;
}

/** A directory with a database, durable when this returns but for the directory's own name. */
export function makeStore(directory: string): void {
  mkdirSync(directory);
  const file = openSync(join(directory, FILE), 'wx');
  writeSync(file, emptyDatabase());
  fsyncSync(file);
  closeSync(file);
  syncDirectory(directory);
}

export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

const sql = {
  insert: 'INSERT INTO reading (sensor, watts, noise) VALUES (?, ?, ?)',
  byId: 'SELECT * FROM reading WHERE id = ?',
  count: 'SELECT count(*) FROM reading',
  largest: 'SELECT max(watts) FROM reading',
  firstByWatts: 'SELECT * FROM reading ORDER BY watts DESC LIMIT 10',
  firstByNoise: 'SELECT * FROM reading ORDER BY noise DESC LIMIT 10',
  addPart: 'INSERT INTO part (name, directory) VALUES (?, ?)',
  change: 'UPDATE reading SET watts = ? WHERE id = ?',
  prepare: 'INSERT INTO prepared (token, change) VALUES (?, ?)',
  decide: 'INSERT INTO decided (token) VALUES (?)',
  finish: 'DELETE FROM prepared WHERE token = ?',
} as const;

/** A database that is open, with its statements: each is prepared when it is first used, and kept. */
export class RawStore {
  readonly database: Database.Database;
  readonly #statements = new Map<string, Database.Statement<unknown[], unknown>>();

  constructor(directory: string, synchronous: Synchronous) {
    this.database = new Database(join(directory, FILE));
    configure(this.database, synchronous);
  }

  statement(name: keyof typeof sql): Database.Statement<unknown[], unknown> {
    const known = this.#statements.get(name);
    if (known !== undefined) return known;
    const made = this.database.prepare<unknown[], unknown>(sql[name]);
    this.#statements.set(name, made);
    return made;
  }

  close(): void {
    this.database.close();
  }
}
