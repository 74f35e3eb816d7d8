import { join } from 'node:path';
import { Store } from 'corollary';
import { turn } from '../measure/clock.js';
import { newDirectory } from '../measure/scratch.js';
import { Reading, readingRows, storeName } from '../tree/reading.js';
import type { Growth, Step } from './growth.js';

const ROWS = 20;

/** A root with more and more substores. Hundreds of them are open, as many as the library keeps open by itself. */
export const growingTree: Growth = {
  key: 'substores',
  title: 'substores of a store',
  sizes: [10, 100, 1000, 10_000],
  begin() {
    const root = Store.open(join(newDirectory(), 'tree.store'), { types: [Reading], durability: 'relaxed' });
    let made = 0;
    return {
      async growTo(size: number) {
        for (; made < size; made++) {
          root.substores.create(storeName(made)).createMany(Reading, readingRows(made, ROWS));
          if (made % 50 === 0) await turn();
        }
        return stepsOf(root, size);
      },
      close: () => root.close(),
    };
  },
};

function stepsOf(root: Store, size: number): Step[] {
  // The last ones, which are open: how many fit is not what is asked here.
  const nameAt = (time: number) => storeName(size - 1 - (time % 10));
  return [
    { title: 'open by name', times: 200, run: (time) => root.substores.open(nameAt(time)).name },
    { title: 'count in an open one', times: 200, run: (time) => root.at(nameAt(time)).count(Reading) },
    {
      title: 'write into an open one',
      times: 50,
      run: (time) => root.at(nameAt(time)).create(Reading, { sensor: 'new', watts: time, noise: time }),
    },
    {
      title: 'write into the root',
      times: 50,
      run: (time) => root.create(Reading, { sensor: 'new', watts: time, noise: time }),
    },
    { title: 'create and delete one', times: 10, run: (time) => createdAndDeleted(root, `passing ${time}`) },
    {
      title: 'the first 20 by name',
      times: 50,
      run: () =>
        root.substores
          .query()
          .orderBy((s) => s.name.asc())
          .limit(20)
          .all().length,
    },
  ];
}

function createdAndDeleted(root: Store, name: string): void {
  root.substores.create(name);
  root.substores.delete(name);
}
