import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { Query, Where } from '../query/query.js';
import type { Branch } from './branch.js';
import { createSubstore } from './create-substore.js';
import { findSubStore, subStoresOf } from './find-sub-store.js';
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
    return this.has(name)
      ? this.open(name)
      : this.#branch.core.write(() => (this.has(name) ? this.open(name) : this.create(name)));
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
    const item = findSubStore(this.#branch.core, name);
    if (item === undefined) throw notFound(this.#branch, name);
    item.delete();
  }
}

/** @throws CorollaryError NOT_FOUND, BAD_NAME */
export function childNamed<S extends KeepingStore>(branch: Branch<S>, name: string): Branch<S> {
  sweepOnce(branch);
  const item = findSubStore(branch.core, name);
  if (item === undefined) throw notFound(branch, name);
  return branch.child(item);
}

function notFound<S extends KeepingStore>(branch: Branch<S>, name: string): CorollaryError {
  const path = [...branch.path, name].join('/');
  const place = branch.core.file.place;
  return new CorollaryError('NOT_FOUND', `${place} has no substore '${name}' (path ${path})`, { store: place, path });
}
