import { setTimeout as pause } from 'node:timers/promises';
import { Store } from 'corollary';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program } from '../support/a-process.js';
import { aStoreDirectory } from '../support/a-store.js';
import { seed } from '../support/chance.js';
import type * as tasks from '../tasks/tree-of-stores.js';
import { courseOf, type Journey } from '../tasks/tree-of-stores.js';
import { agreeOnDisk } from './forest/agree.js';
import { Binding } from './forest/binding.js';
import { programOf } from './forest/generations.js';

// The steps of tree-of-stores.test.ts, done by a process that is killed again and again. The next one goes on where the
// tree is found to stand. LAW_SEED takes the same steps again; at which moment of them it is killed, is another matter.

const kills = Number(process.env.KILLS ?? 4);
const KILLS_OF_A_TREE = 15;
/** More than can be done between two kills. */
const STEPS_OF_A_LIFE = 100;

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('tree-of-stores.ts');
});

/** How long a process lives: some steps, then some time. */
interface Life {
  readonly words: number;
  readonly ms: number;
}

/** Lets a process go on for a while and kills it. Gives how far it has said that it came. */
async function goOnAndDie(journey: Journey, { words, ms }: Life): Promise<Journey> {
  const child = program.start();
  const failed = child.call('goOn', journey).then(
    () => new Error('it has come to the end of the steps'),
    (error: Error) => error,
  );
  const said: string[] = [];
  while (said.length < words) said.push(await child.heard());
  await pause(ms);
  await child.kill();
  expect((await failed).message).toBe('The process is gone');
  said.push(...child.heardSoFar());
  const refused = said.flatMap((one) => (one.startsWith('refused ') ? [Number(one.slice(8))] : []));
  const done = said.filter((one) => one === 'done').length;
  return { ...journey, done: journey.done + done, refused: [...journey.refused, ...refused] };
}

// The directory of a store that was to be made, or was deleted, may be left; whoever asks next for a store beside it
// removes it, as `repair` does.
function sweep(journey: Journey): void {
  using root = Store.open(journey.place, { ...programOf(courseOf(journey).state.generation), mustExist: true });
  const others = root.tree.check({ repair: true }).findings.filter(({ isRepaired }) => !isRepaired);
  expect(others.filter(({ kind }) => kind !== 'address')).toEqual([]);
}

/** Where the tree stands: at what was said last, or one step further. */
function found(journey: Journey, binding: Binding, said: string): Journey {
  const further = { ...journey, done: journey.done + 1 };
  binding.forgetIdsIn(); // something may have been restored meanwhile
  sweep(further);
  const faults: Error[] = [];
  for (const one of [journey, further]) {
    const known = binding.copy();
    try {
      agreeOnDisk(one.place, courseOf(one).state, known, said);
    } catch (error) {
      faults.push(error as Error);
      continue;
    }
    binding.take(known);
    return one;
  }
  throw new AggregateError(
    faults,
    `${said}: neither as before the next step (${faults[0]}) nor as after it (${faults[1]})`,
  );
}

async function killOften(treeSeed: number, times: number): Promise<void> {
  const binding = new Binding();
  const length = times * STEPS_OF_A_LIFE;
  let journey: Journey = { place: aStoreDirectory(), seed: treeSeed, length, done: 0, refused: [] };
  for (let kill = 0; kill < times; kill++) {
    const said = `LAW_SEED=${treeSeed}, kill ${kill} after step ${journey.done}`;
    journey = found(await goOnAndDie(journey, { words: 4 + (kill % 9), ms: (kill * 7) % 30 }), binding, said);
  }
}

test(`a process that is killed ${kills} times on its way through a tree leaves each step done or not done`, {
  timeout: 120_000 + 2000 * kills,
}, async () => {
  for (let tree = 0; tree * KILLS_OF_A_TREE < kills; tree++)
    await killOften(seed + tree, Math.min(KILLS_OF_A_TREE, kills - tree * KILLS_OF_A_TREE));
});
