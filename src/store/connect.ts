import { Connection } from '../driver/connection.js';
import { databaseFile } from './directory.js';
import { writeEmptyStore } from './format.js';
import { newIncarnation } from './image.js';
import type { ExpectedIdentity, StoreSettings, Whereabouts } from './settings.js';

/** Opens a store's database, or makes one in memory: with this content, if any is given. */
export function connect(whereabouts: Whereabouts, settings: StoreSettings, content?: Connection): Connection {
  const { directory, place, expected } = whereabouts;
  if (directory !== undefined) return new Connection(databaseFile(directory), { ...settings, place });
  if (content !== undefined) return content;
  const connection = new Connection(':memory:', { ...settings, place, readOnly: false });
  const { uid, parentUid } = expected as ExpectedIdentity; // no file could tell
  writeEmptyStore(connection, { uid, parentUid, incarnation: newIncarnation() });
  return connection;
}
