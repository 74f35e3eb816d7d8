import type Database from 'better-sqlite3';
import type { CityRow } from './city.js';
import { type Competitor, PAGE, type Session } from './competitor.js';
import { FILE, openDatabase, type Synchronous } from './database.js';

/** A row of the table, as the driver gives it. */
interface StoredCity {
  readonly id: number;
  readonly name: string;
  readonly population: number;
  readonly area: number;
  readonly capital: number;
  readonly founded: number;
}

/** better-sqlite3 by hand: every statement prepared once, rows as the driver gives them. */
export function raw(synchronous: Synchronous): Competitor {
  return {
    name: 'raw',
    file: FILE,
    table: 'city',
    id: 'id',
    open: async (directory) => new RawSession(openDatabase(directory, synchronous)),
  };
}

class RawSession implements Session {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement<unknown[]>;
  readonly #byId: Database.Statement<[number], StoredCity>;
  readonly #all: Database.Statement<[], StoredCity>;
  readonly #page: Database.Statement<[number], StoredCity>;
  readonly #count: Database.Statement<[number], number>;
  readonly #update: Database.Statement<[number, number]>;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#insert = database.prepare(
      'INSERT INTO city (name, population, area, capital, founded) VALUES (?, ?, ?, ?, ?)',
    );
    this.#byId = database.prepare('SELECT * FROM city WHERE id = ?');
    this.#all = database.prepare('SELECT * FROM city');
    this.#page = database.prepare(`SELECT * FROM city WHERE population >= ? ORDER BY population LIMIT ${PAGE}`);
    this.#count = database.prepare<[number], number>('SELECT count(*) FROM city WHERE area > ?').pluck();
    this.#update = database.prepare('UPDATE city SET population = ? WHERE id = ?');
  }

  createAll(rows: readonly CityRow[]): number {
    return this.#database.transaction(() => this.createEach(rows))();
  }

  createEach(rows: readonly CityRow[]): number {
    for (const { name, population, area, capital, founded } of rows)
      this.#insert.run(name, population, area, capital ? 1 : 0, founded.getTime());
    return rows.length;
  }

  hold(): undefined {}

  getEach(ids: readonly number[]): number {
    let sum = 0;
    for (const id of ids) sum += this.#byId.get(id)!.population;
    return sum;
  }

  loadAll(): number {
    let sum = 0;
    for (const city of this.#all.all()) sum += city.population;
    return sum;
  }

  queryEach(least: readonly number[]): number {
    let sum = 0;
    for (const population of least) for (const city of this.#page.all(population)) sum += city.population;
    return sum;
  }

  countEach(areas: readonly number[]): number {
    let sum = 0;
    for (const area of areas) sum += this.#count.get(area)!;
    return sum;
  }

  changeEach(ids: readonly number[]): number {
    this.#database.transaction(() => {
      for (const id of ids) this.#update.run(this.#byId.get(id)!.population + 1, id);
    })();
    return ids.length;
  }

  close(): void {
    this.#database.close();
  }
}
