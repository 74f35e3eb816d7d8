import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Store } from 'corollary';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { aDirectory, aStore, aStoreDirectory } from './support/a-store.js';
import { rawly } from './support/raw-database.js';
import type * as tasks from './tasks/durability.js';
import { type Durability, Progress, ROWS, Row, Single, SUBSTORES } from './tasks/durability.js';

// Every kill hits another moment: a process works and says after each commit what is done, until it is killed.
const kills = Number(process.env.KILLS ?? 4);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('durability.ts');
});

/** Lets a process churn for a while after its first commit and kills it. Answers what it said last of each kind. */
async function churnAndKill(place: string, durability: Durability, ms: number) {
  const child = program.start();
  child.call('churn', place, durability).catch(() => undefined);
  const first = await child.heard();
  await pause(ms);
  await child.kill();
  return lastNumbers([first, ...child.heardSoFar()]);
}

/** 'round 4', 'single 4', 'round 5' as { round: 5, single: 4 }. */
function lastNumbers(said: readonly string[]): Record<string, number> {
  return Object.fromEntries(said.map((line) => line.split(' ')).map(([kind, number]) => [kind, Number(number)]));
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** What a store must hold after so many rounds. */
function after(rounds: number) {
  const names = range(Math.max(1, rounds - SUBSTORES + 1), rounds).map((round) => `s${round}`);
  return {
    rows: range(1, rounds).flatMap((round) => Array(ROWS).fill(round)),
    names: names.toSorted(),
    below: names.toSorted().flatMap((name) => [`${name}: ${ROWS}`, `${name}/inner: ${ROWS}`]),
    directories: names.length,
    directoriesBelow: names.map(() => 1),
    unfinished: [],
    isSound: true,
  };
}

function found(place: string, store: Store) {
  const names = store.substores.names();
  const below = names
    .flatMap((name) => [`${name}`, `${name}/inner`])
    .map((path) => `${path}: ${store.at(path).count(Row)}`);
  const directories = entries(join(place, 'sub'));
  return {
    rows: store
      .query(Row)
      .orderBy((r) => r.round.asc())
      .pluck((r) => r.round)
      .all(),
    names,
    below,
    directories: directories.length,
    directoriesBelow: directories.map((id) => entries(join(place, 'sub', id, 'sub')).length),
    unfinished: entries(join(place, 'temp')),
    isSound: store.check().isSound,
  };
}

function entries(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** Kills a churning process again and again, and looks each time at what is there. */
async function surviveKills(durability: Durability, times: number): Promise<void> {
  const place = aStoreDirectory();
  for (let n = 0; n < times; n++) {
    const said = await churnAndKill(place, durability, (n * 7) % 40);
    const store = Store.open(place, { mustExist: true });
    const done = store.query(Progress).one().round;
    const singles = store
      .query(Single)
      .orderBy((s) => s.round.asc())
      .pluck((s) => s.round)
      .all();

    // A kill between a commit and the word about it leaves one more done than was said.
    expect([said.round, (said.round ?? 0) + 1], `kill ${n}`).toContain(done);
    expect(found(place, store), `kill ${n}`).toEqual(after(done));
    expect(new Set(singles).size, `kill ${n}`).toBe(singles.length);
    expect(singles.at(-1) ?? 0, `kill ${n}`).toBeGreaterThanOrEqual(said.single ?? 0);
    store.close();
  }
}

describe('a process that is killed', () => {
  test(`${kills} times has lost nothing that was committed, and done nothing by half`, {
    timeout: 120_000 + 1000 * kills,
  }, async () => {
    await surviveKills('full', kills);
  });

  test("has lost nothing either with durability: 'relaxed'", { timeout: 120_000 + 1000 * kills }, async () => {
    await surviveKills('relaxed', Math.ceil(kills / 5));
  });

  test('while it makes stores leaves those that it has made, and none that cannot be opened', async () => {
    const directory = aDirectory();
    let next = 1;
    for (let n = 0; n < Math.ceil(kills / 4); n++) {
      const child = program.start();
      child.call('makeStores', directory, next).catch(() => undefined);
      const first = await child.heard();
      await pause((n * 5) % 17);
      await child.kill();
      const said = lastNumbers([first, ...child.heardSoFar()]);
      const made = said.made ?? 0;

      const counts = range(next, made).map((number) => {
        const store = Store.open(`${directory}/${number}`, { mustExist: true });
        const count = store.count(Single);
        store.close();
        return count;
      });
      expect(counts.slice(0, -1), `kill ${n}`).toEqual(range(next, made - 1).map(() => 1));
      expect(counts.at(-1), `kill ${n}`).toBeGreaterThanOrEqual(said.single === made ? 1 : 0);

      // The one that it was about to make, or had half made, can be made again.
      next = made + 1;
      const store = Store.open(`${directory}/${next}`);
      store.create(Single, { round: next });
      expect(store.check().isSound, `kill ${n}`).toBe(true);
      store.close();
      next += 1;
    }
  });

  test('before its commit has done nothing: no rows, no substore made, none deleted', async () => {
    const place = aStoreDirectory();
    await churnAndKill(place, 'full', 60);
    const before = Store.open(place);
    const done = before.query(Progress).one().round;
    before.close();

    const child = program.start();
    child.call('stopInside', place, done + 1).catch(() => undefined);
    expect(await child.heard()).toBe('inside');
    await child.kill();

    const store = aStore({}, place);
    expect(store.query(Progress).one().round).toBe(done);
    expect(found(place, store)).toEqual(after(done));
  });

  test('before its commit leaves what it was about to delete and to make to others', async () => {
    const place = aStoreDirectory();
    await churnAndKill(place, 'full', 60);
    const open = aStore({}, place);
    const progress = open.query(Progress).one();
    const done = progress.round;
    const child = program.start();
    child.call('stopInside', place, done + 1).catch(() => undefined);
    await child.heard();
    await child.kill();

    // A handle that was open all the while takes over without being opened again.
    const next = open.transact(() => {
      progress.round = done + 1;
      return open.substores.create(`s${done + 1}`);
    });
    next.create(Single, { round: 1 });

    expect(
      aStore({}, place)
        .at(`s${done + 1}`)
        .count(Single),
    ).toBe(1);
  });
});

/** The connections that the library has open now and used since `watch` was called. */
function watchConnections(): () => Database.Database[] {
  const spy = vi.spyOn(Database.prototype, 'prepare');
  onTestFinished(() => spy.mockRestore());
  return () => [...new Set(spy.mock.contexts as Database.Database[])].filter(({ open }) => open);
}

const settings = (connection: Database.Database) => ({
  journal_mode: connection.pragma('journal_mode', { simple: true }),
  synchronous: connection.pragma('synchronous', { simple: true }),
  foreign_keys: connection.pragma('foreign_keys', { simple: true }),
  trusted_schema: connection.pragma('trusted_schema', { simple: true }),
});
const full = { journal_mode: 'wal', synchronous: 2, foreign_keys: 0, trusted_schema: 0 };

describe('every connection of a store', () => {
  test('syncs each commit, writes ahead, and leaves references to the store', () => {
    const connections = watchConnections();
    const store = aStore();
    store.create(Single, { round: 1 });
    store.substores.create('below').create(Single, { round: 2 });
    expect(connections().map(settings)).toEqual([full, full]);
  });

  test('does so also when it opens what is there, and its substores inherit it', () => {
    const place = aStoreDirectory();
    const made = Store.open(place);
    made.substores.create('a').substores.create('b').create(Single, { round: 1 });
    made.close();
    const connections = watchConnections();
    const store = aStore({ types: [Single] }, place);
    expect(store.tree.count(Single)).toBe(1);
    expect(connections().map(settings)).toEqual([full, full, full]);
  });

  test('does so also when it had to be opened again because too many were open', () => {
    const store = aStore({ maxOpenSubstores: 1 });
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) store.substores.create(name).create(Single, { round: 1 });
    const connections = watchConnections();
    const seen = [...names, ...names].flatMap((name) => {
      store.at(name).create(Single, { round: 2 });
      return connections().map(settings);
    });
    expect(seen.filter((found) => JSON.stringify(found) !== JSON.stringify(full))).toEqual([]);
    expect(seen.length).toBeGreaterThanOrEqual(8);
  });

  test('does so also after a commit over several stores, whose last step is not synced', () => {
    const store = aStore();
    const parts = ['a', 'b', 'c'].map((name) => store.substores.create(name));
    for (const part of parts) part.create(Single, { round: 1 });
    const connections = watchConnections();
    store.transact(() => {
      for (const part of parts) part.create(Single, { round: 2 });
    });
    expect(connections().map(settings)).toEqual([full, full, full, full]);
  });

  test("does not sync each commit with durability: 'relaxed', below neither", () => {
    const connections = watchConnections();
    const store = aStore({ durability: 'relaxed' });
    store.substores.create('below').create(Single, { round: 1 });
    store.create(Single, { round: 2 });
    const relaxed = { ...full, synchronous: 1 };
    expect(connections().map(settings)).toEqual([relaxed, relaxed]);
  });

  test('finds the same in the file as other programs do', () => {
    const place = aStoreDirectory();
    aStore({}, place).create(Single, { round: 1 });
    expect(rawly(place, (database) => database.pragma('journal_mode', { simple: true }))).toBe('wal');
  });

  test.each([['safe'], [true], [0], [null]])('refuses another durability: %o', (durability) => {
    const place = aStoreDirectory();
    const open = () => Store.open(place, { durability: durability as never });
    expect(open).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
    expect(existsSync(place)).toBe(false);
  });
});
