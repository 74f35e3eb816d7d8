import { installedDependents, installedOn } from 'corollary';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import type * as tasks from './tasks/dependencies.js';
import { Car, Engine } from './tasks/dependencies.js';

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('dependencies.ts');
});

test('three processes that install at once use one instance', async () => {
  const place = aStoreDirectory();
  const store = aStore({ types: [Car, Engine] }, place);
  const children = ['ann', 'bob', 'cyd'].map((owner) => ({ owner, child: program.start() }));
  await Promise.all(children.map(({ child }) => child.call('open', place)));

  const engines = await Promise.all(children.map(({ owner, child }) => child.call('installCars', owner, 20)));

  expect(new Set(engines.flat()).size).toBe(1);
  const engine = store.findFirst(Engine);
  expect(engine && installedDependents(engine)).toHaveLength(60);
  expect(store.count(Engine)).toBe(1);
});

test('processes that install and uninstall leave nothing installed that nothing needs', async () => {
  const place = aStoreDirectory();
  const store = aStore({ types: [Car, Engine] }, place);
  const children = ['ann', 'bob', 'cyd'].map((owner) => ({ owner, child: program.start() }));
  await Promise.all(children.map(({ child }) => child.call('open', place)));

  await Promise.all(children.map(({ owner, child }) => child.call('comeAndGo', owner, 20)));

  const all = [...store.query(Car).all(), ...store.query(Engine).all()];
  expect(all.map((one) => installedOn(one))).toEqual(all.map(() => undefined));
});
