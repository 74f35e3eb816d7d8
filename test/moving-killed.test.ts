import { setTimeout as pause } from 'node:timers/promises';
import { Store } from 'corollary';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { aStoreDirectory } from './support/a-store.js';
import type * as tasks from './tasks/moving.js';
import { lay, Moves, NAME, PLACES } from './tasks/moving.js';

const kills = Number(process.env.KILLS ?? 3);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('moving.ts');
});

/** Lets a process move a store about for a while and kills it. Answers how often it has said that it had. */
async function moveAndKill(place: string, ms: number): Promise<number> {
  const child = program.start();
  child.call('moveOn', place).catch(() => undefined);
  const first = await child.heard();
  await pause(ms);
  await child.kill();
  return Number([first, ...child.heardSoFar()].at(-1));
}

function doneIn(store: Store): number {
  return store.query(Moves).one().done;
}

test(`a process that is killed ${kills} times while it moves a store has moved it wholly or not at all`, {
  timeout: 120_000 + 1000 * kills,
}, async () => {
  const place = aStoreDirectory();
  lay(place);
  for (let n = 0; n < kills; n++) {
    const said = await moveAndKill(place, (n * 3) % 25);
    const root = Store.open(place, { mustExist: true, types: [Moves] });
    const done = doneIn(root);
    expect([said, said + 1], `kill ${n}`).toContain(done);
    const having = PLACES.filter((path) => root.at(path).substores.has(NAME));
    expect(having, `kill ${n}`).toEqual([PLACES[done % PLACES.length]]);
    const child = root.at(`${having[0]}/${NAME}`);
    expect([doneIn(child), doneIn(child.at('below'))], `kill ${n}`).toEqual([done, done]);
    expect(root.tree.check(), `kill ${n}`).toMatchObject({ isSound: true, stores: PLACES.length + 3 });
    root.close();
  }
});
