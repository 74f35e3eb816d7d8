import type { Item } from '../item/item.js';

/** Below this many entries a sweep is not worth its time. */
const MIN_SWEEP = 1024;

/**
 * One object per stored item: whoever asks for an id gets the object that others hold. It holds items weakly. Entries
 * of items that are gone are swept whenever the map has doubled, which costs less than being told of each.
 */
export class IdentityMap {
  readonly #items = new Map<number, WeakRef<Item>>();
  #sweepAt = MIN_SWEEP;

  get(id: number): Item | undefined {
    return this.#items.get(id)?.deref();
  }

  set(id: number, item: Item): void {
    this.#items.set(id, new WeakRef(item));
    if (this.#items.size >= this.#sweepAt) this.#sweep();
  }

  delete(id: number): void {
    this.#items.delete(id);
  }

  clear(): void {
    this.#items.clear();
  }

  #sweep(): void {
    for (const [id, reference] of this.#items) if (reference.deref() === undefined) this.#items.delete(id);
    this.#sweepAt = Math.max(MIN_SWEEP, this.#items.size * 2);
  }
}
