// The memory of a store that is open and idle: `npm run bench -- memory`. Each side is measured in a process of its own.
import { spawnSync } from 'node:child_process';
import type { Store } from 'corollary';
import { collectGarbage, turn } from './measure/clock.js';
import { median } from './measure/statistics.js';
import { figure, markdownTable } from './measure/table.js';
import type { RawStore } from './tree/raw-store.js';
import { Reading, storeName } from './tree/reading.js';
import { makeSite, Site } from './tree/site.js';

const SIZE = { stores: 500, rows: 200 };
const GOAL = 1.25;
const PROCESSES = 3;
/** The library opens some more before the clock starts: what only the first ones cost is not a store's. */
const BEFORE = 50;

/** Opens stores one by one, with one get each, and prints what one took. */
async function measureSide(side: string, directory: string): Promise<void> {
  const site = new Site(directory, SIZE);
  const open = side === 'raw' ? openerByHand(site) : opener(site);
  const kept: unknown[] = [];
  for (let at = 0; at < BEFORE; at++) kept.push(open(at));
  const before = await residentKib();
  for (let at = BEFORE; at < SIZE.stores; at++) kept.push(open(at));
  console.log(((await residentKib()) - before) / (SIZE.stores - BEFORE));
  process.exit(kept.length === SIZE.stores ? 0 : 1);
}

function openerByHand(site: Site): (at: number) => RawStore {
  return (at) => {
    const store = site.openRaw(at);
    store.statement('byId').get(1);
    return store;
  };
}

function opener(site: Site): (at: number) => Store {
  const root = site.open();
  const first = root.at(storeName(0)).findFirst(Reading)!.storeId;
  return (at) => {
    const store = root.substores.open(storeName(at));
    store.get(Reading, first);
    return store;
  };
}

async function residentKib(): Promise<number> {
  for (let time = 0; time < 3; time++) {
    await turn();
    collectGarbage();
  }
  return process.memoryUsage.rss() / 1024;
}

function measuredIn(side: string, directory: string): number {
  const { stdout, status } = spawnSync(process.execPath, [process.argv[1]!, side, directory], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${side} could not be measured`);
  return Number(stdout);
}

function main(): void {
  const { directory } = makeSite(SIZE);
  const sides = Array.from({ length: PROCESSES }, () => [measuredIn('raw', directory), measuredIn('ours', directory)]);
  const [raw, ours] = [median(sides.map(([one]) => one!)), median(sides.map(([, one]) => one!))];
  const verdict = ours / raw <= GOAL ? 'reached' : `missed by ${Math.round((ours / raw / GOAL - 1) * 100)} %`;
  const row = ['memory of an open, idle substore', `${figure(raw)} KiB`, `${figure(ours)} KiB`, figure(ours / raw)];
  console.log(
    markdownTable([
      ['', 'raw', 'corollary', 'to raw', 'goal', ' '],
      [...row, `≤ ${GOAL}`, verdict],
    ]),
  );
}

const [side, directory] = process.argv.slice(2);
if (side !== undefined && directory !== undefined) await measureSide(side, directory);
else main();
