import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { CorollaryError } from '../../errors.js';
import { codeOf, onDisk, statOf } from '../disk.js';
import { SLICE_BYTES } from './content.js';
import type { OpenFile } from './file-area.js';

/** Windows has no such flag: there the look before the opening has to do. */
const NO_LINKS = constants.O_NOFOLLOW ?? 0;

/** Opens a file for reading; undefined where there is none. @throws CorollaryError CORRUPT for a link or a directory */
export function openDiskFile(path: string): OpenFile | undefined {
  const at = statOf(path);
  if (at === undefined) return undefined;
  if (!at.isFile()) throw new CorollaryError('CORRUPT', `${path} is no plain file: links are not followed`, { path });
  const descriptor = onDisk(path, () => openedIfThere(path));
  return descriptor === undefined ? undefined : openFile(path, descriptor);
}

function openedIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | NO_LINKS);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function openFile(path: string, descriptor: number): OpenFile {
  return {
    size: onDisk(path, () => fstatSync(descriptor).size),
    read: (at, length) => {
      const bytes = new Uint8Array(length);
      return onDisk(path, () => readInto(bytes, descriptor, at));
    },
    stream: (start, end) => streamOf(path, descriptor, start, end),
    close: () => closeSync(descriptor),
  };
}

function readInto(bytes: Uint8Array, descriptor: number, at: number): Uint8Array {
  const { length } = bytes;
  let done = 0;
  for (let got = -1; done < length && got !== 0; done += got)
    got = readSync(descriptor, bytes, done, Math.min(length - done, SLICE_BYTES), at + done);
  return done === length ? bytes : bytes.subarray(0, done);
}

// A read stream takes its last byte, so it cannot be told to give none.
function streamOf(path: string, descriptor: number, start: number, end: number): Readable {
  if (start < end) return createReadStream(path, { fd: descriptor, start, end: end - 1 });
  closeSync(descriptor);
  return Readable.from([]);
}
