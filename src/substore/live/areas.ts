import { dirname } from 'node:path';
import { CorollaryError } from '../../errors.js';
import type { Watch } from '../../store/watches.js';
import { substoreDirectory, substoreIds } from '../substore-directory.js';

/** What some watches have in common: a store, by its directory, and how many levels below it belong to the area. */
interface Area {
  readonly top: string;
  readonly levels: number;
  readonly watches: Set<Watch>;
}

/** Which stores of one tree are watched, and by whom. */
export class Areas {
  readonly #root: string;
  /** By {@link Area.top}. */
  readonly #areas = new Map<string, Area[]>();
  /** The top that each watch was added with: its store may lie elsewhere by now. */
  readonly #tops = new Map<Watch, string>();

  constructor(root: string) {
    this.#root = root;
  }

  get isEmpty(): boolean {
    return this.#areas.size === 0;
  }

  /** True when the watch is the first of its area. */
  add(top: string, watch: Watch): boolean {
    const areas = this.#areas.get(top) ?? [];
    this.#areas.set(top, areas);
    this.#tops.set(watch, top);
    const known = areas.find(({ levels }) => levels === watch.levels);
    if (known === undefined) areas.push({ top, levels: watch.levels, watches: new Set([watch]) });
    else known.watches.add(watch);
    return known === undefined;
  }

  delete(watch: Watch): void {
    const top = this.#tops.get(watch);
    if (top === undefined) return;
    this.#tops.delete(watch);
    const left = this.#at(top).filter(({ watches }) => !watches.delete(watch) || watches.size > 0);
    if (left.length > 0) this.#areas.set(top, left);
    else this.#areas.delete(top);
  }

  #at(top: string): readonly Area[] {
    return this.#areas.get(top) ?? [];
  }

  /** True when the watch was added with this top. */
  hasAt(top: string, watch: Watch): boolean {
    return this.#tops.get(watch) === top;
  }

  /** All watches. */
  get watches(): Iterable<Watch> {
    return this.#tops.keys();
  }

  /** The watches that were added with this top. */
  *watchesAt(top: string): Generator<Watch> {
    for (const { watches } of this.#at(top)) yield* watches;
  }

  isTop(directory: string): boolean {
    return this.#areas.has(directory);
  }

  /** True when somebody watches the store in this directory. */
  covers(directory: string): boolean {
    return !this.#over(directory).next().done;
  }

  *watchesOver(directory: string): Generator<Watch> {
    for (const { area } of this.#over(directory)) yield* area.watches;
  }

  // A store's directory is `sub/<id>` in its parent's.
  *#over(directory: string): Generator<{ readonly area: Area; readonly level: number }> {
    let at = directory;
    for (let level = 0; ; level++) {
      for (const area of this.#at(at)) if (level <= area.levels) yield { area, level };
      if (at === this.#root || dirname(at) === at) return;
      at = dirname(dirname(at));
    }
  }

  /** The directories of all watched stores in and below one, parents first. Looks at the names of directories only. */
  directoriesFrom(directory: string): Generator<string> {
    let levels = 0;
    for (const { area, level } of this.#over(directory)) levels = Math.max(levels, area.levels - level);
    return directoriesBelow(directory, levels);
  }

  /** How often all of them are to be looked at: as often as the most impatient wants it. */
  get pollMs(): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (const areas of this.#areas.values())
      for (const { watches } of areas) for (const { pollMs } of watches) shortest = Math.min(shortest, pollMs);
    return shortest;
  }
}

function* directoriesBelow(directory: string, levels: number): Generator<string> {
  yield directory;
  if (levels === 0) return;
  for (const below of directoriesDirectlyBelow(directory)) yield* directoriesBelow(below, levels - 1);
}

/** The directories of the stores in a store's own. */
export function directoriesDirectlyBelow(directory: string): readonly string[] {
  return idsIn(directory).map((id) => substoreDirectory(directory, id));
}

// What cannot be listed is an error to whoever reads these stores.
function idsIn(directory: string): readonly string[] {
  try {
    return substoreIds(directory);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    return [];
  }
}
