import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FILE_MODE, onDisk, onDiskLater, statOf } from '../disk.js';
import type { Upload } from './file-area.js';

/** Uploads whose file nobody has touched for so long are those of processes that are no more. */
const ABANDONED_MS = 3_600_000;
/** How often an upload's file is touched while nothing comes. */
const SIGN_OF_LIFE_MS = 600_000;

/** True for the file of an upload that nobody is busy with. */
export function isAbandoned(path: string): boolean {
  const at = statOf(path);
  return at !== undefined && Date.now() - at.mtimeMs > ABANDONED_MS;
}

/**
 * An upload that is written to disk as it comes. Another process cannot see whether this one is still alive, but it can
 * see when its file was touched last: so it is, by every piece, and by a timer while none comes.
 */
export class DiskUpload implements Upload {
  readonly #path: () => string;
  readonly #handle: FileHandle;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: () => string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
    this.#timer = setInterval(() => this.#giveSignOfLife(), SIGN_OF_LIFE_MS).unref();
  }

  /** `path` gives where the file is: elsewhere when the store has been moved. */
  static async begin(path: () => string): Promise<DiskUpload> {
    const began = path();
    return new DiskUpload(path, await onDiskLater(began, () => open(began, 'wx', FILE_MODE)));
  }

  // Where it fails, the next write will say why.
  #giveSignOfLife(): void {
    const now = new Date();
    this.#handle.utimes(now, now).catch(() => undefined);
  }

  async add(piece: Uint8Array): Promise<void> {
    await onDiskLater(this.#path(), async () => {
      for (let at = 0; at < piece.length; ) at += (await this.#handle.write(piece, at)).bytesWritten;
    });
  }

  async finish(): Promise<void> {
    await onDiskLater(this.#path(), async () => {
      await this.#handle.sync();
      await this.#close();
    });
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    const path = this.#path();
    onDisk(path, () => rmSync(path, { force: true }));
  }

  // A handle that is closed already says nothing against it.
  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#handle.close();
  }
}
