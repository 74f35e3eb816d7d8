import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, namesInOwn, onDisk, ownDirectory, syncDirectory, unlinked, writePieces } from '../disk.js';
import { DiskUpload, isAbandoned } from './disk-upload.js';
import type { FileArea, OpenFile, Upload } from './file-area.js';
import { checkedFileId, isFileId } from './file-id.js';
import { openDiskFile } from './open-disk-file.js';

/** The names in `temp`: bytes that still come, those whose row is about to come, those whose row is about to go. */
const arriving = (id: string) => `arriving-${id}`;
const coming = (id: string) => `coming-${id}`;
const going = (id: string) => `going-${id}`;

const UPLOAD = /^arriving-[0-9a-v]{16}$/;
const STEP = /^(?:coming|going)-([0-9a-v]{16})$/;

/** True for what in `temp` is a file's: only {@link DiskFiles.leftovers} tells what is to be done about it. */
export function isOfFile(nameInTemp: string): boolean {
  return UPLOAD.test(nameInTemp) || STEP.test(nameInTemp);
}

/**
 * The bytes of a store's files, as `files/<id>`, never changed once they are there. What is in the middle of a step has
 * a second name in `temp`, a hard link, that goes last: so a sweep looks at `temp` alone, however many files there are.
 * The order of the steps, and why: docs/decisions/0020.
 */
export class DiskFiles implements FileArea {
  readonly #place: () => string;
  #isReady = false;
  isSwept = false;

  /** `place` gives the store's directory, which changes when the store is moved. */
  constructor(place: () => string) {
    this.#place = place;
  }

  get #directory(): string {
    return this.#place();
  }

  write(id: string, pieces: Iterable<Uint8Array>): void {
    writePieces(join(this.#ownTemp(), coming(id)), pieces);
    onDisk(this.#directory, () => this.#putInPlace(id));
  }

  adopt(id: string): void {
    onDisk(this.#directory, () => {
      renameSync(this.#temp(arriving(id)), this.#temp(coming(id)));
      this.#putInPlace(id);
    });
  }

  // The bytes are durable already. Their name must be, before a committed row can say it.
  #putInPlace(id: string): void {
    const files = ownDirectory(this.#directory, 'files');
    linkSync(this.#temp(coming(id)), join(files, id));
    syncDirectory(files);
    // Whoever has made the directory may have been killed before this.
    if (!this.#isReady) syncDirectory(this.#directory);
    this.#isReady = true;
  }

  keep(id: string): void {
    this.#remove(this.#temp(coming(id)));
  }

  discard(id: string): void {
    this.#remove(this.#file(id));
    this.#remove(this.#temp(coming(id)));
    this.#remove(this.#temp(going(id)));
  }

  announceRemoval(id: string): void {
    const trace = join(this.#ownTemp(), going(id));
    onDisk(this.#directory, () => linkIfThere(this.#file(id), trace));
  }

  withdrawRemoval(id: string): void {
    this.#remove(this.#temp(going(id)));
  }

  leftovers(): readonly string[] {
    const names = namesInOwn(this.#directory, 'temp');
    return [...new Set(names.flatMap((name) => STEP.exec(name)?.[1] ?? []))];
  }

  dropAbandoned(): void {
    const uploads = namesInOwn(this.#directory, 'temp').filter((name) => UPLOAD.test(name));
    for (const path of uploads.map((name) => this.#temp(name))) if (isAbandoned(path)) this.#remove(path);
  }

  async upload(id: string): Promise<Upload> {
    this.#ownTemp();
    return DiskUpload.begin(() => this.#temp(arriving(id)));
  }

  open(id: string): OpenFile | undefined {
    if (unlinked(join(this.#directory, 'files')) === undefined) return undefined;
    return openDiskFile(this.#file(id));
  }

  pathOf(id: string): string {
    return this.#file(id);
  }
  ids(): readonly string[] {
    return namesInOwn(this.#directory, 'files').filter(isFileId);
  }

  #remove(path: string): void {
    onDisk(this.#directory, () => rmSync(path, { force: true }));
  }
  #ownTemp(): string {
    return onDisk(this.#directory, () => ownDirectory(this.#directory, 'temp'));
  }
  #file(id: string): string {
    return join(this.#directory, 'files', checkedFileId(id, this.#directory));
  }
  #temp(name: string): string {
    return join(this.#directory, 'temp', name);
  }
}

// Missing bytes cannot stand in the way of a deletion. What is announced already is no news.
function linkIfThere(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  }
}
