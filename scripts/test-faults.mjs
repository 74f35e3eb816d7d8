// The long tests of what docs/reliability.md promises: `npm run test:faults`. Two at a time, an hour at most on two
// processors. `npm run test:faults -- power law` runs those whose names have one of the words; `--list` shows the commands.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const logs = join(repository, '.scratch', 'faults');
const LANES = Math.min(2, cpus().length);

// What kills and fails does not wait for a disk: in memory it is the same, and faster. Power cuts are models anyway.
// The other jobs use a real disk, which `npm test` does not where it can.
const onDisk = { TMPDIR: tmpdir() };
const inMemory = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : onDisk;
const all = { FAULTS: 'all', ...inMemory };

/** The longest first, so that both lanes end at about the same time. */
const jobs = [
  { name: 'hostile: damaged stores', set: { HOSTILE_FILES: 8_000, ...inMemory }, files: 'test/hostile' },
  { name: 'kill: everything done to a tree', set: all, files: 'test/faults/deeds-killed', named: 'all of what' },
  { name: 'kill: beside living processes', set: all, files: 'test/faults/deeds-killed', named: 'those that live' },
  { name: 'error: everything done to a tree', set: all, files: 'test/faults/deeds-failing' },
  { name: 'power: everything done to a tree', set: { ...all, POWER_STATES: 1316 }, files: 'test/faults/power-lost' },
  {
    name: 'kill: moves of prepared parts',
    set: all,
    files: 'test/faults/deeds-killed',
    named: 'part of a transaction',
  },
  { name: 'kill: those who look after it', set: all, files: 'test/faults/deeds-killed', named: 'who look after' },
  { name: 'kill, error: commits over several stores', set: all, files: 'test/faults/commits-' },
  {
    name: 'kill, error, power: upgrades',
    set: { ...all, POWER_STATES: 300, UPGRADE_ROWS: 1_000_000 },
    files: 'test/upgrades-killed',
  },
  { name: 'kill, error: backups', set: all, files: 'test/faults/backups-killed' },
  { name: 'kill loop: law of the tree', set: { KILLS: 300 }, files: 'test/laws/tree-of-stores-killed' },
  { name: 'kill loop: upgrades of a tree', set: { KILLS: 60 }, files: 'test/tree-upgrade-killed' },
  { name: 'law: tree of stores', set: { LAW_RUNS: 150, ...inMemory }, files: 'test/laws/tree-of-stores.test' },
  {
    name: 'law: queries, powerups, pools',
    set: { LAW_RUNS: 16, RUNS: 1000 },
    files: 'test/laws',
    but: 'tree-of-stores',
  },
  { name: 'kill loop: commits', set: { KILLS: 300 }, files: 'test/durability' },
  { name: 'kill loop: files', set: { KILLS: 200 }, files: 'test/file-kills' },
  { name: 'kill loop: moves', set: { KILLS: 200 }, files: 'test/moving-killed' },
  { name: 'kill loop: transfers', set: { KILLS: 100 }, files: 'test/transfers' },
  {
    name: 'kill loop: backups',
    set: { KILLS: 60, DAMAGE_STEP: 7, STORES: 300, BACKUP_MB: 700 },
    files: 'test/backup.test',
  },
  { name: 'kill loop: copies', set: { KILLS: 60 }, files: 'test/copy.test' },
  {
    name: 'limits',
    set: {
      LIMIT_SUBSTORES: 10_000,
      LIMIT_ITEMS: 2_000_000,
      LIMIT_ROUNDS: 3000,
      LIMIT_FILE_BYTES: 2 ** 31 + 1,
      ...inMemory,
    },
    files: 'test/limits',
  },
  {
    name: 'limits: ways to read',
    set: { LIMIT_ITEMS: 200_000, ...inMemory },
    files: 'test/query-language/memory',
  },
  { name: 'hostile: queries as JSON', set: { HOSTILE_ROUNDS: 200_000 }, files: 'test/query-language/hostile-json' },
  { name: 'contention', set: { CONTENTION: 20, ...inMemory }, files: 'test/several-processes' },
];

/** What Vitest is told. */
function wordsOf({ files, named, but }) {
  const words = ['vitest', 'run', files, '--typecheck.enabled=false', '--maxWorkers=1'];
  if (named !== undefined) words.push('-t', named);
  if (but !== undefined) words.push('--exclude', `**/${but}*`);
  return words;
}

/** What stands in the environment. */
const settingsOf = (job) => ({ ...onDisk, ...job.set });

function command(job) {
  const set = Object.entries(settingsOf(job)).map(([name, value]) => `${name}=${value}`);
  return [...set, 'npx', ...wordsOf(job).map((word) => (/[ *]/.test(word) ? `'${word}'` : word))].join(' ');
}

/** What the tests of a job have counted, as text: '120 kills, 4 failing disks'. */
function told(tally) {
  if (!existsSync(tally)) return [];
  const sums = {};
  for (const line of readFileSync(tally, 'utf8').trim().split('\n'))
    for (const [what, count] of Object.entries(JSON.parse(line))) sums[what] = (sums[what] ?? 0) + count;
  return Object.entries(sums).map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
}

/** Runs one job; what it prints goes to a file. */
function run(one) {
  const began = Date.now();
  const log = join(logs, `${one.name.replaceAll(/\W+/g, '-')}.log`);
  const tally = log.replace(/log$/, 'tally');
  rmSync(tally, { force: true });
  const child = spawn('npx', wordsOf(one), {
    cwd: repository,
    env: { LAW_SEED: 'new', ...process.env, ...settingsOf(one), TALLY: tally, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (printed += bytes));
  return new Promise((resolve) => {
    child.once('close', (status) => {
      writeFileSync(log, `${command(one)}\n\n${printed}`);
      const tests = printed.match(/^\d+ passed, \d+ failed.*$/m)?.[0] ?? `ended with ${status}`;
      const result = [tests, ...told(tally)].join('; ');
      resolve({ ...one, isGood: status === 0, result, minutes: (Date.now() - began) / 60_000, log });
    });
  });
}

const line = ({ name, isGood, result, minutes, log }) =>
  `| ${name} | ${isGood ? result : `**${result}**, see ${log}`} | ${minutes.toFixed(1)} min |`;

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const chosen = jobs.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));

if (process.argv.includes('--list')) {
  for (const one of chosen) console.log(`${one.name}\n    ${command(one)}`);
} else {
  mkdirSync(logs, { recursive: true });
  console.log(
    `| ${new Date().toISOString().slice(0, 10)}, Node ${process.version} | result | time |\n| --- | --- | --- |`,
  );
  const waiting = [...chosen];
  const outcomes = [];
  const lane = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const outcome = await run(one);
      outcomes.push(outcome);
      console.log(line(outcome));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  process.exitCode = outcomes.every(({ isGood }) => isGood) && outcomes.length > 0 ? 0 : 1;
}
