import { type ExecFileOptions, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The top directory of the repository. */
export const top = new URL('../../', import.meta.url);

/** A file or directory of the repository, as a path. */
export const inRepository = (path: string): string => fileURLToPath(new URL(path, top));

/** The TypeScript compiler, as the first argument of {@link runNode}. */
export const typescript = inRepository('node_modules/typescript/bin/tsc');

/** How a child process ended, and everything it printed. */
export interface Outcome {
  readonly status: number | string;
  readonly output: string;
}

/**
 * Runs a command, in the top directory of the repository unless told otherwise, with this on its standard input if given.
 * A failure is an outcome as well.
 */
export function run(
  file: string,
  words: readonly string[],
  options: ExecFileOptions = {},
  input?: string,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(file, words, { cwd: fileURLToPath(top), ...options }, (error, stdout, stderr) => {
      // A process that was killed has a signal in place of a status.
      const status = error === null ? 0 : (error.code ?? error.signal ?? String(error));
      resolve({ status, output: `${stdout}${stderr}` });
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** Runs a program with the Node that runs the tests. */
export function runNode(words: readonly string[], options: ExecFileOptions = {}, input?: string): Promise<Outcome> {
  return run(process.execPath, words, options, input);
}
