import type { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import type { Item } from '../item/item.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { Powers } from '../item/powerup-target.js';
import type { Keeper } from '../item/state.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { TypeRegistry } from '../schema/registry.js';
import { assertNotActivating } from './activation.js';
import { Bounds } from './bounds.js';
import { Catalog } from './catalog.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { tagOf } from './format.js';
import { Gates } from './gate.js';
import { IdentityMap } from './identity-map.js';
import { lookPeriod } from './look-period.js';
import type { Participant } from './part.js';
import type { StoreFile } from './store-file.js';
import { type Write, writing, writingInSteps } from './transact.js';
import { runningTransaction, type Transaction } from './transaction.js';
import { Watches } from './watches.js';
import { WeakValues } from './weak-values.js';
import { WriteCounts } from './write-counts.js';

/** Why a store is closed for good; messages say it. */
export type Closed =
  | 'is closed'
  | 'was deleted'
  | 'was created in a transaction that was rolled back'
  | 'could not be opened';

/**
 * Where rows are read, and the epoch that they have: what is built from them later must carry it, since another look
 * may have raised the store's in the meantime.
 */
export interface Reading {
  readonly connection: Connection;
  readonly epoch: number;
}

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
  /** Items that are gone, while somebody holds them: what referred to them can still be read. */
  readonly gone = new WeakValues<number, Item>();
  /** Items whose `activate` threw when they were loaded, while somebody holds them. */
  readonly unactivated = new WeakValues<number, Item>();
  readonly isReadOnly: boolean;
  /** The store above; another one after a move. */
  parent: StoreCore | undefined;
  /** The name in the parent; null for a root. */
  name: string | null;
  readonly watches: Watches;
  readonly writeCounts = new WriteCounts();
  /** What stops writers and openers of the whole tree; undefined in memory. */
  readonly gates: Gates | undefined;
  /** What the store's items ask; set once, where the store is put together. */
  keeper!: Keeper;
  /** What users hold; set once, by the room that makes it. */
  face!: KeepingStore;
  /** What is asked about roles; set once, by the room of powerups. */
  powers!: Powers;
  beforeDelete: BeforeDelete | undefined;
  readonly #bounds: Bounds;
  #state: 'open' | 'is being deleted' | Closed = 'open';

  constructor(options: StoreCoreOptions) {
    this.file = options.file;
    this.registry = options.registry;
    this.isReadOnly = options.isReadOnly;
    this.parent = options.parent;
    this.name = options.name;
    this.watches = options.parent?.watches ?? new Watches();
    this.gates = options.parent === undefined ? gatesOf(this.file) : options.parent.gates;
    this.catalog = new Catalog(this.file, this.registry);
    this.#bounds = new Bounds(this.catalog);
  }

  /** Levels below the root. */
  get depth(): number {
    return this.parent === undefined ? 0 : this.parent.depth + 1;
  }

  /** The uppermost store. */
  get root(): StoreCore {
    return this.parent?.root ?? this;
  }

  /** True when every use is refused. */
  get isClosed(): boolean {
    return this.#state !== 'open' || this.file.isDeleted;
  }
  /** True while the running transaction deletes it, which may be undone. */
  get isBeingDeleted(): boolean {
    return this.#state === 'is being deleted';
  }
  /** True when it will never open again. */
  get isOver(): boolean {
    return this.isClosed && !this.isBeingDeleted;
  }
  /** True when the store is no more: its items are gone. */
  get isDeleted(): boolean {
    return this.#state === 'was deleted' || this.file.isDeleted;
  }

  /** Closes the database, unless it is to stay for a later opening; from now on every use is refused for this reason. */
  close(reason: Closed, keepsFile = false): void {
    if (this.#state === 'was deleted') return;
    this.#state = reason;
    if (!keepsFile) this.file.close();
    this.identity.clear();
    this.powers.closed();
    if (this.isDeleted) this.file.epoch++; // its items look, and find that they are gone
    this.watches.closed(this, this.isDeleted);
  }
  /** Every use is refused until {@link resume}: the running transaction deletes the store, and may be undone. */
  suspend(): boolean {
    if (this.#state !== 'open') return false;
    this.#state = 'is being deleted';
    return true;
  }
  resume(): void {
    if (this.isBeingDeleted) this.#state = 'open';
  }

  /** @throws CorollaryError STORE_CLOSED */
  assertOpen(): void {
    if (!this.isClosed) {
      this.file.findOut();
      return;
    }
    const reason = this.file.isDeleted ? 'was deleted' : this.#state;
    throw new CorollaryError('STORE_CLOSED', `${this.file.place} ${reason}`, { store: this.file.place });
  }
  /** @throws CorollaryError STORE_CLOSED, READ_ONLY */
  assertWritable(): void {
    this.assertOpen();
    if (this.isReadOnly)
      throw new CorollaryError('READ_ONLY', `${this.file.place} was opened with readOnly`, { store: this.file.place });
    assertNotActivating(this.file.place);
  }

  /** The class as an item type, learned if it is new here. */
  typeOf(itemClass: ItemClass): ItemType {
    return this.registry.learn(itemClass);
  }

  /**
   * Ready to answer a question as of now. Inside a transaction that covers this store, the store joins it, so that the
   * answer stays true until the commit.
   */
  reading(): Reading {
    if (this.#mustLook(true)) this.file.sync();
    return this.asLookedAt;
  }

  /**
   * The same without joining: one question of many stores must not lock them all. With `period` a store is looked at
   * once in it, however often it is asked: see `StoreFile.syncOnceIn`.
   */
  readingAside(period?: symbol): Reading {
    if (this.#mustLook(false)) {
      if (period === undefined) this.file.sync();
      else this.file.syncOnceIn(period);
    }
    return this.asLookedAt;
  }

  /**
   * What `ask` reads, ready as by {@link reading}, as of one moment: no commit of others comes between the look and the
   * answer. It is to do what it must read, and little else.
   */
  atOneMoment<R>(ask: (reading: Reading) => R): R {
    return this.#atOneMoment(true, ask);
  }
  /** The same without joining, as {@link readingAside}. */
  atOneMomentAside<R>(ask: (reading: Reading) => R, period?: symbol): R {
    return this.#atOneMoment(false, ask, period);
  }
  #atOneMoment<R>(joins: boolean, ask: (reading: Reading) => R, period?: symbol): R {
    if (!this.#mustLook(joins)) return ask(this.asLookedAt);
    return this.file.atOneMoment(() => ask(this.asLookedAt), period);
  }

  /** True when a look is due that an answer can be taken with: see `rowWithLook`. Opening looks by itself. */
  get mayLookWithAnswer(): boolean {
    return this.#mustLook(false) && this.file.isOpen && !this.file.isPrepared;
  }

  /** The same as {@link readingAside} where only the catalogue matters, and nothing that was read before. */
  catalogueAside(period: symbol): Catalog {
    if (!this.file.wasUnchangedIn(period)) this.readingAside(period);
    return this.catalog;
  }

  /** For an answer from memory: looks for foreign commits once in each {@link lookPeriod}. */
  readingFromMemory(): void {
    if (this.#mustLook(true)) this.file.syncOnceIn(lookPeriod());
  }

  // A store that a transaction has locked cannot have changed.
  #mustLook(joins: boolean): boolean {
    this.assertOpen();
    const transaction = runningTransaction();
    if (transaction === undefined) return true;
    if (joins && transaction.covers(this)) transaction.join(this);
    return transaction.partOf(this) === undefined;
  }

  /** What can be read without a further look. */
  get asLookedAt(): Reading {
    const { connection, epoch } = this.file;
    return { connection, epoch };
  }

  /** False while the running transaction has changes here: what is read now may be undone without a further write. */
  get isAsCommitted(): boolean {
    return runningTransaction()?.partOf(this)?.hasWritten !== true;
  }

  /** What is known of the store's columns; undefined while the running transaction has changes here. */
  get bounds(): Bounds | undefined {
    return this.isAsCommitted ? this.#bounds : undefined;
  }

  /** Runs one write: in the running transaction, else in one of its own. */
  write<R>(work: Write<R>): R {
    this.assertWritable();
    return writing(this, work);
  }

  /** The same for a write of several steps, which an error undoes together. */
  writeInSteps<R>(work: Write<R>): R {
    this.assertWritable();
    return writingInSteps(this, work);
  }

  /** The type of an item's id; undefined where there is none, or no class for it. */
  typeOfId(id: number): ItemType | undefined {
    const entry = this.entryOfId(id);
    return entry && this.registry.named(entry.name);
  }

  /** The catalogue's entry for an item's id; undefined where no type has its tag. */
  entryOfId(id: number): CatalogueEntry | undefined {
    return this.catalog.entryWithTag(tagOf(id));
  }
}

function gatesOf({ directory, settings }: StoreFile): Gates | undefined {
  return directory === undefined ? undefined : new Gates(directory, settings.busyTimeoutMs);
}
