import { closeSync, openSync, readSync } from 'node:fs';
import { onDisk, writePieces } from '../../store/disk.js';
import { Digester } from '../../store/files/content.js';
import type { Digest, OpenFile } from '../../store/files/file-area.js';

const PIECE_BYTES = 1024 * 1024;

/** What a file holds, in pieces that are good until the next one. It must be no database that a connection has open. */
export function* piecesIn(file: string): Generator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  const descriptor = onDisk(file, () => openSync(file, 'r'));
  try {
    for (;;) {
      const count = onDisk(file, () => readSync(descriptor, buffer));
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The same for a file that a store keeps. It is closed at the end. */
export function* piecesOf(file: OpenFile): Generator<Uint8Array> {
  try {
    for (let at = 0; at < file.size; at += PIECE_BYTES) yield file.read(at, PIECE_BYTES);
  } finally {
    file.close();
  }
}

/** Says what pieces come to. */
export function digestOf(pieces: Iterable<Uint8Array>): Digest {
  const digester = new Digester();
  for (const piece of pieces) digester.add(piece);
  return digester.digest();
}

/** Writes pieces into a new file, durably, and says what they came to. */
export function writeDigested(file: string, pieces: Iterable<Uint8Array>): Digest {
  const digester = new Digester();
  writePieces(file, digester.through(pieces));
  return digester.digest();
}
