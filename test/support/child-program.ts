import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { bundled } from './bundled.js';
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
  const file = inRepository(`.scratch/programs/${process.pid}-${digest}.mjs`);
  onTestFinished(() => rmSync(file, { force: true }));
  await bundled(file, {
    stdin: { contents: source, loader: 'ts', resolveDir: inRepository('test'), sourcefile: 'child.ts' },
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  return file;
}

/** Runs a program that {@link childProgram} built in a process of its own. */
export function runChild(file: string, words: readonly string[], options: ChildOptions = {}): Promise<Outcome> {
  const limit = options.descriptorLimit === undefined ? '' : `ulimit -n ${options.descriptorLimit} && `;
  return run('sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, file, ...words], {}, options.input);
}
