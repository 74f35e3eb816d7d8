import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', axiom: 'src/axiom/index.ts' },
  format: ['esm'],
  target: 'node22',
  splitting: true, // shared chunks: one Item class whichever entry is imported
  keepNames: true, // classes with static blocks are renamed otherwise, and messages name them
  sourcemap: true,
  clean: true,
  dts: false, // tsup's own needs the compiler API that TypeScript 7 no longer has; tsc writes the .d.ts files
});
