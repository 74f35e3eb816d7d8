import { join } from 'node:path';
import { boolean, Item, integer, item, real, Store, type StoreId, text, timestamp } from 'corollary';
import type { CityRow } from './city.js';
import { type Competitor, PAGE, type Session } from './competitor.js';
import { FILE, type Synchronous } from './database.js';

@item('city')
export class City extends Item {
  @text() declare name: string;
  @integer({ indexed: true }) declare population: number;
  @real() declare area: number;
  @boolean() declare capital: boolean;
  @timestamp() declare founded: Date;
}

const STORE = 'cities.store';

export function corollary(synchronous: Synchronous): Competitor {
  const durability = synchronous === 'FULL' ? 'full' : 'relaxed';
  return {
    name: 'corollary',
    file: join(STORE, FILE),
    table: 'item_city_v1',
    id: 'storeId',
    open: async (directory) => new CorollarySession(Store.open(join(directory, STORE), { types: [City], durability })),
  };
}

class CorollarySession implements Session {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  createAll(rows: readonly CityRow[]): number {
    return this.#store.transact(() => this.createEach(rows));
  }

  createEach(rows: readonly CityRow[]): number {
    for (const row of rows) this.#store.create(City, row);
    return rows.length;
  }

  hold(): readonly City[] {
    return this.#store.query(City).all();
  }

  getEach(ids: readonly number[]): number {
    let sum = 0;
    for (const id of ids) sum += this.#store.get(City, idOf(id)).population;
    return sum;
  }

  loadAll(): number {
    let sum = 0;
    for (const city of this.#store.query(City).all()) sum += city.population;
    return sum;
  }

  queryEach(least: readonly number[]): number {
    let sum = 0;
    for (const population of least) {
      const page = this.#store
        .query(City, (c) => c.population.gte(population))
        .orderBy((c) => c.population.asc())
        .limit(PAGE);
      for (const city of page.all()) sum += city.population;
    }
    return sum;
  }

  countEach(areas: readonly number[]): number {
    let sum = 0;
    for (const area of areas) sum += this.#store.count(City, (c) => c.area.gt(area));
    return sum;
  }

  changeEach(ids: readonly number[]): number {
    this.#store.transact(() => {
      for (const id of ids) this.#store.get(City, idOf(id)).population += 1;
    });
    return ids.length;
  }

  close(): void {
    this.#store.close();
  }
}

// The numbers were read from the table of cities.
function idOf(number: number): StoreId<City> {
  return number as StoreId<City>;
}
