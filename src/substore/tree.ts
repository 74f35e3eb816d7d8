import { CorollaryError, kindOf } from '../errors.js';
import { isPlainInput } from '../item/check-value.js';
import type { Item } from '../item/item.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { Role } from '../item/role.js';
import type { Condition } from '../query/condition.js';
import { type FirstOf, fromTypes, type Joinable, type JoinColumns, type JoinedItems } from '../query/joined.js';
import { newQuery, type Query, type Where } from '../query/query.js';
import { type QueryRunner, runnerOf } from '../query/runner.js';
import type { ItemClass } from '../schema/item-class.js';
import { assertPlainFunction } from '../store/async-guard.js';
import { type BackupReport, backUp } from './backup/back-up.js';
import { importTree } from './backup/import-tree.js';
import type { Branch } from './branch.js';
import { checkTree, type TreeCheckOptions, type TreeReport } from './check-tree.js';
import { findStore } from './find-store.js';
import { type TreeUpgradeOptions, type TreeUpgradeReport, upgradeTree } from './fleet/upgrade-tree.js';
import type { TreeStats } from './pool.js';
import type { AnswerOf, ArgumentsOf, MethodOf, TreeAnswer } from './requests/request-types.js';
import { TreeAsking } from './requests/tree-asking.js';
import type { SubStore } from './sub-store.js';
import { sweepOnce } from './sweep.js';
import { TreeRunner } from './tree-runner.js';
import { TreeStores } from './tree-stores.js';
import { type OnStoreError, Walk } from './walk.js';

/** Which stores of a tree are asked. */
export interface TreeOptions {
  /** How many levels below this store; 0 is this store only. All, if not given. */
  readonly depth?: number;
  /** A condition over SubStore items: a store that is left out leaves out all below it. */
  readonly where?: Where<SubStore>;
  /** What to do about a store that fails: 'throw' (as if not given) or 'skip' it and what lies below. */
  readonly onStoreError?: OnStoreError;
}

/** A store and all below it, to any depth. Reached as `store.tree`; S is the class of stores. */
export class Tree<S extends KeepingStore> {
  readonly #branch: Branch<S>;
  /** What answers the queries of the whole tree; for `Query.fromJSON`. */
  readonly [runnerOf]: QueryRunner;

  constructor(branch: Branch<S>) {
    this.#branch = branch;
    this[runnerOf] = new TreeRunner(branch, {});
  }

  /**
   * The same query as `store.query`, asked of every store: one order, one limit over all answers. Items tell by their
   * `store` where they live; ties are ordered by path, then storeId. Each store answers as of one moment of its own.
   * Cost: one indexed query per store; with a limit, at most that many rows of each are read.
   */
  query<T extends Item>(type: ItemClass<T>, where?: NoInfer<Where<T>>, options?: TreeOptions): Query<T>;
  /** A query of several types that are joined by references: what is joined lies in one store. */
  query<const F extends Joinable>(
    types: F,
    where?: (...columns: JoinColumns<F>) => Condition,
    options?: TreeOptions,
  ): Query<FirstOf<F>, JoinedItems<F>, JoinColumns<F>>;
  query(types: ItemClass<Item> | Joinable, where?: unknown, options: TreeOptions = {}): Query<never, never, never> {
    const runner = new TreeRunner(this.#branch, checkedOptions(options));
    return newQuery(
      runner,
      fromTypes(types, (itemClass) => runner.typeOf(itemClass)),
      where,
    );
  }

  /** How many items of a type there are in all stores. */
  count<T extends Item>(type: ItemClass<T>, where?: NoInfer<Where<T>>, options: TreeOptions = {}): number {
    return this.query(type, where, options).count();
  }

  /**
   * The store with this uid, to any depth; undefined when there is none. Along the way where it was last seen that is an
   * indexed query per level; else every store that holds others is asked, upper levels first.
   */
  find(uid: string): S | undefined {
    this.#branch.core.assertOpen();
    return findStore(this.#branch, checkedUid(uid))?.face;
  }

  /**
   * Every store, parents first, siblings by name in code-point order. A store is opened when it is used.
   *
   * @example
   * for await (const store of root.tree.stores()) store.vacuum();
   */
  stores(options: TreeOptions = {}): TreeStores<S> {
    const walk = new Walk<S>(checkedOptions(options));
    return new TreeStores(facesOf(walk.from(this.#branch)));
  }

  /**
   * Requests something of this store and of every one below that plays the role itself, parents first: see
   * {@link Store.ask}. Gives what each has answered, or the error that it has thrown. Each is a transaction of its own,
   * or a level of one that covers them all: one that fails is undone alone. A store for which nothing plays the role
   * costs one indexed query.
   *
   * @example
   * for (const { store, value } of shop.tree.ask(Billing, 'total')) console.log(store.name, value);
   * @throws CorollaryError INVALID_VALUE for arguments that are no plain data, ITEM_GONE, STORE_CLOSED
   */
  ask<T extends object, M extends MethodOf<T>>(
    role: Role<T>,
    method: M,
    ...args: ArgumentsOf<T, M>
  ): TreeAnswer<S, AnswerOf<T, M>>[] {
    return this.asking({}).ask(role, method, ...args);
  }

  /**
   * The same for some of the stores, `store.tree.asking({ depth: 1 }).ask(...)`. With `onStoreError`, errors are no
   * answers: 'throw' throws the error, 'skip' leaves the store out.
   */
  asking(options: TreeOptions): TreeAsking<S> {
    return new TreeAsking(this.#branch, checkedOptions(options));
  }

  /**
   * How many databases are open, and how well they are kept. They are one pool for all stores below a root, whichever
   * of them is asked. Cheap: nothing is read from disk.
   */
  stats(): TreeStats {
    this.#branch.core.assertOpen();
    return this.#branch.forest.pool.stats;
  }

  /**
   * Examines every store and how they hang together: databases, references, indexes of words, rows of substores against
   * what is on disk, addresses, transactions that could not be finished. With `{ repair: true }`, what can be put right
   * without losing anything is: directories that no row names are removed.
   * Reads everything. What a killed process has left to be finished is finished by looking.
   * @throws CorollaryError INVALID_VALUE, BUSY; what is wrong with a store is a finding.
   */
  check(options: TreeCheckOptions = {}): TreeReport {
    return checkTree(this.#branch, checkedCheckOptions(options));
  }

  /**
   * Brings all types in every store to the versions of their classes, those stores first that were written last: a
   * transaction for each type and store. What is done stays done, so that it can be called off, or killed, and begun
   * again. A type that fails stays as it was, and its store is in the report with the reason; the other stores go on. Works also
   * where the store was opened with `upgrade: 'refuse'`. Meanwhile the tree can be used: the event loop turns between
   * stores.
   *
   * @example
   * const { failed } = await store.tree.upgrade({ canary: 10, onProgress: ({ stores, of }) => console.log(stores, of) });
   * @throws CorollaryError INVALID_VALUE, READ_ONLY; ASYNC_TRANSACTION for an asynchronous `onProgress` or `onRows`; NOT_SUPPORTED
   * inside a transaction; what `onProgress` throws
   */
  async upgrade(options: TreeUpgradeOptions = {}): Promise<TreeUpgradeReport> {
    return upgradeTree(this.#branch, checkedUpgradeOptions(options));
  }

  /**
   * Copies all stores into a directory, files included, as they are at one moment: whole transactions only, and all
   * that had returned before. Where the directory holds an older backup of this store, stores that have not changed
   * since are not copied again; the older one stays whole until the new one takes its place. Writers of the whole tree
   * wait meanwhile, readers go on. {@link Store.restore} makes a store of it.
   * @throws CorollaryError NAME_TAKEN where the directory holds something else; NOT_SUPPORTED inside a transaction;
   * READ_ONLY, BUSY, DISK_FULL, IO_ERROR, CORRUPT; the older backup is whole then.
   */
  backup(directory: string): BackupReport {
    return backUp(this.#branch, directory, false);
  }

  /** The same into a directory that is empty or not there yet. */
  export(directory: string): BackupReport {
    return backUp(this.#branch, directory, true);
  }

  /**
   * Makes a backup, or an export, a new substore of this store, with all below it; gives it. Every byte of the backup is
   * checked first. The stores keep the uids that they have there, unless one of them is in use in this tree: then all
   * get new ones, and addresses in them that point to one of them follow.
   * @throws CorollaryError CORRUPT naming the damaged file, STORE_MISSING where there is no backup, BAD_NAME, NAME_TAKEN,
   * PATH_TOO_LONG, READ_ONLY, BUSY, DISK_FULL; NOT_SUPPORTED inside a transaction; nothing was made then.
   */
  import(backup: string, name: string): S {
    sweepOnce(this.#branch);
    return importTree(this.#branch, backup, name).face;
  }
}

function* facesOf<S extends KeepingStore>(branches: Iterable<Branch<S>>): Generator<S> {
  for (const { face } of branches) yield face;
}

function checkedUid(uid: unknown): string {
  if (typeof uid === 'string' && /^[0-9a-f]{32}$/.test(uid)) return uid;
  const given = typeof uid === 'string' ? 'another text' : kindOf(uid);
  throw new CorollaryError(
    'INVALID_VALUE',
    `A store of a tree is found by its uid, a text of 32 hexadecimal digits, not by ${given}`,
  );
}

/** What a given option must be, as a phrase, and the test for it. */
const RULES: Rules<TreeOptions> = {
  depth: ['a whole number, 0 or more', (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  where: ['a condition over SubStore items', (value) => typeof value === 'function' || typeof value === 'object'],
  onStoreError: ["a function that answers 'throw' or 'skip'", (value) => typeof value === 'function'],
};

type Rules<O> = { readonly [K in keyof O]-?: readonly [phrase: string, test: (value: unknown) => boolean] };

const UPGRADE_RULES: Rules<TreeUpgradeOptions> = {
  onProgress: ['a function', (value) => typeof value === 'function'],
  onRows: ['a function', (value) => typeof value === 'function'],
  signal: ['an AbortSignal', (value) => value instanceof AbortSignal],
  only: RULES.where,
  canary: ['a whole number, 0 or more', RULES.depth[1]],
  dryRun: ['true or false', (value) => typeof value === 'boolean'],
};

function checkedOptions(options: TreeOptions): TreeOptions {
  return checkedBy(RULES, options, 'A tree');
}

function checkedUpgradeOptions(options: TreeUpgradeOptions): TreeUpgradeOptions {
  const { onProgress, onRows } = checkedBy(UPGRADE_RULES, options, 'The upgrade of a tree');
  for (const told of [onProgress, onRows])
    if (told !== undefined) assertPlainFunction(told, 'The upgrade of a tree', 'nobody waits for what it tells');
  return options;
}

function checkedBy<O extends object>(rules: Rules<O>, options: O, what: string): O {
  if (typeof options !== 'object' || options === null)
    throw new CorollaryError('INVALID_VALUE', `${what} takes an object of options, not ${kindOf(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof O] : undefined;
    if (rule === undefined)
      throw new CorollaryError(
        'INVALID_VALUE',
        `${what} has no option '${name}', only ${Object.keys(rules).join(', ')}`,
      );
    if (value !== undefined && !rule[1](value))
      throw new CorollaryError('INVALID_VALUE', `${what}: the option ${name} is ${rule[0]}`);
  }
  return options;
}

function checkedCheckOptions(options: TreeCheckOptions): TreeCheckOptions {
  const isFine =
    isPlainInput(options) &&
    Object.entries(options).every(([key, value]) => key === 'repair' && typeof value === 'boolean');
  if (isFine) return options;
  throw new CorollaryError('INVALID_VALUE', 'check of a tree takes { repair: true } or nothing as options');
}
