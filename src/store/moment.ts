import type { Connection } from '../driver/connection.js';

/** Where something was read, and the epoch that it has: `StoreCore.readingAside` gives it. */
export interface ReadAt {
  readonly connection: Connection;
  readonly epoch: number;
}

/**
 * When something was read of a store that is kept in memory as long as nobody writes there. What a running transaction has
 * changed must be neither kept nor answered from what is kept: `StoreCore.isAsCommitted`.
 */
export interface Moment extends ReadAt {
  /** How many rows had been written through the connection. What is undone is not taken off, so it never comes back. */
  readonly changes: number;
}

export function momentOf({ connection, epoch }: ReadAt): Moment {
  return { connection, epoch, changes: connection.changes };
}

/** True when nobody has written in between: others raise the epoch, and a database that was opened again is another connection. */
export function isUnwrittenSince(moment: Moment | undefined, { connection, epoch }: ReadAt): boolean {
  return moment?.connection === connection && moment.epoch === epoch && moment.changes === connection.changes;
}
