import { hash } from 'node:crypto';
import type { Cell } from '../../schema/value.js';
import type { FoundAnswer, FoundItem, FoundPart, KnownPart } from '../runner.js';
import { jsonCell } from '../sql/fragment.js';

/** What one store had of an answer: fingerprints by id. */
interface StorePart extends KnownPart {
  readonly prints: ReadonlyMap<number, string>;
}

/** No fingerprint. */
const UNKNOWN = '';
const NOTHING: ReadonlyMap<number, string> = new Map();

/** An item that is no longer in an answer, and where it was. */
export interface Missing {
  readonly storeId: number;
  readonly uid: string;
  readonly path: readonly string[];
}

/** How one answer differs from an earlier one. */
export class Difference {
  readonly added: FoundItem[] = [];
  readonly changed: FoundItem[] = [];
  readonly removed: Missing[] = [];

  get isEmpty(): boolean {
    return this.added.length + this.changed.length + this.removed.length === 0;
  }
}

/** What an answer consisted of: ids and fingerprints of the cells, by store. It holds no items and no values. */
export class Snapshot {
  readonly parts: ReadonlyMap<string, StorePart>;
  readonly #top: FoundAnswer['top'] | undefined;

  constructor(parts: ReadonlyMap<string, StorePart> = new Map(), top?: FoundAnswer['top']) {
    this.parts = parts;
    this.#top = top;
  }

  /** The snapshot of a later answer, and how that differs from this one. */
  followedBy({ parts, gone, top }: FoundAnswer): { readonly later: Snapshot; readonly difference: Difference } {
    const difference = new Difference();
    const later = new Map(gone === 'all others' ? [] : this.parts);
    // Renamed, it is the same one; moved, it was where it was.
    const { path: at } = this.#top === undefined || this.#top.key === top.key ? top : this.#top;
    for (const part of parts) later.set(part.key, this.#compared(part, top.path.length, difference));
    const there = new Set(parts.map(({ key }) => key));
    for (const key of gone === 'all others' ? this.parts.keys() : gone) {
      if (there.has(key)) continue;
      later.delete(key);
      const before = this.parts.get(key);
      if (before === undefined) continue;
      const { uid, below, prints } = before;
      noteMissing(prints, NOTHING, { uid, path: [...at, ...below] }, difference);
    }
    return { later: new Snapshot(later, top), difference };
  }

  /** The same, but that all items which it has of some stores count as changed when these are read next. */
  doubting(keys: ReadonlySet<string>): Snapshot {
    if (keys.size === 0) return this;
    const doubted = [...this.parts].map(([key, part]) => [key, keys.has(key) ? unknown(part) : part] as const);
    return new Snapshot(new Map(doubted), this.#top);
  }

  #compared({ key, uid, path, items }: FoundPart, above: number, difference: Difference): StorePart {
    const before = this.parts.get(key);
    const prints = new Map<number, string>();
    for (const item of items) {
      const print = fingerprint(item.cells);
      const printBefore = before?.prints.get(item.storeId);
      prints.set(item.storeId, print);
      if (printBefore === undefined) difference.added.push(item);
      else if (printBefore !== print) difference.changed.push(item);
    }
    if (before !== undefined) noteMissing(before.prints, prints, { uid, path }, difference);
    return { uid, below: path.slice(above), prints };
  }
}

function unknown(part: StorePart): StorePart {
  return { ...part, prints: new Map([...part.prints.keys()].map((storeId) => [storeId, UNKNOWN])) };
}

function noteMissing(
  before: StorePart['prints'],
  now: StorePart['prints'],
  where: Pick<Missing, 'uid' | 'path'>,
  { removed }: Difference,
): void {
  for (const storeId of before.keys()) if (!now.has(storeId)) removed.push({ storeId, ...where });
}

// SHA-256: cells that differ have different ones, whoever has chosen them.
function fingerprint(cells: readonly Cell[]): string {
  return hash('sha256', JSON.stringify(cells.map(jsonCell)), 'base64');
}
