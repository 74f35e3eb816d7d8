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

/**
 * Where a store is. Asked anew each time, since a store can be moved and renamed while it is in use. The room that nests
 * stores tells it.
 */
export interface Whereabouts {
  /** The store's directory; undefined for a store in memory. */
  readonly directory: string | undefined;
  /** Where the store is, for messages. */
  readonly place: string;
  /** Who the store must be; undefined for a root with files, which says it itself. */
  readonly expected: ExpectedIdentity | undefined;
}

/** Socket: bounds how many databases are open at once. The room that nests stores implements it. */
export interface OpenFiles {
  /** Closes others until there is room for one more. @throws CorollaryError TOO_MANY_OPEN */
  makeRoom(): void;
  opened(file: Evictable): void;
  /** At each use of the open database; costs a comparison where it is the one that was used before. */
  used(): void;
  closed(): void;
}

/** What a handle has seen of commits to its database. */
export interface CommitsSeen {
  /** The header's number, which every transaction of this library raises. */
  readonly generation: number;
  /** By how much this handle has raised it. */
  readonly raised: number;
  /** How often this handle has found that another connection has committed something. */
  readonly foreign: number;
}

/** A database that can be closed and will open itself again. */
export interface Evictable {
  /** Where the store is, for messages. */
  readonly place: string;
  /** True while it cannot be closed: a transaction needs it open, or a statement is running. */
  readonly isInUse: boolean;
  /** True when closing takes as long as moving the log into the database. */
  readonly hasWritten: boolean;
  /** About how many bytes of memory it takes. */
  readonly memory: number;
  /** The store's directory. */
  readonly directory: string | undefined;
  evict(): void;
  /** What this handle has seen of commits, after a look for those of others. Does not count as a use. */
  lookForCommits(): CommitsSeen;
  /** The same without looking. */
  readonly commitsSeen: CommitsSeen;
}
