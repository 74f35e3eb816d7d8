import { dirname, sep } from 'node:path';
import type { KeepingStore } from '../../item/keeping-store.js';
import type { FoundAnswer, FoundPart, Since } from '../../query/runner.js';
import type { StoreCore } from '../../store/store-core.js';
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
  return { parts: askFrom(tree, tree.top, tree.options.depth), gone: 'all others' };
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
  for (const directory of since.written) if (since.known.has(directory)) reading.readAgain(directory);
  return { parts: [...reading.parts.values()], gone: [...reading.gone] };
}

/** One reading of what may have changed. */
class Reading<S extends KeepingStore> {
  readonly #tree: AskedTree<S>;
  readonly #known: Since['known'];
  readonly #walk: Walk<S>;
  /** The directories of known stores by that of their parent. */
  readonly #children = new Map<string, string[]>();
  readonly parts = new Map<string, FoundPart>();
  readonly gone = new Set<string>();

  constructor(tree: AskedTree<S>, { known }: Since) {
    this.#tree = tree;
    this.#known = known;
    this.#walk = new Walk<S>(tree.options, tree.top);
    for (const directory of known.keys()) this.#noteChild(directory);
  }

  #noteChild(directory: string): void {
    const parent = dirname(dirname(directory)); // `sub/<id>` in its parent's
    const siblings = this.#children.get(parent);
    if (siblings === undefined) this.#children.set(parent, [directory]);
    else siblings.push(directory);
  }

  /** Asks a store, and sees which stores there are below it. */
  readAgain(directory: string): void {
    const ids = this.#idsTo(directory);
    const branch = this.#branchAt(ids);
    const part = branch && this.#walk.ask(branch, () => this.#tree.ask(branch.core));
    if (branch === undefined || part === undefined) {
      this.#noteGone(directory);
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
    for (const child of this.#children.get(directory) ?? []) if (!there.has(child)) this.#noteGone(child);
    for (const [child, item] of there) if (!this.#isKnown(child, item)) this.#readNew(branch, item, depth);
  }

  // With another name it has another path, and so have those below.
  #isKnown(directory: string, { name }: SubStore): boolean {
    return this.#known.get(directory)?.path.at(-1) === name;
  }

  #readNew(parent: Branch<S>, item: SubStore, depth: number): void {
    if (!item.isStored) return;
    for (const part of askFrom(this.#tree, parent.child(item), depth)) this.parts.set(part.key, part);
  }

  #noteGone(directory: string): void {
    this.gone.add(directory);
    for (const child of this.#children.get(directory) ?? []) this.#noteGone(child);
  }
}
