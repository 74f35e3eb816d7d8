import { join } from 'node:path';
import { Store, type StoreId } from 'corollary';
import { cityRows, scattered } from '../competitors/city.js';
import type { Session } from '../competitors/competitor.js';
import { City } from '../competitors/corollary.js';
import { raw } from '../competitors/raw.js';
import { turn } from '../measure/clock.js';
import { newDirectory } from '../measure/scratch.js';
import type { Growth, Step } from './growth.js';

const BATCH = 10_000;
const POPULATIONS = 900_000;

/** One store that becomes larger and larger, and beside it a table of raw SQLite, in which rows are further apart too. */
export const growingItems: Growth = {
  key: 'items',
  title: 'items in a store',
  sizes: [1000, 10_000, 100_000, 1_000_000],
  async begin() {
    const byHand = await raw('NORMAL').open(newDirectory());
    const store = Store.open(join(newDirectory(), 'cities.store'), { types: [City], durability: 'relaxed' });
    const ids: StoreId<City>[] = [];
    return {
      async growTo(size: number) {
        for (let from = ids.length; from < size; from = ids.length) {
          const rows = cityRows(Math.min(BATCH, size - from), from);
          await byHand.createAll(rows);
          for (const { storeId } of store.createMany(City, rows, { items: true })) ids.push(storeId);
          await turn(); // so that they do not all stay in memory
        }
        return [...stepsOf(store, ids), ...stepsByHand(byHand, size)];
      },
      close() {
        store.close();
        byHand.close();
      },
    };
  },
};

function stepsOf(store: Store, ids: readonly StoreId<City>[]): Step[] {
  const some = scattered(ids.length, ids.length);
  const idAt = (time: number) => ids[some[time % some.length]!]!;
  return [
    { title: 'get by id', times: 500, run: (time) => store.get(City, idAt(time)).population },
    {
      title: 'create one, own transaction',
      times: 100,
      run: (time) => store.create(City, cityRows(1, time)[0]!),
    },
    {
      title: 'get and change one, own transaction',
      times: 100,
      run(time) {
        store.get(City, idAt(time)).area += 1;
      },
    },
    {
      title: 'indexed query, 20 rows',
      times: 100,
      run: (time) => queryTwenty(store, (time * 7919) % POPULATIONS).length,
    },
    { title: 'page of 20 in the middle, descending', times: 100, run: pageInTheMiddle(store, ids.length) },
  ];
}

/** The page after the one that is half way. */
function pageInTheMiddle(store: Store, size: number): () => number {
  const query = store.query(City).orderBy((c) => c.population.desc());
  const before = query.page({ size: size / 2 });
  return () => query.page({ size: 20, after: before.next }).items.length;
}

function stepsByHand(session: Session, size: number): Step[] {
  const some = scattered(size, size);
  return [
    { title: 'raw: get by id', times: 500, run: (time) => session.getEach([1 + some[time % size]!]) },
    { title: 'raw: create one, own transaction', times: 100, run: (time) => session.createEach(cityRows(1, time)) },
  ];
}

function queryTwenty(store: Store, least: number): City[] {
  return store
    .query(City, (c) => c.population.gte(least))
    .orderBy((c) => c.population.asc())
    .limit(20)
    .all();
}
