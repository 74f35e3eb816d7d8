import { join } from 'node:path';
import { Store } from 'corollary';
import { cityRows } from '../competitors/city.js';
import { City } from '../competitors/corollary.js';
import { newDirectory } from '../measure/scratch.js';
import type { Growth } from './growth.js';

/** One store of which more and more items are in memory, held by the program. */
export const growingMemory: Growth = {
  key: 'loaded',
  title: 'items in memory',
  sizes: [1, 1000, 10_000, 100_000],
  begin() {
    const store = Store.open(join(newDirectory(), 'cities.store'), { types: [City], durability: 'relaxed' });
    store.createMany(City, cityRows(100_000));
    let held: readonly City[] = [];
    let area = 0;
    return {
      async growTo(size: number) {
        held = store.query(City).limit(size).all();
        return [
          {
            title: 'change one attribute of one, own transaction',
            times: 200,
            run(time) {
              held[time % held.length]!.area = area++; // another value each time, else nothing is written
            },
          },
          {
            title: 'change and take it back',
            times: 200,
            run: (time) => takenBack(store, held[time % held.length]!),
          },
        ];
      },
      close: () => store.close(),
    };
  },
};

class ChangeOfMind extends Error {}

function takenBack(store: Store, city: City): void {
  try {
    store.transact(() => {
      city.area += 1;
      throw new ChangeOfMind();
    });
  } catch (error) {
    if (!(error instanceof ChangeOfMind)) throw error;
  }
}
