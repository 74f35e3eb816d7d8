import type { StoreFile } from './store-file.js';

/** A store, as far as watching it goes. */
export interface WatchedStore {
  readonly file: StoreFile;
  readonly parent: WatchedStore | undefined;
}

/** What a store is called among those of its tree, as long as it stays where it is; undefined in memory. */
export function keyOf({ file }: WatchedStore): string | undefined {
  return file.directory;
}

/** What a commit wrote in one store: type names in lower case; undefined where that is not known. */
export type WrittenTypes = ReadonlySet<string> | undefined;

/** One subscriber's watch over a store and, for a tree, so many levels below it. */
export interface Watch {
  readonly store: WatchedStore;
  readonly levels: number;
  /** The types whose items matter, by name in lower case. */
  readonly types: ReadonlySet<string>;
  /** How often commits of others are looked for, in milliseconds. */
  readonly pollMs: number;
  /**
   * Something was committed to the store with this key that may matter: by us, or by others, which is seen now. Only takes a
   * note: a transaction may still be at work on other stores.
   */
  told(where: string | undefined, byOthers: boolean): void;
  /** The store was closed or deleted. */
  ended(): void;
}

/** Socket: looks for commits of other handles and processes. The room that nests stores implements it. */
export interface Lookout {
  began(watch: Watch): void;
  stopped(watch: Watch): void;
  /** A commit of ours. True when others had committed before it, which nobody has noticed until now. */
  hasMissedBefore(store: WatchedStore): boolean;
  /** A look at an open store has found that others have committed to it. */
  seenWritten(store: WatchedStore): void;
  /** A store was made by us. */
  created(store: WatchedStore): void;
  /** A store has come to another place, with all below it; its directory was this one. */
  moved(store: WatchedStore, from: string): void;
  deleted(store: WatchedStore): void;
  /**
   * Stores that lay in these directories are there no more. Unless we have deleted them, looks at once for what others have
   * committed anywhere, and gives the directories of the stores that they have written: one may have got them.
   */
  lookFor(gone: readonly string[]): Iterable<string>;
}

/** Who wants to know of commits to the stores of one tree. All stores of the tree share it. */
export class Watches {
  readonly #all = new Set<Watch>();
  /** Absent where no other handle can reach the stores: in memory. */
  lookout: Lookout | undefined;

  /** Begins a watch; gives the function that stops it. */
  begin(watch: Watch): () => void {
    this.lookout?.began(watch);
    this.#all.add(watch);
    return () => {
      if (this.#all.delete(watch)) this.lookout?.stopped(watch);
    };
  }

  /** A commit of ours to one store is done, or its outcome is not known. */
  committed(store: WatchedStore, types: WrittenTypes): void {
    if (this.#all.size === 0) return;
    const written = this.lookout?.hasMissedBefore(store) === true ? undefined : types;
    for (const watch of this.#all)
      if (isWithin(store, watch) && concerns(watch, written)) watch.told(keyOf(store), false);
  }

  /** A look has found that others have committed to a store. */
  seenWritten(store: WatchedStore): void {
    if (this.#all.size > 0) this.lookout?.seenWritten(store);
  }

  created(store: WatchedStore): void {
    if (this.#all.size > 0) this.lookout?.created(store);
  }

  /** `from`: the directory that it had, if any. */
  moved(store: WatchedStore, from: string | undefined): void {
    if (this.#all.size > 0 && from !== undefined) this.lookout?.moved(store, from);
  }

  closed(store: WatchedStore, isDeleted: boolean): void {
    if (isDeleted) this.lookout?.deleted(store);
    for (const watch of [...this.#all]) if (watch.store === store) watch.ended();
  }
}

function isWithin(store: WatchedStore, watch: Watch): boolean {
  let at: WatchedStore | undefined = store;
  for (let level = 0; at !== undefined && level <= watch.levels; level++, at = at.parent)
    if (at === watch.store) return true;
  return false;
}

function concerns({ types }: Watch, written: WrittenTypes): boolean {
  if (written === undefined) return true;
  for (const name of written) if (types.has(name)) return true;
  return false;
}
