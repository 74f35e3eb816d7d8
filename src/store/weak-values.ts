/** Below this many entries a sweep is not worth its time. */
const MIN_SWEEP = 1024;

/**
 * A map that does not keep its values in memory. Entries of values that are gone are swept whenever the map has
 * doubled, which costs less than being told of each.
 */
export class WeakValues<K, V extends WeakKey> {
  readonly #references = new Map<K, WeakRef<V>>();
  #sweepAt = MIN_SWEEP;

  get(key: K): V | undefined {
    return this.#references.get(key)?.deref();
  }

  set(key: K, value: V): void {
    this.#references.set(key, new WeakRef(value));
    if (this.#references.size >= this.#sweepAt) this.#sweep();
  }

  delete(key: K): void {
    this.#references.delete(key);
  }

  clear(): void {
    this.#references.clear();
  }

  /** The values that are still in memory. */
  values(): V[] {
    return [...this.#references.values()].flatMap((reference) => reference.deref() ?? []);
  }

  #sweep(): void {
    this.#removeGone();
    this.#sweepAt = Math.max(MIN_SWEEP, this.#references.size * 2);
  }

  #removeGone(): void {
    for (const [key, reference] of this.#references) if (reference.deref() === undefined) this.#references.delete(key);
  }
}
