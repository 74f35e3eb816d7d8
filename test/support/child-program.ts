import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { inRepository, type Outcome, run } from './run-node.js';

/** How a child process is run. */
export interface ChildOptions {
  /** How many files it may have open at once; as many as the tests themselves, if not given. */
  readonly descriptorLimit?: number;
  /** What it reads from its standard input. */
  readonly input?: string;
}

/**
 * Builds a TypeScript program that imports 'corollary' (this repository's source) and gives its file, which goes
 * when the test ends. Node cannot run decorators by itself.
 */
export async function childProgram(source: string): Promise<string> {
  const digest = createHash('sha256').update(source).digest('hex').slice(0, 16);
  const outfile = join(inRepository('.scratch'), 'children', `${process.pid}-${digest}.mjs`);
  onTestFinished(() => rmSync(outfile, { force: true }));
  await build({
    stdin: { contents: source, loader: 'ts', resolveDir: inRepository('test'), sourcefile: 'child.ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    packages: 'external',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    alias: { corollary: inRepository('src/index.ts') },
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

/** Runs a program that {@link childProgram} built in a process of its own. */
export function runChild(file: string, words: readonly string[], options: ChildOptions = {}): Promise<Outcome> {
  const limit = options.descriptorLimit === undefined ? '' : `ulimit -n ${options.descriptorLimit} && `;
  return run('sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, file, ...words], {}, options.input);
}
