import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program, type TaskProcess } from '../support/a-process.js';
import { aDirectory, databasesBelow } from '../support/a-store.js';
import { seed } from '../support/chance.js';
import { contentsOf } from '../support/on-disk.js';
import { tally } from '../support/tally.js';
import type * as tasks from '../tasks/hostile.js';
import { Choice } from './choice.js';
import { DAMAGES, DAMAGES_TO_ONE, type Scene } from './damage.js';

// Files that anything may have happened to: a bad disk, a careless copy, an enemy. Whatever lies there, the library gives
// an answer or an error of its own.

// Ten thousand in the long form.
const ROUNDS = Number(process.env.HOSTILE_FILES ?? 6);
const SEED = Number(process.env.HOSTILE_SEED ?? 20_262 + seed);
/** From which round on: to see one again. */
const FIRST = Number(process.env.HOSTILE_FROM ?? 0);
/** What takes so long hangs: a round takes a tenth of a second. */
const PATIENCE_MS = 30_000;

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('hostile.ts');
});

/** Two trees, as they are to be copied and damaged: one that was closed, and one whose writer was killed. */
async function samples(directory: string): Promise<string[]> {
  const [closed, killed] = [join(directory, 'closed'), join(directory, 'killed')];
  program.callSync('makeSample', closed);
  program.callSync('makeSample', killed);
  const writer = program.start();
  void writer.call('leaveLogs', killed).catch(() => undefined);
  await writer.heard();
  await writer.kill();
  return [closed, killed];
}

/** A directory with a fresh copy of a sample, and what is beside it. */
function aScene(directory: string, sample: string, other: string): Scene {
  const scene = {
    place: join(directory, 'here', 'store'),
    other: join(directory, 'here', 'other'),
    outside: join(directory, 'here', 'outside'),
  };
  rmSync(join(directory, 'here'), { recursive: true, force: true });
  mkdirSync(scene.outside, { recursive: true });
  writeFileSync(join(scene.outside, 'letter.txt'), 'dear all');
  cpSync(sample, scene.place, { recursive: true });
  cpSync(other, scene.other, { recursive: true });
  return scene;
}

/** What lies beside the store, which nothing may change. */
const beside = ({ other, outside }: Scene) => [
  readdirSync(join(outside, '..')).sort(),
  contentsOf(other),
  contentsOf(outside),
];

/** The same for faults from the same place: their message without numbers and names, and where it was thrown. */
function kindOf(fault: string): string {
  const [message = '', ...frames] = fault.split(/\n *at /);
  const thrower = frames.find((frame) => !/better-sqlite3|statements/.test(frame));
  return `${message.replaceAll(/'[^']*'|[0-9a-v]{8,}|\d+/g, '#').slice(0, 60)} ${thrower?.split(' ').slice(0, 2).join(' ')}`;
}

function inTime<R>(asked: Promise<R>): Promise<R> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It hangs')), PATIENCE_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

test('a damaged store gives answers or errors of the library, in time, and nothing beside it is touched', {
  timeout: 3_600_000,
}, async () => {
  const directory = aDirectory({ mayBeCorrupt: true });
  const both = await samples(directory);
  const aside = join(directory, 'aside');
  const faults = new Map<string, string>();
  const codes: Record<string, number> = {};
  let child: TaskProcess<typeof tasks> = program.start();
  const note = (fault: string, round: number, what: string) => {
    const kind = kindOf(fault);
    if (!faults.has(kind))
      faults.set(
        kind,
        `HOSTILE_SEED=${SEED} HOSTILE_FROM=${round} (${what}) ${fault.replaceAll(/\(?file:\S*/g, '').slice(0, 700)}`,
      );
  };
  for (let round = FIRST; round < FIRST + ROUNDS; round++) {
    const choice = new Choice(SEED + round);
    const scene = aScene(directory, both[round % 2] as string, both[0] as string);
    const before = beside(scene);
    const what = choice.of(DAMAGES)(scene, choice);
    rmSync(aside, { recursive: true, force: true });
    tally('damaged trees');
    try {
      const found = await inTime(child.call('examine', scene.place, aside));
      for (const fault of found.faults) note(fault, round, what);
      for (const [code, count] of Object.entries(found.codes)) codes[code] = (codes[code] ?? 0) + count;
    } catch (error) {
      note(`the process: ${(error as Error).message}`, round, what);
      await child.kill();
      child = program.start();
    }
    if (JSON.stringify(beside(scene)) !== JSON.stringify(before)) note('something beside it has changed', round, what);
  }
  if (process.env.HOSTILE_SHOW) console.log(codes);
  expect([...faults.values()].join('\n\n')).toBe('');
  // Which ones a few rounds meet is chance: uids are, and with them what lies at each place of a file.
  const met = ROUNDS < 100 ? /CORRUPT|NOT_A_STORE/ : /CORRUPT.*NOT_A_STORE/;
  expect(Object.keys(codes).sort().join()).toMatch(met);
});

// A parent whose rows were damaged took its substores for what a killed process has left, and removed them.
test('damage to one store takes nothing from the stores above, below and beside it', {
  timeout: 3_600_000,
}, async () => {
  const directory = aDirectory({ mayBeCorrupt: true });
  const [sample] = (await samples(directory)) as [string];
  const child = program.start();
  const lost: string[] = [];
  for (let round = FIRST; round < FIRST + Math.min(3 * ROUNDS, 2000); round++) {
    const choice = new Choice(SEED + round);
    const { place } = aScene(directory, sample, sample);
    const stores = databasesBelow(place).map((file) => dirname(file));
    const damaged = choice.below(2) === 0 ? place : choice.of(stores);
    const others = stores.filter((one) => one !== damaged);
    const before = await child.call('digests', others);
    const damage = choice.of(DAMAGES_TO_ONE)(damaged, choice);
    const what = `${relative(place, damaged)}: ${damage}`;
    tally('damaged trees');
    if ((await inTime(child.call('useTree', place)).catch(() => 'hangs')) === 'hangs')
      throw new Error(`It hangs: ${round} ${what}`);
    const after = await child.call('digests', others);
    // Whoever deletes a substore's row by a statement, which keeps the indexes right, deletes the store.
    if (damage.endsWith('row of item_corollary_substore_v1 is gone')) continue;
    if (JSON.stringify(after) !== JSON.stringify(before))
      lost.push(`HOSTILE_SEED=${SEED} HOSTILE_FROM=${round} ${what}`);
  }
  expect(lost.join('\n')).toBe('');
});
