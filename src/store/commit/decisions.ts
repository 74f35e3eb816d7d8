import type { Connection } from '../../driver/connection.js';

/**
 * A store remembers, for each part that transactions were decided with, only the last one: a part is settled before it
 * takes part in the next, so nobody asks for an older one. Nothing has ever to be cleared away.
 */

/** Which transaction is decided, and for which parts, by their uids. */
export interface Decision {
  readonly token: string;
  readonly parts: readonly string[];
}

/** Part of the deciding store's own commit, which makes it the decision. */
export function writeDecision(connection: Connection, { token, parts }: Decision): void {
  for (const part of parts)
    connection.run(
      'INSERT INTO corollary_decisions VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET token = excluded.token',
      [part, token],
    );
}

/** True when the transaction with this token was decided for this part. */
export function isDecided(connection: Connection, part: string, token: string): boolean {
  return connection.row('SELECT token FROM corollary_decisions WHERE part = ?', [part])?.[0] === token;
}
