/** An entry takes about 100 bytes: at most 1 MB for each root. */
const MOST = 10_000;

/**
 * Which store each store was last seen below, by uid. Only a hint where to look first: stores are moved and deleted by
 * any process. Texts and not stores, so that it holds nothing open, and outlives what is closed to make room.
 */
export class ParentsSeen {
  readonly #parents = new Map<string, string>();

  /** From now on the store counts as seen below that parent. */
  note(uid: string, parentUid: string): void {
    if (this.#parents.get(uid) === parentUid) return;
    this.#parents.set(uid, parentUid);
    if (this.#parents.size > MOST) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const uid of this.#parents.keys()) {
      this.#parents.delete(uid);
      return;
    }
  }

  /** The uids that led from one store down to another, that of the lower last; undefined when they are not known. */
  wayDown(upper: string, lower: string): readonly string[] | undefined {
    const way: string[] = [];
    let at = lower;
    while (at !== upper) {
      const parent = this.#parents.get(at);
      // Stores that were moved below each other in turn may be noted in a circle.
      if (parent === undefined || way.includes(at)) return undefined;
      way.unshift(at);
      at = parent;
    }
    return way;
  }
}
