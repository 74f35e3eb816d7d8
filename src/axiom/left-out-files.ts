import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, onDisk } from '../store/disk.js';

/** The files below a directory that are not among those imported, by their paths there. Substores are passed over. */
export function leftOutFiles(files: string, imported: ReadonlySet<string>, substores: ReadonlySet<string>): string[] {
  return onDisk(files, () => [...filesIn(files, '', substores)].filter((path) => !imported.has(path)).sort());
}

function* filesIn(files: string, below: string, substores: ReadonlySet<string>): Generator<string> {
  for (const entry of entriesOf(join(files, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (substores.has(path)) continue; // a link to one is no file either
    if (entry.isDirectory()) yield* filesIn(files, path, substores);
    else yield path;
  }
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []; // a store without files need not have the directory
    throw error;
  }
}
