import { Item, integer, item, text } from 'corollary';

/** What the stores of the tree hold. `noise` is the same number as `watts`, but has no index. */
@item('reading')
export class Reading extends Item {
  @text() declare sensor: string;
  @integer({ indexed: true }) declare watts: number;
  @integer() declare noise: number;
}

export interface ReadingRow {
  readonly sensor: string;
  readonly watts: number;
  readonly noise: number;
}

/** The rows of one of so many stores. The largest number of each store is next to that of another: no store has two of the first ten. */
export function readingRows(store: number, rows: number): ReadingRow[] {
  return Array.from({ length: rows }, (_, row) => {
    const watts = row * 1_000_000 + store;
    return { sensor: `sensor ${row}`, watts, noise: watts };
  });
}

export function storeName(store: number): string {
  return `store ${store}`;
}
