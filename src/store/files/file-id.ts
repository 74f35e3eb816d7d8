import { randomBytes } from 'node:crypto';
import { CorollaryError } from '../../errors.js';

const FILE_ID = /^[0-9a-v]{16}$/;

/** A new name for bytes on disk: 80 random bits in 16 characters that every file system keeps apart, whatever case it folds. */
export function newFileId(): string {
  return BigInt(`0x${randomBytes(10).toString('hex')}`)
    .toString(32)
    .padStart(16, '0');
}

export function isFileId(id: string): boolean {
  return FILE_ID.test(id);
}

/** The id comes from a row, and a row can hold anything that somebody put there: '../..', for one. @throws CorollaryError CORRUPT */
export function checkedFileId(id: string, place: string): string {
  if (isFileId(id)) return id;
  throw new CorollaryError('CORRUPT', `A file of ${place} has a name on disk that corollary did not give`, {
    store: place,
  });
}
