import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import { databaseFile, inspect } from './directory.js';
import { readHeader } from './header.js';
import type { StoreSettings } from './settings.js';

/**
 * Has every handle refuse the store that lies in a directory from now on. The directory is about to be removed: whether the
 * mark is durable, and the database whole without it, does not matter. One that cannot be marked goes without.
 */
export function markDeletedAt(directory: string, settings: StoreSettings): void {
  try {
    if (inspect(directory, false) === 'store') mark(directory, settings);
  } catch (error) {
    // Damaged, or locked for longer than the busy timeout.
    if (!(error instanceof CorollaryError)) throw error;
  }
}

function mark(directory: string, settings: StoreSettings): void {
  const connection = new Connection(databaseFile(directory), { ...settings, place: directory });
  try {
    readHeader(connection, directory); // what is no store of ours is not written
    connection.pragma('synchronous = OFF');
    connection.run('UPDATE corollary_store SET deleted = 1, generation = generation + 1');
  } finally {
    connection.close();
  }
}
