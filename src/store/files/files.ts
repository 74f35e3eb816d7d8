import { CorollaryError, kindOf } from '../../errors.js';
import type { Query, Where } from '../../query/query.js';
import type { StoreCore } from '../store-core.js';
import { Digester, type FileContent, piecesOf } from './content.js';
import { newFileId } from './file-id.js';
import { assertFileName, filesOf, findFile } from './find-files.js';
import { keepFile } from './keep-file.js';
import { receiveFile } from './receive-file.js';
import type { StoredFile } from './stored-file.js';

/** What may be said of a file when it is written. */
export interface WriteFileOptions {
  /** What people call it: 1 to 1,024 characters without NUL; no two files of a store have the same. None if not given. */
  readonly name?: string | null;
}

/** What may be said of a file that comes as a stream. */
export interface ReceiveFileOptions extends WriteFileOptions {
  /** Gives up when it aborts; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
}

/** The files that a store keeps beside its database. Reached as `store.files`. */
export class Files {
  readonly #core: StoreCore;

  constructor(core: StoreCore) {
    this.#core = core;
  }

  /**
   * Keeps bytes as a file. Inside a transaction it comes and goes with it; else it is a transaction of its own. Once that
   * is committed, the file survives power loss too.
   * @throws CorollaryError BAD_NAME, NAME_TAKEN, INVALID_VALUE, READ_ONLY, DISK_FULL, IO_ERROR, and what an iterable
   * throws; nothing was written then.
   */
  write(content: FileContent, options: WriteFileOptions = {}): StoredFile {
    this.#core.assertWritable();
    const { name } = checkedOptions(options, this.#core, ['name']);
    const pieces = piecesOf(content);
    const id = newFileId();
    const bring = () => {
      const digester = new Digester();
      this.#core.file.files.write(id, digester.through(pieces));
      return digester.digest();
    };
    return keepFile(this.#core, { id, name, bring });
  }

  /**
   * Keeps what a stream gives as a file, in a transaction of its own when all of it has come. Nothing is locked until
   * then. A stream that fails, or a signal that aborts, leaves nothing behind and rejects with that very error.
   * @throws CorollaryError NOT_SUPPORTED inside a transaction; else as {@link Files.write}
   */
  async receive(stream: AsyncIterable<Uint8Array>, options: ReceiveFileOptions = {}): Promise<StoredFile> {
    const { name, signal } = checkedOptions(options, this.#core, ['name', 'signal']);
    if (typeof stream !== 'object' || stream === null || !(Symbol.asyncIterator in stream))
      throw new CorollaryError('INVALID_VALUE', `receive takes a stream of bytes, not ${kindOf(stream)}`);
    return receiveFile(this.#core, { stream, name, signal });
  }

  /** A query of the files; it reads no bytes. */
  query(where?: Where<StoredFile>): Query<StoredFile> {
    const all = filesOf(this.#core);
    return where === undefined ? all : all.where(where);
  }

  /** The file of that name; undefined where there is none. @throws CorollaryError BAD_NAME */
  named(name: string): StoredFile | undefined {
    return findFile(this.#core, name);
  }
}

interface Checked {
  readonly name: string | null;
  readonly signal: AbortSignal | undefined;
}

function checkedOptions(options: unknown, { file: { place } }: StoreCore, allowed: readonly string[]): Checked {
  if (typeof options !== 'object' || options === null)
    throw new CorollaryError('INVALID_VALUE', `A file is kept with an object of options, not ${kindOf(options)}`);
  const unknown = Object.keys(options).find((key) => !allowed.includes(key));
  if (unknown !== undefined)
    throw new CorollaryError('INVALID_VALUE', `There is no option '${unknown}' here, only ${allowed.join(', ')}`);
  const { name = null, signal } = options as ReceiveFileOptions;
  if (name !== null) assertFileName(name, place);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new CorollaryError('INVALID_VALUE', `signal is an AbortSignal, not ${kindOf(signal)}`);
  return { name, signal };
}
