import { createHash } from 'node:crypto';

import { CorollaryError, type ErrorCode, kindOf } from '../../errors.js';
import { attributes, text } from '../../item/attributes.js';
import { Item } from '../../item/item.js';
import { item } from '../../item/item-decorator.js';
import { readOnlyInteger, readOnlyText, readOnlyTimestamp } from '../../item/read-only.js';
import { goneBecause, stateOf } from '../../item/state.js';
import type { StoreKeeper } from '../keeper.js';
import type { StoreCore } from '../store-core.js';
import { sha256Of } from './content.js';
import type { OpenFile } from './file-area.js';
import { fileNameFault } from './file-name.js';
import type { Readable } from './readable.js';

const PIECE_BYTES = 1_048_576;

/** A part of a file: from the byte `start` to before the byte `end`. What lies past the end of the file is left out. */
export interface ByteRange {
  /** 0 if not given. */
  readonly start?: number;
  /** The file's size if not given. */
  readonly end?: number;
}

/**
 * A file that the store keeps beside its database, as an item: it can be queried, referred to and deleted like any other,
 * and its bytes come and go with it, in the same transaction. The bytes never change. It is made by
 * `store.files.write` or `receive`.
 */
export class StoredFile extends Item {
  /** What people call it; no two files of a store have the same. Never part of a path on disk. */
  declare name: string | null;
  /** How many bytes it has. Read-only. */
  declare size: number;
  /** The SHA-256 of its bytes, as 64 hexadecimal digits. Read-only. */
  declare sha256: string;
  /** When it was written, by the clock of the store. Read-only. */
  declare createdAt: Date;
  /** The name of its bytes below `files`. Read-only. */
  declare diskName: string;

  /**
   * All its bytes, checked by their hash.
   * @throws CorollaryError NOT_FOUND when they are missing on disk, CORRUPT when they are not those that were written;
   * OUT_OF_RANGE when there is no memory for an array of so many; ITEM_GONE, STORE_CLOSED, IO_ERROR
   */
  read(): Uint8Array {
    const bytes = withOpen(this, (open) => wholeOf(this, open));
    if (sha256Of(bytes) !== this.sha256) throw altered(this);
    return bytes;
  }

  /**
   * Its bytes as text.
   * @throws CorollaryError as {@link StoredFile.read}; INVALID_VALUE where they are no UTF-8; OUT_OF_RANGE where they are
   * more than 536,870,888 characters, the most that a text has in V8
   */
  text(): string {
    const bytes = this.read();
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      if ((cause as { code?: unknown }).code === 'ERR_STRING_TOO_LONG')
        throw problemOf(this, 'OUT_OF_RANGE', 'are more than one text can hold: use stream()', cause);
      throw problemOf(this, 'INVALID_VALUE', 'are no UTF-8 text: use read()', cause);
    }
  }

  /**
   * Its bytes as a stream of Node. It goes on to the end even if the file is deleted meanwhile. The file is open until
   * the stream ends or is destroyed. The length is checked, the hash is not.
   * @throws CorollaryError as {@link StoredFile.read}; INVALID_VALUE
   */
  stream(range: ByteRange = {}): Readable {
    const { start, end } = checkedRange(range, this.size);
    return opened(this).stream(start, end);
  }

  /**
   * Where its bytes are, for `sendfile` and the like: to be read, never to be written, renamed or removed. Undefined in
   * a store in memory.
   */
  get path(): string | undefined {
    return coreOf(this).file.files.pathOf(this.diskName);
  }

  /** Reads all bytes; false when they are missing or not those that were written. @throws CorollaryError ITEM_GONE, STORE_CLOSED, IO_ERROR */
  verify(): boolean {
    try {
      return withOpen(this, hashOf) === this.sha256;
    } catch (error) {
      if (error instanceof CorollaryError && (error.code === 'NOT_FOUND' || error.code === 'CORRUPT')) return false;
      throw error;
    }
  }
}

// No decorator syntax: this file compiles under legacy and standard decorators alike.
attributes(StoredFile, {
  name: text({ nullable: true, unique: true, validate: (name) => fileNameFault(name) ?? true }),
  size: readOnlyInteger(),
  sha256: readOnlyText(),
  createdAt: readOnlyTimestamp(),
  diskName: readOnlyText({ unique: true }),
});
item('corollary_file')(StoredFile);

function coreOf(file: StoredFile): StoreCore {
  // Items come from stores only, whose keepers are of this class.
  return (stateOf(file).keeper as StoreKeeper).core;
}

function withOpen<R>(file: StoredFile, work: (open: OpenFile) => R): R {
  const open = opened(file);
  try {
    return work(open);
  } finally {
    open.close();
  }
}

function wholeOf(file: StoredFile, open: OpenFile): Uint8Array {
  try {
    return open.read(0, open.size);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw problemOf(file, 'OUT_OF_RANGE', 'are more than there is memory for in one array: use stream()', cause);
  }
}

function opened(file: StoredFile): OpenFile {
  const core = coreOf(file);
  core.readingFromMemory();
  assertThere(file);
  const open = core.file.files.open(file.diskName);
  if (open === undefined) throw missing(file, core);
  if (open.size === file.size) return open;
  open.close();
  throw altered(file);
}

function assertThere(file: StoredFile): void {
  if (file.isStored) return;
  throw problemOf(file, 'ITEM_GONE', `are gone: it ${goneBecause(stateOf(file))}`);
}

// Another handle may have deleted the file since the last look.
function missing(file: StoredFile, core: StoreCore): CorollaryError {
  core.reading();
  assertThere(file);
  return problemOf(file, 'NOT_FOUND', `are missing${at(file)}: restore a copy`);
}

function altered(file: StoredFile): CorollaryError {
  return problemOf(file, 'CORRUPT', `are not those that were written${at(file)}: restore a copy`);
}

function at({ path }: StoredFile): string {
  return path === undefined ? '' : `, at ${path}`;
}

function problemOf(file: StoredFile, code: ErrorCode, what: string, cause?: unknown): CorollaryError {
  const { place } = coreOf(file).file;
  const { storeId, path } = file;
  const details = { store: place, type: stateOf(file).type.name, storeId, path, cause };
  return new CorollaryError(code, `The bytes of file ${storeId} in ${place} ${what}`, details);
}

function hashOf(open: OpenFile): string {
  const hash = createHash('sha256');
  for (let at = 0; at < open.size; at += PIECE_BYTES) hash.update(open.read(at, Math.min(PIECE_BYTES, open.size - at)));
  return hash.digest('hex');
}

function checkedRange(range: unknown, size: number): { start: number; end: number } {
  if (typeof range !== 'object' || range === null)
    throw new CorollaryError('INVALID_VALUE', `stream takes { start, end } or nothing, not ${kindOf(range)}`);
  const { start = 0, end = Math.max(start, size), ...others } = range as ByteRange;
  const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isWhole(start) || !isWhole(end) || end < start || Object.keys(others).length > 0)
    throw new CorollaryError(
      'INVALID_VALUE',
      'stream takes { start, end }: whole numbers of bytes, with 0 <= start <= end',
    );
  return { start: Math.min(start, size), end: Math.min(end, size) };
}
