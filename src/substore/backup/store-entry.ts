import type { Digest } from '../../store/files/file-area.js';
import { isFileId } from '../../store/files/file-id.js';
import type { StoreState } from '../../store/take-image.js';
import { isSubstoreId } from '../substore-directory.js';

/** One of a store's files. */
export interface FileEntry extends Digest {
  /** Its name in the directory `files` of the store. */
  readonly id: string;
}

/** A store as a backup has it. */
export interface StoreEntry extends StoreState, Digest {
  /** The uid of the store above; empty for the uppermost store of the backup. */
  readonly parent: string;
  /** The name in the parent; null for what was a root. */
  readonly name: string | null;
  /** The name of its directory in the parent's `sub`; empty for the uppermost store. */
  readonly directory: string;
  readonly files: readonly FileEntry[];
}

const UID = /^[0-9a-f]{32}$/;
const INCARNATION = /^[0-9a-f]{16}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** A line of a manifest; undefined where it says something that no store is. */
export function entryOf(line: string): StoreEntry | undefined {
  const entry = objectIn(line);
  return entry !== undefined && isStoreEntry(entry) ? (entry as unknown as StoreEntry) : undefined;
}

type Unknown = Readonly<Record<string, unknown>>;

function objectIn(line: string): Unknown | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null;
}

function isStoreEntry(entry: Unknown): boolean {
  const { uid, parent, name, directory, incarnation, generation, files } = entry;
  return (
    matches(UID, uid) &&
    (parent === '' || matches(UID, parent)) &&
    (name === null || typeof name === 'string') &&
    (directory === '' || (typeof directory === 'string' && isSubstoreId(directory))) &&
    matches(INCARNATION, incarnation) &&
    isCount(generation) &&
    isDigest(entry) &&
    Array.isArray(files) &&
    files.every(isFileEntry)
  );
}

function isFileEntry(value: unknown): value is FileEntry {
  return isObject(value) && typeof value.id === 'string' && isFileId(value.id) && isDigest(value);
}

function isDigest({ size, sha256 }: Unknown): boolean {
  return isCount(size) && matches(SHA256, sha256);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function matches(form: RegExp, value: unknown): boolean {
  return typeof value === 'string' && form.test(value);
}
