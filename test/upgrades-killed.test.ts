import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { losses } from './faults/power/losses.js';
import { baseOf, stepsIn } from './faults/power/trace.js';
import { isThorough, points, timeout } from './faults/scene.js';
import { operationsOf, runWithFaults } from './support/a-faulty-disk.js';
import { aProgram, type Program } from './support/a-process.js';
import { aDirectory, aStoreDirectory } from './support/a-store.js';
import { whyNoFaults } from './support/faulty-library.js';
import { inDatabase, substoreDirectories, tablesOf } from './support/on-disk.js';
import * as tasks from './tasks/upgrades.js';

// A process is killed, or its disk fails, while it upgrades types; then others look. FAULTS=all does it at every
// operation on files.

const why = whyNoFaults();
if (why !== undefined) console.log(`Skipped: ${why}`);

type Task = 'upgradeOne' | 'upgradeTogether' | 'upgradeTree';
const COUNT = 60;

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('upgrades.ts');
});

/** A tree of the old program, what the new one makes of it, and the operations that takes. */
async function aScene(task: Task) {
  const directory = aDirectory();
  const seeded = join(directory, 'seeded');
  tasks.seed(seeded, COUNT);
  const { place, armed } = copied(directory);
  const { operations, ended } = await operationsOf(program.file, { below: place, while: armed }, [task, place, armed]);
  expect(ended).toMatchObject({ said: ['upgraded'], complaint: '' });
  return { task, directory, operations, wanted: tasks.look(place) };
}

function copied(directory: string, original = join(directory, 'seeded')) {
  const [place, armed] = [join(directory, 'place', 'a.store'), join(directory, 'armed')];
  rmSync(dirname(place), { recursive: true, force: true });
  rmSync(armed, { force: true });
  cpSync(original, place, { recursive: true });
  return { place, armed };
}

/** The versions that a store says it has, and whether its tables are those of these versions and of no others. */
function versionsIn(place: string): string {
  const rows = inDatabase(place, (database) =>
    database.prepare(`SELECT name, version, "table" FROM corollary_types WHERE name IN ('person', 'pet')`).all(),
  ) as { name: string; version: number; table: string }[];
  const named = rows.map(({ table }) => table).sort();
  const there = tablesOf(place).filter((table) => /^item_(person|pet)_v\d$/.test(String(table)));
  expect(there).toEqual(named);
  return rows.map(({ name, version }) => `${name} ${version}`).join();
}

describe.skipIf(why !== undefined)('a process that is killed in an upgrade', () => {
  test('leaves each type wholly upgraded or as it was, and the next one finishes', { timeout }, async () => {
    const { directory, operations, wanted } = await aScene('upgradeOne');
    for (const kill of points(operations.length, 4)) {
      const { place, armed } = copied(directory);
      const ended = await runWithFaults(program.file, { below: place, while: armed, kill }, [
        'upgradeOne',
        place,
        armed,
      ]);
      expect(ended, `kill ${kill}`).toMatchObject({ isKilled: true, complaint: '' });
      expect(['person 1,pet 1', 'person 2,pet 1', 'person 2,pet 3'], `kill ${kill}`).toContain(versionsIn(place));
      const [above] = tasks.look(place);
      expect(above, `kill ${kill}`).toEqual(wanted[0]);
    }
  });

  test('in a transaction over several stores leaves all of it or nothing, the upgrades too', { timeout }, async () => {
    const { directory, operations, wanted } = await aScene('upgradeTogether');
    const undone = wanted.map(({ pets, addresses, ...rest }) => ({
      ...rest,
      pets: pets.map((pet) => pet.replace(' 8 person', ' 7 person')),
      addresses: addresses - 1,
    }));
    const outcomes = new Set<string>();
    for (const kill of points(operations.length, 4)) {
      const { place, armed } = copied(directory);
      const faults = { below: place, while: armed, kill };
      const ended = await runWithFaults(program.file, faults, ['upgradeTogether', place, armed]);
      expect(ended, `kill ${kill}`).toMatchObject({ isKilled: true, complaint: '' });
      for (const one of [place, ...substoreDirectories(place)])
        expect(['person 1,pet 1', 'person 2,pet 3'], `kill ${kill}`).toContain(versionsIn(one));
      const found = tasks.look(place);
      const isDone = found[0]?.addresses === wanted[0]?.addresses;
      expect(found, `kill ${kill}`).toEqual(isDone ? wanted : undone);
      outcomes.add(String(isDone));
    }
    expect(outcomes.size).toBe(2);
  });
});

describe.skipIf(why !== undefined)('a process that is killed while it upgrades a tree', () => {
  const whole = ['person 1,pet 1', 'person 2,pet 1', 'person 2,pet 3'];

  test('leaves each type of each store upgraded or as it was, and the next call goes on', { timeout }, async () => {
    const { directory, operations, wanted } = await aScene('upgradeTree');
    for (const kill of points(operations.length, 2)) {
      const { place, armed } = copied(directory);
      const faults = { below: place, while: armed, kill };
      expect(await runWithFaults(program.file, faults, ['upgradeTree', place, armed]), `kill ${kill}`).toMatchObject({
        isKilled: true,
        complaint: '',
      });
      for (const one of [place, ...substoreDirectories(place)])
        expect(whole, `kill ${kill}`).toContain(versionsIn(one));
      const left = join(directory, 'left');
      cpSync(place, left, { recursive: true });
      const again = await operationsOf(program.file, { below: place, while: armed }, ['upgradeTree', place, armed]);
      expect(again.ended, `kill ${kill}`).toMatchObject({ said: ['upgraded'], complaint: '' });
      expect(tasks.look(place), `kill ${kill}`).toEqual(wanted);
      for (const second of points(again.operations.length, isThorough ? 4 : 0.5, false)) {
        copied(directory, left);
        await runWithFaults(program.file, { ...faults, kill: second }, ['upgradeTree', place, armed]);
        expect(tasks.look(place), `kill ${kill}, then ${second}`).toEqual(wanted);
      }
      rmSync(left, { recursive: true });
    }
  });
});

describe.skipIf(why !== undefined)('a power cut in an upgrade', () => {
  test.each(['upgradeOne', 'upgradeTogether', 'upgradeTree'] as const)(
    '%s: leaves each type wholly upgraded or as it was',
    { timeout },
    async (task) => {
      const { directory, wanted } = await aScene(task);
      const { place, armed } = copied(directory);
      const [below, trace] = [dirname(place), join(directory, 'trace')];
      const base = baseOf(below);
      await runWithFaults(program.file, { below, trace }, [task, place, armed]);
      const changed = JSON.stringify(wanted.map(({ addresses }) => addresses));
      for (const { said, what } of losses(below, { base, steps: stepsIn(trace, base) })) {
        for (const one of [place, ...substoreDirectories(place)])
          expect(['person 1,pet 1', 'person 2,pet 1', 'person 2,pet 3'], what).toContain(versionsIn(one));
        const found = tasks.look(place);
        expect(
          found.flatMap(({ findings }) => findings),
          what,
        ).toEqual([]);
        if (task !== 'upgradeTogether' || said.some((one) => one.includes('upgraded')))
          expect(found, what).toEqual(wanted);
        else if (JSON.stringify(found.map(({ addresses }) => addresses)) === changed)
          expect(found, what).toEqual(wanted);
        else
          expect(
            found.map(({ addresses }) => addresses),
            what,
          ).toEqual(wanted.map((one) => one.addresses - 1));
      }
    },
  );
});

/** How a disk fails; with the first, or from then on. */
const failures = [
  { kind: 'write', errno: 'ENOSPC', ever: true },
  { kind: 'write', errno: 'EIO' },
  { kind: 'sync', errno: 'EIO' },
  { kind: 'open', errno: 'EMFILE', ever: true },
] as const;

describe.skipIf(why !== undefined)('a disk that fails in an upgrade', () => {
  test.each(['upgradeOne', 'upgradeTogether', 'upgradeTree'] as const)(
    '%s: leaves what was there, and says so; the next one finishes',
    { timeout },
    async (task) => {
      const { directory, operations, wanted } = await aScene(task);
      for (const [which, failure] of failures.entries())
        for (const fail of points(operations.length, which === 0 ? 2 : 1)) {
          const { place, armed } = copied(directory);
          const what = `${failure.kind} ${fail} fails with ${failure.errno}`;
          const ended = await runWithFaults(program.file, { below: place, while: armed, fail, ...failure }, [
            task,
            place,
            armed,
          ]);
          if (ended.said.length === 0)
            expect(ended.complaint, what).toMatch(/disk|input\/output|cannot be opened|written/i);
          const found = tasks.look(place);
          expect(
            found.flatMap(({ findings }) => findings),
            what,
          ).toEqual([]);
          expect(
            found.map(({ people }) => people),
            what,
          ).toEqual(wanted.map(({ people }) => people));
          if (task !== 'upgradeTogether') expect(found, what).toEqual(wanted);
        }
    },
  );
});

test('two processes that use a type at the same moment upgrade it once', { timeout: 120_000 }, async () => {
  const place = aStoreDirectory();
  tasks.seed(place, 300);
  const processes = [program.start(), program.start(), program.start()];
  const answers = processes.map((one) => one.call('upgradeAtAWord', place));
  for (const one of processes) await one.heard();
  for (const one of processes) one.tell('go');
  expect(await Promise.all(answers)).toEqual([
    [270, 270, 270],
    [270, 270, 270],
    [270, 270, 270],
  ]);
});

const MANY = Number(process.env.UPGRADE_ROWS ?? 20_000);

test('a process that waits to upgrade a type is told when a newer program has renamed it meanwhile', async () => {
  const place = aStoreDirectory();
  tasks.seedPeople(place, 3);
  const [newer, older] = [program.start(), program.start()];
  const counted = older.call('upgradeAtAWord', place);
  await older.heard();
  const renamed = newer.call('renameAtAWord', place);
  await newer.heard();
  older.tell('go');
  await setTimeout(300); // until it waits for the lock; if it comes later, it is told the same
  newer.tell('go');
  expect(await renamed).toBe(3);
  await expect(counted).rejects.toMatchObject({ code: 'NEWER_DATABASE' });
});

test(`${MANY} items, each of which makes another, are upgraded in a small memory`, {
  timeout: 120_000 + MANY,
}, async () => {
  const place = aStoreDirectory();
  await program.start().call('seedPeople', place, MANY);
  // 1,000,000 fit into 96 MB: UPGRADE_ROWS=1000000.
  const child = program.start(`--max-old-space-size=${MANY >= 1_000_000 ? 96 : 24}`);
  const { people } = await child.call('upgradeMany', place);
  expect(people).toBe(MANY);
});
