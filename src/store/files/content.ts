import { createHash, type Hash } from 'node:crypto';
import { CorollaryError, kindOf } from '../../errors.js';
import { isWellFormed } from '../../schema/codecs/text.js';
import type { Digest } from './file-area.js';

/** What a file can be made of: bytes, a text (kept as UTF-8), or bytes in pieces. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array>;

/** The content as pieces of bytes. @throws CorollaryError INVALID_VALUE, also for a wrong piece when it comes */
export function piecesOf(content: unknown): Iterable<Uint8Array> {
  if (typeof content === 'string') return [utf8(content)];
  if (content instanceof Uint8Array) return [content];
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
  for (const piece of pieces) yield checkedPiece(piece);
}

/** @throws CorollaryError INVALID_VALUE */
export function checkedPiece(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw invalid(`The pieces of a file are Uint8Arrays, not ${kindOf(piece)}`);
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
