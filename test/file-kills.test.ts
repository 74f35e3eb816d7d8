import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Store } from 'corollary';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { aStoreDirectory } from './support/a-store.js';
import type * as tasks from './tasks/file-kills.js';
import { Note, textOf } from './tasks/file-kills.js';

const kills = Number(process.env.KILLS ?? 3);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('file-kills.ts');
});

/** Lets a process churn for a while after its first word and kills it. Answers the last round that it said is done. */
async function churnAndKill(place: string, ms: number): Promise<number> {
  const child = program.start();
  child.call('churnFiles', place).catch(() => undefined);
  const first = await child.heard();
  await pause(ms);
  await child.kill();
  return Number((child.heardSoFar().at(-1) ?? first).replace('round ', ''));
}

function entries(directory: string, name: string): string[] {
  return existsSync(join(directory, name)) ? readdirSync(join(directory, name)).sort() : [];
}

/** What is wrong with the files of a store: nothing, if it was swept. */
function faultsIn(store: Store, directory: string): string[] {
  const files = store.files.query().all();
  const notes = store.query(Note).all();
  const named = new Set(files.map(({ diskName }) => diskName));
  return [
    ...files.filter((file) => !file.verify()).map(({ storeId }) => `file ${storeId} is not what was written`),
    ...notes
      .filter((n) => n.file.text() !== textOf(n.round, n.length))
      .map((n) => `note ${n.storeId} has a wrong file`),
    ...files.filter(({ name }) => name === null).map(({ storeId }) => `file ${storeId} was deleted at once`),
    ...notes.filter(({ round }) => round < 0).map(({ storeId }) => `note ${storeId} was undone`),
    ...entries(directory, 'files')
      .filter((id) => !named.has(id))
      .map((id) => `${id} has no row`),
    ...entries(directory, 'temp')
      .filter((name) => !name.startsWith('arriving-'))
      .map((name) => `${name} is left`),
  ];
}

test(`a process that is killed ${kills} times leaves each file with its row, and each row with its file`, {
  timeout: 120_000 + 1000 * kills,
}, async () => {
  const place = aStoreDirectory();
  for (let n = 0; n < kills; n++) {
    const said = await churnAndKill(place, (n * 7) % 60);
    const store = Store.open(place, { mustExist: true });
    const below = store.substores.open('below');
    below.files.write('the first write sweeps a substore').delete();
    const { directory } = store.substores.query().one();

    expect(faultsIn(store, place), `kill ${n}`).toEqual([]);
    expect(faultsIn(below, join(place, 'sub', directory)), `kill ${n}, below`).toEqual([]);
    expect(store.query(Note).max((note) => note.round) ?? 0, `kill ${n}`).toBeGreaterThanOrEqual(said);
    expect(below.query(Note).max((note) => note.round) ?? 0, `kill ${n}`).toBeGreaterThanOrEqual(said);
    expect(store.check().isSound, `kill ${n}`).toBe(true);
    const received = store.files.query((f) => f.name.startsWith('received')).all();
    expect(
      received.filter((file) => file.text().length !== file.size),
      `kill ${n}`,
    ).toEqual([]);
    for (const file of received) file.delete();
    store.close();
  }
});

test("two processes that write and delete files at the same time do not get into each other's way", async () => {
  const place = aStoreDirectory();
  const children = [program.start(), program.start()];
  const ends = children.map((child) => child.call('churnFiles', place).catch((error: Error) => error.message));
  for (const child of children) await child.heard();
  for (let n = 0; n < 20; n++) {
    await pause(20);
    const store = Store.open(place); // which sweeps, while they work
    expect(store.check().findings).toEqual([]);
    store.close();
  }
  for (const child of children) await child.heard(); // neither was starved
  for (const child of children) await child.kill();

  expect(await Promise.all(ends)).toEqual(ends.map(() => 'The process is gone'));
  const store = Store.open(place);
  expect(faultsIn(store, place)).toEqual([]);
  store.close();
});
