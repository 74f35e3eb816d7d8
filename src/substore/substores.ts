import { CorollaryError, kindOf } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { Query, Where } from '../query/query.js';
import { copySubstore } from './backup/copy-substore.js';
import { restoreInPlace } from './backup/import-tree.js';
import { type Branch, branchOfFace } from './branch.js';
import { childNamed, findChild } from './child-named.js';
import { createSubstore } from './create-substore.js';
import { findSubStore, subStoresOf } from './find-sub-store.js';
import { moveSubstore } from './move-substore.js';
import { notFound } from './named.js';
import { renameSubstore } from './rename-substore.js';
import type { SubStore } from './sub-store.js';
import { sweepOnce } from './sweep.js';

/** The stores directly below a store. Reached as `store.substores`; S is the class of stores. */
export class Substores<S extends KeepingStore> {
  readonly #branch: Branch<S>;

  constructor(branch: Branch<S>) {
    this.#branch = branch;
  }

  /**
   * Makes a substore and gives its store. Inside a transaction it comes and goes with it; what is written in it then
   * is committed together with it.
   * @throws CorollaryError BAD_NAME, NAME_TAKEN, PATH_TOO_LONG, READ_ONLY, DISK_FULL; nothing was made then.
   */
  create(name: string): S {
    sweepOnce(this.#branch);
    return createSubstore(this.#branch, name).face;
  }

  /**
   * The substore of that name; the same object as long as anyone holds it. Its database is opened at its first use.
   * @throws CorollaryError NOT_FOUND, BAD_NAME
   */
  open(name: string): S {
    return childNamed(this.#branch, name).face;
  }

  /** The substore of that name, made if there is none. */
  openOrCreate(name: string): S {
    return this.#found(name) ?? this.#branch.core.write(() => this.#found(name) ?? this.create(name));
  }

  #found(name: string): S | undefined {
    return findChild(this.#branch, name)?.face;
  }

  /** True when there is a substore of that name. @throws CorollaryError BAD_NAME */
  has(name: string): boolean {
    return findSubStore(this.#branch.core, name) !== undefined;
  }

  /** All names, in code-point order. */
  names(): string[] {
    return subStoresOf(this.#branch.core)
      .orderBy((s) => s.name.asc())
      .pluck((s) => s.name)
      .all();
  }

  /** How many substores there are, those further below not counted. */
  get size(): number {
    return subStoresOf(this.#branch.core).count();
  }

  /** A query of the SubStore items: what is known of the substores without opening any. */
  query(where?: Where<SubStore>): Query<SubStore> {
    const all = subStoresOf(this.#branch.core);
    return where === undefined ? all : all.where(where);
  }

  /**
   * Deletes a substore with all below it. Its Store objects are closed; its directory goes once the deletion is
   * committed.
   * @throws CorollaryError NOT_FOUND, BAD_NAME, DELETE_REFUSED when an item refers to its SubStore item with `refuse`.
   */
  delete(name: string): void {
    const { core } = this.#branch;
    // Looked for under the lock: another process may delete it too.
    core.write(() => {
      const item = findSubStore(core, name);
      if (item === undefined) throw notFound(this.#branch, name);
      item.delete();
    });
  }

  /**
   * Gives a substore another name. Its Store object and all below it go on, under the new path.
   * @throws CorollaryError NOT_FOUND, BAD_NAME, NAME_TAKEN, READ_ONLY
   */
  rename(name: string, newName: string): void {
    renameSubstore(this.#branch, name, newName);
  }

  /**
   * Moves a substore, with all below it, into another store of the same tree, under the same or a new name. Ids, uids
   * and contents stay as they are, and Store objects and items go on. Nothing else may have a store of it open
   * meanwhile. Its SubStore item is a new one, in the new parent: references to the old one are dealt with as at a
   * deletion.
   * Cost: two to three commits and a rename, and opening each store below once.
   * @throws CorollaryError NOT_FOUND, BAD_NAME, NAME_TAKEN, READ_ONLY; OUTSIDE_TREE for a store of another root;
   * INVALID_VALUE for one that lies within the moved store; PATH_TOO_LONG; BUSY when another process or handle has a
   * store of it open; NOT_SUPPORTED when one has taken part in the running transaction; DELETE_REFUSED. Nothing was
   * done then.
   */
  move(name: string, toStore: S, newName: string = name): void {
    moveSubstore({ from: this.#branch, name, to: branchOf(toStore), newName });
  }

  /**
   * Copies a substore, with all below it, into a store of the same tree, as it is at one moment; gives the copy. The
   * copies are stores of their own, with new uids. Addresses in them that point into what is copied point to the copies;
   * all others stay as they are. Writers of the whole tree wait meanwhile, readers go on.
   * @throws CorollaryError NOT_FOUND, BAD_NAME, NAME_TAKEN, READ_ONLY, PATH_TOO_LONG, BUSY, DISK_FULL; OUTSIDE_TREE for a
   * store of another root; NOT_SUPPORTED inside a transaction; nothing was made then.
   */
  copy(name: string, toStore: S, newName: string): S {
    const to = branchOf(toStore);
    sweepOnce(to);
    return copySubstore({ from: this.#branch, name, to, newName }).face;
  }

  /**
   * Puts a backup, or an export, in the place of a substore and all below it; gives the restored store. Every byte of the
   * backup is checked first. The stores that were there go as deleted ones do: their Store objects are closed, here and
   * elsewhere. The SubStore item stays the same. The stores keep the uids that they have in the backup, unless one of
   * them is in use elsewhere in the tree: then all get new ones, and addresses in them follow.
   * @throws CorollaryError NOT_FOUND, CORRUPT naming the damaged file, STORE_MISSING where there is no backup, READ_ONLY,
   * PATH_TOO_LONG, BUSY, DISK_FULL; NOT_SUPPORTED inside a transaction; all is as before then.
   */
  restore(name: string, backup: string): S {
    sweepOnce(this.#branch);
    return restoreInPlace(this.#branch, name, backup).face;
  }
}

function branchOf<S extends KeepingStore>(store: S): Branch<S> {
  const branch: Branch<S> | undefined = branchOfFace(store);
  if (branch !== undefined) return branch;
  throw new CorollaryError('INVALID_VALUE', `A substore is moved or copied to a store, not to ${kindOf(store)}`);
}
