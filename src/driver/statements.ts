import type Database from 'better-sqlite3';

/** Enough for every shape of a program's queries; past it the oldest goes, so that generated texts cannot fill memory. */
const MAX_STATEMENTS = 500;

/**
 * The statements of one connection, prepared once per text. Rows come as arrays: the fastest form, and the one for which
 * the driver generates no code.
 */
export class Statements<Row extends unknown[]> {
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Database.Statement<unknown[], Row>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  get size(): number {
    return this.#prepared.size;
  }

  get(sql: string): Database.Statement<unknown[], Row> {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const made = this.#prepare(sql);
    if (this.#prepared.size >= MAX_STATEMENTS) {
      const [oldest] = this.#prepared.keys();
      this.#prepared.delete(oldest as string);
    }
    this.#prepared.set(sql, made);
    return made;
  }

  #prepare(sql: string): Database.Statement<unknown[], Row> {
    const statement = this.#database.prepare<unknown[], Row>(sql);
    return statement.reader ? statement.raw(true) : statement;
  }

  clear(): void {
    this.#prepared.clear();
  }
}
