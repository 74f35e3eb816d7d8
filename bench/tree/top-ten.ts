import type { Duel } from '../duel/duel.js';
import type { OpenTree } from './open-tree.js';
import type { RawStore } from './raw-store.js';
import { Reading, type ReadingRow } from './reading.js';

const TIMES = 5;
const TOP = 10;

/** Every store must be asked: there is no index from which a store could tell that it has nothing. */
export function topTen({ rawRoot, rawStores, root }: OpenTree): Duel {
  const all = [rawRoot, ...rawStores];
  const query = root.tree
    .query(Reading)
    .orderBy((r) => r.noise.desc())
    .limit(TOP);
  return {
    key: 'top-ten',
    title: `top 10 over ${rawStores.length.toLocaleString('en')} open substores`,
    goal: { ms: 20 },
    operations: TIMES,
    raw: () => repeated(() => first(all.flatMap((store) => rowsOf(store, 'firstByNoise')))),
    ours: () => repeated(() => query.all()),
  };
}

/** Each store knows its largest number from the index; ten stores have one of the ten. */
export function topTenPruned({ rawRoot, rawStores, root }: OpenTree): Duel {
  const all = [rawRoot, ...rawStores];
  const query = root.tree
    .query(Reading)
    .orderBy((r) => r.watts.desc())
    .limit(TOP);
  return {
    key: 'top-ten-pruned',
    title: 'the same by an indexed attribute, 10 stores have one',
    goal: { ms: 8 },
    operations: TIMES,
    raw: () => repeated(() => first(promising(all).flatMap((store) => rowsOf(store, 'firstByWatts')))),
    ours: () => repeated(() => query.all()),
  };
}

/** The stores whose largest number is among the ten largest of all stores. */
function promising(stores: readonly RawStore[]): RawStore[] {
  const largest = stores.map((store) => ({ store, watts: store.statement('largest').pluck().get() as number }));
  return largest
    .sort((a, b) => b.watts - a.watts)
    .slice(0, TOP)
    .map(({ store }) => store);
}

function rowsOf(store: RawStore, statement: 'firstByWatts' | 'firstByNoise'): ReadingRow[] {
  return store.statement(statement).all() as ReadingRow[];
}

function first(rows: ReadingRow[]): ReadingRow[] {
  return rows.sort((a, b) => b.watts - a.watts).slice(0, TOP);
}

function repeated(work: () => readonly ReadingRow[]): number[][] {
  return Array.from({ length: TIMES }, () => work().map(({ watts }) => watts));
}
