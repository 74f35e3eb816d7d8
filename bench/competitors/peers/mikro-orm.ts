import { join } from 'node:path';
import { defineEntity, type EntityManager, MikroORM, p } from '@mikro-orm/sqlite';
import type { CityRow } from '../city.js';
import { type Competitor, PAGE, type Session } from '../competitor.js';
import { CONNECTION_PRAGMAS, FILE, openDatabase, type Synchronous } from '../database.js';

const CitySchema = defineEntity({
  name: 'City',
  tableName: 'city',
  properties: {
    id: p.integer().primary(),
    name: p.string(),
    population: p.integer(),
    area: p.double(),
    capital: p.boolean(),
    founded: p.datetime(),
  },
});
class City extends CitySchema.class {}
CitySchema.setClass(City);

/** A fork of the entity manager is a unit of work: one for each request, which here is one for each query or commit. */
export function mikroOrm(synchronous: Synchronous): Competitor {
  return { name: 'MikroORM', file: FILE, table: 'city', id: 'id', open: (directory) => opened(directory, synchronous) };
}

async function opened(directory: string, synchronous: Synchronous): Promise<Session> {
  openDatabase(directory, synchronous).close();
  const orm = await MikroORM.init({ entities: [City], dbName: join(directory, FILE) });
  for (const pragma of [`synchronous = ${synchronous}`, ...CONNECTION_PRAGMAS])
    await orm.em.execute(`PRAGMA ${pragma}`);
  return new MikroOrmSession(orm);
}

class MikroOrmSession implements Session {
  readonly #orm: MikroORM;
  #em: EntityManager;

  constructor(orm: MikroORM) {
    this.#orm = orm;
    this.#em = orm.em.fork();
  }

  async createAll(rows: readonly CityRow[]): Promise<number> {
    const em = this.#orm.em.fork();
    for (const row of rows) em.create(City, row);
    await em.flush();
    return rows.length;
  }

  async createEach(rows: readonly CityRow[]): Promise<number> {
    for (const row of rows) {
      const em = this.#orm.em.fork();
      em.create(City, row);
      await em.flush();
    }
    return rows.length;
  }

  async hold(): Promise<readonly City[]> {
    this.#em = this.#orm.em.fork();
    return this.#em.find(City, {});
  }

  async getEach(ids: readonly number[]): Promise<number> {
    let sum = 0;
    for (const id of ids) sum += (await this.#em.findOneOrFail(City, id)).population;
    return sum;
  }

  async loadAll(): Promise<number> {
    let sum = 0;
    for (const city of await this.#orm.em.fork().find(City, {})) sum += city.population;
    return sum;
  }

  async queryEach(least: readonly number[]): Promise<number> {
    let sum = 0;
    for (const population of least) {
      const where = { population: { $gte: population } };
      const page = await this.#orm.em.fork().find(City, where, { orderBy: { population: 'asc' }, limit: PAGE });
      for (const city of page) sum += city.population;
    }
    return sum;
  }

  async countEach(areas: readonly number[]): Promise<number> {
    let sum = 0;
    for (const area of areas) sum += await this.#em.count(City, { area: { $gt: area } });
    return sum;
  }

  async changeEach(ids: readonly number[]): Promise<number> {
    await this.#orm.em.fork().transactional(async (em) => {
      for (const id of ids) (await em.findOneOrFail(City, id)).population += 1;
    });
    return ids.length;
  }

  async close(): Promise<void> {
    await this.#orm.close();
  }
}
