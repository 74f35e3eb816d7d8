import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { aProgram, type Program, type TaskProcess } from '../support/a-process.js';
import { aDirectory } from '../support/a-store.js';
import { seed } from '../support/chance.js';
import { contentsOf } from '../support/on-disk.js';
import { tally } from '../support/tally.js';
import type * as tasks from '../tasks/hostile.js';
import { Choice } from './choice.js';
import { DAMAGES_TO_ONE } from './damage.js';

// Backups whose hashes are right, as somebody makes them who knows how: no damage shows, and what they hold is none of ours.

/** A tenth as many as there are damaged trees. */
const ROUNDS = Math.ceil(Number(process.env.HOSTILE_FILES ?? 30) / 10);
const SEED = Number(process.env.HOSTILE_SEED ?? 20_262 + seed);
const FIRST = Number(process.env.HOSTILE_FROM ?? 0);

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('hostile.ts', 'forged-backups');
});

type Entry = Record<string, unknown> & { files: Record<string, unknown>[] };

const hash = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const imageOf = (backup: string, { uid, incarnation, generation }: Entry) =>
  join(backup, 'stores', `${uid}-${incarnation}-${generation}.sqlite`);

/** Changes the entries of a manifest, and writes it so that its hash is right. */
function withEntries(backup: string, change: (entries: Entry[]) => void): void {
  const file = join(backup, 'manifest');
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  change(entries);
  const rest = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const first = { corollary: 'backup', format: 1, sha256: hash(`1\n${rest}`) };
  writeFileSync(file, `${JSON.stringify(first)}\n${rest}`);
}

/** Damages the database of one of the stores; its entry says the size and the hash that it has now. */
function damagedImage(backup: string, choice: Choice): string {
  let what = '';
  withEntries(backup, (entries) => {
    const entry = choice.of(entries);
    const image = imageOf(backup, entry);
    const beside = join(backup, 'damaged', 'db.sqlite');
    mkdirSync(dirname(beside));
    cpSync(image, beside);
    what = choice.of(DAMAGES_TO_ONE)(dirname(beside), choice);
    renameSync(beside, image);
    rmSync(dirname(beside), { recursive: true });
    Object.assign(entry, { size: statSync(image).size, sha256: hash(readFileSync(image)) });
  });
  return what;
}

const OTHERS = [null, '', 'x', '..', '../..', 'a/b', '\0', 0, -1, 1.5, 2 ** 53, {}, [], '0'.repeat(32), '0'.repeat(16)];

/** Has an entry say something else. */
function changedEntry(backup: string, choice: Choice): string {
  let what = '';
  withEntries(backup, (entries) => {
    const entry = choice.of(entries);
    const key = choice.of(Object.keys(entry));
    entry[key] = choice.below(2) === 0 ? choice.of(OTHERS) : choice.of(entries)[key];
    what = `${key} is ${JSON.stringify(entry[key])}`;
  });
  return what;
}

/** Has the databases of two stores change places, or their lines. */
function swapped(backup: string, choice: Choice): string {
  withEntries(backup, (entries) => {
    const [one, other] = [choice.below(entries.length), choice.below(entries.length)];
    const [a, b] = [entries[one] as Entry, entries[other] as Entry];
    if (choice.below(2) === 0) {
      const [ofA, ofB] = [readFileSync(imageOf(backup, a)), readFileSync(imageOf(backup, b))];
      writeFileSync(imageOf(backup, a), ofB);
      writeFileSync(imageOf(backup, b), ofA);
      [a.size, b.size, a.sha256, b.sha256] = [b.size, a.size, b.sha256, a.sha256];
    } else [entries[one], entries[other]] = [b, a];
  });
  return 'two stores have changed places';
}

/** Has an entry name other files. */
function changedFiles(backup: string, choice: Choice): string {
  withEntries(backup, (entries) => {
    const entry = choice.of(entries);
    const [first] = entry.files;
    if (first === undefined || choice.below(3) === 0) entry.files = [];
    else if (choice.below(2) === 0) entry.files.push(first, { ...first, id: choice.of(['x', '../x', 'a'.repeat(12)]) });
    else entry.files = choice.of(entries).files;
  });
  return 'other files';
}

const FORGERIES = [damagedImage, damagedImage, damagedImage, changedEntry, changedEntry, swapped, changedFiles];

test('a backup that somebody has forged becomes a store, or gives an error of the library, and harms no other', {
  timeout: 3_600_000,
}, async () => {
  const directory = aDirectory({ mayBeCorrupt: true });
  const [sample, backup, aside] = ['sample', 'backup', 'aside'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  program.callSync('makeBackup', join(directory, 'store'), sample);
  let child: TaskProcess<typeof tasks> = program.start();
  const faults: string[] = [];
  for (let round = FIRST; round < FIRST + ROUNDS; round++) {
    const choice = new Choice(SEED + round);
    for (const one of [backup, aside]) rmSync(one, { recursive: true, force: true });
    cpSync(sample, backup, { recursive: true });
    const what = choice.of(FORGERIES)(backup, choice);
    tally('forged backups');
    const before = contentsOf(backup);
    const found = await child.call('takeForged', backup, aside).catch(async (error: Error) => {
      child = program.start();
      return { faults: [`the process: ${error.message}`] };
    });
    if (JSON.stringify(contentsOf(backup)) !== JSON.stringify(before)) found.faults.push('the backup has changed');
    faults.push(...found.faults.map((fault) => `HOSTILE_SEED=${SEED} HOSTILE_FROM=${round} (${what}) ${fault}`));
  }
  expect(faults.slice(0, 5).join('\n\n')).toBe('');
});
