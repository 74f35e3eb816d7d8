import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program } from '../support/a-process.js';
import { aStoreDirectory } from '../support/a-store.js';
import type * as tasks from '../tasks/tree-of-stores.js';
import { courseOf, type Journey } from '../tasks/tree-of-stores.js';
import { agreeOnDisk, Binding } from './forest/agree.js';

// The steps of tree-of-stores.test.ts, done by a process that is killed again and again. The next one goes on where the
// tree is found to stand. LAW_SEED takes the same steps again; at which moment of them it is killed, is another matter.

const kills = Number(process.env.KILLS ?? 15);
const seed = Number(process.env.LAW_SEED ?? Math.floor(Math.random() * 1e9));
const KILLS_OF_A_TREE = 15;
/** More than can be done between so many kills. */
const LENGTH = 1500;

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('tree-of-stores.ts');
});

/** Lets a process go on for a while and kills it. Gives how far it has said that it came. */
async function goOnAndDie(journey: Journey, ms: number): Promise<Journey> {
  const child = program.start();
  const failed = child.call('goOn', journey).then(
    () => new Error('it has come to the end of the steps'),
    (error: Error) => error,
  );
  const first = await child.heard();
  await pause(ms);
  await child.kill();
  expect((await failed).message).toBe('The process is gone');
  const said = [first, ...child.heardSoFar()];
  const refused = said.flatMap((words) => (words.startsWith('refused ') ? [Number(words.slice(8))] : []));
  const done = said.filter((words) => words === 'done').length;
  return { ...journey, done: journey.done + done, refused: [...journey.refused, ...refused] };
}

/** Where the tree stands: at what was said last, or one step further. */
function found(journey: Journey, binding: Binding, said: string): Journey {
  const further = { ...journey, done: journey.done + 1 };
  binding.forgetIdsIn(); // something may have been restored meanwhile
  const known = binding.copy();
  try {
    agreeOnDisk(journey.place, courseOf(journey).state, known, said);
  } catch {
    agreeOnDisk(journey.place, courseOf(further).state, binding, `${said}, one further`);
    return further;
  }
  binding.take(known);
  return journey;
}

async function killOften(treeSeed: number): Promise<void> {
  const binding = new Binding();
  let journey: Journey = { place: aStoreDirectory(), seed: treeSeed, length: LENGTH, done: 0, refused: [] };
  for (let kill = 0; kill < KILLS_OF_A_TREE; kill++) {
    const said = `LAW_SEED=${treeSeed}, kill ${kill} after step ${journey.done}`;
    journey = found(await goOnAndDie(journey, (kill * 7) % 60), binding, said);
  }
}

test(`a process that is killed ${kills} times on its way through a tree leaves each step done or not done`, {
  timeout: 30_000 + 2000 * kills,
}, async () => {
  for (let tree = 0; tree * KILLS_OF_A_TREE < kills; tree++) await killOften(seed + tree);
});
