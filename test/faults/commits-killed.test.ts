import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { operationsOf, runWithFaults } from '../support/a-faulty-disk.js';
import { aProgram, type Program } from '../support/a-process.js';
import { whyNoFaults } from '../support/faulty-library.js';
import { rawly } from '../support/raw-database.js';
import type * as tasks from '../tasks/commits.js';
import { look, remark } from '../tasks/commits.js';
import { aScene, copied, expectWhole, isThorough, killedAt, partsOf, points, timeout } from './scene.js';

// A process is killed just before one of its operations on files, in a transaction over several stores; then others
// look. FAULTS=all kills before every one of them.

const why = whyNoFaults();
if (why !== undefined) console.log(`Skipped: ${why}`);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('commits.ts', 'commits-killed');
});

test.skipIf(why !== undefined)(
  'a transaction that wrote one store only costs what that store alone costs',
  async () => {
    const { operations } = await aScene(program, 'one');
    expect(new Set(operations.map((line) => line.replace(/ .*a\.store/, ' ').replace(/[0-9a-v]{8}/, 'id')))).toEqual(
      // The first writing of a log makes its name durable, too.
      new Set(['write /sub/id/db.sqlite-wal', 'sync /sub/id/db.sqlite-wal', 'sync /sub/id']),
    );
    // One for the head of the new log, one for the commit.
    expect(operations.filter((line) => line.startsWith('sync') && line.endsWith('-wal'))).toHaveLength(2);
  },
);

describe.skipIf(why !== undefined)('a process that is killed in a transaction over several stores', () => {
  test.each([
    ['two', 3],
    ['three', 3],
    ['twelve', 2],
    ['new', 3],
    ['gone', 3],
  ] as const)('has written all of %s or none, whatever it did last', { timeout }, async (name, some) => {
    const scene = await aScene(program, name);
    for (const kill of points(scene.operations.length, some)) {
      const { place, ...ended } = await killedAt(scene, kill);
      expectWhole(scene, place, ended, `kill ${kill}`);
    }
  });

  test('has written all or none when a write was cut in half', { timeout }, async () => {
    const scene = await aScene(program, 'two');
    for (const kill of points(scene.operations.length, 3)) {
      const { place, ...ended } = await killedAt(scene, kill, true);
      expectWhole(scene, place, ended, `kill ${kill}`);
    }
  });

  test('leaves parts that show all or none when each is opened alone first', { timeout }, async () => {
    const scene = await aScene(program, 'three');
    for (const kill of points(scene.operations.length, 3)) {
      const { place, ...ended } = await killedAt(scene, kill);
      const alone = partsOf(scene, place).map(([path, part]) => [path, look(part).told['']]);
      expectWhole(scene, place, ended, `kill ${kill}`);
      expect(look(place).told, `kill ${kill}`).toMatchObject(Object.fromEntries(alone));
    }
  });

  test('leaves a tree that can be renamed before anybody looks', { timeout }, async () => {
    const scene = await aScene(program, 'three');
    for (const kill of points(scene.operations.length, 2)) {
      const { place, ...ended } = await killedAt(scene, kill);
      const renamed = join(scene.directory, 'place', 'renamed', 'b.store');
      mkdirSync(dirname(renamed));
      renameSync(place, renamed);
      expectWhole(scene, renamed, ended, `kill ${kill}`);
    }
  });

  test('loses nothing that another writes into a part before the tree is looked at', { timeout }, async () => {
    const scene = await aScene(program, 'two');
    for (const kill of points(scene.operations.length, 3)) {
      const { place, ...ended } = await killedAt(scene, kill);
      const [[, part]] = partsOf(scene, place) as [[string, string]];
      remark(part);
      expectWhole(scene, place, ended, `kill ${kill}`);
      expect(rawly(part, (database) => database.prepare('SELECT count(*) FROM item_remark_v1').pluck().get())).toBe(1);
    }
  });

  test('leaves what another can write at once, and be killed as well', { timeout }, async () => {
    const scene = await aScene(program, 'two');
    const { after, name, directory } = scene;
    const onRoot = scene.operations.findIndex((line) => line.endsWith(join('a.store', 'db.sqlite-wal')));
    const { place } = await killedAt(scene, onRoot + 1);
    const left = join(directory, 'left');
    cpSync(place, left, { recursive: true });
    const armed = join(directory, 'armed');
    const call = ['workAtOnce', place, name, armed] as const;
    copied(scene, left);
    const { operations, ended } = await operationsOf(program.file, { below: place, while: armed }, call);
    expect([ended.said, look(place).told]).toEqual([['committed'], after]);
    for (const kill of points(operations.length, 3)) {
      copied(scene, left);
      const second = await runWithFaults(program.file, { below: place, while: armed, kill }, call);
      expect(second.isKilled).toBe(true);
      expectWhole(scene, place, second, `kill ${kill}`);
    }
  });

  test('is survived also when those who look after it are killed', { timeout }, async () => {
    const scene = await aScene(program, 'two');
    for (const kill of points(scene.operations.length, isThorough ? 12 : 2, false)) {
      const { place, ...ended } = await killedAt(scene, kill);
      const left = join(scene.directory, 'left');
      cpSync(place, left, { recursive: true });
      const { operations } = await operationsOf(program.file, { below: place }, ['look', place]);
      for (const again of points(operations.length, isThorough ? 12 : 2, false)) {
        copied(scene, left);
        const second = await runWithFaults(program.file, { below: place, kill: again }, ['look', place]);
        expect(second.isKilled).toBe(true);
        expectWhole(scene, place, ended, `kill ${kill}, and ${again} of who looked`);
      }
      rmSync(left, { recursive: true });
    }
  });
});
