import { cpSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Store } from 'corollary';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operationsOf, runWithFaults } from '../support/a-faulty-disk.js';
import { aProgram } from '../support/a-process.js';
import { codeOf, refusal } from '../support/a-refusal.js';
import { aDirectory, aStore, aStoreDirectory } from '../support/a-store.js';
import { whyNoFaults } from '../support/faulty-library.js';
import { substoreDirectories } from '../support/on-disk.js';
import { rawly } from '../support/raw-database.js';
import type * as tasks from '../tasks/commits.js';
import { Account, look, Note, Remark, told, types } from '../tasks/commits.js';
import { aScene, copied, killedAt, partsOf, type Scene } from './scene.js';

// A process was killed between putting the changes of a part aside and writing them. The transaction is decided by the
// store above, the root here.

const why = whyNoFaults();
if (why !== undefined) console.log(`Skipped: ${why}`);

let scene: Scene;
const directory = mkdtempSync(join(realpathSync(tmpdir()), 'corollary-'));
beforeAll(async () => {
  if (why === undefined) scene = await aScene(await aProgram<typeof tasks>('commits.ts', 'in-doubt'), 'two', directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The tree as it was left, its part, and what both must show. */
async function left(isDecided: boolean) {
  const onRoot = scene.operations.map((line) => line.endsWith(join('a.store', 'db.sqlite-wal')));
  // Numbers count from 1: the first operation on the deciding store, or the first after its last.
  const killed = await killedAt(scene, isDecided ? onRoot.lastIndexOf(true) + 2 : onRoot.indexOf(true) + 1);
  const [[, part]] = partsOf(scene, killed.place) as [[string, string]];
  expect(preparedIn(part)).not.toBe(0);
  return { place: killed.place, part, whole: isDecided ? scene.after : scene.before };
}

const preparedIn = (part: string) =>
  rawly(part, (database) => database.prepare('SELECT count(*) FROM corollary_prepared').pluck().get());
const uidOf = (place: string) =>
  rawly(place, (database) => database.prepare('SELECT uid FROM corollary_store').pluck().get());

/** The part is taken out of its tree. */
function takenAway(part: string): string {
  const apart = join(aDirectory(), 'apart.store');
  renameSync(part, apart);
  return apart;
}

describe.skipIf(why !== undefined)('who has seen a part before it was decided', () => {
  test('sees what has become of it, though his database was closed to make room when another finished it', async () => {
    const { place, whole } = await left(true);
    const decided = 'SELECT part, token FROM corollary_decisions';
    const [decision] = rawly(place, (database) => {
      const rows = database.prepare(decided).raw().all() as [string, string][];
      database.exec('DELETE FROM corollary_decisions');
      return rows;
    });
    const decider = new Database(join(place, 'db.sqlite'));
    decider.exec('BEGIN IMMEDIATE'); // as the process does that decides
    const root = aStore({ types, maxOpenSubstores: 1 }, place);
    const part = root.at('a');
    const ann = part.getUnique(Account, { owner: 'ann' });
    expect(ann.money.toString()).toBe('1.10');
    decider.prepare('INSERT INTO corollary_decisions VALUES (?, ?)').run(decision);
    decider.exec('COMMIT');
    decider.close();
    root.substores.create('another').count(Note); // makes room
    expect(look(place).told.a).toEqual(whole.a);
    expect(ann.owner).toBe('bob');
  });
});

describe.skipIf(why !== undefined).each([
  ['undecided', false],
  ['committed', true],
])('a part of a transaction that is %s', (_, isDecided) => {
  test('shows what has become of it when it is opened alone', async () => {
    const { place, part, whole } = await left(isDecided);
    expect(look(part).told['']).toEqual(whole.a);
    expect(preparedIn(part)).toBe(0);
    expect(look(place).told).toEqual(whole);
  });

  test('is settled without leaving a file open', async () => {
    const { place } = await left(isDecided);
    const openNow = () => readdirSync('/proc/self/fd').length;
    const before = openNow();
    look(place);
    expect(openNow()).toBe(before);
  });

  test('gives numbers that nobody has', async () => {
    const { place } = await left(isDecided);
    const part = aStore({ types }, place).at('a');
    const before = part.query(Note).all();
    const note = part.create(Note, { title: 'round 9', round: 9 });
    expect(before.map(({ storeId }) => storeId)).not.toContain(note.storeId);
    expect(part.count(Note)).toBe(before.length + 1);
  });

  test('does so over a link', async () => {
    const { part, whole } = await left(isDecided);
    const link = join(aDirectory(), 'link.store');
    symlinkSync(part, link);
    expect(look(link).told['']).toEqual(whole.a);
  });

  test('does so inside the transaction that uses it first', async () => {
    const { place, whole } = await left(isDecided);
    const root = aStore({ types }, place);
    const notes = root.transact(() =>
      root
        .at('a')
        .query(Note)
        .pluck((n) => n.title)
        .all(),
    );
    expect(whole.a).toMatchObject({ notes });
    root.transact(() => {
      root.query(Note).delete();
      root.at('a').query(Note).delete();
    });
    expect(look(place)).toMatchObject({ isSound: true, told: { '': { notes: [] }, a: { notes: [] } } });
  });

  test('does so to who only reads, without waiting, or says that it cannot', async () => {
    const { place, whole } = await left(isDecided);
    const root = aStore({ types, readOnly: true, busyTimeoutMs: 20 }, place);
    const read = () =>
      root
        .at('a')
        .query(Note)
        .pluck((n) => n.title)
        .all();
    // What is committed must be written, and a store that is open with readOnly writes nothing.
    const outcome = isDecided ? codeOf(read) : { notes: read() };
    expect(isDecided ? outcome : whole.a).toEqual(isDecided ? 'RECOVERY_NEEDED' : expect.objectContaining(outcome));
    root.close();
    expect(look(place).told).toEqual(whole);
    expect(aStore({ types, readOnly: true }, place).at('a').count(Note)).toBe(whole.a?.notes.length);
  });

  test('is IN_DOUBT where the deciding store is missing, naming it; back in its place it is settled', async () => {
    const { place, part, whole } = await left(isDecided);
    const apart = takenAway(part);
    const error = refusal(() => Store.open(apart, { types }));
    expect(error).toMatchObject({ code: 'IN_DOUBT', store: apart });
    expect(error.message).toContain(uidOf(place));
    expect(codeOf(() => Store.open(apart, { types, readOnly: true }))).toBe('IN_DOUBT');
    renameSync(apart, part);
    expect(look(place).told).toEqual(whole);
  });

  test('is IN_DOUBT below another store', async () => {
    const { part } = await left(isDecided);
    const other = aStoreDirectory();
    aStore({}, other).substores.create('taken');
    const [below] = substoreDirectories(other) as [string];
    rmSync(below, { recursive: true });
    cpSync(part, below, { recursive: true });
    expect(codeOf(() => Store.open(below, { types }))).toBe('IN_DOUBT');
  });

  test('waits while the transaction may still be decided, and is BUSY when that takes too long', async () => {
    const { place, part } = await left(false);
    const decider = new Database(join(place, 'db.sqlite'));
    decider.exec('BEGIN IMMEDIATE'); // as the process does that decides
    const alone = Store.open(part, { types, busyTimeoutMs: 20 });
    expect(alone.query(Note, { round: 1 }).count()).toBe(3); // it has not happened yet
    const error = refusal(() => alone.transact(() => alone.count(Note)));
    expect(error).toMatchObject({ code: 'BUSY', retry: true });
    decider.close();
    expect(alone.transact(() => alone.count(Note))).toBe(3);
    alone.close();
  });

  test.each(['commit', 'undo'] as const)(
    'is decided by Store.repair with %s where nobody else can',
    async (inDoubt) => {
      const { place, part } = await left(isDecided);
      const apart = takenAway(part);
      const decider = uidOf(place);
      const outcome = inDoubt === 'commit' ? 'committed' : 'undone';
      expect(Store.repair(apart, { inDoubt })).toEqual({ wasInDoubt: true, outcome, decider });
      const { told, isSound } = look(apart);
      expect([told[''], isSound]).toEqual([(inDoubt === 'commit' ? scene.after : scene.before).a, true]);
      expect(Store.repair(apart, { inDoubt })).toEqual({ wasInDoubt: false });
    },
  );

  // It was IN_DOUBT, and Store.repair decided, though the deciding store is there and knows.
  test.each([
    ['full', 'DISK_FULL', { kind: 'write', errno: 'ENOSPC' }],
    ['failing', 'IO_ERROR', { kind: 'open', errno: 'EIO' }],
  ] as const)('is not IN_DOUBT where the disk of the deciding store is %s', async (_what, code, how) => {
    const { place, part, whole } = await left(isDecided);
    const faults = {
      below: place,
      only: join(place, 'db.sqlite'),
      fail: how.kind === 'open' ? 2 : 1,
      ever: true,
      ...how,
    };
    const call = ['codesOf', part, isDecided ? 'undo' : 'commit'] as const;
    const { result } = await runWithFaults(scene.program.file, faults, call);
    expect(result).toEqual([code, code]);
    expect(look(place).told).toEqual(whole);
  });

  test('is not decided by Store.repair where the deciding store can be asked', async () => {
    const { place, part, whole } = await left(isDecided);
    expect(Store.repair(part, { inDoubt: isDecided ? 'undo' : 'commit' })).toEqual({ wasInDoubt: false });
    expect(look(place).told).toEqual(whole);
  });
});

describe.skipIf(why !== undefined)('who comes while a transaction is being decided', () => {
  // The directory of the new store is there, and its row among what was put aside.
  test('sweeps no store that it makes', async () => {
    const large = await aScene(scene.program, 'three');
    const onRoot = large.operations.map((line) => line.endsWith(join('a.store', 'db.sqlite-wal')));
    const { place } = await killedAt(large, onRoot.indexOf(true) + 1);
    const parts = new Map(partsOf(large, place));
    const deciding = new Database(join(place, 'db.sqlite'));
    deciding.exec('BEGIN IMMEDIATE'); // as the process has it that decides
    Store.open(parts.get('a/b') as string, { types }).close();
    for (const part of parts.values()) {
      const [mark] = rawly(part, (database) =>
        database.prepare('SELECT entry FROM corollary_prepared WHERE position = 0').pluck().all(),
      );
      const { token } = JSON.parse(String(mark));
      deciding.prepare('INSERT INTO corollary_decisions VALUES (?, ?)').run(uidOf(part), token);
    }
    deciding.exec('COMMIT');
    deciding.close();
    // The deletion was not announced yet when the process was killed: the row is gone, and the directory is swept.
    expect(look(place).told).toEqual(large.after);
  });

  // The commit stood in the log of the deciding store, whole, but SQLite had not announced it. Others saw it nowhere, and
  // took the part back; when they were gone too, SQLite found the commit.
  async function killedWhileDeciding() {
    const { place, armed } = copied(scene);
    const root = aStore({ types }, place);
    root.at('a').count(Note);
    const toldOf = scene.operations.map(
      (line) => line.startsWith('sync') && line.endsWith(join('a.store', 'db.sqlite-wal')),
    );
    const kill = toldOf.lastIndexOf(true) + 1;
    const faults = { below: place, while: armed, kill };
    const { isKilled } = await runWithFaults(scene.program.file, faults, ['work', place, 'two', armed]);
    expect(isKilled).toBe(true);
    return { place, root };
  }

  /** What is found when all processes are killed. SQLite keeps its index of the log in -shm, and trusts none it finds. */
  function afterAllAreGone(place: string) {
    const later = join(aDirectory(), 'later.store');
    cpSync(place, later, { recursive: true, filter: (file) => !file.endsWith('-shm') });
    return look(later);
  }

  test('is not belied later by a decision that nobody was told of', async () => {
    const { place, root } = await killedWhileDeciding();
    expect(told(root)).toEqual(scene.before);
    expect(afterAllAreGone(place)).toEqual({ told: scene.before, isSound: true });
  });

  test('is not belied either when he wrote inside a transaction of the deciding store', async () => {
    const { place, root } = await killedWhileDeciding();
    root.transact(() => {
      expect(
        root
          .at('a')
          .query(Note)
          .pluck((n) => n.title)
          .all(),
      ).toEqual(scene.before.a?.notes);
      root.at('a').create(Remark, { n: 1 });
    });
    expect(afterAllAreGone(place)).toEqual({ told: scene.before, isSound: true });
    expect(told(root)).toEqual(scene.before);
    expect(root.at('a').count(Remark)).toBe(1);
  });

  // A process that is killed while it syncs its decision leaves a commit that SQLite finds. The part was written on the
  // ground of it, durably, and a loss of power after that could take the decision away.
  test('writes a part only when the decision that he found is durable', async () => {
    const isOnRoot = (line: string) => line.startsWith('sync') && line.endsWith(join('a.store', 'db.sqlite-wal'));
    const { place } = await killedAt(scene, scene.operations.map(isOnRoot).lastIndexOf(true) + 1);
    const { operations, ended } = await operationsOf(scene.program.file, { below: place }, ['look', place]);
    expect(ended.result).toEqual({ told: scene.after, isSound: true });
    const [[, part]] = partsOf(scene, place) as [[string, string]];
    const written = operations.indexOf(`write ${join(part, 'db.sqlite-wal')}`);
    expect(written).toBeGreaterThan(0);
    expect(operations.slice(0, written).some(isOnRoot)).toBe(true);
  });

  test('finds all or nothing later when he only read inside a transaction of the deciding store', async () => {
    const { place, root } = await killedWhileDeciding();
    const titles = root.transact(() =>
      root
        .at('a')
        .query(Note)
        .pluck((n) => n.title)
        .all(),
    );
    expect(titles).toEqual(scene.before.a?.notes);
    expect(afterAllAreGone(place)).toEqual({ told: scene.after, isSound: true });
    expect(told(root)).toEqual(scene.before);
    expect(afterAllAreGone(place)).toEqual({ told: scene.before, isSound: true });
  });
});

describe('Store.repair', () => {
  test('does nothing to a store that is whole, and to one that is open', () => {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    store.create(Account, { owner: 'ann', money: 1, seal: new Uint8Array() });
    expect(Store.repair(place, { inDoubt: 'undo' })).toEqual({ wasInDoubt: false });
    expect(store.count(Account)).toBe(1);
  });

  test('makes no store, and says what is wrong with a path', () => {
    const place = aStoreDirectory();
    expect(codeOf(() => Store.repair(place, { inDoubt: 'undo' }))).toBe('STORE_MISSING');
    expect(codeOf(() => Store.repair('', { inDoubt: 'undo' }))).toBe('INVALID_VALUE');
  });

  test.each([[undefined], [null], [{}], ['undo'], [{ inDoubt: 'redo' }], [{ inDoubt: 'undo', force: true }]])(
    'refuses other options: %o',
    (options) => {
      const place = aStoreDirectory();
      aStore({}, place);
      expect(codeOf(() => Store.repair(place, options as never))).toBe('INVALID_VALUE');
    },
  );
});
