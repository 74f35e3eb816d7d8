// Notices when a change makes the library slower: `npm run bench:guard`. What short works take is compared with the figures in
// guard/kept.json, in units of what raw SQLite takes in the same minute, and in statements. `--update` keeps those of now, `--json` prints them.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { described, type Judged, judge } from './guard/judge.js';
import { type Kept, type KeptFigures, keep, readKept } from './guard/kept.js';
import { measureRatio, measureWork } from './guard/measure-work.js';
import { median } from './measure/statistics.js';
import { allWorks } from './works/all-works.js';
import { createEach } from './works/create-each.js';
import type { Work } from './works/work.js';

// Nothing is synced here, so that the two works that differ in that are one.
const works = allWorks.filter((work) => work !== createEach);

/** Below this part of what was kept, a later loss would go unseen. */
const BETTER_AT = 0.8;

/** How often more is measured what seems to have become too slow: other programs make a work slower, and none faster. */
const CHANCES = 3;

/** What a work takes against what it took. */
async function judged(work: Work, kept: KeptFigures): Promise<Judged[]> {
  const before = kept[work.key];
  if (before === undefined) throw new Error(`Nothing is kept of ${work.key}: npm run bench:guard -- --update`);
  let now = await measureWork(work);
  for (let chance = 0; chance < CHANCES && isTooSlow(judge(work.key, before, now)); chance++)
    now = { ...now, ratio: Math.min(now.ratio, await measureRatio(work)) };
  return judge(work.key, before, now);
}

function isTooSlow(results: readonly Judged[]): boolean {
  return results.some(({ name, verdict }) => name === 'ratio' && verdict === 'failure');
}

async function guard(): Promise<void> {
  const kept = readKept();
  let failures = 0;
  for (const work of works) {
    const results = await judged(work, kept);
    const loud = results.filter(({ verdict }) => verdict !== 'fine');
    failures += loud.filter(({ verdict }) => verdict === 'failure').length;
    if (loud.length === 0) console.log(`fine: ${work.key}: ${ratioIn(results)}`);
    else for (const one of loud) console.log(described(one));
  }
  process.exitCode = failures > 0 ? 1 : 0;
}

function ratioIn(results: readonly Judged[]): string {
  const { now, kept } = results.find(({ name }) => name === 'ratio')!;
  const advice = now < kept * BETTER_AT ? '; so much better should be kept: --update' : '';
  return `${now.toFixed(2)} times raw SQLite, were ${kept.toFixed(2)}${advice}`;
}

async function measured(): Promise<KeptFigures> {
  const figures: [string, Kept][] = [];
  for (const work of works) figures.push([work.key, await measureWork(work)]);
  return Object.fromEntries(figures);
}

/**
 * Keeps the middle of five ratios, neither a lucky nor an unlucky one. Each is measured in a new process, as the guard does:
 * code that has run for long is faster.
 */
function update(): void {
  const runs = Array.from({ length: 5 }, measuredElsewhere);
  const middle = (key: string) => Number(median(runs.map((figures) => figures[key]!.ratio)).toFixed(3));
  keep(Object.fromEntries(Object.entries(runs[0]!).map(([key, kept]) => [key, { ...kept, ratio: middle(key) }])));
}

function measuredElsewhere(): KeptFigures {
  const { stdout, status } = spawnSync(process.execPath, [process.argv[1]!, '--json'], { encoding: 'utf8' });
  if (status !== 0) throw new Error('The works could not be measured');
  return JSON.parse(stdout);
}

const { values: options } = parseArgs({
  options: { update: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
if (options.update) update();
else if (options.json) console.log(JSON.stringify(await measured()));
else await guard();
