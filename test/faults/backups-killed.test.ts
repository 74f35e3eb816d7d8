import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from 'corollary';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Faults, operationsOf, runWithFaults } from '../support/a-faulty-disk.js';
import { aProgram, type Program } from '../support/a-process.js';
import { aDirectory } from '../support/a-store.js';
import { whyNoFaults } from '../support/faulty-library.js';
import { rawly } from '../support/raw-database.js';
import type * as commitTasks from '../tasks/commits.js';
import { look, types } from '../tasks/commits.js';
import type * as tasks from '../tasks/copies.js';
import { Account, makeBank } from '../tasks/copies.js';
import { aScene as aCommitScene, killedAt, partsOf, points, timeout } from './scene.js';

// A process is killed just before one of its operations on files, or finds the disk full from there on, while it backs
// up, restores, copies or imports. FAULTS=all does so at every one of them.

const why = whyNoFaults();
if (why !== undefined) console.log(`Skipped: ${why}`);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('copies.ts', 'backups-killed');
});

/** The sums of all stores of a tree, by path. What is wrong with the tree is said too. */
function seen(place: string): Record<string, unknown> {
  using store = Store.open(place, { types: [Account], mustExist: true });
  store.at('south/inner'); // looks after what was left in 'south'
  const sums = [...store.tree.stores()].map((one) => [one.path.join('/'), one.query(Account).sum((a) => a.amount)]);
  return { ...Object.fromEntries(sums), findings: store.tree.check().findings };
}

/** A bank, its backup, and the same bank after some more was paid in; all closed. */
function aBank(directory: string) {
  const [place, backup] = [join(directory, 'bank'), join(directory, 'backup')];
  makeBank(place);
  using store = Store.open(place, { types: [Account] });
  store.tree.backup(backup);
  store.at('north').tree.export(join(directory, 'export'));
  store.at('north').query(Account).one().amount += 1;
  store.at('south/inner').query(Account).one().amount += 10;
  return { place, backup };
}

/** What a task does, and how the outcome is seen. */
interface Deed {
  readonly below: (directory: string) => string;
  readonly call: (directory: string) => readonly [string, ...unknown[]];
  readonly look: (directory: string) => unknown;
}

const inBank: Pick<Deed, 'below' | 'look'> = {
  below: (directory) => join(directory, 'bank'),
  look: (directory) => seen(join(directory, 'bank')),
};

const deeds: Readonly<Record<string, Deed>> = {
  'backs up': {
    below: (directory) => join(directory, 'backup'),
    call: (directory) => ['backUpOnce', join(directory, 'bank'), join(directory, 'backup')],
    look: (directory) => {
      const place = join(directory, 'looked');
      rmSync(place, { recursive: true, force: true });
      Store.restore(join(directory, 'backup'), place).close();
      return seen(place);
    },
  },
  restores: {
    below: (directory) => join(directory, 'target'),
    call: (directory) => ['restoreOnce', join(directory, 'backup'), join(directory, 'target', 'again')],
    look: (directory) => {
      const place = join(directory, 'target', 'again');
      return existsSync(place) ? seen(place) : 'nothing';
    },
  },
  copies: { ...inBank, call: (directory) => ['copyOnce', join(directory, 'bank')] },
  imports: { ...inBank, call: (directory) => ['importOnce', join(directory, 'bank'), join(directory, 'export')] },
  'restores in place': {
    ...inBank,
    call: (directory) => ['replaceOnce', join(directory, 'bank'), join(directory, 'export')],
  },
};

/** Everything that lies in a directory but logs, gates and what stands for a wait. */
function namesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const all = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => !/(-wal|-shm|closed-for-writing|temp)$/.test(name)).sort();
}

describe.skipIf(why !== undefined).each(Object.keys(deeds))('a process that %s', (name) => {
  const { below, call, look } = deeds[name] as Deed;

  /** Does it once on a fresh bank, at the same place each time. */
  function fresh(directory: string, original: string): void {
    for (const one of readdirSync(directory)) rmSync(join(directory, one), { recursive: true, force: true });
    cpSync(original, directory, { recursive: true });
  }

  async function aScene() {
    const [directory, original] = [aDirectory(), aDirectory()];
    aBank(original);
    fresh(directory, original);
    const before = look(directory);
    fresh(directory, original);
    const { operations, ended } = await operationsOf(program.file, { below: below(directory) }, call(directory));
    expect(ended).toMatchObject({ said: ['done'], complaint: '' });
    const after = look(directory);
    expect(after).not.toEqual(before);
    const run = (faults: Omit<Faults, 'below'>) => {
      fresh(directory, original);
      return runWithFaults(program.file, { below: below(directory), ...faults }, call(directory));
    };
    return { directory, before, after, count: operations.length, run };
  }

  test('has done all or nothing when it is killed, whatever it did last', { timeout }, async () => {
    const { directory, before, after, count, run } = await aScene();
    for (const kill of points(count, 3)) {
      const ended = await run({ kill });
      expect(ended, `kill ${kill}`).toMatchObject({ isKilled: true, complaint: '' });
      const found = look(directory);
      const isDone = ended.said.includes('done') || JSON.stringify(found) === JSON.stringify(after);
      expect(found, `kill ${kill} of ${count}`).toEqual(isDone ? after : before);
    }
  });

  test('has done nothing when the disk is full, and leaves nothing', { timeout }, async () => {
    const { directory, before, after, count, run } = await aScene();
    for (const fail of points(count, 2)) {
      const ended = await run({ fail, ever: true, kind: 'write', errno: 'ENOSPC' });
      const said = ended.said.at(-1);
      // SQLite cannot tell why it fails to make its shared memory.
      expect(['done', 'DISK_FULL', 'IO_ERROR'], `${fail}: ${ended.complaint}`).toContain(said);
      const found = look(directory);
      const possible = said === 'done' ? [after] : name === 'restores' ? [before, after] : [before]; // opening may fail
      expect(possible, `fail ${fail} of ${count}: ${said}`).toContainEqual(found);
      expect(
        namesIn(below(directory)).filter((one) => one.includes('restoring')),
        `fail ${fail}`,
      ).toEqual([]);
    }
  });
});

describe.skipIf(why !== undefined)('a transaction over several stores that was cut off', () => {
  test('is in a backup wholly or not at all, whenever that was', { timeout }, async () => {
    const commits = await aProgram<typeof commitTasks>('commits.ts', 'backups-of-commits');
    const scene = await aCommitScene(commits, 'two');
    let prepared = 0;
    for (const kill of points(scene.operations.length, 5)) {
      const { place } = await killedAt(scene, kill);
      const [[, part]] = partsOf(scene, place) as [[string, string]];
      prepared += preparedIn(part);
      const backup = join(aDirectory(), 'backup');
      const store = Store.open(place, { types });
      store.tree.backup(backup);
      store.close();
      const again = join(aDirectory(), 'again');
      Store.restore(backup, again).close();
      expect([scene.before, scene.after], `kill ${kill}`).toContainEqual(look(again).told);
      expect(look(again).told, `kill ${kill}`).toEqual(look(place).told);
    }
    expect(prepared).toBeGreaterThan(0);
  });
});

const preparedIn = (part: string) =>
  rawly(part, (database) => Number(database.prepare('SELECT count(*) FROM corollary_prepared').pluck().get()));
