import type { KeepingStore } from '../../item/keeping-store.js';
import { builtInTexts } from '../../store/built-in-rows.js';
import type { Whereabouts } from '../../store/settings.js';
import { StoreFile } from '../../store/store-file.js';
import type { Branch, Forest } from '../branch.js';
import { childNamed } from '../child-named.js';
import { substoreDirectory } from '../substore-directory.js';

/** A store on the way through a tree, and what its parent says of it. */
export interface Visited {
  readonly file: StoreFile;
  /** The name in the parent; null for a root. */
  readonly name: string | null;
  /** The uid of the store above; empty for the uppermost store that is visited. */
  readonly parent: string;
  /** The name of its directory in the parent's `sub`; empty for the uppermost. */
  readonly directory: string;
}

export interface VisitOptions {
  /** The uid of a store that is left out with all below it. */
  readonly except?: string | undefined;
  /** A store that the running transaction has locked: what is visited must be this handle of it. */
  readonly locked?: StoreFile | undefined;
}

/**
 * A store and all below it, parents first. A store's substores are looked up after it was visited. Unlike a query of the
 * tree, it goes by every row: whoever copies a tree must fail where a store cannot be read. Each database is opened for
 * this visit alone, and closed before the next one, so that descriptors and memory do not grow with the tree.
 */
export function storesOf<S extends KeepingStore>(top: Branch<S>, options: VisitOptions = {}): Generator<Visited> {
  const visited = { file: top.core.file, name: top.name, parent: '', directory: '' };
  return new Visit(top, options).from(visited, []);
}

class Visit<S extends KeepingStore> {
  readonly #top: Branch<S>;
  readonly #forest: Forest<S>;
  readonly #options: VisitOptions;

  constructor(top: Branch<S>, options: VisitOptions) {
    this.#top = top;
    this.#forest = top.forest;
    this.#options = options;
  }

  *from(visited: Visited, names: readonly string[]): Generator<Visited> {
    const { file } = visited;
    const isOfThisVisit = names.length > 0 && file.directory !== undefined && file !== this.#options.locked;
    let below: readonly Row[];
    try {
      yield visited;
      below = this.#below(file);
    } finally {
      if (isOfThisVisit) file.close();
    }
    for (const row of below) yield* this.#into(visited, row, names);
  }

  #into({ file: parent }: Visited, row: Row, above: readonly string[]): Generator<Visited> {
    const { name, directory } = row;
    const names = [...above, name];
    return this.from({ file: this.#fileOf(parent, row, names), name, parent: parent.uid, directory }, names);
  }

  #below(file: StoreFile): readonly Row[] {
    const rows = builtInTexts(file, 'corollary_substore', ['name', 'uid', 'directory']);
    const all = (rows as [string, string, string][]).map(([name, uid, directory]) => ({ name, uid, directory }));
    return all.filter(({ uid }) => uid !== this.#options.except);
  }

  #fileOf(parent: StoreFile, { uid, directory: id }: Row, names: readonly string[]): StoreFile {
    const { locked } = this.#options;
    if (locked?.uid === uid) return locked;
    const inMemory = this.#forest.inMemory.get(uid);
    if (inMemory !== undefined) return inMemory;
    const whereabouts: Whereabouts = {
      directory: substoreDirectory(parent.directory as string, id),
      place: `${this.#top.root.core.file.place} (${[...this.#top.path, ...names].join('/')})`,
      expected: { uid, parentUid: parent.uid },
    };
    const { settings } = this.#forest;
    return new StoreFile({ whereabouts, settings, openFiles: undefined, whenMissing: () => this.#bring(names) });
  }

  // A store that was moved may still lie where it was: whoever opens it in the ordinary way brings it.
  #bring(names: readonly string[]): void {
    names.reduce((branch, name) => childNamed(branch, name), this.#top).core.readingAside();
  }
}

interface Row {
  readonly name: string;
  readonly uid: string;
  readonly directory: string;
}
