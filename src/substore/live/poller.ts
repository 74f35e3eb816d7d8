import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KeepingStore } from '../../item/keeping-store.js';
import { isWithin } from '../../store/is-within.js';
import type { Evictable, StoreSettings } from '../../store/settings.js';
import { visitStore } from '../../store/visit-store.js';
import type { Lookout, Watch, WatchedStore } from '../../store/watches.js';
import type { Branch } from '../branch.js';
import type { Pool } from '../pool.js';
import { Areas, directoriesDirectlyBelow } from './areas.js';
import { LOOKS_PER_OPENING, paceFor } from './pace.js';
import { type Glimpse, PolledStore } from './polled-store.js';

// Kept from the start: a test that replaces the timers must not stop what others wait for.
const { setTimeout, clearTimeout } = globalThis;

/** Has commits of other handles and processes looked for in all stores of a tree, while somebody watches. */
export function lookOutFor<S extends KeepingStore>({ core, forest: { pool, settings } }: Branch<S>): void {
  const { directory } = core.file;
  if (directory === undefined) return; // nobody else can reach a store in memory
  core.watches.lookout = new Poller({ root: core.file, directory, pool, settings });
}

/** The tree that a poller looks after. */
interface PolledTree {
  readonly root: Evictable;
  /** That of the root. */
  readonly directory: string;
  readonly pool: Pool;
  readonly settings: StoreSettings;
}

/**
 * Goes round the watched stores of one tree, a step at a time, on one timer that does not keep the process alive. It
 * knows stores by their directories: it holds no items and no stores, and keeps no database open.
 */
class Poller implements Lookout {
  readonly #tree: PolledTree;
  readonly #areas: Areas;
  /** By directory. The first is looked at next, and is the last then. */
  readonly #stores = new Map<string, PolledStore>();
  /** The directories of watched stores that were opened and that nobody has looked after yet. */
  readonly #met = new Set<string>();
  /** The directories of stores that we have deleted since the last step. */
  readonly #deletedHere = new Set<string>();
  /** Of what was told since a search began. */
  #found: Set<string> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = 0;

  constructor(tree: PolledTree) {
    this.#tree = tree;
    this.#areas = new Areas(tree.directory);
  }

  began(watch: Watch): void {
    const directory = directoryOf(watch.store);
    this.#tree.pool.onOpened = (file) => this.#opened(file);
    if (this.#areas.add(directory, watch)) this.#lookAfter(directory);
    // Else the step that is due comes soon enough: putting it off at each new watch might put it off for ever.
    if (this.#timer === undefined || this.#pace.pauseMs < this.#pauseMs) this.#restart();
  }

  stopped(watch: Watch): void {
    this.#areas.delete(watch);
    if (!this.#areas.isEmpty) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tree.pool.onOpened = undefined;
    this.#stores.clear();
    this.#met.clear();
    this.#deletedHere.clear();
  }

  get #pace() {
    return paceFor(this.#stores.size, this.#areas.pollMs);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    const { looksPerStep, pauseMs } = this.#pace;
    this.#pauseMs = pauseMs;
    this.#timer = setTimeout(() => this.#step(looksPerStep), pauseMs).unref();
  }

  /** From now on nothing is missed of the watched stores in and below a directory. Gives the directories of new ones. */
  #lookAfter(directory: string): readonly string[] {
    const open = this.#openFiles();
    const added = [...this.#areas.directoriesFrom(directory)].filter((at) => !this.#stores.has(at));
    for (const at of added) this.#stores.set(at, this.#polled(at, open.get(at)));
    return added;
  }

  #polled(directory: string, open: Evictable | undefined): PolledStore {
    return new PolledStore(directory, open, (at) => this.#glimpseInto(at));
  }

  #openFiles(): Map<string | undefined, Evictable> {
    const { root, pool } = this.#tree;
    const open = new Map<string | undefined, Evictable>();
    for (const file of pool.files()) open.set(file.directory, file);
    // The root is closed only after a commit of unknown outcome; a look opens it again.
    return open.set(root.directory, root);
  }

  #step(looksPerStep: number): void {
    this.#deletedHere.clear();
    this.#lookAfterMet();
    const open = this.#openFiles();
    let looks = 0;
    const glimpseInto = (directory: string): Glimpse => {
      looks += LOOKS_PER_OPENING;
      return this.#glimpseInto(directory);
    };
    for (const store of this.#stores.values()) {
      if (looks++ >= looksPerStep) break;
      this.#lookAt(store, open.get(store.directory), glimpseInto);
    }
    this.#restart();
  }

  /** Looks at the store whose turn it is, and puts it behind the others, if it stays. */
  #lookAt(store: PolledStore, open: Evictable | undefined, glimpseInto: (directory: string) => Glimpse): void {
    const { directory } = store;
    this.#stores.delete(directory);
    this.#followFrom(directory);
    if (!this.#areas.covers(directory)) return;
    const isNews = store.hasNews(open, glimpseInto);
    const stays = !store.isMissing || this.#areas.isTop(directory);
    if (stays) this.#stores.set(directory, store);
    if (isNews && (stays || this.#stores.has(parentOf(directory)))) this.#news(directory);
    else if (store.hadNewsLately) this.#lookForArrivals(directory);
  }

  // Who moves a store here commits that first, then its directory follows.
  #lookForArrivals(directory: string): void {
    for (const at of directoriesDirectlyBelow(directory))
      if (!this.#stores.has(at) && this.#areas.covers(at)) this.#arrived(at);
  }

  // Where a directory followed only when it was needed here, its store is opened at once.
  #lookAfterMet(): void {
    const met = [...this.#met];
    this.#met.clear();
    // A store that was made in a transaction which was undone is no more.
    for (const at of met) if (!this.#stores.has(at) && existsSync(at)) this.#arrived(at);
  }

  #arrived(directory: string): void {
    this.#tell(this.#lookAfter(directory));
  }

  // Others move stores too, and whoever finds one where it is now does not tell. Until now nobody has looked there.
  #followFrom(directory: string): void {
    for (const watch of this.#rearrange([...this.#areas.watchesAt(directory)]))
      watch.told(directoryOf(watch.store), true);
  }

  /** Has watched stores looked after where they lie now; gives the watches of those that lay elsewhere. */
  #rearrange(watches: readonly Watch[]): readonly Watch[] {
    const moved = watches.filter((watch) => !this.#areas.hasAt(directoryOf(watch.store), watch));
    for (const watch of moved) {
      const directory = directoryOf(watch.store);
      this.#areas.delete(watch);
      if (this.#areas.add(directory, watch)) this.#lookAfter(directory);
    }
    return moved;
  }

  // The lock is looked at first: if it is free, all that was written until then is seen, and what is written later
  // changes the files.
  #glimpseInto(directory: string): Glimpse {
    return visitStore(directory, this.#tree.settings, (file) => {
      const { isBeingWritten } = file;
      return { isBeingWritten, generation: file.lookForCommits().generation };
    });
  }

  /**
   * Others have committed to a store; they may have made stores below it. Who watches may have read these since, so that
   * they are told of too: what was written in between was not looked for.
   */
  #news(directory: string): void {
    const store = this.#stores.get(directory);
    store?.noteNews();
    const below = store === undefined ? [] : this.#lookAfter(directory);
    this.#tell([directory, ...below]);
  }

  #tell(directories: readonly string[]): void {
    for (const at of directories) this.#found?.add(at);
    for (const at of directories) for (const watch of this.#areas.watchesOver(at)) watch.told(at, true);
  }

  #opened(file: Evictable): void {
    const directory = file.directory as string;
    const store = this.#stores.get(directory);
    if (store?.hasNewsAtOpening(file.commitsSeen) === true) this.#news(directory);
    else if (store === undefined && this.#areas.covers(directory)) this.#met.add(directory);
  }

  hasMissedBefore(store: WatchedStore): boolean {
    return this.#stores.get(directoryOf(store))?.hasMissedBefore(store.file.commitsSeen) === true;
  }

  // Nobody waits for the next step then: what is read meanwhile may be later than what was told.
  seenWritten(store: WatchedStore): void {
    const directory = directoryOf(store);
    if (this.#stores.get(directory)?.isNewsInside(store.file.commitsSeen) === true) this.#news(directory);
  }

  // It may have come with stores below it: imported, copied, restored, moved.
  created(store: WatchedStore): void {
    const directory = directoryOf(store);
    if (this.#areas.covers(directory)) this.#lookAfter(directory);
  }

  moved(store: WatchedStore, from: string): void {
    this.#stores.delete(from);
    this.#rearrange([...this.#areas.watches].filter((watch) => isWithin(watch.store, store)));
    this.created(store);
  }

  // Those below go without a word when they are looked at: their parent is not looked after any more.
  deleted(store: WatchedStore): void {
    this.#stores.delete(directoryOf(store));
    this.#deletedHere.add(directoryOf(store));
  }

  lookFor(gone: readonly string[]): Iterable<string> {
    if (gone.every((at) => this.#deletedHere.has(at))) return [];
    const found = new Set<string>();
    this.#found = found;
    try {
      this.#lookAfterMet();
      const open = this.#openFiles();
      for (const store of [...this.#stores.values()])
        this.#lookAt(store, open.get(store.directory), (at) => this.#glimpseInto(at));
    } finally {
      this.#found = undefined;
    }
    return found;
  }
}

function parentOf(directory: string): string {
  return dirname(dirname(directory)); // `sub/<id>` in its parent's
}

// A tree with a root on disk has all its stores there.
function directoryOf({ file }: WatchedStore): string {
  return file.directory as string;
}
