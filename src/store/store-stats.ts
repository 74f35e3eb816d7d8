import type { SqlRow } from '../driver/sql-value.js';
import type { StoreCore } from './store-core.js';

/** What a store tells of itself. */
export interface StoreStats {
  /** The size of the database, what is still in its log included; not that of substores. */
  readonly databaseBytes: number;
  /** How much of it `vacuum()` would give back. */
  readonly freeBytes: number;
  /** Raised by every transaction that writes the store, the first one of a handle by more than one: the same number means that nothing was committed in between. */
  readonly generation: number;
  /** How many items of the store this handle has in memory. */
  readonly itemsInMemory: number;
}

const SIZES = `SELECT page_count * page_size, freelist_count * page_size
  FROM pragma_page_count, pragma_page_size, pragma_freelist_count`;

/** One statement, and a step for each item in memory. */
export function storeStats(core: StoreCore): StoreStats {
  const { connection } = core.reading();
  const [databaseBytes, freeBytes] = connection.row(SIZES) as SqlRow as [number, number];
  const { generation } = core.file.commitsSeen;
  return { databaseBytes, freeBytes, generation, itemsInMemory: core.identity.count() };
}
