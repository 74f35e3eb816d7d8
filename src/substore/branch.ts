import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { TypeRegistry } from '../schema/registry.js';
import { newStoreCore } from '../store/open-core.js';
import type { ExpectedIdentity, StoreSettings, Whereabouts } from '../store/settings.js';
import type { Closed, StoreCore } from '../store/store-core.js';
import { StoreFile } from '../store/store-file.js';
import { WeakValues } from '../store/weak-values.js';
import { arrive } from './arrival.js';
import { hasSubStore, subStoreWithUid } from './find-sub-store.js';
import type { ParentsSeen } from './parents-seen.js';
import type { Pool } from './pool.js';
import type { SubStore } from './sub-store.js';
import { substoreDirectory } from './substore-directory.js';
import { SubstoresSeen } from './substores-seen.js';

/** What all stores below one root share. S is the class that users hold. */
export interface Forest<S extends KeepingStore> {
  readonly settings: StoreSettings;
  readonly registry: TypeRegistry;
  readonly pool: Pool;
  readonly parentsSeen: ParentsSeen;
  /** The databases of substores in memory, by uid: they are all there is, whoever uses them. */
  readonly inMemory: Map<string, StoreFile>;
  readonly makeFace: (branch: Branch<S>) => S;
}

/** Where the directory of a substore is: below that of another store, under an id. */
interface Lies<S extends KeepingStore> {
  readonly below: Branch<S>;
  readonly id: string;
}

// Which branch a face belongs to: users hold faces.
const branches = new WeakMap<object, unknown>();

/** The branch of a store that somebody gave us; undefined for what is no store. */
export function branchOfFace<S extends KeepingStore>(face: S): Branch<S> | undefined {
  return branches.get(face) as Branch<S> | undefined;
}

/** What a branch is made with, and may change. */
interface Place<S extends KeepingStore> {
  readonly parent: Branch<S> | undefined;
  readonly lies: Lies<S> | undefined;
}

/** Where a store stands in its tree, and the stores below it that are in memory. */
export class Branch<S extends KeepingStore> {
  readonly forest: Forest<S>;
  readonly core: StoreCore;
  readonly face: S;
  #parent: Branch<S> | undefined;
  /** Undefined for a root. */
  #lies: Lies<S> | undefined;
  /** The directory as it was put together last: asked for at each step of a commit over several stores. */
  #found: { readonly above: string; readonly id: string; readonly directory: string } | undefined;
  /** Known children by uid. One that nobody uses is let go. */
  readonly #children = new WeakValues<string, Branch<S>>();
  /** The uids of children whose items go without them: they are being moved away. */
  readonly leaving = new Set<string>();
  readonly substoresSeen: SubstoresSeen;
  /** The store above, as it was when it was seen last to have this one in its list. */
  #seenListed: { readonly core: StoreCore; readonly epoch: number } | undefined;
  isSwept = false;
  /** The store that it was to be moved to in a commit of unknown outcome. */
  #mayBeIn: Branch<S> | undefined;

  private constructor(forest: Forest<S>, { parent, lies }: Place<S>, core: StoreCore) {
    this.forest = forest;
    this.#parent = parent;
    this.#lies = lies;
    this.core = core;
    this.substoresSeen = new SubstoresSeen(core);
    this.face = forest.makeFace(this);
    core.face = this.face;
    branches.set(this.face, this);
  }

  /** The store above; undefined for a root. */
  get parent(): Branch<S> | undefined {
    return this.#parent;
  }
  /** The name in the parent; null for a root. */
  get name(): string | null {
    return this.core.name;
  }

  /** The uppermost store; `uid` is asked for where no file has it. */
  static root<S extends KeepingStore>(forest: Forest<S>, directory: string | undefined, uid: string): Branch<S> {
    const { settings, registry } = forest;
    const file = new StoreFile({
      whereabouts: {
        directory,
        place: directory ?? 'the store in memory',
        expected: directory === undefined ? { uid, parentUid: '' } : undefined,
      },
      settings,
      openFiles: undefined,
    });
    const core = newStoreCore(file, registry, { parent: undefined, name: null, isReadOnly: settings.readOnly });
    return new Branch(forest, { parent: undefined, lies: undefined }, core);
  }

  /** The store for a SubStore item: the one in memory, else a new one; its database is opened when it is used. */
  child(item: SubStore): Branch<S> {
    const { uid } = item;
    this.forest.parentsSeen.note(uid, this.core.file.uid);
    const known = this.#children.get(uid);
    if (known !== undefined && !known.core.isOver && known.#follow(this, item)) return known;
    const made = this.#makeChild(item);
    this.#children.set(uid, made);
    return made;
  }

  // Somebody else may have renamed it, or moved its directory; or has put a restored store in its place, which has the
  // same uid: then it is closed, and false.
  #follow(parent: Branch<S>, { name, directory }: SubStore): boolean {
    const { file } = this.core;
    if (parent === this.#parent) this.core.name = name;
    else this.reparent(parent, name);
    if (file.isPinned) return true;
    const isElsewhere = this.#lies?.id !== directory;
    this.liesIn(directory);
    if (!isElsewhere || file.directory === undefined || !file.isReplaced()) return true;
    this.close('was deleted');
    return false;
  }

  #makeChild({ uid, name, directory: id }: SubStore): Branch<S> {
    const { settings, registry } = this.forest;
    const kept: { branch?: Branch<S> } = {};
    const file = this.#fileFor(uid, kept);
    const core = newStoreCore(file, registry, { parent: this.core, name, isReadOnly: settings.readOnly });
    const branch = new Branch(this.forest, { parent: this, lies: { below: this, id } }, core);
    kept.branch = branch;
    file.whereabouts = new PlaceOfBranch(branch, uid);
    return branch;
  }

  #fileFor(uid: string, kept: { readonly branch?: Branch<S> }): StoreFile {
    const { settings, pool, inMemory } = this.forest;
    if (this.core.file.directory !== undefined)
      return new StoreFile({
        whereabouts: this.core.file.whereabouts, // the child's own, once there is a branch
        settings,
        openFiles: pool.memberFor(() => kept.branch as object),
        gate: this.core.gates?.opening,
        whenMissing: () => kept.branch?.parent && arrive(kept.branch.parent.core, uid),
        isInParent: () => kept.branch?.parent === undefined || hasSubStore(kept.branch.parent.core, uid),
        isListed: () => kept.branch === undefined || kept.branch.#isListed(),
        isFound: () => kept.branch === undefined || kept.branch.#isFound(),
      });
    const file =
      inMemory.get(uid) ?? new StoreFile({ whereabouts: this.core.file.whereabouts, settings, openFiles: undefined });
    inMemory.set(uid, file);
    return file;
  }

  /**
   * After a commit of unknown outcome: whether the store is one of the tree is asked at its next use, and so is where it
   * is. `other`: the store that it was to be moved to.
   */
  distrust(other?: Branch<S>): void {
    for (const { core } of [...this.loadedBelow(), this]) core.file.distrust();
    if (other === undefined) return;
    this.#mayBeIn ??= other; // of several moves, the last is undone first
    other.#children.set(this.core.file.uid, this); // so that its row there gives this object
  }

  #isListed(): boolean {
    const { core } = this.#parent as Branch<S>;
    const ask = () => this.#isListedIn(core);
    return core.file.isOpen ? ask() : this.forest.pool.withOneMore(ask);
  }

  // Asked by each transaction over several stores, where it has its lock: as long as the list is as it was, that is no query.
  #isListedIn(core: StoreCore): boolean {
    try {
      const { epoch } = core.readingAside();
      if (this.#seenListed?.core === core && this.#seenListed.epoch === epoch) return true;
      if (subStoreWithUid(core, this.core.file.uid) === undefined) return false;
      this.#seenListed = { core, epoch };
      return true;
    } catch (error) {
      if (core.isDeleted) return false;
      throw error;
    }
  }

  // The other one first: if it was moved, what was above it may now be below it.
  #isFound(): boolean {
    const { uid } = this.core.file;
    for (const parent of [this.#mayBeIn, this.#parent]) {
      const item = parent === undefined ? undefined : rowIn(parent.core, uid);
      if (parent === undefined || item === undefined) continue;
      if (this.#mayBeIn !== undefined) this.#mayBeIn.#forget(this);
      this.reparent(parent, item.name);
      this.liesIn(item.directory);
      return true;
    }
    return false;
  }

  /** Where the substore's files are; undefined in memory. */
  get directory(): string | undefined {
    const { below, id } = this.#lies as Lies<S>;
    const above = below.core.file.directory;
    if (above === undefined) return undefined;
    if (this.#found?.above !== above || this.#found.id !== id)
      this.#found = { above, id, directory: substoreDirectory(above, id) };
    return this.#found.directory;
  }

  /** The name changes; so do the paths of all below. */
  rename(name: string): void {
    this.core.name = name;
  }

  /** The store gets another place in the tree. Its directory stays where it is until {@link Branch.liesIn}. */
  reparent(parent: Branch<S>, name: string): void {
    if (this.#parent !== undefined) this.#parent.#forget(this);
    this.#mayBeIn = undefined;
    this.#parent = parent;
    this.core.name = name;
    this.core.parent = parent.core;
    parent.#children.set(this.core.file.uid, this);
  }

  /** The directory has become that of its parent which has this id. */
  liesIn(id: string): void {
    this.#lies = { below: this.#parent as Branch<S>, id };
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
    const children = this.#children.values().filter((child) => child.#parent === this);
    return children.flatMap((child) => [...child.loadedBelow(), child]);
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

// A store that is no more has none.
function rowIn(core: StoreCore, uid: string): SubStore | undefined {
  try {
    return subStoreWithUid(core, uid);
  } catch (error) {
    if (core.isDeleted) return undefined;
    throw error;
  }
}

/** What a substore's database asks about its place, answered by the branch as it is now. */
class PlaceOfBranch<S extends KeepingStore> implements Whereabouts {
  readonly #branch: Branch<S>;
  readonly #uid: string;

  constructor(branch: Branch<S>, uid: string) {
    this.#branch = branch;
    this.#uid = uid;
  }

  get directory(): string | undefined {
    return this.#branch.directory;
  }
  get place(): string {
    return `${this.#branch.root.core.file.place} (${this.#branch.path.join('/')})`;
  }
  get expected(): ExpectedIdentity {
    return { uid: this.#uid, parentUid: (this.#branch.parent as Branch<S>).core.file.uid };
  }
}
