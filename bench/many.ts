// Ten thousand substores in a process that may open 256 files: `npm run bench -- many`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Store } from 'corollary';
import { turn } from './measure/clock.js';
import { newDirectory } from './measure/scratch.js';
import { duration, markdownTable } from './measure/table.js';
import { Reading, readingRows, storeName } from './tree/reading.js';

const STORES = 10_000;
const ROWS = 2;
const DESCRIPTORS = 256;
const IN_LIMITS = 'in limits';

async function withFewDescriptors(): Promise<void> {
  const root = Store.open(join(newDirectory(), 'tree.store'), { types: [Reading], durability: 'relaxed' });
  const created = await measured(async () => {
    for (let at = 0; at < STORES; at++) {
      root.substores.create(storeName(at)).createMany(Reading, readingRows(at, ROWS));
      if (at % 50 === 0) await turn();
    }
  });
  const counted = await measured(() => {
    const count = root.tree.count(Reading);
    if (count !== STORES * ROWS) throw new Error(`${count} readings were found`);
  });
  const visited = await measured(async () => {
    let sum = 0;
    for await (const store of root.tree.stores()) sum += store.count(Reading);
    if (sum !== STORES * ROWS) throw new Error(`${sum} readings were found`);
  });
  const { maxOpenSubstores } = root.tree.stats();
  const rows = [
    ['create each, with 2 items', duration(created / STORES)],
    ['count over all, for each', duration(counted / STORES)],
    ['visit all, for each', duration(visited / STORES)],
    ['databases open at once', String(maxOpenSubstores)],
  ];
  console.log(markdownTable([[`${STORES.toLocaleString('en')} substores, ${DESCRIPTORS} descriptors`, ''], ...rows]));
  root.close();
}

async function measured(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function startInLimits(): void {
  const command = `ulimit -n ${DESCRIPTORS} && exec "$0" "$1" "${IN_LIMITS}"`;
  const { status } = spawnSync('sh', ['-c', command, process.execPath, process.argv[1]!], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

if (process.argv[2] === IN_LIMITS) await withFewDescriptors();
else startInLimits();
