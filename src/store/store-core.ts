import type { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { Keeper } from '../item/state.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { TypeRegistry } from '../schema/registry.js';
import { Catalog, type CatalogueEntry } from './catalog.js';
import { TAGS } from './format.js';
import { IdentityMap } from './identity-map.js';
import type { StoreFile } from './store-file.js';
import { writing, writingInSteps } from './transact.js';
import { type Participant, runningTransaction, type Transaction } from './transaction.js';
import { currentTurn } from './turn.js';

export interface StoreCoreOptions {
  readonly file: StoreFile;
  readonly registry: TypeRegistry;
  readonly isReadOnly: boolean;
  readonly parent: StoreCore | undefined;
  /** The name in the parent; null for a root. */
  readonly name: string | null;
}

/** Socket: told of items that are about to be deleted. The room that nests stores removes substores this way. */
export type BeforeDelete = (type: ItemType, ids: readonly number[], transaction: Transaction) => void;

/**
 * The parts of one store, wired: its database, its catalogue, its items in memory. What is done with them stands in
 * the files beside this one, a file for each thing.
 */
export class StoreCore implements Participant {
  readonly file: StoreFile;
  readonly registry: TypeRegistry;
  readonly catalog: Catalog;
  readonly identity = new IdentityMap();
  readonly isReadOnly: boolean;
  readonly parent: StoreCore | undefined;
  readonly depth: number;
  readonly name: string | null;
  /** What the store's items ask; set once, where the store is put together. */
  keeper!: Keeper;
  /** What users hold; set once, by the room that makes it. */
  face!: KeepingStore;
  /** How many `activate` hooks are running: they may not write. */
  activating = 0;
  beforeDelete: BeforeDelete | undefined;
  #closedBecause: string | undefined;

  constructor(options: StoreCoreOptions) {
    this.file = options.file;
    this.registry = options.registry;
    this.isReadOnly = options.isReadOnly;
    this.parent = options.parent;
    this.depth = options.parent === undefined ? 0 : options.parent.depth + 1;
    this.name = options.name;
    this.catalog = new Catalog(this.file, this.registry);
  }

  get isClosed(): boolean {
    return this.#closedBecause !== undefined;
  }

  /** From now on every use is refused with this reason. */
  close(because: string): void {
    this.#closedBecause ??= because;
    this.identity.clear();
    this.file.close();
  }
  /** The same without closing the file, until {@link reopen}: the store is being deleted by the running transaction. */
  suspend(because: string): void {
    this.#closedBecause ??= because;
  }
  resume(): void {
    this.#closedBecause = undefined;
  }

  /** @throws CorollaryError STORE_CLOSED */
  assertOpen(): void {
    if (this.#closedBecause === undefined) return;
    throw new CorollaryError('STORE_CLOSED', `${this.file.place} ${this.#closedBecause}`, { store: this.file.place });
  }
  /** @throws CorollaryError STORE_CLOSED, READ_ONLY */
  assertWritable(): void {
    this.assertOpen();
    if (this.isReadOnly)
      throw new CorollaryError('READ_ONLY', `${this.file.place} was opened with readOnly`, { store: this.file.place });
    if (this.activating > 0)
      throw new CorollaryError(
        'READ_ONLY',
        `${this.file.place}: activate() may not write, since it runs whenever an item is loaded; write in stored(), or where the item is used`,
        { store: this.file.place },
      );
  }

  /** The class as an item type, learned if it is new here. */
  typeOf(itemClass: ItemClass): ItemType {
    return this.registry.learn(itemClass);
  }

  /**
   * The connection, ready to answer a question as of now. Inside a transaction that covers this store, the store joins
   * it, so that the answer stays true until the commit.
   */
  reading(): Connection {
    this.assertOpen();
    const transaction = runningTransaction();
    if (transaction?.covers(this)) transaction.join(this);
    else if (transaction?.holds(this) !== true) this.file.sync();
    return this.file.connection;
  }

  /** The same without joining: one question of many stores must not lock them all. */
  readingAside(): Connection {
    this.assertOpen();
    if (runningTransaction()?.holds(this) !== true) this.file.sync();
    return this.file.connection;
  }

  /** For an answer from memory: looks for foreign commits once in each turn of the event loop. */
  readingFromMemory(): void {
    this.assertOpen();
    const transaction = runningTransaction();
    if (transaction?.covers(this)) transaction.join(this);
    else if (transaction?.holds(this) !== true) this.file.syncInTurn(currentTurn());
  }

  /** Runs one write: in the running transaction, else in one of its own. */
  write<R>(work: (transaction: Transaction) => R): R {
    this.assertWritable();
    return writing(this, work);
  }

  /** The same for a write of several steps, which an error undoes together. */
  writeInSteps<R>(work: (transaction: Transaction) => R): R {
    this.assertWritable();
    return writingInSteps(this, work);
  }

  /** The catalogue's entry for an item's id; undefined where no type has its tag. */
  entryOfId(id: number): CatalogueEntry | undefined {
    return this.catalog.entryWithTag(tagOf(id));
  }
}

/** The catalogue number of an item's type, which its id carries. */
export function tagOf(id: number): number {
  return id % TAGS;
}
