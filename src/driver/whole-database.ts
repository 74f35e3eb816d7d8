import { Connection, type ConnectionOptions } from './connection.js';
import { memorySettings } from './pragmas.js';

/** How many bytes a database has. */
export function sizeOf(connection: Connection): number {
  return (connection.pragma('page_count') as number) * (connection.pragma('page_size') as number);
}

/**
 * Copies what is committed in a database file, without gaps, into an empty file, in little memory. The copy is not made
 * durable.
 */
export function copyDatabase(file: string, target: string, options: ConnectionOptions): void {
  // Through a connection of its own: VACUUM does not run inside a transaction.
  const reader = new Connection(file, { ...options, readOnly: true });
  try {
    reader.run('VACUUM INTO ?', [target]);
  } finally {
    reader.close();
  }
}

/** For a file that nobody else knows, and that is thrown away if anything fails: no log, and no syncs. */
export function configureScratch(connection: Connection): void {
  connection.pragma('journal_mode = OFF');
  connection.pragma('synchronous = OFF');
  for (const pragma of memorySettings().pragmas) connection.pragma(pragma);
}
