import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { aDirectory, aStoreDirectory, databasesBelow } from './support/a-store.js';
import { inDatabase } from './support/on-disk.js';
import * as tasks from './tasks/tree-upgrades.js';

// Two processes upgrade a tree and are killed on the way; a third one goes on. And thousands of stores, some of which
// fail: STORES=10000.

const kills = Number(process.env.KILLS ?? 3);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('tree-upgrades.ts');
});

const asBefore = { version: 1, subjects: tasks.SUBJECTS, marks: [] };
const asAfterwards = { version: 2, subjects: tasks.SUBJECTS, marks: tasks.SUBJECTS.map(({ length }) => length) };

interface StoredType {
  readonly name: string;
  readonly version: number;
  readonly table: string;
}

/** What the file of a store holds, in the order in which it was written. */
function heldBy(directory: string) {
  return inDatabase(directory, (database) => {
    const column = (sql: string) => database.prepare(sql).pluck().all();
    const types = database.prepare('SELECT name, version, "table" FROM corollary_types').all() as StoredType[];
    const tableOf = (name: string) => types.find((type) => type.name === name)?.table;
    const marks = tableOf('mark');
    return {
      version: types.find(({ name }) => name === 'note')?.version,
      subjects: column(`SELECT subject FROM ${tableOf('note')} ORDER BY storeId`),
      marks: marks === undefined ? [] : column(`SELECT length FROM ${marks} ORDER BY storeId`),
    };
  });
}

/** Has two processes upgrade a tree, and kills one after the other. Answers which stores they have said to be upgraded. */
async function upgradeAndKill(place: string, ms: number): Promise<string[]> {
  const children = [program.start(), program.start()];
  for (const child of children) child.call('upgradeAll', place).catch(() => undefined);
  const first = await Promise.race(children.map((child) => child.heard()));
  const said = [first];
  for (const child of children) {
    await pause(ms);
    await child.kill();
    said.push(...child.heardSoFar());
  }
  return said;
}

test(`a tree that ${kills} times two processes upgrade, and are killed, has each store old or new, and is resumed`, {
  timeout: 120_000 + 5000 * kills,
}, async () => {
  const directory = aDirectory();
  const seeded = join(directory, 'seeded');
  tasks.seed(seeded);
  const place = join(directory, 'a.store');
  const leftOld = new Set<number>();
  for (let kill = 0; kill < kills; kill++) {
    rmSync(place, { recursive: true, force: true });
    cpSync(seeded, place, { recursive: true });
    const said = await upgradeAndKill(place, (kill * 11) % 60);

    const held = databasesBelow(place).map((file) => heldBy(dirname(file)));
    for (const one of held) expect([asBefore, asAfterwards], `kill ${kill}`).toContainEqual(one);
    const old = held.filter(({ version }) => version === 1).length;
    expect(tasks.STORES - old, `kill ${kill}`).toBeGreaterThanOrEqual(
      Math.max(...said.map((one) => parseInt(one, 10))),
    );
    leftOld.add(old);

    const root = tasks.openNew(place);
    const report = await root.tree.upgrade();
    expect(report, `kill ${kill}`).toMatchObject({ isComplete: true, stores: tasks.STORES, upgraded: old });
    expect(root.tree.check(), `kill ${kill}`).toMatchObject({ isSound: true, stores: tasks.STORES });
    root.close();
    for (const file of databasesBelow(place)) expect(heldBy(dirname(file)), `kill ${kill}`).toEqual(asAfterwards);
  }
  expect(Math.max(...leftOld)).toBeGreaterThan(0); // some were killed in the middle
});

const MANY = Number(process.env.STORES ?? 100);
const BAD_EVERY = 7;

test(`${MANY} stores are upgraded but for those that fail, which are reported, in bounded memory`, {
  timeout: 120_000 + 60 * MANY,
}, async () => {
  const place = aStoreDirectory();
  await program.start().call('seedMany', place, MANY, BAD_EVERY);
  const bad = Array.from({ length: MANY }, (_, n) => n).filter((n) => n % BAD_EVERY === 0);

  const child = program.start('--max-old-space-size=96');
  const { stores, upgraded, isComplete, reasons, taken } = await child.call('upgradeMany', place);

  expect([stores, upgraded, isComplete]).toEqual([MANY + 1, MANY - bad.length, false]);
  expect(reasons.sort()).toEqual(bad.map((n) => `store ${n}: UPGRADE_FAILED`).sort());
  expect(taken.descriptors).toBeLessThanOrEqual(3 * (tasks.OPEN_AT_ONCE + 1));
  expect(taken.bytes).toBeLessThan(200 * 2 ** 20);
});
