import { statOf, writePieces } from '../../store/disk.js';
import { Digester } from '../../store/files/content.js';
import type { Digest } from '../../store/files/file-area.js';
import { checkedPath } from '../checked-path.js';
import { substoreDirectory } from '../substore-directory.js';
import { bytesFile, imageFile, readManifest } from './backup-directory.js';
import type { Copied } from './build-tree.js';
import { damaged, type Manifest } from './manifest.js';
import { digestOf, piecesIn } from './pieces.js';
import type { StoreEntry } from './store-entry.js';

/** A backup of which every byte was found to be what was written. */
export interface ReadBackup {
  readonly directory: string;
  readonly manifest: Manifest;
}

/**
 * Reads all of a backup. Writes nothing and opens no database.
 * @throws CorollaryError STORE_MISSING where there is none; CORRUPT naming the first damaged file; INVALID_VALUE
 */
export function readBackup(path: unknown): ReadBackup {
  const directory = checkedPath(path, 'A backup is read from');
  const manifest = readManifest(directory);
  const seen = new Set<string>();
  for (const entry of manifest) {
    assertWhole(imageFile(directory, entry), entry);
    for (const file of entry.files) {
      if (!seen.has(file.sha256)) assertWhole(bytesFile(directory, file), file);
      seen.add(file.sha256);
    }
  }
  return { directory, manifest };
}

function assertWhole(file: string, digest: Digest): void {
  const found = statOf(file);
  if (found === undefined) throw damaged(file, 'it is missing');
  if (!found.isFile()) throw damaged(file, 'it is no plain file');
  if (found.size !== digest.size) throw damaged(file, `it has ${found.size} bytes instead of ${digest.size}`);
  digestOf(checkedPieces(file, digest));
}

// What was whole when it was checked first may have changed, or come differently from a failing medium.
function* checkedPieces(file: string, { sha256 }: Digest): Generator<Uint8Array> {
  const digester = new Digester();
  yield* digester.through(piecesIn(file));
  if (digester.digest().sha256 !== sha256) throw damaged(file, 'its bytes are not those that were written');
}

/** The stores of a backup as they are to be built, under a parent with this uid; '' for a root. */
export function* copiedFrom(
  { directory, manifest }: ReadBackup,
  parentUid: string,
  uids: ReadonlyMap<string, string>,
): Generator<Copied> {
  const isNow = (uid: string) => uids.get(uid) ?? uid;
  for (const [at, entry] of placesOf(manifest)) {
    yield {
      was: entry.uid,
      uid: isNow(entry.uid),
      parent: entry.parent === '' ? parentUid : isNow(entry.parent),
      at,
      writeTo: (target) => writePieces(target, checkedPieces(imageFile(directory, entry), entry)),
      image: () => readChecked(imageFile(directory, entry), entry),
      files: entry.files.map((file) => ({
        id: file.id,
        pieces: () => checkedPieces(bytesFile(directory, file), file),
      })),
    };
  }
}

// A piece is good until the next one only.
function readChecked(file: string, digest: Digest): Uint8Array {
  return Buffer.concat(Array.from(checkedPieces(file, digest), (piece) => Buffer.from(piece)));
}

/** Where each store is to lie, from the uppermost on. */
export function placesOf(manifest: Manifest): ReadonlyMap<string, StoreEntry> {
  const places = new Map<string, string>();
  const found = new Map<string, StoreEntry>();
  for (const entry of manifest) {
    const at = entry.parent === '' ? '' : substoreDirectory(places.get(entry.parent) as string, entry.directory);
    places.set(entry.uid, at);
    found.set(at, entry);
  }
  return found;
}
