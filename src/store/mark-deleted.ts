import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import { databaseFile, inspect } from './directory.js';
import { readHeader } from './header.js';
import type { StoreSettings } from './settings.js';

/**
 * Has every handle refuse the store that lies in a directory from now on, which is about to be removed. `putAside` takes
 * the directory elsewhere first, while nobody writes there: who is writing finds all in its place until he is done.
 * Whether the mark is durable, and the database whole without it, does not matter by then. What cannot be marked goes without.
 */
export function markDeletedAt(directory: string, settings: StoreSettings, putAside?: () => void): void {
  const connection = locked(directory, settings);
  try {
    putAside?.();
    if (connection !== undefined) mark(connection);
  } finally {
    connection?.close();
  }
}

/** Undefined where there is no whole store, or it is locked for longer than the busy timeout. */
function locked(directory: string, settings: StoreSettings): Connection | undefined {
  let connection: Connection | undefined;
  try {
    if (inspect(directory, false) !== 'store') return undefined;
    connection = new Connection(databaseFile(directory), { ...settings, place: directory });
    readHeader(connection, directory); // what is no store of ours is not written
    connection.pragma('synchronous = OFF');
    connection.begin(true);
    return connection;
  } catch (error) {
    connection?.close();
    if (error instanceof CorollaryError) return undefined;
    throw error;
  }
}

function mark(connection: Connection): void {
  try {
    connection.run('UPDATE corollary_store SET deleted = 1, generation = generation + 1');
    connection.commit();
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}
