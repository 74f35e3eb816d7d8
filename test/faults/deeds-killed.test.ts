import { Store } from 'corollary';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from '../support/a-process.js';
import { whyNoFaults } from '../support/faulty-library.js';
import type * as tasks from '../tasks/deeds.js';
import { Account, type DeedName, Pointer, treeIn, types } from '../tasks/deeds.js';
import { chosenDeeds, type DeedScene, expectWhole, Faults, Stage, someOf } from './deed-scene.js';
import { isThorough, points, timeout } from './scene.js';
import { Survivor } from './survivor.js';

// A process is killed just before one of its operations on files, whatever it does to a tree; then others look. With
// FAULTS=all before every one of them, else at some of some deeds, others at each place in the list.

const why = whyNoFaults();
if (why !== undefined) console.log(`Skipped: ${why}`);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('deeds.ts', 'deeds-killed');
});

const moving = chosenDeeds.filter((name) => name.startsWith('moves'));

/** One point in the quick tier, another one for each deed; all in the thorough one. */
function pointsOf({ operations }: DeedScene, which: number): number[] {
  const all = killable(operations);
  return isThorough ? all : [all[(which * 37 + 11) % all.length] as number];
}

// SQLite's index of its log is nothing on a disk that must be right: what differs only in it is the same.
function killable(operations: readonly string[]): number[] {
  return operations.flatMap((operation, at) => (operation.endsWith('-shm') ? [] : [at + 1]));
}

/** Before each operation that is tried, or every second one of those. */
async function killEverywhere(stage: Stage, names: readonly DeedName[], every = 1): Promise<void> {
  const faults = new Faults();
  for (const [which, scene] of (await stage.scenes(names)).entries())
    for (const kill of pointsOf(scene, which).filter((_, n) => n % every === 0)) {
      stage.set();
      const isDone = await stage.kill(scene.name, kill);
      const what = `${scene.name}, killed before operation ${kill} of ${scene.operations.length}: ${scene.operations[kill - 1]}`;
      faults.judge(what, () => expectWhole(scene, stage.look(scene.name), isDone || undefined, what));
    }
  faults.expectNone();
}

describe.skipIf(why !== undefined)('a process that is killed', () => {
  test('has done all of what it was doing or nothing', { timeout }, async () => {
    await killEverywhere(new Stage(program), someOf(chosenDeeds, 7));
  });

  test('leaves those that live with what a fresh look finds', { timeout }, async () => {
    const stage = new Stage(program);
    const survive = (name: DeedName) => new Survivor(stage.tree, { alone: moving.includes(name) });
    for (const [which, scene] of (await stage.scenes(someOf(chosenDeeds, 15), survive)).entries())
      for (const kill of pointsOf(scene, which + 5)) {
        stage.set();
        const survivor = survive(scene.name);
        const isDone = await stage.kill(scene.name, kill);
        const what = `${scene.name}, killed before operation ${kill} of ${scene.operations.length}`;
        const said = survivor.told();
        expectWhole(scene, stage.look(scene.name), isDone || undefined, what);
        expect(survivor.told(), what).toEqual(said);
        survivor.expectFresh(what, { mayBeReplaced: scene.name === 'restores a substore' });
        survivor.close();
      }
  });

  test.each(['undecided', 'decided'] as const)(
    'has moved a store or not whose part of a transaction was %s and not written yet',
    { timeout },
    async (which) => {
      const stage = new Stage(program);
      await leavePrepared(stage, which);
      await killEverywhere(stage, someOf(moving, 7), 2);
    },
  );

  // It is looked for in stores that may have others below them: those that have a directory `sub`.
  test('before the directory of a store could follow has moved it to where an address finds it', async () => {
    const stage = new Stage(program);
    const [{ name, operations }] = (await stage.scenes(['moves a substore down'])) as [DeedScene];
    const followed = operations.findIndex((line) => line.startsWith('rename '));
    const decision = operations
      .slice(0, followed)
      .findLastIndex((line) => /^sync .*a\.store\/db\.sqlite-wal$/.test(line));
    stage.set();
    await stage.kill(name, decision + 2);
    using root = Store.open(treeIn(stage.directory), { types });
    expect(root.getAny(root.query(Pointer).one().to)).toMatchObject({ owner: 'ann' });
    expect(root.at('c/old/below/deep/b').count(Account)).toBe(2);
  });

  test('is survived also when those who look after it are killed', { timeout }, async () => {
    const stage = new Stage(program);
    for (const [which, scene] of (await stage.scenes(someOf(chosenDeeds, 21))).entries())
      for (const kill of isThorough ? points(scene.operations.length, 9, false) : pointsOf(scene, which)) {
        stage.set();
        const isDone = await stage.kill(scene.name, kill);
        const left = stage.keep('left');
        const scratch = stage.scratchOf(scene.name);
        const { operations } = await stage.log((log) => stage.inOriginal('lookAfter', stage.directory, scratch, log));
        for (const again of points(operations.length, isThorough ? 9 : 1, false)) {
          stage.set(left);
          const second = await stage.inCopy('lookAfter', stage.directory, scratch, { FAULTS_KILL: String(again) });
          expect(second.isKilled, `${scene.name}, kill ${kill}, and ${again} of who looked`).toBe(true);
          expectWhole(
            scene,
            stage.look(scene.name),
            isDone || undefined,
            `${scene.name}, kill ${kill}, and ${again} of who looked`,
          );
        }
      }
  });
});

describe.skipIf(why !== undefined)('who comes after a process that was killed in the midst of a sync', () => {
  // SQLite finds the commit, and shows it, though the disk may lose it with the power: the row came back then, and what
  // it stood for was removed.
  test.each([
    ['deletes a substore', 'rename', '/sub/'],
    ['deletes notes and their files', 'unlink', '/files/'],
  ] as const)('removes only what is durably gone: %s', async (name, kind, where) => {
    const stage = new Stage(program);
    const [scene] = (await stage.scenes([name])) as [DeedScene];
    const isRemoval = (line: string) => line.startsWith(`${kind} `) && line.includes(where);
    const before = (operations: readonly string[]) => operations.slice(0, operations.findIndex(isRemoval));
    const commit = before(scene.operations).findLastIndex((line) => /^sync .*db\.sqlite-wal$/.test(line));
    stage.set();
    await stage.kill(name, commit + 1);
    const { operations } = await stage.log((log) => stage.inOriginal('lookAfter', stage.directory, undefined, log));
    expect(operations.some(isRemoval)).toBe(true);
    expect(before(operations)).toContain(scene.operations[commit]);
  });

  // A disk could put it back with the power: torn, since marks are not synced, and then nobody could judge it.
  test('marks only what is durably put aside', async () => {
    const stage = new Stage(program);
    const [{ name, operations: deletion }] = (await stage.scenes(['deletes a substore'])) as [DeedScene];
    const putAside = deletion.findIndex((line) => /^sync .*\/temp$/.test(line));
    stage.set();
    await stage.kill(name, putAside + 1);
    const { operations } = await stage.log((log) => stage.inOriginal('lookAfter', stage.directory, undefined, log));
    const mark = operations.findIndex((line) => /^write .*\/temp\/.*\/db\.sqlite(-wal)?$/.test(line));
    expect(mark).toBeGreaterThan(0);
    expect(operations.slice(0, mark)).toContain(deletion[putAside]);
  });
});

/** Leaves a transaction over several stores cut off before, or after, the store above all of them has decided. */
async function leavePrepared(stage: Stage, which: 'undecided' | 'decided'): Promise<void> {
  const [scene] = (await stage.scenes(['commits over several stores'])) as [DeedScene];
  const onRoot = scene.operations.map((line) => /^(write|sync) .*a\.store\/db\.sqlite-wal$/.test(line));
  stage.set();
  await stage.kill(scene.name, which === 'undecided' ? onRoot.indexOf(true) + 1 : onRoot.lastIndexOf(true) + 2);
  stage.beginWithThis();
  expect(stage.before(scene.name)).toEqual(which === 'undecided' ? scene.before : scene.after);
}
