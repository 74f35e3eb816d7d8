import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from '../support/a-process.js';
import { aStoreDirectory } from '../support/a-store.js';
import { runChild } from '../support/child-program.js';
import { runNode } from '../support/run-node.js';
import type * as tasks from '../tasks/limits.js';
import type { Taken } from '../tasks/limits.js';

// What a process takes is bounded, however much there is. The figures of docs/reliability.md come from larger numbers.

const SUBSTORES = Number(process.env.LIMIT_SUBSTORES ?? 120);
const ITEMS = Number(process.env.LIMIT_ITEMS ?? 40_000);
const ROUNDS = Number(process.env.LIMIT_ROUNDS ?? 40);
/** 2,000,000 items are read with 64 MB; fewer with what would not hold them either. */
const HEAP_MB = ITEMS >= 1_000_000 ? 64 : 16;

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('limits.ts');
});

const long = { timeout: 3_600_000 };

test('thousands of substores are made, changed and asked with 256 open files', long, async () => {
  const place = aStoreDirectory();
  const inFew = async (...call: readonly unknown[]) => {
    const { status, output } = await runWithWords(call, 256);
    expect([status, output]).toEqual([0, expect.stringContaining('"done"')]);
    return (JSON.parse(output) as { done: unknown }).done;
  };
  await inFew('makeSubstores', place, SUBSTORES);
  const found = await inFew('useSubstores', place);
  expect(found).toMatchObject({
    substores: SUBSTORES,
    sum: (SUBSTORES * (SUBSTORES - 1)) / 2,
    last: [SUBSTORES - 1],
    changed: SUBSTORES,
    isSound: true,
  });
  expect((found as { mostDescriptors: number }).mostDescriptors).toBeLessThan(256);
});

/** Runs a function of the program with so many descriptors, and gives all that it printed. */
function runWithWords(call: readonly unknown[], descriptorLimit: number) {
  const [task, ...args] = call;
  return runChild(program.file, [], { descriptorLimit, input: `${JSON.stringify([task, args])}\n` });
}

describe('more items than memory holds', () => {
  const place = { made: '' };
  const sum = async (way: string) => {
    const call = `${JSON.stringify(['sumOf', [place.made, way]])}\n`;
    return runNode([`--max-old-space-size=${HEAP_MB}`, program.file], {}, call);
  };

  test('are read in awaited pages and as plain values, and not all at once', long, async () => {
    place.made = aStoreDirectory();
    await program.start().call('makeItems', place.made, ITEMS);
    const wanted = { status: 0, output: expect.stringContaining(`"done":${(ITEMS * (ITEMS - 1)) / 2}}`) };
    expect(await sum('awaited pages')).toEqual(wanted);
    expect(await sum('plain values')).toEqual(wanted);
    // Else the limit would not be one.
    expect((await sum('all items')).status).not.toBe(0);
  });
});

describe('a day of comings and goings', () => {
  /** How much more there is at the end than after the first third. */
  function growth(taken: readonly Taken[], of: (one: Taken) => number | undefined): number {
    const settled = taken.slice(Math.floor(taken.length / 3)).map((one) => of(one) ?? 0);
    return (settled[settled.length - 1] as number) - (settled[0] as number);
  }

  async function churned(rounds: number, leak: boolean) {
    const place = aStoreDirectory();
    const taken = await program.start('--expose-gc').call('churn', place, rounds, 12, leak);
    return { place, taken, shown: JSON.stringify(taken) };
  }

  test('leaves memory, open files and the database as large as they were', long, async () => {
    const { place, taken, shown } = await churned(ROUNDS, false);
    if (process.env.LIMIT_SHOW) console.log(shown);
    expect(
      growth(taken, (one) => one.heapBytes),
      shown,
    ).toBeLessThan(1_000_000);
    expect(
      growth(taken, (one) => one.rssBytes),
      shown,
    ).toBeLessThan(40_000_000);
    expect(
      growth(taken, (one) => one.descriptors),
      shown,
    ).toBeLessThanOrEqual(0);
    expect(
      growth(taken, (one) => one.fileBytes),
      shown,
    ).toBeLessThan(50_000);
    expect(
      growth(taken, (one) => one.itemsInMemory),
      shown,
    ).toBeLessThan(25);
    expect(readdirSync(join(place, 'sub'))).toEqual([]);
    expect(readdirSync(join(place, 'files'))).toEqual([]);
    expect(readdirSync(join(place, 'temp'))).toEqual([]);
  });

  test('is seen to grow by who holds on to what should go', long, async () => {
    const { taken, shown } = await churned(50, true);
    expect(
      growth(taken, (one) => one.itemsInMemory),
      shown,
    ).toBeGreaterThan(25);
    expect(
      growth(taken, (one) => one.heapBytes),
      shown,
    ).toBeGreaterThan(1_000_000);
    expect(
      growth(taken, (one) => one.fileBytes),
      shown,
    ).toBeGreaterThan(50_000);
  });
});
