import { chmodSync, cpSync, lchownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { aProgram, type Program, type TaskProcess } from '../support/a-process.js';
import { aDirectory } from '../support/a-store.js';
import { contentsWithoutLogs } from '../support/on-disk.js';
import type * as tasks from '../tasks/rights.js';
import type { Deed } from '../tasks/rights.js';

// Files and directories that a process may not read or write. Root may all, so the process that tries gives its rights
// up first.

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('rights.ts');
});

/** A store, its backup and a directory for more, that belong to whoever tries. */
async function aPlace(master: TaskProcess<typeof tasks>): Promise<{ readonly top: string; readonly place: string }> {
  const top = aDirectory();
  await master.call('prepare', join(top, 'a.store'));
  mkdirSync(join(top, 'to'));
  giveAway(top);
  return { top, place: join(top, 'a.store') };
}

function giveAway(top: string): void {
  if (!isRoot) return;
  for (const one of ['.', ...readdirSync(top, { recursive: true, encoding: 'utf8' })])
    lchownSync(join(top, one), NOBODY, NOBODY);
}

/** Where the directory of the only substore is. */
const partOf = (place: string) => join(place, 'sub', readdirSync(join(place, 'sub'))[0] as string);

/** Takes rights away, until the function that is given is called. */
function restrict(path: string, mode: number): () => void {
  const before = statSync(path).mode;
  const putBack = () => chmodSync(path, before);
  chmodSync(path, mode);
  onTestFinished(putBack);
  return putBack;
}

/** What comes of deeds, each on a copy of a tree of which one path is restricted; and whether each left all as it was. */
async function tried(
  of: (place: string) => string,
  mode: number,
  deeds: readonly Deed[],
): Promise<Record<string, string>> {
  const [master, child] = program.kept(2, 'rest') as [TaskProcess<typeof tasks>, TaskProcess<typeof tasks>];
  const sample = await aPlace(master);
  const whyNot = await child.call('giveUpRights');
  if (whyNot !== null && whyNot !== undefined) throw new Error(`The rights cannot be given up: ${whyNot}`);
  const before = await master.call('look', sample.place);
  const outcomes: Record<string, string> = {};
  for (const deed of deeds) {
    const top = aDirectory();
    cpSync(sample.top, top, { recursive: true });
    giveAway(top);
    const place = join(top, 'a.store');
    const contents = contentsWithoutLogs(top);
    const putBack = restrict(of(place), mode);
    const outcome = await child.call('attempt', deed, place);
    putBack();
    const isAsItWas = JSON.stringify(contentsWithoutLogs(top)) === JSON.stringify(contents);
    const after = await master.call('look', place);
    outcomes[deed] = isAsItWas ? outcome : `${outcome}, and something was written`;
    if (outcome !== 'done') expect(after, deed).toEqual(before);
    else expect(after, deed).toMatchObject({ findings: [] });
  }
  return outcomes;
}

const NEEDING_THE_STORE = ['read', 'read with readOnly', 'read the tree', 'write', 'back up', 'export'] as const;
const all = (deeds: readonly Deed[], outcome: string) => Object.fromEntries(deeds.map((deed) => [deed, outcome]));

describe.skipIf(process.platform === 'win32')('what the system does not allow', { timeout: 120_000 }, () => {
  test('is IO_ERROR for a directory that cannot be entered', async () => {
    expect(await tried((place) => place, 0o000, NEEDING_THE_STORE)).toEqual(all(NEEDING_THE_STORE, 'IO_ERROR'));
  });

  // SQLite's log of a database lies beside it, for readers too.
  test('is READ_ONLY for a directory that cannot be written, even to read', async () => {
    expect(await tried((place) => place, 0o555, NEEDING_THE_STORE)).toEqual(all(NEEDING_THE_STORE, 'READ_ONLY'));
  });

  test('is IO_ERROR for a database that cannot be read', async () => {
    const db = (place: string) => join(place, 'db.sqlite');
    expect(await tried(db, 0o000, NEEDING_THE_STORE)).toEqual(all(NEEDING_THE_STORE, 'IO_ERROR'));
  });

  test('is READ_ONLY for writes to a database that can only be read, and reading goes on', async () => {
    const writes = [
      'write',
      'write both',
      'create a substore',
      'move a substore',
      'delete a substore',
      'write a file',
      'delete a file',
      'import',
    ] as const;
    const reads = ['read', 'read with readOnly', 'read the tree', 'read a file'] as const;
    const db = (place: string) => join(place, 'db.sqlite');
    expect(await tried(db, 0o444, [...writes, ...reads])).toEqual({
      ...all(writes, 'READ_ONLY'),
      ...all(reads, 'done'),
    });
  });

  test('is IO_ERROR for what is made in a directory that cannot be written', async () => {
    const making = ['open a new store', 'back up', 'export', 'restore'] as const;
    expect(await tried((place) => join(place, '..', 'to'), 0o555, making)).toEqual(all(making, 'IO_ERROR'));
  });

  test('is IO_ERROR for a backup that cannot be read', async () => {
    const reading = ['check a backup', 'restore', 'import'] as const;
    expect(await tried((place) => `${place}-backup`, 0o000, reading)).toEqual(all(reading, 'IO_ERROR'));
  });

  test('is IO_ERROR for a substore that cannot be entered, and the store above goes on', async () => {
    const below = ['read the tree', 'write below', 'write both', 'back up'] as const;
    expect(await tried(partOf, 0o000, ['read', ...below])).toEqual({ read: 'done', ...all(below, 'IO_ERROR') });
  });

  test('is READ_ONLY for a substore that cannot be written, and the store above goes on', async () => {
    const below = ['read the tree', 'write below', 'write both'] as const;
    expect(await tried(partOf, 0o555, ['read', ...below])).toEqual({ read: 'done', ...all(below, 'READ_ONLY') });
  });

  test('is IO_ERROR where substores cannot be made', async () => {
    const making = ['create a substore', 'import', 'move a substore'] as const;
    expect(await tried((place) => join(place, 'sub'), 0o555, making)).toEqual(all(making, 'IO_ERROR'));
  });

  test('keeps no substore from being deleted: its directory goes when somebody may', async () => {
    const outcomes = await tried((place) => join(place, 'sub'), 0o555, ['delete a substore']);
    expect(outcomes).toEqual({ 'delete a substore': 'done, and something was written' });
  });

  test('is IO_ERROR for files that cannot be read', async () => {
    const files = ['read a file', 'delete a file', 'back up'] as const;
    expect(await tried((place) => join(place, 'files'), 0o000, files)).toEqual(all(files, 'IO_ERROR'));
  });

  test('is IO_ERROR where files cannot be written', async () => {
    const outcomes = await tried((place) => join(place, 'files'), 0o555, ['write a file', 'read a file']);
    expect(outcomes).toEqual({ 'write a file': 'IO_ERROR', 'read a file': 'done' });
  });
});
