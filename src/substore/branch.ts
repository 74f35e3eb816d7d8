import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { TypeRegistry } from '../schema/registry.js';
import { substoreDirectory } from '../store/directory.js';
import { newStoreCore } from '../store/open-core.js';
import type { StoreSettings } from '../store/settings.js';
import type { Closed, StoreCore } from '../store/store-core.js';
import { WeakValues } from '../store/weak-values.js';
import type { Pool } from './pool.js';
import type { SubStore } from './sub-store.js';

/** What all stores below one root share. S is the class that users hold. */
export interface Forest<S extends KeepingStore> {
  readonly settings: StoreSettings;
  readonly registry: TypeRegistry;
  readonly pool: Pool;
  readonly makeFace: (branch: Branch<S>) => S;
}

/** Where a store stands in its tree, and the stores below it that are in memory. */
export class Branch<S extends KeepingStore> {
  readonly forest: Forest<S>;
  readonly core: StoreCore;
  readonly parent: Branch<S> | undefined;
  readonly name: string | null;
  readonly face: S;
  /** Known children by uid. One with files is let go when nobody uses it. */
  readonly #children = new WeakValues<string, Branch<S>>();
  /** Children without files: the objects are all there is. */
  readonly #held = new Set<Branch<S>>();
  isSwept = false;

  private constructor(forest: Forest<S>, parent: Branch<S> | undefined, name: string | null, core: StoreCore) {
    this.forest = forest;
    this.parent = parent;
    this.name = name;
    this.core = core;
    this.face = forest.makeFace(this);
    core.face = this.face;
  }

  /** The uppermost store; `uid` is asked for where no file has it. */
  static root<S extends KeepingStore>(forest: Forest<S>, directory: string | undefined, uid: string): Branch<S> {
    const fileOptions = {
      directory,
      place: directory ?? ':memory:',
      settings: forest.settings,
      expected: directory === undefined ? { uid, parentUid: '' } : undefined,
      openFiles: undefined,
    };
    const core = newStoreCore(fileOptions, forest.registry, { parent: undefined, name: null });
    return new Branch(forest, undefined, null, core);
  }

  /** The store for a SubStore item: the one in memory, else a new one; its database is opened when it is used. */
  child(item: SubStore): Branch<S> {
    const known = this.#children.get(item.uid);
    if (known !== undefined && !known.core.isClosed) return known;
    const made = this.#makeChild(item);
    this.#children.set(item.uid, made);
    if (made.core.file.directory === undefined) this.#held.add(made);
    return made;
  }

  #makeChild(item: SubStore): Branch<S> {
    const { directory } = this.core.file;
    const { settings, registry, pool } = this.forest;
    let branch: Branch<S> | undefined;
    const fileOptions = {
      directory: directory && substoreDirectory(directory, item.directory),
      place: `${this.root.core.file.place} (${[...this.path, item.name].join('/')})`,
      settings,
      expected: { uid: item.uid, parentUid: this.core.file.uid },
      openFiles: directory === undefined ? undefined : pool.memberFor(() => branch as object),
    };
    const core = newStoreCore(fileOptions, registry, { parent: this.core, name: item.name });
    branch = new Branch(this.forest, this, item.name, core);
    return branch;
  }

  /** Names from the root; empty for the root. */
  get path(): readonly string[] {
    return this.parent === undefined ? [] : [...this.parent.path, this.name as string];
  }

  get root(): Branch<S> {
    return this.parent?.root ?? this;
  }

  /** The stores in memory below this one, children before their parents. */
  loadedBelow(): Branch<S>[] {
    return this.#children.values().flatMap((child) => [...child.loadedBelow(), child]);
  }

  /** Closes this store and all below it; every later use is refused for this reason. */
  close(reason: Closed): void {
    for (const branch of this.loadedBelow()) branch.core.close(reason);
    this.core.close(reason);
    this.#children.clear();
    this.#held.clear();
    if (this.parent !== undefined) this.parent.#forget(this);
  }

  #forget(child: Branch<S>): void {
    const { uid } = child.core.file;
    if (this.#children.get(uid) === child) this.#children.delete(uid);
    this.#held.delete(child);
  }

  /** @throws CorollaryError NOT_SUPPORTED inside a transaction that this store or one below takes part in. */
  assertNotInTransaction(what: string): void {
    for (const { core } of [...this.loadedBelow(), this]) {
      if (!core.file.isPinned) continue;
      throw new CorollaryError('NOT_SUPPORTED', `${core.file.place} cannot be ${what} inside its own transaction`, {
        store: core.file.place,
      });
    }
  }
}
