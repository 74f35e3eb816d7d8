import { join } from 'node:path';
import { Item, item, role, Store, text } from 'corollary';
import { now } from '../measure/clock.js';
import { newDirectory } from '../measure/scratch.js';
import type { Figure } from './figure.js';

const TIMES = 200_000;

interface Greeter {
  greet(): string;
}
const Greeter = role<Greeter>('bench.greeter');

@item('polite', { roles: () => [Greeter] })
class Polite extends Item implements Greeter {
  @text() declare word: string;
  greet() {
    return this.word;
  }
}

export const roleLookUp: Figure = {
  key: 'role',
  title: 'who plays a role, asked again, in µs',
  most: 1,
  prepare(clock) {
    const store = Store.open(join(newDirectory(), 'polite.store'), { types: [Polite] });
    const polite = store.create(Polite, { word: 'Good morning' });
    store.powerUp(polite, Greeter);
    return () => {
      if (store.as(Greeter) !== polite) throw new Error('Somebody else plays the role');
      const began = now(clock);
      for (let time = 0; time < TIMES; time++) store.as(Greeter);
      return ((now(clock) - began) * 1000) / TIMES;
    };
  },
};
