import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for the files of one program, on the disk of the system's temporary files. It goes when the program ends. */
const scratch = mkdtempSync(join(tmpdir(), 'corollary-bench-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

let made = 0;

/** A new empty directory. */
export function newDirectory(): string {
  const directory = join(scratch, String(made++));
  mkdirSync(directory);
  return directory;
}

/** Removes a directory of {@link newDirectory} that is no longer needed. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
