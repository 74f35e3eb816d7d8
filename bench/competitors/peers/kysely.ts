import { type Generated, type Insertable, Kysely, SqliteDialect } from 'kysely';
import type { CityRow } from '../city.js';
import { type Competitor, PAGE, type Session } from '../competitor.js';
import { FILE, openDatabase, type Synchronous } from '../database.js';
import { ROWS_PER_INSERT, slices } from './slices.js';

interface CityTable {
  id: Generated<number>;
  name: string;
  population: number;
  area: number;
  capital: number;
  founded: number;
}

interface Tables {
  city: CityTable;
}

/** Kysely, a query builder: plain rows, whose values are those of the driver. */
export function kysely(synchronous: Synchronous): Competitor {
  return {
    name: 'Kysely',
    file: FILE,
    table: 'city',
    id: 'id',
    open: async (directory) => {
      const database = openDatabase(directory, synchronous);
      return new KyselySession(new Kysely<Tables>({ dialect: new SqliteDialect({ database }) }));
    },
  };
}

class KyselySession implements Session {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async createAll(rows: readonly CityRow[]): Promise<number> {
    await this.#db.transaction().execute(async (trx) => {
      for (const slice of slices(rows, ROWS_PER_INSERT))
        await trx.insertInto('city').values(slice.map(stored)).execute();
    });
    return rows.length;
  }

  async createEach(rows: readonly CityRow[]): Promise<number> {
    for (const row of rows) await this.#db.insertInto('city').values(stored(row)).execute();
    return rows.length;
  }

  hold(): undefined {}

  async getEach(ids: readonly number[]): Promise<number> {
    let sum = 0;
    for (const id of ids) {
      const city = await this.#db.selectFrom('city').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      sum += city.population;
    }
    return sum;
  }

  async loadAll(): Promise<number> {
    let sum = 0;
    for (const city of await this.#db.selectFrom('city').selectAll().execute()) sum += city.population;
    return sum;
  }

  async queryEach(least: readonly number[]): Promise<number> {
    let sum = 0;
    for (const population of least) {
      const page = this.#db.selectFrom('city').selectAll().where('population', '>=', population);
      for (const city of await page.orderBy('population').limit(PAGE).execute()) sum += city.population;
    }
    return sum;
  }

  async countEach(areas: readonly number[]): Promise<number> {
    let sum = 0;
    for (const area of areas) {
      const counted = this.#db.selectFrom('city').select(({ fn }) => fn.countAll<number>().as('count'));
      sum += (await counted.where('area', '>', area).executeTakeFirstOrThrow()).count;
    }
    return sum;
  }

  async changeEach(ids: readonly number[]): Promise<number> {
    await this.#db.transaction().execute(async (trx) => {
      for (const id of ids) {
        const city = await trx.selectFrom('city').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
        await trx
          .updateTable('city')
          .set({ population: city.population + 1 })
          .where('id', '=', id)
          .execute();
      }
    });
    return ids.length;
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

// The driver binds neither booleans nor dates, and Kysely leaves values as they are.
function stored({ capital, founded, ...row }: CityRow): Insertable<CityTable> {
  return { ...row, capital: capital ? 1 : 0, founded: founded.getTime() };
}
