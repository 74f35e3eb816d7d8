/** How many rows peers insert by one statement, where they build it: more gain nothing, or cost. */
export const ROWS_PER_INSERT = 100;

/** A list in parts of a size. */
export function* slices<T>(list: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
