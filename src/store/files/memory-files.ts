import { Readable } from 'node:stream';
import type { FileArea, OpenFile, Upload } from './file-area.js';

const PIECE_BYTES = 65_536;

/** The bytes of files of a store in memory. There are no killed processes to think of: what is left goes with this one. */
export class MemoryFiles implements FileArea {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #uploads = new Map<string, Uint8Array>();
  isSwept = true;

  write(id: string, pieces: Iterable<Uint8Array>): void {
    this.#bytes.set(id, joined([...copied(pieces)]));
  }
  adopt(id: string): void {
    const bytes = this.#uploads.get(id);
    if (bytes !== undefined) this.#bytes.set(id, bytes);
  }
  keep(): void {}
  discard(id: string): void {
    this.#bytes.delete(id);
  }
  announceRemoval(): void {}
  withdrawRemoval(): void {}
  leftovers(): readonly string[] {
    return [];
  }

  dropAbandoned(): void {}

  async upload(id: string): Promise<Upload> {
    const pieces: Uint8Array[] = [];
    return {
      add: async (piece) => {
        pieces.push(new Uint8Array(piece));
      },
      finish: async () => {
        this.#uploads.set(id, joined(pieces));
      },
      discard: async () => {
        this.#uploads.delete(id);
      },
    };
  }

  open(id: string): OpenFile | undefined {
    const bytes = this.#bytes.get(id);
    return bytes && opened(bytes);
  }
  pathOf(): undefined {}
  ids(): readonly string[] {
    return [...this.#bytes.keys()];
  }
}

function opened(bytes: Uint8Array): OpenFile {
  return {
    size: bytes.length,
    read: (at, length) => bytes.slice(at, at + length),
    stream: (start, end) => Readable.from(slices(bytes, start, end), { objectMode: false }),
    close() {},
  };
}

// Copies: whoever reads may change what was read.
function* slices(bytes: Uint8Array, start: number, end: number): Generator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES) yield bytes.slice(at, Math.min(at + PIECE_BYTES, end));
}

function* copied(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces) yield new Uint8Array(piece);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
