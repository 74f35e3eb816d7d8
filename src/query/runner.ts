import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { AggregateFn, QuerySpec, ValueNode } from './ast.js';

/**
 * How a question is answered: its SQL, the parameters bound, SQLite's plan, one line per step, and what makes it slow,
 * with the declaration that would help. Of groups, it is what each store is asked; what follows is put together apart.
 */
export interface Explanation {
  readonly sql: string;
  readonly parameters: readonly Cell[];
  readonly plan: readonly string[];
  readonly warnings: readonly string[];
}

/** Some of an answer, and where the next part begins; `next` is undefined after the last. */
export interface Page<R> {
  readonly items: R[];
  readonly next: string | undefined;
}

/** One item of an answer, as it was read: enough to compare it with how it was before. */
export interface FoundItem {
  readonly storeId: number;
  readonly cells: readonly Cell[];
  /** The live item. To be called before anything else is done: later it may be gone. */
  item(): unknown;
}

/** What one store has of an answer. */
export interface FoundPart {
  /** Names the store as long as it stays where it is: its directory; in memory, the uids of those above and its own, and which of them were restored. */
  readonly key: string;
  readonly uid: string;
  /** The names that lead to the store from the root. */
  readonly path: readonly string[];
  readonly items: readonly FoundItem[];
}

/** An answer, or as much of it as may have changed. */
export interface FoundAnswer {
  readonly parts: readonly FoundPart[];
  /** The keys of stores that are no longer in the answer; 'all others': the parts are the whole answer. */
  readonly gone: 'all others' | readonly string[];
  /** The uppermost store that was asked. */
  readonly top: Pick<FoundPart, 'key' | 'path'>;
}

/** What is known of a store that had part in an answer. */
export interface KnownPart {
  readonly uid: string;
  /** The names that lead to it from the uppermost store that was asked. */
  readonly below: readonly string[];
}

/** What need not be read again. */
export interface Since {
  /** The stores that had part in the answer, by key. */
  readonly known: ReadonlyMap<string, KnownPart>;
  /** Those that were written since. */
  readonly written: ReadonlySet<string>;
}

/** Someone who wants to know when an answer may have changed. */
export interface Watcher {
  /** The types that the question reads. */
  readonly types: ReadonlySet<ItemType>;
  /** How often commits of other handles and processes are looked for, in milliseconds. */
  readonly pollMs: number;
  /**
   * Something was committed that can change the answer, in the store with this key ({@link FoundPart.key}), or anywhere: by
   * us, or by others, which is seen now. Called in the middle of things: it only takes a note.
   */
  mayHaveChanged(where: string | undefined, byOthers: boolean): void;
  /** The store was closed or deleted: there will be no more news. */
  ended(): void;
}

/** A watch that goes on until it is stopped. */
export interface Watching {
  stop(): void;
  /** True when the store will never answer again. */
  readonly isOver: boolean;
}

/** Who answers questions: the socket into which stores and trees plug. */
export interface QueryRunner {
  /** A store's uid, or what names a tree; a subquery must be of the same scope. */
  readonly scope: string;
  /** @throws CorollaryError UNKNOWN_TYPE */
  typeNamed(name: string): ItemType;
  /** The type of a class, learned if it is new. @throws CorollaryError BAD_TYPE, DUPLICATE_TYPE */
  typeOf(itemClass: ItemClass): ItemType;
  /** Live items, or lists of them; with `pluck`, values; with `select`, objects of values. */
  read(spec: QuerySpec): unknown[];
  /**
   * The values that `read` would give, for who wants them one after the other. Which rows they are of is settled at the
   * first; of a long answer, the values themselves are read in pieces, as they are by then.
   */
  stream(spec: QuerySpec): Iterable<unknown>;
  /** `value` is absent for 'count' only. */
  aggregate(spec: QuerySpec, fn: AggregateFn, value?: ValueNode): unknown;
  /** `after` is a cursor of an earlier page of the same question. */
  page(spec: QuerySpec, size: number, after: string | undefined): Page<unknown>;
  /** Changes every item found; returns their number. */
  update(spec: QuerySpec, values: object): number;
  /** Deletes every item found; returns their number. */
  delete(spec: QuerySpec): number;
  explain(spec: QuerySpec): Explanation;
  /**
   * The items of the answer, for comparison; with `since`, those of stores that were written may be enough.
   * @throws CorollaryError NOT_SUPPORTED inside a transaction, whose changes may still be undone
   */
  found(spec: QuerySpec, since?: Since): FoundAnswer;
  /** Tells a watcher of commits from now on. @throws CorollaryError STORE_CLOSED */
  watch(watcher: Watcher): Watching;
}

/** The key under which a store or tree gives its runner. */
export const runnerOf: unique symbol = Symbol('corollary.runner');

/** Anything that answers queries. */
export interface Askable {
  readonly [runnerOf]: QueryRunner;
}
