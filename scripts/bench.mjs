// npm run bench -- <program> [options]: measures how fast the library is. The programs and their options: bench/README.md.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** These need the packages of `bench`; all others only those of the root. */
const NEEDS_PEERS = ['peers'];
const PROGRAMS = ['peers', 'objects', 'tree', 'memory', 'many', 'growth', 'guard'];

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd: here('.') });
  if (status !== 0) process.exit(status ?? 1);
}

const [first, ...others] = process.argv.slice(2);
const isNamed = first !== undefined && !first.startsWith('-');
const program = isNamed ? first : 'peers';
const options = isNamed ? others : process.argv.slice(2);

if (program === 'types') {
  run(process.execPath, [here('scripts/type-cost.mjs')]);
} else if (PROGRAMS.includes(program)) {
  if (NEEDS_PEERS.includes(program)) {
    if (!existsSync(here('bench/node_modules'))) run('npm', ['ci', '--prefix', here('bench')]);
    run(process.execPath, [here('node_modules/typescript/bin/tsc'), '-p', here('bench')]);
  }
  run(process.execPath, [here('scripts/run.mjs'), `bench/${program}.ts`, ...options]);
} else {
  console.error(`There is no ${program}, only ${PROGRAMS.join(', ')} and types`);
  process.exitCode = 1;
}
