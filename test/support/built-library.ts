import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { bundled } from './bundled.js';
import { inRepository } from './run-node.js';

/** Where Node keeps what it compiled of the programs that tests start. */
export const compiled = inRepository('.scratch/compiled');

/** Builds the library, once for all processes that the tests start, and again when a watched source has changed. */
export default async function builtLibrary(project: TestProject): Promise<void> {
  await built();
  project.onTestsRerun(built);
}

async function built(): Promise<void> {
  const isNew = await bundled(inRepository('.scratch/programs/corollary.mjs'), {
    entryPoints: [inRepository('src/index.ts')],
    sourcemap: false,
  });
  if (isNew) rmSync(compiled, { recursive: true, force: true });
}
