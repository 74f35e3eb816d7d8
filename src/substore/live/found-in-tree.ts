import { dirname, sep } from 'node:path';
import type { KeepingStore } from '../../item/keeping-store.js';
import type { FoundAnswer, FoundPart, Since } from '../../query/runner.js';
import type { StoreCore } from '../../store/store-core.js';
import { whereIs } from '../../store/watch-store.js';
import type { Branch } from '../branch.js';
import type { SubStore } from '../sub-store.js';
import { substoreDirectory } from '../substore-directory.js';
import { Walk, type WalkOptions } from '../walk.js';

/** The tree that is asked, and how one store of it is. */
export interface AskedTree<S extends KeepingStore> {
  readonly top: Branch<S>;
  readonly options: WalkOptions;
  readonly ask: (core: StoreCore) => FoundPart;
}

/** What the stores of a tree have of an answer, each by itself. */
export function foundInTree<S extends KeepingStore>(tree: AskedTree<S>): FoundAnswer {
  return { parts: askFrom(tree, tree.top, tree.options.depth), gone: 'all others', top: whereIs(tree.top.core) };
}

function askFrom<S extends KeepingStore>({ options, ask }: AskedTree<S>, from: Branch<S>, depth?: number): FoundPart[] {
  const { depth: _, ...others } = options;
  const walk = new Walk<S>(depth === undefined ? others : { ...others, depth });
  const parts: FoundPart[] = [];
  // Each when it is visited: it is open then.
  for (const branch of walk.from(from)) {
    const part = walk.ask(branch, () => ask(branch.core));
    if (part !== undefined) parts.push(part);
  }
  return parts;
}

/**
 * The same of a tree on disk where only those stores are asked that were written since, and those that are new below
 * them: others are not even opened.
 */
export function foundSince<S extends KeepingStore>(tree: AskedTree<S>, since: Since): FoundAnswer {
  // Moved itself: all of its stores lie elsewhere now.
  if (!since.known.has(tree.top.core.file.directory as string)) return foundInTree(tree);
  const reading = new Reading(tree, since);
  reading.readAll(since.written);
  const { lookout } = tree.top.core.watches;
  // What has left one store may be below another, that nobody has looked at since: it is to be told of in one update.
  for (let left = reading.takeLeft(); left.length > 0; left = reading.takeLeft())
    reading.readAll(lookout?.lookFor(left) ?? []);
  return { parts: [...reading.parts.values()], gone: [...reading.gone], top: whereIs(tree.top.core) };
}

/** One reading of what may have changed. */
class Reading<S extends KeepingStore> {
  readonly #tree: AskedTree<S>;
  readonly #known: Since['known'];
  readonly #walk: Walk<S>;
  /** The directories of known stores by that of their parent. */
  readonly #children = new Map<string, string[]>();
  /** Those of known stores by uid. */
  readonly #directories = new Map<string, string>();
  readonly #read = new Set<string>();
  /** Those that are not where they were, without what is below them. */
  #left: string[] = [];
  readonly parts = new Map<string, FoundPart>();
  readonly gone = new Set<string>();

  constructor(tree: AskedTree<S>, { known }: Since) {
    this.#tree = tree;
    this.#known = known;
    this.#walk = new Walk<S>(tree.options, tree.top);
    for (const [directory, { uid }] of known) {
      this.#noteChild(directory);
      this.#directories.set(uid, directory);
    }
  }

  #noteChild(directory: string): void {
    const parent = parentOf(directory);
    const siblings = this.#children.get(parent);
    if (siblings === undefined) this.#children.set(parent, [directory]);
    else siblings.push(directory);
  }

  /** Asks those of the stores that are known. */
  readAll(directories: Iterable<string>): void {
    for (const directory of directories) if (this.#known.has(directory)) this.#readAgain(directory);
  }

  /** The stores that were found to be gone since this was asked last. */
  takeLeft(): readonly string[] {
    const left = this.#left;
    this.#left = [];
    return left;
  }

  /** Asks a store, and sees which stores there are below it. */
  #readAgain(directory: string): void {
    if (this.#read.has(directory)) return;
    this.#read.add(directory);
    const ids = this.#idsTo(directory);
    const branch = this.#branchAt(ids);
    const part = branch && this.#walk.ask(branch, () => this.#tree.ask(branch.core));
    if (branch === undefined || part === undefined) {
      this.#leave(directory);
      return;
    }
    this.parts.set(part.key, part);
    const { depth = Number.POSITIVE_INFINITY } = this.#tree.options;
    if (depth > ids.length) this.#readBelow(branch, directory, depth - ids.length - 1);
  }

  #idsTo(directory: string): string[] {
    const { directory: top } = this.#tree.top.core.file;
    const names = directory.slice((top as string).length).split(sep);
    return names.filter((_, at) => at > 0 && at % 2 === 0); // '', 'sub', id, 'sub', id
  }

  #branchAt(ids: readonly string[]): Branch<S> | undefined {
    let branch = this.#tree.top;
    for (const id of ids) {
      const parent: Branch<S> = branch;
      const item = this.#walk.ask(parent, () => this.#walk.belowIn(parent, id));
      if (item === undefined) return undefined;
      branch = parent.child(item);
    }
    return branch;
  }

  #readBelow(branch: Branch<S>, directory: string, depth: number): void {
    const items = this.#walk.ask(branch, () => this.#walk.below(branch)) ?? [];
    const there = new Map(items.map((item) => [substoreDirectory(directory, item.directory), item]));
    for (const child of this.#children.get(directory) ?? []) if (!there.has(child)) this.#leave(child);
    for (const [child, item] of there) if (!this.#isKnown(child, item)) this.#readNew(branch, item, depth);
  }

  // With another name it has another path, and so have those below.
  #isKnown(directory: string, { name }: SubStore): boolean {
    return this.#known.get(directory)?.below.at(-1) === name;
  }

  #readNew(parent: Branch<S>, item: SubStore, depth: number): void {
    if (!item.isStored) return;
    for (const part of askFrom(this.#tree, parent.child(item), depth)) {
      this.parts.set(part.key, part);
      this.#seeWhetherMoved(part);
    }
  }

  // The store that it has left tells that it is there no more.
  #seeWhetherMoved({ key, uid }: FoundPart): void {
    const before = this.#directories.get(uid);
    if (before === undefined || before === key || this.gone.has(before)) return;
    if (this.#known.has(parentOf(before))) this.#readAgain(parentOf(before));
  }

  #leave(directory: string): void {
    this.#left.push(directory);
    this.#noteGone(directory);
  }

  #noteGone(directory: string): void {
    this.gone.add(directory);
    this.parts.delete(directory);
    for (const child of this.#children.get(directory) ?? []) this.#noteGone(child);
  }
}

function parentOf(directory: string): string {
  return dirname(dirname(directory)); // `sub/<id>` in its parent's
}
