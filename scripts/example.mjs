// Runs a program of examples/ with the library as it is in src: node scripts/example.mjs tour [arguments].
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [name, ...rest] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const program = here(`.scratch/${name}.mjs`);

await build({
  entryPoints: [here(`examples/${name}.ts`)],
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
