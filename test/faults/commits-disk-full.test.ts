import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Faults, runWithFaults } from '../support/a-faulty-disk.js';
import { aProgram, type Program } from '../support/a-process.js';
import { codeOf } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';
import { whyNoFaults } from '../support/faulty-library.js';
import type * as tasks from '../tasks/commits.js';
import { look, Note, type Told, types } from '../tasks/commits.js';
import { aScene, copied, isThorough, partsOf, points, type Scene, timeout } from './scene.js';

// The disk of one store, or of all, is full from some write on, or fails once; the process lives, and there is room
// again later. FAULTS=all begins at every write.

const why = whyNoFaults();
if (why !== undefined) console.log(`Skipped: ${why}`);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('commits.ts', 'commits-disk-full');
});

type Outcome = ReturnType<typeof tasks.workAndTell>;

async function hurt(scene: Scene, faults: Omit<Faults, 'below'>, only?: string): Promise<Outcome & { place: string }> {
  const { place, armed } = copied(scene);
  const all = { below: place, while: armed, ...faults, ...(only === undefined ? {} : { only: join(place, only) }) };
  const ended = await runWithFaults(program.file, all, ['workAndTell', place, scene.name, armed]);
  expect(ended.complaint).toBe('');
  return { ...(ended.result as Outcome), place };
}

/** What all must agree on: how the transaction ended, the objects, this handle, and a new process. */
function expectAgreement(scene: Scene, told: Outcome & { place: string }, what: string): void {
  const { code, committed = code === undefined } = told.ended;
  const whole = committed ? scene.after : scene.before;
  expect(told.after, what).toEqual(whole);
  expect(told.memory, what).toEqual(accountsOf(whole, scene.before));
  expect(told.memoryAfter, what).toEqual(told.memory);
  expect(look(told.place), what).toEqual({ told: whole, isSound: true });
}

// The objects are those of the stores that were there before, also of one that is deleted now.
function accountsOf(whole: Told, before: Told): string[] {
  return Object.keys(before).flatMap((path) => (whole[path] ?? (before[path] as Told[string])).accounts);
}

const countOf = (scene: Scene, kind: string, file: string) =>
  scene.operations.filter((line) => line.startsWith(`${kind} `) && line.includes(join('a.store', file))).length;

describe.skipIf(why !== undefined)('a full disk', () => {
  test.each([
    ['two', 3],
    ['three', 2],
  ] as const)('of one part of %s does nothing, or completes it when there is room', { timeout }, async (name, some) => {
    const scene = await aScene(program, name);
    const codes = new Set<string | undefined>();
    for (const [path, part] of partsOf(scene, '')) {
      const only = join(part, 'db.sqlite');
      for (const fail of points(countOf(scene, 'write', only), some)) {
        const told = await hurt(scene, { fail, ever: true, kind: 'write', errno: 'ENOSPC' }, only);
        expectAgreement(scene, told, `${path} from write ${fail} on`);
        codes.add(told.ended.code);
      }
    }
    expect([...codes].sort()).toEqual(['COMMIT_PENDING', 'DISK_FULL']);
  });

  test('of all stores does nothing, or completes it when there is room', { timeout }, async () => {
    const scene = await aScene(program, 'three');
    const codes = new Set<string | undefined>();
    for (const fail of points(countOf(scene, 'write', ''), 3)) {
      const told = await hurt(scene, { fail, ever: true, kind: 'write', errno: 'ENOSPC' });
      expectAgreement(scene, told, `from write ${fail} on`);
      codes.add(told.ended.code);
    }
    codes.delete(undefined); // the last writes mark what was deleted, and need not succeed
    expect([...codes].sort()).toEqual(['COMMIT_PENDING', 'DISK_FULL']);
  });

  test('stops nobody who reads what was not done', { timeout }, async () => {
    const scene = await aScene(program, 'two');
    const onPart = countOf(scene, 'write', 'sub');
    // The part is put aside, and then the disk of both is full: it cannot be taken back now.
    const told = await hurt(scene, { fail: Math.floor(onPart / 2) + 3, ever: true, kind: 'write', errno: 'ENOSPC' });
    expect(told.ended).toMatchObject({ code: 'DISK_FULL', retry: false });
    expect(told.meanwhile).toEqual({ gave: scene.before });
    expectAgreement(scene, told, 'before the decision');
  });
});

describe.skipIf(why !== undefined)('a disk that fails once', () => {
  test.each(['write', 'sync'] as const)(
    'in a %s does nothing, or all, or says what it does not know',
    { timeout },
    async (kind) => {
      const scene = await aScene(program, 'two');
      for (const fail of points(countOf(scene, kind, ''), 3)) {
        const told = await hurt(scene, { fail, kind, errno: 'EIO' });
        if (told.ended.code !== 'COMMIT_UNKNOWN') {
          expectAgreement(scene, told, `${kind} ${fail}`);
          continue;
        }
        // Nobody knows, but all agree.
        const isDone = JSON.stringify(told.after) === JSON.stringify(scene.after);
        expectAgreement(scene, { ...told, ended: { committed: isDone } }, `${kind} ${fail}`);
      }
    },
  );

  // It was COMMIT_UNKNOWN, though nobody can see such a store before the one above it is committed.
  test('in a sync of a store that the transaction makes does nothing, and says so', { timeout }, async () => {
    const scene = await aScene(program, 'three');
    const [made] = scene.operations.filter((line) => line.startsWith('sync ') && line.includes('/temp/')) as [string];
    const [, id] = /temp\/(\w+)\/db.sqlite$/.exec(made) as unknown as [string, string];
    const syncs = scene.operations.filter((line) => line.startsWith('sync '));
    const fail = syncs.findLastIndex((line) => line.endsWith(join('sub', id, 'db.sqlite-wal'))) + 1;
    const told = await hurt(scene, { fail, kind: 'sync', errno: 'EIO' });
    expect(told.ended.code).toBe('IO_ERROR');
    expectAgreement(scene, told, 'before the decision');
  });
});

// Two seconds: in the long form only. It was a bare RangeError.
test.runIf(isThorough)('an item that is longer than a text of JavaScript in JSON does nothing, and says so', () => {
  const root = aStore({ types });
  const part = root.substores.create('part');
  const title = '\u0001'.repeat(90_000_000); // six characters each in JSON
  const act = () =>
    root.transact(() => {
      part.create(Note, { title, round: 1 });
      root.create(Note, { title: 'small', round: 1 });
    });
  expect(codeOf(act)).toBe('INVALID_VALUE');
  expect([part.count(Note), root.count(Note)]).toEqual([0, 0]);
});
