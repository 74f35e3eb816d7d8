import { existsSync } from 'node:fs';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { checkStore, type Finding } from '../store/check.js';
import type { StoreCore } from '../store/store-core.js';
import { whileLocked } from '../store/take-image.js';
import { runningTransaction } from '../store/transaction.js';
import { notAtOpening } from '../store/upgrader.js';
import type { Branch } from './branch.js';
import { NotedAddresses } from './check-addresses.js';
import { findStore } from './find-store.js';
import { subStoresOf } from './find-sub-store.js';
import type { SubStore } from './sub-store.js';
import { substoreDirectory } from './substore-directory.js';
import { orphansOf, sweep, sweepOnce } from './sweep.js';
import { isGone } from './walk.js';
import { assertOutsideTransaction } from './whole-tree.js';

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
  if (repair) assertOutsideTransaction(top.core, 'repaired');
  // It only looks.
  return notAtOpening(top.core, () => examined(top, repair));
}

function examined<S extends KeepingStore>(top: Branch<S>, repair: boolean): TreeReport {
  const examination = new Examination<S>(repair);
  examination.visit(top);
  examination.judgeOrphans();
  examination.compareAddresses(top);
  const { findings, stores } = examination;
  return { isSound: findings.every(({ isRepaired }) => isRepaired), stores, findings };
}

/** Directories below one store that no row names. */
interface Orphans<S extends KeepingStore> {
  readonly branch: Branch<S>;
  readonly ids: readonly string[];
}

/** One way through a tree, and what was found on it. */
class Examination<S extends KeepingStore> {
  readonly #repairs: boolean;
  readonly #addresses = new NotedAddresses();
  /** Where a uid was met first. */
  readonly #met = new Map<string, readonly string[]>();
  readonly #orphans: Orphans<S>[] = [];
  readonly findings: TreeFinding[] = [];
  stores = 0;

  constructor(repairs: boolean) {
    this.#repairs = repairs;
  }

  visit(branch: Branch<S>): void {
    const { core, path } = branch;
    try {
      core.reading(); // finishes what a transaction over several stores has left, if that can be done
      sweepOnce(branch);
      this.#meet(core.file.uid, path);
      for (const finding of checkStore(core).findings) this.findings.push({ ...finding, path, isRepaired: false });
      this.#addresses.note(core, path);
      this.#noteOrphans(branch);
      const below = subStoresOf(core, true)
        .orderBy((s) => s.name.asc())
        .all();
      this.stores++;
      for (const item of below) this.#visitBelow(branch, item);
    } catch (error) {
      if (!isGone(branch)) this.#failed(error, path);
    }
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

  #noteOrphans(branch: Branch<S>): void {
    const { directory } = branch.core.file;
    const ids = directory === undefined ? [] : orphansOf(branch.core, directory);
    if (ids.length > 0) this.#orphans.push({ branch, ids });
  }

  /**
   * To be called when all stores were visited: the directory of a store that was moved is brought to its place when the
   * store is opened there.
   */
  judgeOrphans(): void {
    for (const noted of this.#orphans)
      try {
        this.#judge(noted);
      } catch (error) {
        if (!isGone(noted.branch)) this.#failed(error, noted.branch.path);
      }
  }

  #judge({ branch: { core, path }, ids }: Orphans<S>): void {
    const directory = core.file.directory as string;
    const left = leftOf(ids, core, directory);
    if (left.length > 0 && this.#repairs) sweep(core, directory);
    for (const id of left) {
      const orphan = substoreDirectory(directory, id);
      this.#add('orphan', path, `no row names the directory ${orphan}`, !existsSync(orphan));
    }
  }

  /** To be called when all stores were visited. */
  compareAddresses(top: Branch<S>): void {
    for (const { type, attribute, storeId, path } of this.#addresses.dangling((uid) => storeWith(top, uid))) {
      const message = `${nameOf(path)}: ${type}.${attribute} of item ${storeId} points to what is not in this tree`;
      this.findings.push({ kind: 'address', message, type, attribute, storeId, path, isRepaired: false });
    }
  }

  #add(kind: TreeFinding['kind'], path: readonly string[], message: string, isRepaired = false): void {
    this.findings.push({ kind, path, message: `${nameOf(path)}: ${message}`, isRepaired });
  }
}

// A directory that is there before its row is, or after it, belongs to somebody who is making or deleting a store. Under
// the write lock there is nobody.
function leftOf(ids: readonly string[], core: StoreCore, directory: string): readonly string[] {
  const stillNamedByNone = () => {
    const now = new Set(orphansOf(core, directory));
    return ids.filter((id) => now.has(id));
  };
  const isFree = core.isReadOnly || runningTransaction() !== undefined || stillNamedByNone().length === 0;
  return isFree ? stillNamedByNone() : whileLocked(core.file, stillNamedByNone);
}

// Where it is now: another process may have renamed or moved it since it was visited. One that cannot be asked is a finding.
function storeWith<S extends KeepingStore>(top: Branch<S>, uid: string): StoreCore | undefined {
  try {
    return findStore(top, uid)?.core;
  } catch (error) {
    if (error instanceof CorollaryError) return undefined;
    throw error;
  }
}

function nameOf(path: readonly string[]): string {
  return path.length === 0 ? 'the uppermost store' : path.join('/');
}
