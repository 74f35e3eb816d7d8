import { Item, integer, item, reference, type Store, SubStore } from 'corollary';
import type { Duel } from '../duel/duel.js';
import { changeTogether } from './commit-together.js';
import type { OpenTree } from './open-tree.js';
import type { RawStore } from './raw-store.js';
import { Reading, readingRows } from './reading.js';
import type { Site } from './site.js';

const TIMES = 20;
const TOP = 10;

/** Of each substore, its largest reading: kept in the parent. */
@item('peak')
class Peak extends Item {
  @reference(() => SubStore, { whenDeleted: 'cascade', unique: true }) declare part: SubStore;
  @integer({ indexed: true }) declare watts: number;
}

/** The ten stores with the largest readings, from what their parent keeps of them: no other store is asked. */
export function topOfRollUp(site: Site, { rawRoot, root }: OpenTree): Duel {
  keepPeaks(site, root);
  keepRawPeaks(site, rawRoot);
  const byHand = rawRoot.database.prepare<[], { watts: number }>('SELECT * FROM peak ORDER BY watts DESC LIMIT 10');
  const largest = root
    .query(Peak)
    .orderBy((p) => p.watts.desc())
    .limit(TOP);
  const repeated = (work: () => readonly { readonly watts: number }[]) =>
    Array.from({ length: TIMES }, () => work().map(({ watts }) => watts));
  return {
    key: 'roll-up',
    title: 'the ten largest from a roll-up in the parent',
    goal: { ms: 0.1 },
    operations: TIMES,
    raw: () => repeated(() => byHand.all()),
    ours: () => repeated(() => largest.all()),
  };
}

/** What a roll-up costs who writes: a reading becomes the largest of its store, and the parent is told in the same transaction. */
export function upkeepOfRollUp({ rawRoot, rawStores, root, stores }: OpenTree): Duel {
  const raise = rawRoot.database.prepare('UPDATE peak SET watts = ? WHERE part = 1');
  const [rawStore, store] = [rawStores[0]!, stores[0]!];
  const reading = store.findFirst(Reading)!;
  const peak = root.query(Peak, { part: root.substores.query({ uid: store.uid }).one() }).one();
  return {
    key: 'upkeep',
    title: 'change an item and the roll-up',
    goal: { ms: 0.25 },
    operations: TIMES,
    raw: () =>
      Array.from({ length: TIMES }, (_, watts) => changeTogether([rawRoot, rawStore], watts, () => raise.run(watts)))
        .length,
    ours: () =>
      Array.from({ length: TIMES }, (_, watts) =>
        root.transact(() => {
          reading.watts = watts;
          peak.watts = watts;
        }),
      ).length,
  };
}

function peakOf(store: number, { size }: Site): number {
  return Math.max(...readingRows(store, size.rows).map(({ watts }) => watts));
}

function keepPeaks(site: Site, root: Store): void {
  const parts = root.substores.query().all();
  root.createMany(
    Peak,
    parts.map((part) => ({ part, watts: peakOf(Number(part.name.split(' ')[1]), site) })),
  );
}

function keepRawPeaks(site: Site, { database }: RawStore): void {
  database.exec(`
    CREATE TABLE peak (part INTEGER PRIMARY KEY, watts INTEGER NOT NULL) STRICT;
    CREATE INDEX peak_watts ON peak (watts);
  `);
  const insert = database.prepare('INSERT INTO peak VALUES (?, ?)');
  database.transaction(() => {
    for (let at = 0; at < site.size.stores; at++) insert.run(at + 1, peakOf(at, site));
  })();
}
