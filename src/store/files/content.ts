import { createHash, type Hash } from 'node:crypto';
import { CorollaryError, kindOf } from '../../errors.js';
import { isWellFormed } from '../../schema/codecs/text.js';
import type { Digest } from './file-area.js';

/** What a file can be made of: bytes, a text (kept as UTF-8), or bytes in pieces. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array>;

/** The content as pieces of bytes. @throws CorollaryError INVALID_VALUE, also for a wrong piece when it comes */
export function piecesOf(content: unknown): Iterable<Uint8Array> {
  if (typeof content === 'string') return [utf8(content)];
  if (content instanceof Uint8Array) return slicesOf(content);
  if (typeof content === 'object' && content !== null && Symbol.iterator in content)
    return checkedPieces(content as Iterable<unknown>);
  const isAsync = typeof content === 'object' && content !== null && Symbol.asyncIterator in content;
  const instead = isAsync ? '; for what comes later there is receive()' : '';
  throw invalid(
    `A file is written from a Uint8Array, a text, or an iterable of them, not ${kindOf(content)}${instead}`,
  );
}

function utf8(text: string): Uint8Array {
  if (isWellFormed(text)) return Buffer.from(text, 'utf8');
  throw invalid('A file cannot be written from a text with half a surrogate pair: UTF-8 has no such thing');
}

function* checkedPieces(pieces: Iterable<unknown>): Generator<Uint8Array> {
  for (const piece of pieces) yield* checkedSlices(piece);
}

/** @throws CorollaryError INVALID_VALUE */
export function checkedSlices(piece: unknown): Iterable<Uint8Array> {
  if (piece instanceof Uint8Array) return slicesOf(piece);
  throw invalid(`The pieces of a file are Uint8Arrays, not ${kindOf(piece)}`);
}

/** Node takes less than 2 GiB at a time, and to hash so much keeps everything else waiting long enough. */
export const SLICE_BYTES = 2 ** 30;

/** The same bytes in as many pieces as it takes. */
function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

/** The SHA-256 of bytes, as 64 hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  const digester = new Digester();
  for (const slice of slicesOf(bytes)) digester.add(slice);
  return digester.digest().sha256;
}

function invalid(message: string): CorollaryError {
  return new CorollaryError('INVALID_VALUE', message);
}

/** Sums up bytes as they go by. */
export class Digester {
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#size += piece.length;
  }

  *through(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const piece of pieces) {
      this.add(piece);
      yield piece;
    }
  }

  /** Of all so far; to be called once. */
  digest(): Digest {
    return { size: this.#size, sha256: this.#hash.digest('hex') };
  }
}
