import type { LiveChanges, Store } from 'corollary';
import { test } from 'vitest';
import { aMemoryStore, aStore } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';
import { turns } from '../support/updates.js';
import { City } from '../tasks/live-queries.js';

// Law: who starts from what a loop begins with, and does what the changes say, has the answer; whatever is written, in
// whatever store, in however many transactions and turns.

type Step = (stores: readonly Store[], items: readonly City[], n: number) => void;

const pick = <X>(some: readonly X[], n: number): X | undefined => some[n % some.length];

const STEPS: Readonly<Record<string, Step>> = {
  create: (stores, _, n) => pick(stores, n)?.create(City, { name: `city ${n}`, people: n % 4 }),
  change: (_, items, n) => pick(items, n)?.set({ people: n % 4 }),
  delete: (_, items, n) => pick(items, n)?.delete(),
  changeAll: (stores, _, n) =>
    pick(stores, n)
      ?.query(City)
      .update({ people: n % 4 }),
  makeStore: (stores, _, n) => pick(stores, n)?.substores.openOrCreate(`s${n % 5}`),
  makeFilled: (stores, _, n) => {
    const store = pick(stores, n);
    store?.transact(() => store.substores.openOrCreate(`s${n % 5}`));
    store?.at(`s${n % 5}`).create(City, { name: 'first', people: 3 });
  },
  deleteStore: (stores, _, n) => {
    const store = pick(stores.slice(1), n);
    store?.parent?.substores.delete(store.name as string);
  },
};

const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(STEPS)), fc.nat(60), fc.boolean()), {
  maxLength: 30,
  size: 'max',
});

/** Keeps an answer by what it is told. */
class Follower {
  readonly cities = new Map<string, string>();

  readonly listener = ({ added, changed, removed }: LiveChanges<City>): void => {
    for (const { uid, storeId } of removed)
      if (!this.cities.delete(`${uid} ${storeId}`)) throw new Error('removed twice');
    for (const city of added) if (this.cities.has(keyOf(city))) throw new Error('added twice');
    for (const city of changed) if (!this.cities.has(keyOf(city))) throw new Error('changed, but never added');
    for (const city of [...added, ...changed]) this.cities.set(keyOf(city), shownBy(city));
  };
}

const keyOf = (city: City) => `${city.store.uid} ${city.storeId}`;
const shownBy = ({ name, people }: City) => `${name} ${people}`;

async function follows(
  root: Store,
  limit: number | undefined,
  taken: readonly [string, number, boolean][],
): Promise<void> {
  const all = root.tree.query(City, (c) => c.people.gt(0)).orderBy((c) => c.people.desc());
  const query = limit === undefined ? all : all.limit(limit);
  const follower = new Follower();
  using _ = query.subscribe(follower.listener, { changes: true, pollMs: 60_000 });
  for (const [name, n, endsTurn] of taken) {
    (STEPS[name] as Step)([...root.tree.stores()], root.tree.query(City).all(), n);
    if (endsTurn) await turns();
  }
  await turns();
  const wanted = new Map(query.all().map((city) => [keyOf(city), shownBy(city)]));
  const sorted = (map: ReadonlyMap<string, string>) => JSON.stringify([...map].sort());
  if (sorted(follower.cities) !== sorted(wanted))
    throw new Error(`${sorted(follower.cities)} is not ${sorted(wanted)}`);
}

const places: [string, () => Store][] = [
  ['on disk', () => aStore({ durability: 'relaxed', maxOpenSubstores: 3 })],
  ['in memory', () => aMemoryStore()],
];

test.each(places)(
  'what changes tell, applied to what was there, is the answer (%s)',
  async (_, make) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }), async (taken, limit) => {
        const root = make();
        await follows(root, limit, taken);
        root.close();
      }),
      { numRuns: cases(30) },
    );
  },
  lawTimeout,
);
