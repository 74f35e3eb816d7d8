import { existsSync } from 'node:fs';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { checkStore, type Finding } from '../store/check.js';
import type { StoreCore } from '../store/store-core.js';
import { runningTransaction } from '../store/transaction.js';
import type { Branch } from './branch.js';
import { NotedAddresses } from './check-addresses.js';
import { childNamed } from './child-named.js';
import { subStoresOf } from './find-sub-store.js';
import type { SubStore } from './sub-store.js';
import { substoreDirectory } from './substore-directory.js';
import { orphansOf, sweep } from './sweep.js';

/** A fault that `tree.check()` found. */
export interface TreeFinding extends Omit<Finding, 'kind'> {
  /**
   * What `check()` of a store finds, and: 'registry' (a substore's row whose store is not there, or is another one, or
   * cannot be opened), 'orphan' (a directory that no row names), 'pending' (a transaction over several stores that
   * cannot be finished here), 'address' (points to a store or an item that is not in the tree).
   */
  readonly kind: Finding['kind'] | 'registry' | 'orphan' | 'pending' | 'address';
  /** The names that lead to the store. */
  readonly path: readonly string[];
  /** True when `repair` has put it right. */
  readonly isRepaired: boolean;
}

/** What `tree.check()` found; a sound tree has no findings. */
export interface TreeReport {
  /** True when nothing was found, or all of it was repaired. */
  readonly isSound: boolean;
  /** How many stores were examined. */
  readonly stores: number;
  readonly findings: readonly TreeFinding[];
}

/** How a tree is examined. */
export interface TreeCheckOptions {
  /** True: what can be put right without losing anything is. */
  readonly repair?: boolean;
}

/** Examines every store of a tree, and how they hang together. Each is as of a moment of its own. */
export function checkTree<S extends KeepingStore>(top: Branch<S>, { repair = false }: TreeCheckOptions): TreeReport {
  if (repair) assertRepairable(top);
  const examination = new Examination<S>(repair);
  examination.visit(top);
  examination.judgeOrphans();
  examination.compareAddresses(top);
  const { findings, stores } = examination;
  return { isSound: findings.every(({ isRepaired }) => isRepaired), stores, findings };
}

function assertRepairable<S extends KeepingStore>({ core }: Branch<S>): void {
  core.assertWritable();
  if (runningTransaction() === undefined) return;
  const { place } = core.file;
  throw new CorollaryError('NOT_SUPPORTED', `The tree of ${place} cannot be repaired inside a transaction`, {
    store: place,
  });
}

/** Directories below one store that no row names. */
interface Orphans {
  readonly core: StoreCore;
  readonly path: readonly string[];
  readonly directories: readonly string[];
}

/** One way through a tree, and what was found on it. */
class Examination<S extends KeepingStore> {
  readonly #repairs: boolean;
  readonly #addresses = new NotedAddresses();
  /** Where a uid was met first. */
  readonly #met = new Map<string, readonly string[]>();
  readonly #orphans: Orphans[] = [];
  readonly findings: TreeFinding[] = [];
  stores = 0;

  constructor(repairs: boolean) {
    this.#repairs = repairs;
  }

  visit(branch: Branch<S>): void {
    const { core, path } = branch;
    try {
      core.reading(); // finishes what a transaction over several stores has left, if that can be done
      this.#meet(core.file.uid, path);
      for (const finding of checkStore(core).findings) this.findings.push({ ...finding, path, isRepaired: false });
      this.#addresses.note(core, path);
      this.stores++;
    } catch (error) {
      this.#failed(error, path);
      return;
    }
    this.#noteOrphans(branch);
    for (const item of subStoresOf(core, true).orderBy((s) => s.name.asc())) this.#visitBelow(branch, item);
  }

  #meet(uid: string, path: readonly string[]): void {
    const other = this.#met.get(uid);
    if (other === undefined) this.#met.set(uid, path);
    else this.#add('registry', path, `it has the same uid as ${nameOf(other)}`);
  }

  #visitBelow(branch: Branch<S>, item: SubStore): void {
    if (item.isStored) this.visit(branch.child(item));
  }

  #failed(error: unknown, path: readonly string[]): void {
    if (!(error instanceof CorollaryError)) throw error;
    this.#add(error.code === 'IN_DOUBT' ? 'pending' : 'registry', path, error.message);
  }

  #noteOrphans({ core, path }: Branch<S>): void {
    const { directory } = core.file;
    if (directory === undefined) return;
    const ids = orphansOf(core, directory);
    if (ids.length > 0)
      this.#orphans.push({ core, path, directories: ids.map((id) => substoreDirectory(directory, id)) });
  }

  /**
   * To be called when all stores were visited: the directory of a store that was moved is brought to its place when the
   * store is opened there.
   */
  judgeOrphans(): void {
    for (const { core, path, directories } of this.#orphans) {
      const left = directories.filter((directory) => existsSync(directory));
      if (left.length > 0 && this.#repairs) sweep(core, core.file.directory as string);
      for (const directory of left)
        this.#add('orphan', path, `no row names the directory ${directory}`, !existsSync(directory));
    }
  }

  /** To be called when all stores were visited. */
  compareAddresses(top: Branch<S>): void {
    const storeWith = (uid: string) => this.#storeWith(top, uid);
    for (const { type, attribute, storeId, path } of this.#addresses.dangling(storeWith)) {
      const message = `${nameOf(path)}: ${type}.${attribute} of item ${storeId} points to what is not in this tree`;
      this.findings.push({ kind: 'address', message, type, attribute, storeId, path, isRepaired: false });
    }
  }

  #storeWith(top: Branch<S>, uid: string): StoreCore | undefined {
    const path = this.#met.get(uid);
    return path?.slice(top.path.length).reduce((branch, name) => childNamed(branch, name), top).core;
  }

  #add(kind: TreeFinding['kind'], path: readonly string[], message: string, isRepaired = false): void {
    this.findings.push({ kind, path, message: `${nameOf(path)}: ${message}`, isRepaired });
  }
}

function nameOf(path: readonly string[]): string {
  return path.length === 0 ? 'the uppermost store' : path.join('/');
}
