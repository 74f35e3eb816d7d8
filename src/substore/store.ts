import { CorollaryError, kindOf } from '../errors.js';
import { isPlainInput } from '../item/check-value.js';
import type { Item } from '../item/item.js';
import { type Powers, PowerupTarget, powers } from '../item/powerup-target.js';
import type { Role } from '../item/role.js';
import type { Condition } from '../query/condition.js';
import { type FirstOf, fromTypes, type Joinable, type JoinColumns, type JoinedItems } from '../query/joined.js';
import { newQuery, type Query, type Where } from '../query/query.js';
import { type QueryRunner, runnerOf } from '../query/runner.js';
import type { Address, CreateInput, Equalities, StoreId } from '../schema/attribute-types.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import { type CheckReport, checkStore } from '../store/check.js';
import { type RepairOptions, type RepairReport, repairStore } from '../store/commit/repair.js';
import { createItem, createItems } from '../store/create.js';
import { deleteItem } from '../store/deletion.js';
import { Files } from '../store/files/files.js';
import { isWithin } from '../store/is-within.js';
import { checkedId, findById, findOfType, getById, getOfType } from '../store/load.js';
import { limitLoads } from '../store/load-limit.js';
import type { StoreCore } from '../store/store-core.js';
import { StoreRunner } from '../store/store-runner.js';
import { type StoreStats, storeStats } from '../store/store-stats.js';
import {
  checkedTransactionOptions,
  type TransactionFunction,
  type TransactionOptions,
  transact,
} from '../store/transact.js';
import { runningTransaction } from '../store/transaction.js';
import { readBackup } from './backup/read-backup.js';
import { Branch } from './branch.js';
import { checkedPath } from './checked-path.js';
import { childNamed } from './child-named.js';
import { creatable } from './creatable.js';
import { findByAddress, getByAddress } from './find-by-address.js';
import { openInMemory, openRestored, openRoot } from './open-root.js';
import { checkedOptions, checkedRepairOptions, type StoreOptions } from './options.js';
import { type AnswerOptions, answerRequest } from './requests/answer-request.js';
import { askStore } from './requests/ask-store.js';
import type { AnswerOf, ArgumentsOf, Asker, MethodOf, Reply, RequestPath } from './requests/request-types.js';
import { namesOf, storeAt } from './requests/store-at.js';
import { Substores } from './substores.js';
import { Tree } from './tree.js';

declare module '../item/keeping-store.js' {
  interface KeepingStore extends Store {}
}

/**
 * A directory with one SQLite database of items, and the stores below it. Everything is synchronous. Inside a
 * transaction, what is read from a store is locked with it.
 *
 * @example
 * const store = Store.open('world.store', { types: [City] });
 * const paris = store.create(City, { name: 'Paris', population: 2_138_551 });
 * paris.population = 2_102_650;
 * store.close();
 */
export class Store extends PowerupTarget implements Asker {
  readonly #branch: Branch<Store>;
  readonly #core: StoreCore;
  /** What answers the queries of this store; for `Query.fromJSON`. */
  readonly [runnerOf]: QueryRunner;

  private constructor(branch: Branch<Store>) {
    super();
    if (!(branch instanceof Branch))
      throw new CorollaryError(
        'NOT_SUPPORTED',
        'A store is not made with new: call Store.open(directory) or Store.inMemory()',
      );
    this.#branch = branch;
    this.#core = branch.core;
    this[runnerOf] = new StoreRunner(branch.core);
  }

  protected override get [powers](): Powers {
    return this.#core.powers;
  }

  /**
   * Opens the store in a directory; makes it if there is none. A second open of the same directory is a handle of its
   * own, with its own objects.
   * @throws CorollaryError NOT_A_STORE, STORE_MISSING, NEWER_DATABASE, SCHEMA_MISMATCH, NO_UPGRADE_PATH, DUPLICATE_TYPE,
   * BAD_TYPE, PATH_TOO_LONG, CORRUPT, IO_ERROR, BUSY, INVALID_VALUE, UNSUPPORTED_RUNTIME; nothing is left behind then.
   */
  static open(path: string, options: StoreOptions = {}): Store {
    return openRoot(path, checkedOptions(options), (branch) => new Store(branch)).face;
  }

  /** A store that lives in memory, with its substores, until it is closed. It behaves as one with files does. */
  static inMemory(options: StoreOptions = {}): Store {
    return openInMemory(checkedOptions(options), (branch) => new Store(branch)).face;
  }

  /**
   * Decides what only you can decide: the store in a directory is part of a transaction over several stores that stopped
   * half-way, and the store that knows whether it was committed is lost (`IN_DOUBT`). Where that can be reached, it
   * decides, and the option does not count. With 'commit' its part is done, with 'undo' it never will be.
   *
   * @example
   * Store.repair('part.store', { inDoubt: 'undo' });
   * @throws CorollaryError INVALID_VALUE, and what {@link Store.open} with `mustExist` throws
   */
  static repair(path: string, options: RepairOptions): RepairReport {
    return repairStore(checkedPath(path), checkedRepairOptions(options), checkedOptions({ mustExist: true }));
  }

  /**
   * Makes a backup, or an export, the store at a path where nothing is yet, and opens it. Every byte of the backup is
   * checked first; nothing of it is changed, so it may lie where nothing can be written. The store appears at the path
   * whole or not at all.
   * @throws CorollaryError CORRUPT naming the damaged file; STORE_MISSING where there is no backup; NAME_TAKEN where
   * something is at the path; PATH_TOO_LONG, NEWER_DATABASE, DISK_FULL, IO_ERROR; nothing is left behind then. What
   * {@link Store.open} throws comes after the store is there.
   */
  static restore(backup: string, path: string, options: StoreOptions = {}): Store {
    return openRestored(backup, path, checkedOptions(options), (branch) => new Store(branch)).face;
  }

  /**
   * Reads all of a backup, or an export, as {@link Store.restore} does before it begins, and changes nothing. Gives how
   * many stores are in it.
   * @throws CorollaryError CORRUPT naming the damaged file; STORE_MISSING where there is no backup; NEWER_DATABASE
   */
  static checkBackup(backup: string): number {
    return readBackup(backup).manifest.length;
  }

  /**
   * Closes the store and all below it; closing again does nothing. Items can still be read as they are in memory.
   * @throws CorollaryError NOT_SUPPORTED inside a transaction that one of them takes part in.
   */
  close(): void {
    if (this.#core.isOver) return;
    this.#branch.assertNotInTransaction('closed');
    this.#branch.close('is closed');
  }
  [Symbol.dispose](): void {
    this.close();
  }

  /** The store's own id, 32 hexadecimal digits; it stays the same wherever the store is moved. */
  get uid(): string {
    return this.#core.file.uid;
  }
  /** The store above; undefined for a root. */
  get parent(): Store | undefined {
    return this.#branch.parent?.face;
  }
  /** The uppermost store; itself for a root. */
  get root(): Store {
    return this.#branch.root.face;
  }
  /** The names that lead here from the root; empty for a root. */
  get path(): string[] {
    return [...this.#branch.path];
  }
  /** How many stores are above. */
  get depth(): number {
    return this.#core.depth;
  }
  /** The name in the parent; null for a root. */
  get name(): string | null {
    return this.#branch.name;
  }
  /** True once it is closed, by itself, with a store above, or because it was deleted. */
  get isClosed(): boolean {
    return this.#core.isClosed;
  }

  /** The stores directly below. */
  get substores(): Substores<Store> {
    return new Substores(this.#branch);
  }
  /** The files kept beside the database. */
  get files(): Files {
    return new Files(this.#core);
  }
  /** This store and all below it. */
  get tree(): Tree<Store> {
    return new Tree(this.#branch);
  }

  /**
   * The store at a path of names below this one: 'acme/teams', or ['acme', 'teams'].
   * @throws CorollaryError NOT_FOUND naming the first part that is missing; BAD_NAME
   */
  at(path: string | readonly string[]): Store {
    const names: unknown = typeof path === 'string' ? path.split('/') : path;
    if (!Array.isArray(names))
      throw new CorollaryError(
        'INVALID_VALUE',
        `at takes names joined by '/', or a list of names, not ${kindOf(path)}`,
      );
    return names.reduce((branch: Branch<Store>, name: string) => childNamed(branch, name), this.#branch).face;
  }

  /**
   * Requests something of what plays a role in the store at a path: calls a method of what `as(role)` gives there. The
   * path has names of stores below, and '..' for the store above; '' is this store. The call is a transaction of the
   * store that the powerup is an item of, or a level of one that covers it; where one is running that does not cover it,
   * it can only read there. Arguments and answer are plain data, copied, and items of the store asked, so that the same
   * request can go to a store in another thread, process or machine: {@link asker}.
   *
   * @example
   * const sum = shop.ask('acme/teams', Billing, 'charge', 5);
   * part.ask('..', Mailer, 'send', 'ada@example.org', 'Hello');
   * @throws CorollaryError NO_POWERUP; NOT_FOUND, BAD_NAME and OUTSIDE_TREE for the path; INVALID_VALUE for what is no
   * method or no plain data; WRONG_STORE, ITEM_GONE; ASYNC_TRANSACTION; and what the method throws
   */
  ask<T extends object, M extends MethodOf<T>>(
    path: RequestPath,
    role: Role<T>,
    method: M,
    ...args: ArgumentsOf<T, M>
  ): AnswerOf<T, M> {
    const asked = storeAt(this.#branch, namesOf(path));
    return askStore(asked, { role, method, args }) as AnswerOf<T, M>; // what the method of the role's type gives
  }

  /**
   * Does what a request from elsewhere asks for, and gives the reply, an error included: nothing that a request says
   * makes it throw. Only the roles named can be asked, and only this store and those below. What plays a role can be
   * asked for each of its methods, those included that the type of the role does not have.
   *
   * @example
   * port.on('message', (request) => port.postMessage(store.answer(request, { roles: [Billing] })));
   * @throws CorollaryError INVALID_VALUE for options that are wrong
   */
  answer(request: unknown, options: AnswerOptions): Reply {
    return answerRequest(this.#branch, request, options);
  }

  /**
   * Makes an item and stores it.
   * @throws CorollaryError MISSING_VALUE, UNKNOWN_ATTRIBUTE, INVALID_VALUE, WRONG_STORE, WRONG_TYPE, ITEM_GONE with all
   * faults in `problems`; CONSTRAINT; nothing is stored then.
   */
  create<T extends Item>(type: ItemClass<T>, values: NoInfer<CreateInput<T>>): T {
    return createItem(this.#core, this.#creatable(type), values) as unknown as T;
  }

  /**
   * Makes many items at once, all or none; gives how many, or with `{ items: true }` the items. A fault names the row. It
   * takes three quarters of the time of a transaction that creates them one by one; half of it where the class has a
   * `unique` attribute or a `check`.
   */
  createMany<T extends Item>(type: ItemClass<T>, rows: Iterable<NoInfer<CreateInput<T>>>): number;
  createMany<T extends Item>(
    type: ItemClass<T>,
    rows: Iterable<NoInfer<CreateInput<T>>>,
    options: { readonly items: true },
  ): T[];
  createMany<T extends Item>(
    type: ItemClass<T>,
    rows: Iterable<NoInfer<CreateInput<T>>>,
    options: { readonly items?: boolean } = {},
  ): number | T[] {
    const itemType = this.#creatable(type);
    if (typeof rows !== 'object' || rows === null || !(Symbol.iterator in rows))
      throw new CorollaryError(
        'INVALID_VALUE',
        `createMany(${itemType.name}) takes an iterable of objects with values`,
      );
    assertItemsOption(options, itemType);
    const items: Item[] = [];
    const count = createItems(this.#core, itemType, rows, options.items === true ? items : undefined);
    return options.items === true ? (items as unknown as T[]) : count;
  }

  #creatable(type: ItemClass): ItemType {
    return creatable(this.#core.typeOf(type));
  }

  /**
   * The item of a type with this id. One object per item: whoever asks gets the same.
   * @throws CorollaryError NOT_FOUND; WRONG_TYPE when the id belongs to an item of another type.
   */
  get<T extends Item>(type: ItemClass<T>, id: StoreId<NoInfer<T>>): T {
    return getOfType(this.#core, this.#core.typeOf(type), checkedId(id)) as unknown as T;
  }
  /**
   * The item with this id, of whatever type; or the item at an address, whatever store of the tree it is in, above, below
   * or beside this one.
   * @throws CorollaryError NOT_FOUND, UNKNOWN_TYPE; OUTSIDE_TREE for an address that leads out of a part opened alone.
   */
  getAny(at: StoreId | Address): Item {
    return typeof at === 'string' ? getByAddress(this.#branch, at) : getById(this.#core, checkedId(at));
  }
  /** The item of a type with this id; undefined when there is none of that type. */
  find<T extends Item>(type: ItemClass<T>, id: StoreId<NoInfer<T>>): T | undefined {
    return findOfType(this.#core, this.#core.typeOf(type), checkedId(id)) as unknown as T | undefined;
  }
  /** As {@link getAny}; undefined when there is none. @throws CorollaryError UNKNOWN_TYPE, OUTSIDE_TREE */
  findAny(at: StoreId | Address): Item | undefined {
    return typeof at === 'string' ? findByAddress(this.#branch, at) : findById(this.#core, checkedId(at));
  }

  /** Some item that fulfils a condition, the one with the smallest id; undefined when there is none. */
  findFirst<T extends Item>(type: ItemClass<T>, where?: NoInfer<Where<T>>): T | undefined {
    return this.query(type, where).first();
  }
  /**
   * The only item that fulfils a condition; undefined when there is none.
   * @throws CorollaryError NOT_UNIQUE when there are two.
   */
  findUnique<T extends Item>(type: ItemClass<T>, where: NoInfer<Where<T>>): T | undefined {
    if (where === undefined)
      throw new CorollaryError('BAD_QUERY', 'findUnique and getUnique take a condition; undefined is none');
    const [found, second] = this.query(type, where).limit(2).all();
    if (second === undefined) return found;
    const { name } = this.#core.typeOf(type);
    const place = this.#core.file.place;
    throw new CorollaryError(
      'NOT_UNIQUE',
      `More than one ${name} in ${place} fulfils the condition: narrow it, or use findFirst`,
      {
        store: place,
        type: name,
      },
    );
  }
  /** The only item that fulfils a condition. @throws CorollaryError NOT_FOUND, NOT_UNIQUE */
  getUnique<T extends Item>(type: ItemClass<T>, where: NoInfer<Where<T>>): T {
    const found = this.findUnique(type, where);
    if (found !== undefined) return found;
    const { name } = this.#core.typeOf(type);
    const place = this.#core.file.place;
    throw new CorollaryError('NOT_FOUND', `No ${name} in ${place} fulfils the condition`, { store: place, type: name });
  }
  /**
   * The only item with these values; made with them and `rest` if there is none. Two processes that do the same at the
   * same time get the same item.
   * @throws CorollaryError NOT_UNIQUE, and what {@link Store.create} throws.
   */
  findOrCreate<T extends Item>(
    type: ItemClass<T>,
    equalities: NoInfer<Equalities<T>>,
    rest: Partial<NoInfer<CreateInput<T>>> = {},
  ): T {
    const itemType = this.#creatable(type);
    assertEqualities(equalities, rest, itemType);
    return (
      this.findUnique(type, equalities) ??
      this.#core.write(() => {
        const values = { ...rest, ...equalities } as unknown as CreateInput<T>;
        return this.findUnique(type, equalities) ?? this.create(type, values);
      })
    );
  }

  /** A query of the items of a type; nothing is read until it is. A type that was never stored has no items. */
  query<T extends Item>(type: ItemClass<T>, where?: NoInfer<Where<T>>): Query<T>;
  /**
   * A query of several types that are joined: every combination of their items that fulfils the condition, as a list.
   * A class may be there twice; with {@link optional}, its item may be missing.
   *
   * @example
   * store.query([City, Country], (c, k) => c.country.eq(k)).orderBy((c, k) => [k.name.asc(), c.name.asc()]);
   */
  query<const F extends Joinable>(
    types: F,
    where?: (...columns: JoinColumns<F>) => Condition,
  ): Query<FirstOf<F>, JoinedItems<F>, JoinColumns<F>>;
  query(types: ItemClass<Item> | Joinable, where?: unknown): Query<never, never, never> {
    const runner = this[runnerOf];
    return newQuery(
      runner,
      fromTypes(types, (itemClass) => runner.typeOf(itemClass)),
      where,
    );
  }
  /** How many items of a type there are that fulfil a condition. */
  count<T extends Item>(type: ItemClass<T>, where?: NoInfer<Where<T>>): number {
    return this.query(type, where).count();
  }
  /** The same as `item.delete()`. @throws CorollaryError WRONG_STORE, ITEM_GONE, DELETE_REFUSED */
  delete(item: Item): void {
    deleteItem(this.#core, item);
  }

  /**
   * Runs a function: all that it changes in this store and those below is committed together when it returns, and
   * undone when it throws, in the database and in the objects. Gives what the function gives. Inside another
   * transaction it is a part of that which can fail by itself.
   *
   * It may write any stores below, whatever happens while they are committed. One store costs one commit; each further
   * one about two more, of which one waits for the disk.
   * @throws CorollaryError ASYNC_TRANSACTION, BUSY, CONFLICT, OUTSIDE_TREE, READ_ONLY, INVALID_VALUE, TOO_MANY_OPEN,
   * DISK_FULL, IN_DOUBT, COMMIT_UNKNOWN; COMMIT_PENDING (committed, but a store could not be written yet), HOOK_FAILED
   * (committed, but a callback after it threw); and what the function throws.
   */
  transact<R>(work: TransactionFunction<R>, options: TransactionOptions<Store> = {}): R {
    this.#core.assertOpen();
    const { isReadOnly, stores } = checkedTransactionOptions(options);
    if (!isReadOnly) this.#core.assertWritable();
    return transact(this.#core, work, { isReadOnly, others: stores.map((store) => this.#below(store)) });
  }

  // The core of a store that a transaction on this one covers.
  #below(store: unknown): StoreCore {
    if (!(store instanceof Store))
      throw new CorollaryError('INVALID_VALUE', `stores of transact is a list of stores, not of ${kindOf(store)}`);
    store.#core.assertOpen();
    if (isWithin(store.#core, this.#core)) return store.#core;
    throw new CorollaryError(
      'OUTSIDE_TREE',
      `${store.#core.file.place} is not below ${this.#core.file.place}, whose transaction it is to take part in`,
      { store: store.#core.file.place },
    );
  }

  /**
   * Runs a function in which at most so many references of items of this store and those below are read from disk one
   * by one; gives what the function gives. For tests and development: it finds loops that read once per item. What is
   * in memory, preloaded, or read together with others does not count; nor do `get` and `find`, which all can see.
   *
   * @example
   * store.limitLoads(0, () => report(store));
   * @throws CorollaryError TOO_MANY_LOADS from the read that is one too many; ASYNC_TRANSACTION, INVALID_VALUE
   */
  limitLoads<R>(most: number, work: TransactionFunction<R>): R {
    this.#core.assertOpen();
    return limitLoads(this.#core, most, work);
  }

  /** Has a function run after the outermost commit; at once when no transaction is running. Dropped by a rollback. */
  afterCommit(callback: () => void): void {
    this.#core.assertOpen();
    if (typeof callback !== 'function')
      throw new CorollaryError('INVALID_VALUE', `afterCommit takes a function, not ${kindOf(callback)}`);
    const transaction = runningTransaction();
    if (transaction === undefined) callback();
    else transaction.afterCommit(callback);
  }

  /** Looks now for commits of other handles and processes, as every query does by itself. */
  refresh(): void {
    this.#core.reading();
  }

  /**
   * Gives the space of deleted items back to the file system. Needs as much free space as the database is large.
   * @throws CorollaryError NOT_SUPPORTED inside a transaction; READ_ONLY, DISK_FULL, BUSY
   */
  vacuum(): void {
    this.#core.assertWritable();
    if (runningTransaction() !== undefined)
      throw new CorollaryError('NOT_SUPPORTED', `${this.#core.file.place} cannot be vacuumed inside a transaction`);
    this.#core.file.connection.run('VACUUM');
  }

  /**
   * Examines the whole store: SQLite's own check, references that point to nothing, whether the indexes of words are
   * those of the items, and whether the files are those that were written. Reads everything. The indexes of words wait
   * for the write lock, and are left out where nothing may be written.
   * @throws CorollaryError BUSY
   */
  check(): CheckReport {
    return checkStore(this.#core);
  }

  /** Sizes and counts, without reading any item; opens the database if need be. For all open ones: `tree.stats()`. */
  stats(): StoreStats {
    return storeStats(this.#core);
  }
}

function assertItemsOption(options: unknown, { name }: ItemType): void {
  const isFine =
    isPlainInput(options) &&
    Object.entries(options).every(([key, value]) => key === 'items' && typeof value === 'boolean');
  if (!isFine)
    throw new CorollaryError('INVALID_VALUE', `createMany(${name}) takes { items: true } or nothing as options`);
}

function assertEqualities(equalities: unknown, rest: unknown, { name }: ItemType): void {
  if (!isPlainInput(equalities) || !isPlainInput(rest))
    throw new CorollaryError('INVALID_VALUE', `findOrCreate(${name}) takes plain objects: what to find, and the rest`);
  const twice = Object.keys(rest).filter((attribute) => Object.hasOwn(equalities, attribute));
  if (twice.length === 0) return;
  throw new CorollaryError(
    'INVALID_VALUE',
    `findOrCreate(${name}) was given ${twice.join(', ')} to find and again in the rest`,
  );
}
