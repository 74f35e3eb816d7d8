import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { aStoreDirectory } from './support/a-store.js';
import type * as tasks from './tasks/transfers.js';
import { COINS, counted, PATHS, rounds, seed } from './tasks/transfers.js';

const kills = Number(process.env.KILLS ?? 4);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('transfers.ts');
});

describe('transfers between four stores at two levels', () => {
  test('by three processes lose nothing, and a fourth never sees a half of one inside transact', {
    timeout: 120_000,
  }, async () => {
    const place = aStoreDirectory();
    seed(place);
    const each = 120;
    const reader = program.start().call('watch', place, 3 * each);
    const writers = [0, 3, 5].map((first) => program.start().call('transfer', place, each, first));
    const refused = await Promise.all(writers);
    const { sums, reads } = await reader;

    expect(sums).toEqual([COINS * PATHS.length]);
    expect(reads).toBeGreaterThan(5);
    expect(refused).toHaveLength(3);
    expect(counted(place)).toEqual({ coins: COINS * PATHS.length, taken: 3 * each, isSound: true });
  });

  test('are done by the others when one is killed in the midst of them', { timeout: 120_000 }, async () => {
    const place = aStoreDirectory();
    seed(place);
    const each = 100;
    const writer = program.start().call('transfer', place, each, 1);
    for (let n = 0; n < 6; n++) {
      const doomed = program.start();
      doomed.call('transfer', place, 10_000, n).catch(() => undefined);
      await pause(120 + n * 7);
      await doomed.kill();
    }
    await writer;
    const { coins, taken, isSound } = counted(place);
    expect([coins, isSound]).toEqual([COINS * PATHS.length, true]);
    expect(taken).toBeGreaterThanOrEqual(each);
  });
});

test(`a process that is killed ${kills} times has written each round into all stores or none`, {
  timeout: 120_000 + 1000 * kills,
}, async () => {
  const place = aStoreDirectory();
  seed(place);
  for (let n = 0; n < kills; n++) {
    const child = program.start();
    child.call('churn', place).catch(() => undefined);
    const first = await child.heard();
    await pause((n * 7) % 30);
    await child.kill();
    const said = Number([first, ...child.heardSoFar()].at(-1));
    const found = rounds(place);
    // A kill between the commit and the word about it leaves one more done than was said.
    expect([said, said + 1], `kill ${n}`).toContain(found.rounds[0]);
    expect(found, `kill ${n}`).toEqual({ rounds: PATHS.map(() => found.rounds[0]), isSound: true });
  }
});
