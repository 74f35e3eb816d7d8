import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { defineConfig, type Plugin } from 'vitest/config';
import type { Reporter, TestModule } from 'vitest/node';

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
    setupFiles: ['test/support/same-items.ts'],
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
    // Processes, not threads: a test may change its working directory, and a crash in native code names its file.
    pool: 'forks',
    // Vitest would leave one processor to itself, which on two halves the speed.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
