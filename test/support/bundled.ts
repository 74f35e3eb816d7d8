import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

// What esbuild leaves out of a bundle: the library, which lies beside it (built-library.ts).
const library = './corollary.mjs';

/** Bundles TypeScript for other processes, which share one build of the library. True if the file is not as it was. */
export async function bundled(file: string, options: BuildOptions): Promise<boolean> {
  const { outputFiles } = await build({
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    packages: 'external',
    alias: { corollary: library },
    external: [library],
    sourcemap: 'inline',
    logLevel: 'warning',
    ...options,
    write: false,
  });
  return replaced(file, outputFiles[0]?.text ?? '');
}

// Another run of the tests may be reading it: it is left alone where it is the same, and is whole at each moment.
function replaced(file: string, text: string): boolean {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, text);
  renameSync(own, file);
  return true;
}
