import { appendFileSync } from 'node:fs';

/** What the long tests do again and again. */
type Trial =
  | 'kills'
  | 'failing disks'
  | 'states after a power cut'
  | 'different ones'
  | 'damaged trees'
  | 'forged backups';

const counts = new Map<Trial, number>();

/** Counts one trial, for the table of `npm run test:faults`. */
export function tally(what: Trial): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** Adds what was counted to the file that TALLY names. */
export function keepTally(): void {
  const { TALLY } = process.env;
  if (TALLY !== undefined && counts.size > 0) appendFileSync(TALLY, `${JSON.stringify(Object.fromEntries(counts))}\n`);
  counts.clear();
}
