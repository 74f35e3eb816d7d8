import type { Item } from '../item/item.js';
import { KnownGroup } from './known-group.js';
import { whenTurnEnds } from './turn.js';

/** So many groups are ended in one turn: 5 ms. */
const GROUPS_IN_A_TURN = 512;

/** So many entries are swept in one turn: 4 ms, where all are still there. */
const ENTRIES_IN_A_TURN = 8192;

/** Below this many entries a sweep is not worth its time. */
const MIN_SWEEP = 1024;

// What is registered here is kept by nobody: it is gone once garbage was collected, and its map is told.
const collections = new FinalizationRegistry<WeakRef<IdentityMap>>((map) => map.deref()?.garbageWasCollected());

/**
 * One object per stored item, by id: whoever asks gets the object that others hold. The map does not keep its items in
 * memory.
 *
 * Items come to be known in groups, which stay in memory as a whole until garbage was collected; before, nothing would be
 * freed in any case. Those that are still there are known one by one from then on. A weak reference for each item from
 * the start takes a fifth of loading many (decision 0036).
 */
export class IdentityMap {
  readonly #known = new Map<number, KnownGroup | WeakRef<Item>>();
  /** Those that have not ended. The last one is being filled. */
  #groups: KnownGroup[] = [];
  #isWaiting = false;
  #sweepAt = MIN_SWEEP;
  /** What a sweep that has begun has not come to yet. */
  #unswept: Iterator<[number, KnownGroup | WeakRef<Item>]> | undefined;

  get(id: number): Item | undefined {
    const known = this.#known.get(id);
    return known instanceof KnownGroup ? known.find(id) : known?.deref();
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

  /** The items that are still in memory. */
  values(): Item[] {
    return [...this.#known.keys()].flatMap((id) => this.get(id) ?? []);
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
    this.#unswept ??= this.#known.entries();
    for (let left = ENTRIES_IN_A_TURN; left > 0; left--) {
      const next = this.#unswept.next();
      if (next.done === true) {
        this.#unswept = undefined;
        this.#sweepAt = Math.max(MIN_SWEEP, this.#known.size * 2);
        return;
      }
      const [id, known] = next.value;
      if (known instanceof WeakRef && known.deref() === undefined) this.#known.delete(id);
    }
    whenTurnEnds(() => this.#sweep());
  }
}
