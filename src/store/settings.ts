import type { Durability } from '../driver/pragmas.js';

/** What holds for every store of a tree. */
export interface StoreSettings {
  readonly readOnly: boolean;
  readonly durability: Durability;
  readonly busyTimeoutMs: number;
  /** Milliseconds since 1970, for what the library itself dates. */
  readonly clock: () => number;
}

/** Who a store must be, where its parent knows it. */
export interface ExpectedIdentity {
  readonly uid: string;
  readonly parentUid: string;
}

/** Socket: bounds how many databases are open at once. The room that nests stores implements it. */
export interface OpenFiles {
  /** Closes others until there is room for one more. @throws CorollaryError TOO_MANY_OPEN */
  makeRoom(): void;
  opened(file: Evictable): void;
  closed(file: Evictable): void;
}

/** A database that can be closed and will open itself again. */
export interface Evictable {
  /** Raised at each use; the smallest has rested longest. */
  readonly lastUsed: number;
  /** True while a transaction needs it open. */
  readonly isPinned: boolean;
  evict(): void;
}
