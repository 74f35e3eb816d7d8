/**
 * Counts, for types that somebody asks about, how often rows were written in this store or put back by a rollback. What is
 * worked out from rows of a type is right as long as the count, and the epoch of the file, stay the same.
 */
export class WriteCounts {
  readonly #counts = new Map<string, number>();

  /** The count for a type; it is kept from now on. */
  of(typeName: string): number {
    const count = this.#counts.get(typeName);
    if (count !== undefined) return count;
    this.#counts.set(typeName, 0);
    return 0;
  }

  /** Rows of a type were written, or put back. */
  wrote(typeName: string): void {
    if (this.#counts.size === 0) return;
    const count = this.#counts.get(typeName);
    if (count !== undefined) this.#counts.set(typeName, count + 1);
  }
}
