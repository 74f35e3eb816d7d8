import 'reflect-metadata';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { Column, DataSource, Entity, MoreThan, MoreThanOrEqual, PrimaryGeneratedColumn } from 'typeorm';
import type { CityRow } from '../city.js';
import { type Competitor, PAGE, type Session } from '../competitor.js';
import { configure, FILE, openDatabase, type Synchronous } from '../database.js';

/** Its own type for dates keeps text; the table has milliseconds. */
const milliseconds = { to: (date: Date) => date.getTime(), from: (stored: number) => new Date(stored) };

@Entity('city')
class City {
  @PrimaryGeneratedColumn() declare id: number;
  @Column('text') declare name: string;
  @Column('integer') declare population: number;
  @Column('real') declare area: number;
  @Column('boolean') declare capital: boolean;
  @Column('integer', { transformer: milliseconds }) declare founded: Date;
}

/** Repositories of entities; many are saved by one `save`, in the chunks that its documentation asks for. */
export function typeorm(synchronous: Synchronous): Competitor {
  return { name: 'TypeORM', file: FILE, table: 'city', id: 'id', open: (directory) => opened(directory, synchronous) };
}

async function opened(directory: string, synchronous: Synchronous): Promise<Session> {
  openDatabase(directory, synchronous).close();
  const source = new DataSource({
    type: 'better-sqlite3',
    database: join(directory, FILE),
    entities: [City],
    synchronize: false,
    prepareDatabase: (database: Database.Database) => configure(database, synchronous),
  });
  return new TypeormSession(await source.initialize());
}

const CHUNK = { chunk: 1000 };

class TypeormSession implements Session {
  readonly #source: DataSource;

  constructor(source: DataSource) {
    this.#source = source;
  }

  get #cities() {
    return this.#source.getRepository(City);
  }

  async createAll(rows: readonly CityRow[]): Promise<number> {
    await this.#source.transaction(async (manager) => {
      const cities = manager.getRepository(City);
      await cities.save(cities.create([...rows]), CHUNK);
    });
    return rows.length;
  }

  async createEach(rows: readonly CityRow[]): Promise<number> {
    for (const row of rows) await this.#cities.save(this.#cities.create(row));
    return rows.length;
  }

  hold(): undefined {}

  async getEach(ids: readonly number[]): Promise<number> {
    let sum = 0;
    for (const id of ids) sum += (await this.#cities.findOneByOrFail({ id })).population;
    return sum;
  }

  async loadAll(): Promise<number> {
    let sum = 0;
    for (const city of await this.#cities.find()) sum += city.population;
    return sum;
  }

  async queryEach(least: readonly number[]): Promise<number> {
    let sum = 0;
    for (const population of least) {
      const where = { population: MoreThanOrEqual(population) };
      const page = await this.#cities.find({ where, order: { population: 'ASC' }, take: PAGE });
      for (const city of page) sum += city.population;
    }
    return sum;
  }

  async countEach(areas: readonly number[]): Promise<number> {
    let sum = 0;
    for (const area of areas) sum += await this.#cities.countBy({ area: MoreThan(area) });
    return sum;
  }

  async changeEach(ids: readonly number[]): Promise<number> {
    await this.#source.transaction(async (manager) => {
      const cities = manager.getRepository(City);
      const changed: City[] = [];
      for (const id of ids) {
        const city = await cities.findOneByOrFail({ id });
        city.population += 1;
        changed.push(city);
      }
      await cities.save(changed, CHUNK);
    });
    return ids.length;
  }

  async close(): Promise<void> {
    await this.#source.destroy();
  }
}
