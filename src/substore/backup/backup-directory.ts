import { existsSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CorollaryError } from '../../errors.js';
import { makeDirectories } from '../../store/directory.js';
import { namesIn, namesInOwn, onDisk, ownDirectory, statOf, syncDirectory, writeWhole } from '../../store/disk.js';
import type { Digest } from '../../store/files/file-area.js';
import type { StoreState } from '../../store/take-image.js';
import { damaged, imageName, type Manifest, parsed, topOf, written } from './manifest.js';
import { digestOf, piecesIn, writeDigested } from './pieces.js';
import type { FileEntry, StoreEntry } from './store-entry.js';

/**
 * A directory with a backup: `manifest`, the databases in `stores`, and the files of all stores in `files`, under the
 * hashes of their bytes. What the manifest names is never changed, and what it does not name is not part of the backup:
 * so the old backup stays whole until the new manifest takes the place of the old one, in one step.
 */

const MANIFEST = 'manifest';
const DIRECTORIES = ['stores', 'files'] as const;
type Kind = (typeof DIRECTORIES)[number];

/** What is being written; it gets its name when it is whole. */
const UNFINISHED = 'new';
/** What we gave a name; anything else in the directories is left alone. */
const OURS = /^(new(-journal)?|[0-9a-f]{64}|[0-9a-f]{32}-[0-9a-f]{16}-\d+\.sqlite)$/;

export function manifestFile(directory: string): string {
  return join(directory, MANIFEST);
}
export function imageFile(directory: string, state: StoreState): string {
  return join(directory, 'stores', imageName(state));
}
export function bytesFile(directory: string, { sha256 }: Digest): string {
  return join(directory, 'files', sha256);
}

/**
 * The manifest of the backup in a directory.
 * @throws CorollaryError STORE_MISSING where there is none; CORRUPT, NEWER_DATABASE, IO_ERROR
 */
export function readManifest(directory: string): Manifest {
  const file = manifestFile(directory);
  const found = statOf(file);
  if (found === undefined)
    throw new CorollaryError('STORE_MISSING', `There is no backup at ${directory}: it has no ${MANIFEST}`, {
      path: directory,
    });
  if (!found.isFile()) throw damaged(file, 'it is no plain file');
  return parsed(
    onDisk(file, () => readFileSync(file)),
    file,
  );
}

/** How a backup goes into a directory. */
export interface Destination {
  readonly directory: string;
  /** The uid of the uppermost store. */
  readonly top: string;
  /** True where a backup that is there already is not to be replaced. */
  readonly mustBeNew: boolean;
}

/** A new backup in a directory that may have an older one of the same store. */
export class BackupWriter {
  readonly #directory: string;
  readonly #old: ReadonlyMap<string, StoreEntry>;
  /** The directories that were not there before, the lowest last. */
  readonly #made: string[] = [];
  /** The stores that were copied, as they were then. */
  readonly #taken = new Map<string, StoreEntry>();
  #bytes = 0;
  /** True from the moment at which the new manifest may be in the place of the old one. */
  #mayBeThere = false;

  /** @throws CorollaryError NAME_TAKEN where something else is there; CORRUPT where the older backup is damaged */
  constructor(destination: Destination) {
    const { directory } = destination;
    this.#directory = directory;
    this.#old = new Map(oldManifest(destination).map((entry) => [entry.uid, entry]));
    onDisk(directory, () => {
      if (!existsSync(directory)) this.#made.push(directory);
      makeDirectories(directory);
      for (const kind of DIRECTORIES) {
        if (!existsSync(join(directory, kind))) this.#made.push(join(directory, kind));
        ownDirectory(directory, kind);
      }
    });
  }

  /** How many stores were copied, and the bytes of all that was, files included. */
  get copied(): { readonly stores: number; readonly bytes: number } {
    return { stores: this.#taken.size, bytes: this.#bytes };
  }

  /** The store as it was copied before, for this backup or the older one, if in this very state. */
  unchanged(state: StoreState): StoreEntry | undefined {
    const old = this.#known(state.uid);
    const isSame = old?.incarnation === state.incarnation && old.generation === state.generation;
    if (old === undefined || !isSame || !this.#has(imageFile(this.#directory, state), old)) return undefined;
    return old.files.every((file) => this.#has(bytesFile(this.#directory, file), file)) ? old : undefined;
  }

  #known(uid: string): StoreEntry | undefined {
    return this.#taken.get(uid) ?? this.#old.get(uid);
  }

  /** Notes that a store was copied. */
  took(entry: StoreEntry): StoreEntry {
    this.#taken.set(entry.uid, entry);
    return entry;
  }

  #has(file: string, { size }: Digest): boolean {
    return statOf(file)?.size === size;
  }

  /** Takes a store's database in. `write` is told the name of a file to make, durably. */
  addImage(state: StoreState, write: (file: string) => void): Digest {
    const file = this.#unfinished('stores');
    write(file);
    const digest = digestOf(piecesIn(file));
    onDisk(file, () => renameSync(file, imageFile(this.#directory, state)));
    this.#count(digest);
    return digest;
  }

  /** Takes one of a store's files in. Files never change, so what the older backup says of it is still true. */
  addFile(uid: string, id: string, pieces: () => Iterable<Uint8Array>): FileEntry {
    const known = this.#known(uid)?.files.find((file) => file.id === id);
    if (known !== undefined && this.#has(bytesFile(this.#directory, known), known)) return known;
    const file = this.#unfinished('files');
    const digest = writeDigested(file, pieces());
    onDisk(file, () => renameSync(file, bytesFile(this.#directory, digest)));
    this.#count(digest);
    return { id, ...digest };
  }

  #count({ size }: Digest): void {
    this.#bytes += size;
  }

  // At most one of each kind is being written, and the rest of one that was cut off is in nobody's way.
  #unfinished(kind: Kind): string {
    const file = join(this.#directory, kind, UNFINISHED);
    onDisk(file, () => rmSync(file, { force: true }));
    return file;
  }

  /** Makes this the backup. What belonged to the older one only goes. */
  finish(manifest: Manifest): void {
    const directory = this.#directory;
    onDisk(directory, () => {
      for (const kind of DIRECTORIES) syncDirectory(join(directory, kind));
      const unfinished = join(directory, UNFINISHED);
      rmSync(unfinished, { force: true });
      writeWhole(unfinished, written(manifest));
      this.#mayBeThere = true;
      renameSync(unfinished, manifestFile(directory));
      syncDirectory(directory);
    });
    this.#tidyUp(manifest);
  }

  // The backup is there, whatever else is: the next one tries again.
  #tidyUp(manifest: Manifest): void {
    try {
      this.#keepOnly(manifest);
    } catch (error) {
      if (!(error instanceof CorollaryError)) throw error;
    }
  }

  /** Leaves the older backup, and nothing else; both, where it is not known which of them the directory shows. */
  abandon(): void {
    if (this.#mayBeThere) return;
    this.#keepOnly([...this.#old.values()]);
    onDisk(this.#directory, () => {
      rmSync(join(this.#directory, UNFINISHED), { force: true });
      for (const made of this.#made.reverse()) if (namesIn(made).length === 0) rmdirSync(made);
    });
  }

  #keepOnly(manifest: Manifest): void {
    const stores = new Set(manifest.map(imageName));
    const files = new Set(manifest.flatMap((entry) => entry.files.map(({ sha256 }) => sha256)));
    this.#remove('stores', stores);
    this.#remove('files', files);
  }

  #remove(kind: Kind, kept: ReadonlySet<string>): void {
    onDisk(this.#directory, () => {
      for (const name of namesInOwn(this.#directory, kind))
        if (OURS.test(name) && !kept.has(name)) rmSync(join(this.#directory, kind, name), { force: true });
    });
  }
}

function oldManifest({ directory, top, mustBeNew }: Destination): Manifest {
  const at = statOf(directory);
  if (at !== undefined && !at.isDirectory() && !at.isSymbolicLink()) throw taken(directory, 'is a file');
  const names = at === undefined ? [] : namesIn(directory);
  if (names.includes(MANIFEST)) {
    if (mustBeNew) throw taken(directory, 'holds a backup already');
    const manifest = readManifest(directory);
    if (topOf(manifest).uid !== top) throw taken(directory, 'holds the backup of another store');
    return manifest;
  }
  // What a backup that was cut off has left may be there.
  const foreign = names.find((name) => ![...DIRECTORIES, UNFINISHED].includes(name as Kind));
  if (foreign !== undefined) throw taken(directory, 'holds other files');
  return [];
}

function taken(directory: string, why: string): CorollaryError {
  return new CorollaryError('NAME_TAKEN', `${directory} ${why}: give another directory, or one that is empty`, {
    path: directory,
  });
}
