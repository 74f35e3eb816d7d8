import { createHash } from 'node:crypto';
import { CorollaryError } from '../../errors.js';
import type { StoreState } from '../../store/take-image.js';
import { entryOf, type StoreEntry } from './store-entry.js';

/**
 * What a backup holds, as a text of lines: the first says the format and the SHA-256 of all the rest, each further one
 * is a store, parents first. Where a store's database lies follows from what it is, so the manifest names no path.
 */

const FORMAT = 1;

/** The stores of a backup, parents first. There is at least one. */
export type Manifest = readonly StoreEntry[];

/** The uppermost store of a backup. */
export function topOf(manifest: Manifest): StoreEntry {
  return manifest[0] as StoreEntry;
}

/** The file that a state of a store is kept in. A store never has two states with one name. */
export function imageName({ uid, incarnation, generation }: StoreState): string {
  return `${uid}-${incarnation}-${generation}.sqlite`;
}

/** The text of a manifest. */
export function written(manifest: Manifest): Buffer {
  const lines = Buffer.from(manifest.map((entry) => `${JSON.stringify(inOrder(entry))}\n`).join(''), 'utf8');
  return Buffer.concat([Buffer.from(firstLine(FORMAT, lines), 'latin1'), lines]);
}

function inOrder(entry: StoreEntry): StoreEntry {
  const { uid, parent, name, directory, incarnation, generation, size, sha256, files } = entry;
  return { uid, parent, name, directory, incarnation, generation, size, sha256, files };
}

// The format goes into the hash, so that a damaged one is not taken for a newer one.
function firstLine(format: number, lines: Uint8Array): string {
  const sha256 = createHash('sha256').update(`${format}\n`).update(lines).digest('hex');
  return `${JSON.stringify({ corollary: 'backup', format, sha256 })}\n`;
}

/**
 * Reads what {@link written} gave.
 * @throws CorollaryError CORRUPT when a single byte is another one; NEWER_DATABASE
 */
export function parsed(text: Buffer, file: string): Manifest {
  const end = text.indexOf('\n') + 1;
  const lines = text.subarray(end);
  const format = Number(/"format":(\d+)/.exec(text.toString('latin1', 0, end))?.[1]);
  if (text.toString('latin1', 0, end) !== firstLine(format, lines)) throw damaged(file, 'it is not what was written');
  if (format > FORMAT)
    throw new CorollaryError(
      'NEWER_DATABASE',
      `${file} has a newer format than ${FORMAT}, which this version of corollary knows: use a newer version of corollary`,
      { path: file },
    );
  const entries = lines.toString('utf8').split('\n').slice(0, -1).map(entryOf);
  const fault = faultOf(entries);
  if (fault !== undefined) throw damaged(file, fault);
  return entries as Manifest;
}

/** The error for a file of a backup that is not what it was. */
export function damaged(file: string, how: string): CorollaryError {
  return new CorollaryError('CORRUPT', `The backup is damaged: ${file}: ${how}. Use another backup`, { path: file });
}

// The hash says that nothing was damaged. This says that whoever wrote it leads nobody out of the backup, or astray.
function faultOf(entries: readonly (StoreEntry | undefined)[]): string | undefined {
  const seen: Seen = { uids: new Set(), places: new Set() };
  for (const [at, entry] of entries.entries()) {
    const fault = entry === undefined ? 'is no store' : placeFault(entry, seen);
    if (fault !== undefined) return `line ${at + 2} ${fault}`;
  }
  return entries.length === 0 ? 'it names no store' : undefined;
}

/** What the lines before say. */
interface Seen {
  readonly uids: Set<string>;
  readonly places: Set<string>;
}

function placeFault({ uid, parent, directory }: StoreEntry, { uids, places }: Seen): string | undefined {
  const isTop = uids.size === 0;
  const place = `${parent}/${directory}`;
  if (isTop !== (parent === '') || isTop !== (directory === '')) return 'is in no place';
  if (!isTop && !uids.has(parent)) return 'comes before its parent';
  if (uids.has(uid) || places.has(place)) return 'is there twice';
  uids.add(uid);
  places.add(place);
  return undefined;
}
