import { join } from 'node:path';
import { Store } from 'corollary';
import { cityRows } from '../competitors/city.js';
import { City } from '../competitors/corollary.js';
import { type Clock, collectGarbage, now } from '../measure/clock.js';
import { newDirectory } from '../measure/scratch.js';
import type { Figure } from './figure.js';

const CITIES = 10_000;

class ChangeOfMind extends Error {}

/** Items that were changed read as before; nothing is read again for that. */
export const rollBack: Figure = {
  key: 'roll-back',
  title: `roll back ${CITIES.toLocaleString('en')} changed items, to changing them`,
  most: 0.3,
  prepare(clock) {
    const store = Store.open(join(newDirectory(), 'cities.store'), { types: [City] });
    const cities = store.createMany(City, cityRows(CITIES), { items: true });
    const before = cities.reduce((sum, { population }) => sum + population, 0);
    return () => {
      const share = rolledBackShare(store, cities, clock);
      const after = cities.reduce((sum, { population }) => sum + population, 0);
      if (after !== before) throw new Error('The items were not rolled back');
      return share;
    };
  },
};

function rolledBackShare(store: Store, cities: readonly City[], clock: Clock): number {
  collectGarbage();
  const began = now(clock);
  let changed = began;
  try {
    store.transact(() => {
      for (const city of cities) city.population += 1;
      changed = now(clock);
      throw new ChangeOfMind();
    });
  } catch (error) {
    if (!(error instanceof ChangeOfMind)) throw error;
  }
  return (now(clock) - changed) / (changed - began);
}
