import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { TypeRegistry } from '../schema/registry.js';
import { substoreDirectory } from '../store/directory.js';
import { newStoreCore } from '../store/open-core.js';
import type { StoreSettings } from '../store/settings.js';
import type { StoreCore } from '../store/store-core.js';
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
  /** By uid. A store in memory is held, since it is all there is; one with files is let go when nobody uses it. */
  readonly #children = new Map<string, WeakRef<Branch<S>> | Branch<S>>();
  isSwept = false;

  private constructor(forest: Forest<S>, parent: Branch<S> | undefined, name: string | null, core: StoreCore) {
    this.forest = forest;
    this.parent = parent;
    this.name = name;
    this.core = core;
    this.face = forest.makeFace(this);
    core.face = this.face;
  }

  static root<S extends KeepingStore>(forest: Forest<S>, directory: string | undefined, uid: string): Branch<S> {
    const fileOptions = {
      directory,
      place: directory ?? ':memory:',
      settings: forest.settings,
      expected: { uid, parentUid: '' },
      isRoot: directory !== undefined, // a root in memory has the uid that it is given
      openFiles: undefined,
    };
    const core = newStoreCore(fileOptions, forest.registry, { parent: undefined, name: null });
    return new Branch(forest, undefined, null, core);
  }

  /** The store for a SubStore item: the one in memory, else a new one; its database is opened when it is used. */
  child(item: SubStore): Branch<S> {
    const known = this.#known(item.uid);
    if (known !== undefined) return known;
    const made = this.#makeChild(item);
    this.#children.set(item.uid, made.core.file.directory === undefined ? made : new WeakRef(made));
    return made;
  }

  #known(uid: string): Branch<S> | undefined {
    const held = this.#children.get(uid);
    const branch = held instanceof WeakRef ? held.deref() : held;
    return branch?.core.isClosed ? undefined : branch;
  }

  #makeChild(item: SubStore): Branch<S> {
    const { directory } = this.core.file;
    const path = [...this.path, item.name].join('/');
    let branch: Branch<S> | undefined;
    const fileOptions = {
      directory: directory && substoreDirectory(directory, item.directory),
      place: `${this.#rootPlace} (${path})`,
      settings: this.forest.settings,
      expected: { uid: item.uid, parentUid: this.core.file.uid },
      isRoot: false,
      openFiles: directory === undefined ? undefined : this.forest.pool.memberFor(() => branch as object),
    };
    const core = newStoreCore(fileOptions, this.forest.registry, { parent: this.core, name: item.name });
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

  get #rootPlace(): string {
    return this.root.core.file.place;
  }

  /** The stores in memory below this one, children before their parents. */
  *loadedBelow(): Generator<Branch<S>> {
    for (const uid of [...this.#children.keys()]) {
      const child = this.#known(uid);
      if (child === undefined) continue;
      yield* child.loadedBelow();
      yield child;
    }
  }

  /** The child with this uid, if it is in memory. */
  loadedChild(uid: string): Branch<S> | undefined {
    return this.#known(uid);
  }

  /** Closes this store and all below it; every later use is refused with the reason. */
  close(because: string): void {
    for (const branch of this.loadedBelow()) branch.core.close(because);
    this.core.close(because);
    this.#children.clear();
    if (this.parent !== undefined) this.parent.#children.delete(this.core.file.uid);
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
