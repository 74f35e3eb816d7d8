import { join } from 'node:path';
import { Store } from 'corollary';
import type { Duel } from '../duel/duel.js';
import { Reading, storeName } from './reading.js';
import type { Site } from './site.js';

const TIMES = 50;

/** A store is opened alone, asked for one item, and closed. */
export function openOne(site: Site): Duel {
  const { places, ids } = substores(site);
  return {
    key: 'open',
    title: 'open an existing substore, one get, close',
    goal: { ratio: 1.3 },
    operations: TIMES,
    raw: () => Array.from({ length: TIMES }, (_, at) => byHand(site, at)),
    ours: () =>
      places.map((place, at) => {
        using store = Store.open(place, { types: [Reading] });
        return store.get(Reading, ids[at]!).watts;
      }),
  };
}

function byHand(site: Site, at: number): number {
  const store = site.openRaw(at);
  const { watts } = store.statement('byId').get(1) as { watts: number };
  store.close();
  return watts;
}

function substores(site: Site) {
  using root = site.open();
  const some = Array.from({ length: TIMES }, (_, at) => root.substores.query({ name: storeName(at) }).one());
  return {
    places: some.map(({ directory }) => join(site.place, 'sub', directory)),
    ids: some.map(({ name }) => root.at(name).findFirst(Reading)!.storeId),
  };
}
