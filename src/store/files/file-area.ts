import type { Readable } from './readable.js';

/** What bytes came to: how many, and their SHA-256 as 64 hexadecimal digits. */
export interface Digest {
  readonly size: number;
  readonly sha256: string;
}

/** Bytes that come in pieces, over many turns of the event loop. */
export interface Upload {
  add(piece: Uint8Array): Promise<void>;
  /** All has come: from now on the bytes are durable. */
  finish(): Promise<void>;
  /** Nothing stays of it, unless it was adopted. May be called at any time, and again. */
  discard(): Promise<void>;
}

/** The bytes of one file, which can be read to the end even if the file is deleted meanwhile. */
export interface OpenFile {
  readonly size: number;
  /** So many bytes from a place on; fewer where the file ends. */
  read(at: number, length: number): Uint8Array;
  /** The bytes from `start` to before `end`. The file is closed with the stream. */
  stream(start: number, end: number): Readable;
  close(): void;
}

/**
 * Where the bytes of a store's files are, each under an id. Whether a file exists is not known here: the row of its
 * item decides. So each step around a commit has an opposite for its undoing, and leaves a trace that
 * {@link FileArea.leftovers} finds if the process is killed in between.
 */
export interface FileArea {
  /** True once this handle has looked after what killed processes have left. */
  isSwept: boolean;

  /** Takes in new bytes, durably, before the commit of their row. To be followed by `keep` or `discard`. */
  write(id: string, pieces: Iterable<Uint8Array>): void;
  /** The same for the bytes that an upload has brought under this id. */
  adopt(id: string): void;
  /** The row is committed. */
  keep(id: string): void;
  /** There is no row, or no more: the bytes go. */
  discard(id: string): void;
  /** Before the commit that takes the row away. To be followed by `discard` or `withdrawRemoval`. */
  announceRemoval(id: string): void;
  /** The row stays. */
  withdrawRemoval(id: string): void;
  /** The ids of files in the middle of any of these steps. */
  leftovers(): readonly string[];
  /** Removes uploads of processes that are no more. */
  dropAbandoned(): void;

  /** Begins an upload, which can become a file by `adopt`. */
  upload(id: string): Promise<Upload>;
  /** The file; undefined where there is none. @throws CorollaryError CORRUPT for what is no plain file */
  open(id: string): OpenFile | undefined;
  /** Where the bytes are; undefined where they have no path. */
  pathOf(id: string): string | undefined;
  /** The ids of all bytes that are there, whether a row names them or not. */
  ids(): readonly string[];
}
