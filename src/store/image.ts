import { randomBytes } from 'node:crypto';
import { Connection } from '../driver/connection.js';
import { setWriteMode } from './database-file.js';
import { writeEmptyStore } from './format.js';

/** A store's own id: 128 random bits as 32 hexadecimal digits. */
export function newUid(): string {
  return randomBytes(16).toString('hex');
}

/** Tells one history of a store from another: 64 random bits as 16 hexadecimal digits. */
export function newIncarnation(): string {
  return randomBytes(8).toString('hex');
}

// Ids that no store has, found again in the image's bytes and replaced there.
const UID = 'a0'.repeat(16);
const PARENT = 'b1'.repeat(16);
const INCARNATION = 'c2'.repeat(8);

/** An empty store's bytes, and where its ids stand in them. */
interface Template {
  readonly bytes: Buffer;
  readonly uidAt: number;
  readonly parentAt: number;
  readonly incarnationAt: number;
}

let rootTemplate: Template | undefined;
let substoreTemplate: Template | undefined;

/**
 * The bytes of an empty store's database file. Made once per process and copied: running the DDL for each new store
 * costs 10 to 50 times as much. A record in SQLite's file has no checksum, so ids of equal length can be put in place.
 */
export function emptyStoreImage(uid: string, parentUid: string): Buffer {
  const { bytes, uidAt, parentAt, incarnationAt } = parentUid === '' ? templateOfRoot() : templateOfSubstore();
  const image = Buffer.from(bytes);
  image.write(uid, uidAt, 'latin1');
  image.write(parentUid, parentAt, 'latin1');
  image.write(newIncarnation(), incarnationAt, 'latin1');
  return image;
}

function templateOfRoot(): Template {
  rootTemplate ??= prepared('');
  return rootTemplate;
}

function templateOfSubstore(): Template {
  substoreTemplate ??= prepared(PARENT);
  return substoreTemplate;
}

function prepared(parentUid: string): Template {
  const database = new Connection(':memory:', {
    readOnly: false,
    durability: 'full',
    busyTimeoutMs: 0,
    place: 'the image of an empty store',
  });
  writeEmptyStore(database, { uid: UID, parentUid, incarnation: INCARNATION });
  const bytes = Buffer.from(database.serialize());
  database.close();
  setWriteMode(bytes, 'log');
  const [uidAt, incarnationAt] = [bytes.indexOf(UID), bytes.indexOf(INCARNATION)];
  return { bytes, uidAt, parentAt: uidAt + UID.length, incarnationAt };
}
