import type Database from 'better-sqlite3';
import { asc, count, eq, gt, gte, sql } from 'drizzle-orm';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { CityRow } from '../city.js';
import { type Competitor, PAGE, type Session } from '../competitor.js';
import { FILE, openDatabase, type Synchronous } from '../database.js';
import { ROWS_PER_INSERT, slices } from './slices.js';

const city = sqliteTable(
  'city',
  {
    id: integer().primaryKey(),
    name: text().notNull(),
    population: integer().notNull(),
    area: real().notNull(),
    capital: integer({ mode: 'boolean' }).notNull(),
    founded: integer({ mode: 'timestamp_ms' }).notNull(),
  },
  (table) => [index('city_population').on(table.population)],
);

/** Drizzle with queries built where they are asked, as most of its documentation has them. */
export function drizzleBuilt(synchronous: Synchronous): Competitor {
  return competitor('Drizzle', (directory) => new BuiltSession(openDatabase(directory, synchronous)));
}

/** Drizzle with `.prepare()`, which its page on performance recommends for what is asked again and again. */
export function drizzlePrepared(synchronous: Synchronous): Competitor {
  return competitor('Drizzle prepared', (directory) => new PreparedSession(openDatabase(directory, synchronous)));
}

function competitor(name: string, open: (directory: string) => Session): Competitor {
  return { name, file: FILE, table: 'city', id: 'id', open: async (directory) => open(directory) };
}

class BuiltSession implements Session {
  readonly #database: Database.Database;
  protected readonly db: BetterSQLite3Database;

  constructor(database: Database.Database) {
    this.#database = database;
    this.db = drizzle({ client: database });
  }

  createAll(rows: readonly CityRow[]): number {
    this.db.transaction((tx) => {
      for (const slice of slices(rows, ROWS_PER_INSERT)) tx.insert(city).values(slice).run();
    });
    return rows.length;
  }

  createEach(rows: readonly CityRow[]): number {
    for (const row of rows) this.db.insert(city).values(row).run();
    return rows.length;
  }

  hold(): undefined {}

  getEach(ids: readonly number[]): number {
    let sum = 0;
    for (const id of ids) sum += this.db.select().from(city).where(eq(city.id, id)).get()!.population;
    return sum;
  }

  loadAll(): number {
    let sum = 0;
    for (const { population } of this.db.select().from(city).all()) sum += population;
    return sum;
  }

  queryEach(least: readonly number[]): number {
    let sum = 0;
    for (const population of least) {
      const page = this.db.select().from(city).where(gte(city.population, population));
      for (const found of page.orderBy(asc(city.population)).limit(PAGE).all()) sum += found.population;
    }
    return sum;
  }

  countEach(areas: readonly number[]): number {
    let sum = 0;
    for (const area of areas)
      sum += this.db.select({ count: count() }).from(city).where(gt(city.area, area)).get()!.count;
    return sum;
  }

  changeEach(ids: readonly number[]): number {
    this.db.transaction((tx) => {
      for (const id of ids) {
        const { population } = tx.select().from(city).where(eq(city.id, id)).get()!;
        tx.update(city)
          .set({ population: population + 1 })
          .where(eq(city.id, id))
          .run();
      }
    });
    return ids.length;
  }

  close(): void {
    this.#database.close();
  }
}

class PreparedSession extends BuiltSession {
  readonly #insert = this.db
    .insert(city)
    .values({
      name: sql.placeholder('name'),
      population: sql.placeholder('population'),
      area: sql.placeholder('area'),
      capital: sql.placeholder('capital'),
      founded: sql.placeholder('founded'),
    })
    .prepare();
  readonly #byId = this.db
    .select()
    .from(city)
    .where(eq(city.id, sql.placeholder('id')))
    .prepare();
  readonly #update = this.db
    .update(city)
    .set({ population: sql`${sql.placeholder('population')}` })
    .where(eq(city.id, sql.placeholder('id')))
    .prepare();

  override createAll(rows: readonly CityRow[]): number {
    return this.db.transaction(() => this.createEach(rows));
  }

  override createEach(rows: readonly CityRow[]): number {
    for (const row of rows) this.#insert.run({ ...row });
    return rows.length;
  }

  override getEach(ids: readonly number[]): number {
    let sum = 0;
    for (const id of ids) sum += this.#byId.get({ id })!.population;
    return sum;
  }

  override changeEach(ids: readonly number[]): number {
    this.db.transaction(() => {
      for (const id of ids) this.#update.run({ id, population: this.#byId.get({ id })!.population + 1 });
    });
    return ids.length;
  }
}
