import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import { IdTable } from './id-table.js';
import { KnownGroup } from './known-group.js';
import { whenTurnEnds } from './turn.js';

/** So many groups are ended in one turn: 5 ms. */
const GROUPS_IN_A_TURN = 512;

/** So many blocks of items are swept in one turn: 4 ms, where all are still there. */
const BLOCKS_IN_A_TURN = 512;

/** Below this many entries a sweep is not worth its time. */
const MIN_SWEEP = 1024;

// What is registered here is kept by nobody: it is gone once garbage was collected, and its map is told.
const collections = new FinalizationRegistry<WeakRef<IdentityMap>>((map) => map.deref()?.garbageWasCollected());

/** What an item is known by. */
type Known = KnownGroup | WeakRef<Item>;

function isInMemory(known: Known): boolean {
  return known instanceof KnownGroup ? known.isInMemory : known.deref() !== undefined;
}

/**
 * One object per stored item, by id: whoever asks gets the object that others hold. The map does not keep its items in
 * memory.
 *
 * Items come to be known in groups, which stay in memory as a whole until garbage was collected; before, nothing would be
 * freed in any case. Those that are still there are known one by one from then on. A weak reference for each item from
 * the start takes a fifth of loading many (decision 0036).
 */
export class IdentityMap {
  readonly #known = new IdTable<Known>();
  /** Those that have not ended. The last one is being filled. */
  #groups: KnownGroup[] = [];
  #isWaiting = false;
  #sweepAt = MIN_SWEEP;
  /** What a sweep that has begun has not come to yet. */
  #unswept: Iterator<void> | undefined;

  get(id: number): Item | undefined {
    const known = this.#known.get(id);
    if (known instanceof KnownGroup) return known.find(id);
    const item = known?.deref();
    // An id that was made up may have the number of another.
    return item !== undefined && stateOf(item).id === id ? item : undefined;
  }

  /** Adds an item, unless its class's constructor has asked for it, and so made another. Gives the one that is known. */
  add(id: number, item: Item): Item {
    const known = this.get(id);
    if (known !== undefined) return known;
    const group = this.#groupToFill();
    group.add(id, item);
    this.#known.set(id, group);
    return item;
  }

  /** The same for one that may be known. */
  put(id: number, item: Item): void {
    if (this.get(id) === item) return;
    this.delete(id);
    this.add(id, item);
  }

  #groupToFill(): KnownGroup {
    const last = this.#groups[this.#groups.length - 1];
    if (last?.takesMore) return last;
    const group = new KnownGroup();
    this.#groups.push(group);
    this.#waitForCollection();
    return group;
  }

  delete(id: number): void {
    const known = this.#known.get(id);
    this.#known.delete(id);
    if (known instanceof KnownGroup) known.drop(id);
  }

  clear(): void {
    for (const group of this.#groups) group.end();
    this.#groups = [];
    this.#known.clear();
  }

  /** How many items are still in memory. */
  count(): number {
    let count = 0;
    for (const known of this.#known.values()) if (isInMemory(known)) count++;
    return count;
  }

  #waitForCollection(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    collections.register({}, new WeakRef(this));
  }

  /** To be called when garbage was collected since the first of the groups began. */
  garbageWasCollected(): void {
    this.#isWaiting = false;
    for (const group of this.#groups.splice(0, GROUPS_IN_A_TURN)) this.#end(group);
    if (this.#groups.length > 0) whenTurnEnds(() => this.garbageWasCollected());
    else if (this.#unswept === undefined && this.#known.size >= this.#sweepAt) this.#sweep();
  }

  #end(group: KnownGroup): void {
    group.end((id, item) => {
      if (this.#known.get(id) !== group) return; // it is known otherwise by now
      if (item === undefined) this.#known.delete(id);
      else this.#known.set(id, new WeakRef(item));
    });
  }

  // Entries of items that are gone: when the map has doubled, which costs less than being told of each.
  #sweep(): void {
    this.#unswept ??= this.#known.sweep((known) => known instanceof KnownGroup || isInMemory(known));
    for (let left = BLOCKS_IN_A_TURN; left > 0; left--) {
      if (this.#unswept.next().done !== true) continue;
      this.#unswept = undefined;
      this.#sweepAt = Math.max(MIN_SWEEP, this.#known.size * 2);
      return;
    }
    whenTurnEnds(() => this.#sweep());
  }
}
