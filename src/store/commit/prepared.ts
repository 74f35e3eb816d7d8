import type { Connection } from '../../driver/connection.js';
import { damagedPrepared, type Mark, markFrom, stepFrom } from './prepared-row.js';
import type { Step } from './redo.js';

/** For a SELECT from the header: 1 when the store is prepared. */
export const IS_PREPARED = 'EXISTS (SELECT 1 FROM corollary_prepared)';

const INSERT = 'INSERT INTO corollary_prepared VALUES (?, ?)';
/** No step begins so. */
const IS_MARK = `entry LIKE '{"token":%'`;

/**
 * Notes in a store's database what is to be done there once the transaction is decided: the mark, then the steps. An
 * earlier transaction that is not settled yet keeps its place before it.
 */
export function writePrepared(connection: Connection, mark: Mark, steps: readonly Step[]): void {
  const [first] = connection.row('SELECT coalesce(max(position) + 1, 0) FROM corollary_prepared') as [number];
  connection.run(INSERT, [first, JSON.stringify(mark)]);
  for (const [at, step] of steps.entries()) connection.run(INSERT, [first + 1 + at, JSON.stringify(step)]);
}

/** The marks of the transactions that have prepared this store, the latest first. @throws CorollaryError CORRUPT */
export function readMarks(connection: Connection): Mark[] {
  const rows = connection.rows(`SELECT entry FROM corollary_prepared WHERE ${IS_MARK} ORDER BY position DESC`);
  if (rows.length === 0) assertNoStepsAlone(connection);
  return rows.map(([entry]) => markFrom(entry as string, connection.place));
}

// They would never be settled. Both are asked in one statement: others may be just settling, or preparing.
function assertNoStepsAlone(connection: Connection): void {
  const asked = `SELECT ${IS_PREPARED}, EXISTS (SELECT 1 FROM corollary_prepared WHERE ${IS_MARK})`;
  const [isPrepared, hasMark] = connection.row(asked) as [number, number];
  if (isPrepared === 1 && hasMark === 0) throw damagedPrepared(connection.place);
}

/** What a transaction is to do, one step at a time: all of them may be large. */
export function* readSteps(connection: Connection, { token }: Mark): Generator<Step> {
  const [from] = connection.row(`SELECT position FROM corollary_prepared WHERE ${IS_MARK} AND entry ->> 'token' = ?`, [
    token,
  ]) as [number];
  for (let position = from + 1; ; position++) {
    const row = connection.row(`SELECT entry FROM corollary_prepared WHERE position = ? AND NOT ${IS_MARK}`, [
      position,
    ]);
    if (row === undefined) return;
    yield stepFrom(row[0] as string, connection.place);
  }
}

/** Nothing is prepared any more. */
export function clearPrepared(connection: Connection): void {
  connection.run('DELETE FROM corollary_prepared');
}
