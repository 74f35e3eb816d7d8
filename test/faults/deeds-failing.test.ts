import { constants } from 'node:os';
import { basename } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from '../support/a-process.js';
import { whyNoFaults } from '../support/faulty-library.js';
import { tally } from '../support/tally.js';
import type * as tasks from '../tasks/deeds.js';
import { beside, type DeedName, type Injury, lookAfterLife } from '../tasks/deeds.js';
import { chosenDeeds, type DeedScene, expectWhole, Faults, Stage, someOf } from './deed-scene.js';
import { isThorough, points, timeout } from './scene.js';

// The disk fails while a process does things to a tree, and the process lives on. FAULTS=all lets each operation fail
// in turn, in each way; without it some.

const why = whyNoFaults();
if (why !== undefined) console.log(`Skipped: ${why}`);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('deeds.ts', 'deeds-failing');
});

const { ENOSPC, EIO, EMFILE } = constants.errno;

/** Ways to fail: the kind of operation, if only one fails; with what; and whether all that follow do, too. */
const failures = {
  'the disk is full from a write on': { FAULTS_KIND: 'write', FAULTS_ERRNO: String(ENOSPC), FAULTS_EVER: '1' },
  'a write is cut short, and the disk is full': { FAULTS_KIND: 'write', FAULTS_ERRNO: String(ENOSPC), FAULTS_EVER: '1', FAULTS_SHORT: '1' }, // biome-ignore format: a table
  'no file can be opened any more': { FAULTS_KIND: 'open', FAULTS_ERRNO: String(EMFILE), FAULTS_EVER: '1' },
  'an operation fails once, whichever it is': { FAULTS_ERRNO: String(EIO) },
} satisfies Record<string, Injury>;

/** What may be thrown: all of it says what is the matter with the disk, or with what was not written completely. */
const allowed = ['DISK_FULL', 'IO_ERROR', 'COMMIT_PENDING', 'COMMIT_UNKNOWN'];

type Life = Awaited<ReturnType<typeof tasks.live>>;

// What lies beside the tree has no commit: it may be there, whole, when the last step of making it has failed.
const isWritten = ({ ended }: Life) => ended.code === undefined || ended.committed === true;

function expectAgreement(stage: Stage, scene: DeedScene, life: Life, what: string): void {
  tally('failing disks');
  const said = `${what}: ${JSON.stringify([life.ended, life.meanwhile, life.after, life.goesOn])}`;
  expect([undefined, ...allowed], said).toContain(life.ended.code);
  expect(life.ended.error === undefined || life.ended.code !== undefined, said).toBe(true);
  expect([life.after, life.goesOn], said).toEqual([{}, {}]);
  const found = stage.look(scene.name);
  expect(life.tree, said).toEqual(found.tree);
  const isKnown = life.ended.code !== 'COMMIT_UNKNOWN' && !(beside.has(scene.name) && !isWritten(life));
  expectWhole(scene, found, isKnown ? isWritten(life) : undefined, said);
  const { texts, lacking, uids } = lookAfterLife(stage.directory);
  expect(lacking, said).toEqual([]);
  expect(uids, said).toEqual(expect.arrayContaining(life.inUse)); // what is no more is refused
  expect(life.texts, said).toEqual(Object.fromEntries(Object.entries(texts).filter(([key]) => key in life.texts)));
}

const isWrite = (operation: string) => operation.startsWith('write ');
const isSync = (operation: string) => operation.startsWith('sync ');

/** How many operations of a kind there are. */
async function countOf(stage: Stage, scene: DeedScene, kind: string | undefined): Promise<number> {
  const child = stage.process();
  stage.set();
  const injury = kind === 'open' ? { FAULTS_KIND: 'open', FAULTS_FAIL: '100000' } : {};
  const { operations: all } = await stage.log((log) =>
    child.call('live', scene.name, stage.directory, { ...log, ...injury }),
  );
  await child.kill();
  return kind === undefined ? all.length : all.filter((one) => one.startsWith(`${kind} `)).length;
}

describe.skipIf(why !== undefined)('a backup', () => {
  test('is the old one or the new one when something fails after the new one has taken its place', async () => {
    const stage = new Stage(program);
    const [scene] = (await stage.scenes(['backs up'])) as [DeedScene];
    const child = stage.process();
    const { operations: whole } = await stage.log((log) => child.call('live', scene.name, stage.set(), log));
    const placed = whole.findIndex((one) => one.endsWith('/backup/manifest'));
    const last = whole.findLastIndex((one) => one.includes('/backup/'));
    expect(last - placed).toBeGreaterThan(1);
    for (const fail of points(last - placed + 1, 3).map((n) => placed + n)) {
      stage.set();
      const injury = { FAULTS_FAIL: String(fail), FAULTS_ERRNO: String(EIO) };
      expectAgreement(
        stage,
        scene,
        await child.call('live', scene.name, stage.directory, injury),
        whole[fail - 1] ?? '',
      );
    }
  });
});

describe.skipIf(why !== undefined)('a move', () => {
  test('is completed by the process that lives on when what was moved could not be written, or brought', async () => {
    const stage = new Stage(program);
    const [scene] = (await stage.scenes(['moves a substore'])) as [DeedScene];
    const child = stage.process();
    const { operations: whole } = await stage.log((log) => child.call('live', scene.name, stage.set(), log));
    const rename = whole.findIndex((one) => one.startsWith('rename '));
    const log = `/${basename(whole[rename] as string)}/db.sqlite-wal`;
    const decided = whole.slice(0, rename).findLastIndex((one) => one.endsWith('a.store/db.sqlite-wal'));
    const written = whole.findIndex((one, n) => n > decided && isWrite(one) && one.endsWith(log));
    const codes = new Set<string | undefined>();
    for (const at of [written + 1, written + 3, rename + 1, rename + 2]) {
      const injury = { FAULTS_FAIL: String(at), FAULTS_ERRNO: String(EIO) };
      const life = await child.call('live', scene.name, stage.set(), injury);
      expectAgreement(stage, scene, life, whole[at - 1] as string);
      codes.add(life.ended.code);
    }
    expect([...codes]).toEqual(['COMMIT_PENDING']);
  });
});

describe.skipIf(why !== undefined)('a commit of which nobody knows whether it is there', () => {
  // They closed stores for good, or left them open though they were deleted; what was held of them showed what had not
  // become of it.
  const few: readonly DeedName[] = ['moves and writes', 'deletes a substore'];
  const more: readonly DeedName[] = [
    'moves into what it creates',
    'moves out of what it deletes',
    'creates a substore with content',
    'restores a substore',
  ];
  test.for(isThorough ? [...few, ...more] : few)(
    'leaves objects that show what is on disk: one that %s',
    { timeout },
    async (name) => {
      const stage = new Stage(program);
      const [scene] = (await stage.scenes([name])) as [DeedScene];
      const child = stage.process();
      const outcomes = new Set<string>();
      const faults = new Faults();
      const staying = /^moves (and|into)/.test(name) ? lookAfterLife(stage.set()).uids : [];
      const { operations } = await stage.log((log) => child.call('live', name, stage.set(), log));
      const syncs = operations.filter(isSync);
      const ofLogs = syncs.flatMap((one, at) => (one.endsWith('/db.sqlite-wal') ? [at + 1] : []));
      const failing = points(ofLogs.length, 4).map((n) => String(ofLogs[n - 1]));
      const inTwoWays = (fail: string) => ['', '1'].map((ever) => ({ FAULTS_FAIL: fail, FAULTS_EVER: ever }));
      for (const injury of failing.flatMap(inTwoWays)) {
        const failure = { FAULTS_KIND: 'sync', FAULTS_ERRNO: String(EIO), ...injury };
        const life = await child.call('live', name, stage.set(), failure);
        const what = `sync ${injury.FAULTS_FAIL}${injury.FAULTS_EVER && ' and all that follow'}`;
        faults.judge(what, () => {
          expectAgreement(stage, scene, life, what);
          expect(life.inUse, what).toEqual(expect.arrayContaining(staying));
        });
        if (life.ended.code === 'COMMIT_UNKNOWN') outcomes.add(JSON.stringify(life.tree));
      }
      faults.expectNone();
      expect(outcomes).toEqual(new Set([JSON.stringify(scene.before.tree), JSON.stringify(scene.after.tree)]));
    },
  );
});

// It kept the name that it had before, until it was looked for.
describe.skipIf(why !== undefined)('a rename of which nobody knows whether it is there', () => {
  test('leaves a store that says what it is called now', { timeout }, async () => {
    const stage = new Stage(program);
    await stage.scenes(['renames a substore']);
    const child = stage.process();
    const sync = { FAULTS_KIND: 'sync', FAULTS_FAIL: '1', FAULTS_ERRNO: String(EIO) };
    const once = await child.call('renameHeld', stage.set(), sync);
    const forGood = await child.call('renameHeld', stage.set(), { ...sync, FAULTS_EVER: '1' });
    expect([once, forGood]).toEqual(
      [once, forGood].map(({ names }) => ({ code: 'COMMIT_UNKNOWN', said: names[0], names })),
    );
    expect(new Set([...once.names, ...forGood.names])).toContain('older');
  });
});

describe.skipIf(why !== undefined)('a process that is killed after a commit of unknown outcome', () => {
  // SQLite may find the commit in the log, though the process was told of an error: so nothing may be dropped.
  test('leaves all of it or nothing, over all stores', { timeout }, async () => {
    const stage = new Stage(program);
    const [scene] = (await stage.scenes(['commits over several stores'])) as [DeedScene];
    const first = stage.process();
    const { operations: whole } = await stage.log((log) => first.call('failAndStay', scene.name, stage.set(), log));
    await first.kill();
    const ofDecider = whole
      .filter(isSync)
      .flatMap((one, at) => (one.endsWith('a.store/db.sqlite-wal') ? [at + 1] : []));
    const outcomes = new Set<string>();
    for (const fail of ofDecider) {
      const child = stage.process();
      const injury = { FAULTS_KIND: 'sync', FAULTS_FAIL: String(fail), FAULTS_ERRNO: String(EIO) };
      const { code } = await child.call('failAndStay', scene.name, stage.set(), injury);
      await child.kill();
      const found = stage.look(scene.name);
      expectWhole(
        scene,
        found,
        code === undefined ? true : code === 'COMMIT_UNKNOWN' ? undefined : false,
        `sync ${fail}`,
      );
      outcomes.add(`${code} ${JSON.stringify(found) === JSON.stringify(scene.after)}`);
    }
    expect([...outcomes]).toContain('COMMIT_UNKNOWN true');
  });
});

describe.skipIf(why !== undefined)('a gate', () => {
  test('whose file cannot be taken away stops nobody, and is no error once the work is done', async () => {
    const stage = new Stage(program);
    const [scene] = (await stage.scenes(['copies a substore'])) as [DeedScene];
    const child = stage.process();
    const { operations: whole } = await stage.log((log) => child.call('live', scene.name, stage.set(), log));
    const ofGate = whole.flatMap((one, at) => (/^unlink .*\/(gate-[\d-]+|closed-for-\w+)$/.test(one) ? [at + 1] : []));
    expect(ofGate.length).toBeGreaterThan(1);
    for (const at of ofGate) {
      const injury = { FAULTS_FAIL: String(at), FAULTS_ERRNO: String(EIO) };
      expectAgreement(stage, scene, await child.call('live', scene.name, stage.set(), injury), whole[at - 1] as string);
    }
  });
});

/** Lets the operations of one deed fail in one way. */
async function failEverywhere(
  stage: Stage,
  scene: DeedScene,
  way: keyof typeof failures,
  faults: Faults,
): Promise<void> {
  const { FAULTS_KIND: kind }: Injury = failures[way];
  const count = await countOf(stage, scene, kind);
  const child = stage.process();
  for (const fail of points(count, 1)) {
    stage.set();
    const injury = { ...failures[way], FAULTS_FAIL: String(fail) };
    const life = await child.call('live', scene.name, stage.directory, injury);
    const what = `${scene.name}, ${way}, ${fail} of ${count}`;
    faults.judge(what, () => expectAgreement(stage, scene, life, what));
  }
}

describe.skipIf(why !== undefined)('a disk that fails', () => {
  test('leaves all or nothing, in memory and on disk, and the store goes on', { timeout }, async () => {
    const stage = new Stage(program);
    const ways = Object.keys(failures) as (keyof typeof failures)[];
    // Without FAULTS=all, one deed for each way, and another one for the next.
    const scenes = await stage.scenes(someOf(chosenDeeds, 9, 0));
    const faults = new Faults();
    for (const [which, scene] of scenes.entries())
      for (const way of ways.filter((_, n) => isThorough || n === which % ways.length))
        await failEverywhere(stage, scene, way, faults);
    faults.expectNone();
  });
});
