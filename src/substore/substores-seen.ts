import { isUnwrittenSince, type Moment, momentOf } from '../store/moment.js';
import type { StoreCore } from '../store/store-core.js';
import type { SubStore } from './sub-store.js';

/**
 * The items of a store's substores, by name, kept from one way through the tree to the next as long as nobody writes to the
 * store: to read 1,000 of them again was a tenth of a question that asks few stores. They are held by one weak reference,
 * so that they stay in memory no longer than till garbage is collected.
 */
export class SubstoresSeen {
  readonly #core: StoreCore;
  #at: Moment | undefined;
  #items: WeakRef<readonly SubStore[]> | undefined;

  constructor(core: StoreCore) {
    this.#core = core;
  }

  /** The items as of now; `read` reads them where they are not known. */
  now(read: () => readonly SubStore[]): readonly SubStore[] {
    if (!this.#core.isAsCommitted) return read();
    const known = isUnwrittenSince(this.#at, this.#core.readingAside()) ? this.#items?.deref() : undefined;
    return known ?? this.#keep(read());
  }

  // Reading looks for commits of others, too: the moment is that of the answer.
  #keep(items: readonly SubStore[]): readonly SubStore[] {
    this.#at = momentOf(this.#core.file);
    this.#items = new WeakRef(items);
    return items;
  }
}
