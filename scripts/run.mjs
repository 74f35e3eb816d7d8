// Runs a TypeScript program with the library as it is in src: node scripts/run.mjs examples/tour.ts [arguments].
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [source, ...rest] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
// Node looks for packages from where the program lies: one that has packages of its own must lie beside them.
const home = existsSync(here(`${dirname(source)}/package.json`)) ? dirname(source) : '.';
const program = here(`${home}/.scratch/${basename(source, '.ts')}.mjs`);

await build({
  entryPoints: [here(source)],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  packages: 'external',
  alias: { corollary: here('src/index.ts') },
  sourcemap: true,
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', program, ...rest], { stdio: 'inherit' });
process.exitCode = status ?? 1;
