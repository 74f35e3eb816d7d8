import { CorollaryError } from '../errors.js';
import type { Evictable, OpenFiles } from '../store/settings.js';

/**
 * The databases of substores that are open at once, for one root. The one that has rested longest is closed when
 * another must open; it opens by itself at its next use. What a transaction needs is never closed.
 */
export class Pool {
  readonly #max: number;
  /** Open files, each with what must stay in memory as long as it is open. */
  readonly #open = new Map<Evictable, object>();

  /** Told of each database that is opened, before anything is read from it. */
  onOpened: ((file: Evictable) => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** The pool as one store's file sees it. `owner` gives the object that is kept while the file is open. */
  memberFor(owner: () => object): OpenFiles {
    return {
      makeRoom: () => {
        while (this.#open.size >= this.#max) this.#longestResting().evict();
      },
      opened: (file) => {
        this.#open.set(file, owner());
        this.onOpened?.(file);
      },
      closed: (file) => this.#open.delete(file),
    };
  }

  /** The files that are open now. */
  files(): Iterable<Evictable> {
    return this.#open.keys();
  }

  // A scan of at most some hundred numbers costs a hundredth of the opening that follows.
  #longestResting(): Evictable {
    let found: Evictable | undefined;
    for (const file of this.#open.keys())
      if (!file.isPinned && (found === undefined || file.lastUsed < found.lastUsed)) found = file;
    if (found !== undefined) return found;
    throw new CorollaryError(
      'TOO_MANY_OPEN',
      `The running transaction needs more than ${this.#max} substores open at once: use several transactions, or raise maxOpenSubstores`,
    );
  }
}
