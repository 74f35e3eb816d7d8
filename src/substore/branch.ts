import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { TypeRegistry } from '../schema/registry.js';
import { newStoreCore } from '../store/open-core.js';
import type { StoreSettings } from '../store/settings.js';
import type { Closed, StoreCore } from '../store/store-core.js';
import { StoreFile } from '../store/store-file.js';
import { WeakValues } from '../store/weak-values.js';
import { hasSubStore } from './find-sub-store.js';
import type { Pool } from './pool.js';
import type { SubStore } from './sub-store.js';
import { substoreDirectory } from './substore-directory.js';

/** What all stores below one root share. S is the class that users hold. */
export interface Forest<S extends KeepingStore> {
  readonly settings: StoreSettings;
  readonly registry: TypeRegistry;
  readonly pool: Pool;
  /** The databases of substores in memory, by uid: they are all there is, whoever uses them. */
  readonly inMemory: Map<string, StoreFile>;
  readonly makeFace: (branch: Branch<S>) => S;
}

/** Where a store stands in its tree, and the stores below it that are in memory. */
export class Branch<S extends KeepingStore> {
  readonly forest: Forest<S>;
  readonly core: StoreCore;
  readonly parent: Branch<S> | undefined;
  readonly name: string | null;
  readonly face: S;
  /** Known children by uid. One that nobody uses is let go. */
  readonly #children = new WeakValues<string, Branch<S>>();
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
    const { settings, registry } = forest;
    const file = new StoreFile({
      directory,
      place: directory ?? 'the store in memory',
      settings,
      expected: directory === undefined ? { uid, parentUid: '' } : undefined,
      openFiles: undefined,
    });
    const core = newStoreCore(file, registry, { parent: undefined, name: null, isReadOnly: settings.readOnly });
    return new Branch(forest, undefined, null, core);
  }

  /** The store for a SubStore item: the one in memory, else a new one; its database is opened when it is used. */
  child(item: SubStore): Branch<S> {
    const known = this.#children.get(item.uid);
    if (known !== undefined && !known.core.isOver) return known;
    const made = this.#makeChild(item);
    this.#children.set(item.uid, made);
    return made;
  }

  #makeChild(item: SubStore): Branch<S> {
    const { settings, registry } = this.forest;
    let branch: Branch<S> | undefined;
    const file = this.#fileFor(item, () => branch as object);
    const core = newStoreCore(file, registry, { parent: this.core, name: item.name, isReadOnly: settings.readOnly });
    branch = new Branch(this.forest, this, item.name, core);
    return branch;
  }

  #fileFor({ uid, directory: id, name }: SubStore, owner: () => object): StoreFile {
    const { settings, pool, inMemory } = this.forest;
    const { directory, uid: parentUid } = this.core.file;
    const place = `${this.root.core.file.place} (${[...this.path, name].join('/')})`;
    const shared = { place, settings, expected: { uid, parentUid } };
    if (directory !== undefined)
      return new StoreFile({
        ...shared,
        directory: substoreDirectory(directory, id),
        openFiles: pool.memberFor(owner),
        isInParent: () => hasSubStore(this.core, uid),
      });
    const file = inMemory.get(uid) ?? new StoreFile({ ...shared, directory: undefined, openFiles: undefined });
    inMemory.set(uid, file);
    return file;
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
    for (const { core } of [...this.loadedBelow(), this]) this.#closeOne(core, reason);
    this.#children.clear();
    if (this.parent === undefined) this.#closeInMemory();
    else this.parent.#forget(this);
  }

  // A substore in memory that is closed can be opened again; one that is no more takes its database with it.
  #closeOne(core: StoreCore, reason: Closed): void {
    const { inMemory } = this.forest;
    const { uid } = core.file;
    const keepsFile = inMemory.has(uid) && reason === 'is closed';
    core.close(reason, keepsFile);
    if (!keepsFile) inMemory.delete(uid);
  }

  #closeInMemory(): void {
    for (const file of this.forest.inMemory.values()) file.close();
    this.forest.inMemory.clear();
  }

  #forget(child: Branch<S>): void {
    const { uid } = child.core.file;
    if (this.#children.get(uid) === child) this.#children.delete(uid);
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
