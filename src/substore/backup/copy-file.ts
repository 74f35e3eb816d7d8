import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { FILE_MODE } from '../../store/disk.js';
import type { Content } from './store-entry.js';

const PIECE_BYTES = 1024 * 1024;

/** Reads a file to its end; says what it holds. It must be no database that a connection has open. */
export function contentOf(file: string): Content {
  return through(file, () => undefined);
}

/** Copies a file into a new one, durably; says what was copied. */
export function copyFile(from: string, to: string): Content {
  const descriptor = openSync(to, 'wx', FILE_MODE);
  try {
    const content = through(from, (piece) => writeAll(descriptor, piece));
    fsyncSync(descriptor);
    return content;
  } finally {
    closeSync(descriptor);
  }
}

function through(file: string, visit: (piece: Uint8Array) => void): Content {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    let bytes = 0;
    for (;;) {
      const count = readSync(descriptor, buffer);
      if (count === 0) return { bytes, sha256: hash.digest('hex') };
      const piece = buffer.subarray(0, count);
      hash.update(piece);
      visit(piece);
      bytes += count;
    }
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, piece: Uint8Array): void {
  for (let at = 0; at < piece.length; ) at += writeSync(descriptor, piece, at);
}
