import type { Connection } from '../../driver/connection.js';
import type { Step } from './redo.js';

/** Says of which transaction a store is a part, and who decides about it. */
export interface Mark {
  /** The transaction, by a number that no other has. */
  readonly token: string;
  /** The uid of the store that decides. */
  readonly decider: string;
  /** How many levels above this store the deciding one stands. */
  readonly levels: number;
}

/** For a SELECT from the header: 1 when the store is prepared. */
export const IS_PREPARED = 'EXISTS (SELECT 1 FROM corollary_prepared)';

const INSERT = 'INSERT INTO corollary_prepared VALUES (?, ?)';

/** Notes in a store's database what is to be done there once the transaction is decided. Entry 0 is the mark. */
export function writePrepared(connection: Connection, mark: Mark, steps: readonly Step[]): void {
  connection.run(INSERT, [0, JSON.stringify(mark)]);
  for (const [at, step] of steps.entries()) connection.run(INSERT, [at + 1, JSON.stringify(step)]);
}

/** The mark of the transaction that has prepared this store; undefined when none has. */
export function readMark(connection: Connection): Mark | undefined {
  const row = connection.row('SELECT entry FROM corollary_prepared WHERE position = 0');
  return row && (JSON.parse(row[0] as string) as Mark);
}

/** What is to be done, one step at a time: all of them may be large. */
export function* readSteps(connection: Connection): Generator<Step> {
  for (let position = 1; ; position++) {
    const row = connection.row('SELECT entry FROM corollary_prepared WHERE position = ?', [position]);
    if (row === undefined) return;
    yield JSON.parse(row[0] as string) as Step;
  }
}

/** Nothing is prepared any more. */
export function clearPrepared(connection: Connection): void {
  connection.run('DELETE FROM corollary_prepared');
}
