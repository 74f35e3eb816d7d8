import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm'],
  target: 'node22',
  splitting: true, // shared chunks: one Item class whichever entry is imported
  sourcemap: true,
  clean: true,
  dts: false, // tsup's own needs the compiler API that TypeScript 7 no longer has; tsc writes the .d.ts files
});
