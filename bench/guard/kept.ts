import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatementCounts } from './statement-counts.js';

/** What one work took when the figures were last kept. */
export interface Kept extends StatementCounts {
  /** What corollary took, in units of what raw SQLite took for the same. */
  readonly ratio: number;
}

export type KeptFigures = Readonly<Record<string, Kept>>;

// The program is run in the root of the repository, and does not lie where its source does.
const FILE = join('bench', 'guard', 'kept.json');

export function readKept(): KeptFigures {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}

export function keep(figures: KeptFigures): void {
  writeFileSync(FILE, `${JSON.stringify(figures, undefined, 2)}\n`);
}
