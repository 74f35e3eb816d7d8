import { statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { defineConfig, type Plugin } from 'vitest/config';
import type { Reporter, TestModule } from 'vitest/node';
import { compiled } from './test/support/built-library.js';

// Vitest compiles with oxc, which reads the nearest tsconfig.json of every file (legacy decorators, metadata, field
// semantics). Two things it cannot do: it leaves standard decorators as they are, and it drops legacy ones in silence
// from a module with `using` at its top level, as the programs of the documentation have. These go through esbuild.
const compiledByEsbuild = [
  { files: /\/test\/forms\/standard\/[^?]*\.ts$/, experimentalDecorators: false },
  { files: /\/\.scratch\/docs\/[^?]*\.ts$/, experimentalDecorators: true },
];

const esbuildFirst: Plugin = {
  name: 'esbuild-first',
  enforce: 'pre',
  async transform(code, id) {
    const mode = compiledByEsbuild.find(({ files }) => files.test(id));
    if (mode === undefined) return;
    const out = await transform(code, {
      loader: 'ts',
      target: 'node22',
      sourcemap: 'external',
      sourcefile: id,
      tsconfigRaw: { compilerOptions: { experimentalDecorators: mode.experimentalDecorators } },
    });
    return { code: out.code, map: out.map };
  },
};

/** How many tests of the modules ended so. A module that could not even be collected counts as one that failed. */
function countTests(modules: readonly TestModule[], state: 'passed' | 'failed' | 'skipped'): number {
  const ofModule = (module: TestModule) => {
    const count = [...module.children.allTests()].filter((test) => test.result().state === state).length;
    return state === 'failed' && count === 0 && module.state() === 'failed' ? 1 : count;
  };
  return modules.reduce((sum, module) => sum + ofModule(module), 0);
}

// One plain line at the very end, for whoever counts tests: said when the process exits, after all that vitest says.
const closingLine: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const failed = countTests(modules, 'failed') + unhandledErrors.length;
    const skipped = countTests(modules, 'skipped');
    const line = `${countTests(modules, 'passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    process.once('exit', () => console.log(line));
  },
};

const memory = '/dev/shm';
// More than three times what the tests were seen to have there at most.
const NEEDED_BYTES = 2 * 2 ** 30;

/** A file system in memory that is large enough for what the tests write, where there is one. */
function inMemory(): { readonly TMPDIR?: string } {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize < NEEDED_BYTES ? {} : { TMPDIR: memory };
  } catch {
    return {}; // not Linux
  }
}

export default defineConfig({
  plugins: [esbuildFirst],
  resolve: {
    alias: [
      { find: /^corollary$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
      { find: /^corollary\/axiom$/, replacement: fileURLToPath(new URL('./src/axiom/index.ts', import.meta.url)) },
    ],
  },
  test: {
    reporters: ['default', closingLine],
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/built-library.ts',
    setupFiles: ['test/support/each-file.ts'],
    // All other files are checked by `npm run typecheck`, which takes four times as long.
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'test/tsconfig.types.json' },
    // Processes, not threads: a test may change its working directory.
    pool: 'forks',
    // One process takes file after file. To start Node and load the library for each of them costs as much as a third
    // of all tests do.
    isolate: false,
    // Most of the time would pass in waiting for the disk, and no test can tell one that syncs from one that does not.
    env: { NODE_COMPILE_CACHE: compiled, ...(process.env.TMPDIR === undefined ? inMemory() : {}) },
    // One more than there are processors: tests wait for processes that they start. Vitest would leave one to itself, which on
    // two halves the speed.
    maxWorkers: availableParallelism() + 1,
    // For hangs only: on a machine that does much else everything takes ten times as long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
