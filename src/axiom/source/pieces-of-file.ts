import { closeSync, openSync, readSync } from 'node:fs';
import { onDisk } from '../../store/disk.js';

const PIECE_BYTES = 256 * 1024;

/** The bytes of a file, in pieces. @throws CorollaryError IO_ERROR */
export function* piecesOfFile(path: string): Generator<Uint8Array> {
  const descriptor = onDisk(path, () => openSync(path, 'r'));
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const length = onDisk(path, () => readSync(descriptor, piece));
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}
