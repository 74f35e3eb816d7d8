import { expect } from 'vitest';
import type { Target } from './state.js';

/**
 * Which uids and storeIds stand for what in the model. They are learned where something is seen for the first time, and
 * must be the same for ever after, and nobody else's.
 */
export class Binding {
  #uids = new Map<number, string>();
  #keys = new Map<string, number>();
  #ids = new Map<number, number>();
  /** What a storeId was given to, for each store. */
  #labels = new Map<string, number>();

  /** One that knows the same; what it learns is its own. */
  copy(): Binding {
    const copy = new Binding();
    copy.take(this);
    return copy;
  }

  /** From now on it knows what another knows. */
  take(other: Binding): void {
    this.#uids = new Map(other.#uids);
    this.#keys = new Map(other.#keys);
    this.#ids = new Map(other.#ids);
    this.#labels = new Map(other.#labels);
  }

  /** The uid of a store of the model; learned where nothing is known. */
  uid(key: number, seen: string): string {
    const known = this.#uids.get(key);
    if (known !== undefined) return known;
    expect(this.#keys.get(seen), `uid ${seen} is given twice`).toBeUndefined();
    this.#uids.set(key, seen);
    this.#keys.set(seen, key);
    return seen;
  }

  /** The storeId of something in a store; learned where nothing is known. */
  id(key: number, label: number, seen: number): number {
    const known = this.#ids.get(label);
    if (known === undefined) this.#ids.set(label, seen);
    const place = `${this.#uids.get(key)}/${known ?? seen}`;
    const owner = this.#labels.get(place);
    if (owner === undefined) this.#labels.set(place, label);
    else expect(owner, `${place} is given twice`).toBe(label);
    return known ?? seen;
  }

  /** The storeId of something; undefined where none was seen. */
  idOf(label: number): number | undefined {
    return this.#ids.get(label);
  }

  /** Stores that go back to an older state may give ids again; all may, if it is not said which. */
  forgetIdsIn(keys: readonly number[] = [...this.#uids.keys()]): void {
    const uids = new Set(keys.map((key) => this.#uids.get(key)));
    for (const place of this.#labels.keys()) if (uids.has(place.split('/')[0])) this.#labels.delete(place);
  }

  address({ key, label }: Target): string | undefined {
    const [uid, id] = [this.#uids.get(key), this.#ids.get(label)];
    return uid === undefined || id === undefined ? undefined : `${uid}/${id}`;
  }
}
