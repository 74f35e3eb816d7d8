import type { ErrorCode } from 'corollary';
import { childOf, isWithin, type Numbers, type Path, type StoreState, storeAt } from './state.js';

/** What is known besides the tree. */
export interface Circumstances {
  readonly numbers: Numbers;
  /** What was exported. */
  readonly exports: readonly StoreState[];
  /** The stores that the running transactions were started on, from the outermost on. */
  readonly levels: readonly Level[];
}

/** A running `transact`. */
export interface Level {
  readonly scope: Path;
  readonly isReadOnly: boolean;
}

/** What must come of an action. */
export interface Outcome {
  /** Why it is refused; any of these is said. Not refused if empty. */
  readonly faults: readonly ErrorCode[];
  /** What it may be refused with although nothing is wrong with it. */
  readonly excuses: readonly ErrorCode[];
  /** The tree after it, if it is not refused. The given one stays as it is. */
  readonly after: StoreState;
  /** The labels of what it makes, in order. */
  readonly made: readonly number[];
}

const BAD_NAMES: ReadonlySet<string> = new Set(['', '.', '..', 'a/b']);

/** An action on a draft of the tree, with the rules that hold for all of them. */
export class Deed implements Outcome {
  readonly faults: ErrorCode[] = [];
  readonly excuses: ErrorCode[] = [];
  readonly made: number[] = [];
  readonly after: StoreState;
  readonly path: Path;
  /** The store that it is asked of, in the draft. */
  readonly at: StoreState;
  readonly circumstances: Circumstances;

  constructor(path: Path, draft: StoreState, circumstances: Circumstances) {
    this.after = draft;
    this.path = path;
    this.at = storeAt(draft, path) as StoreState;
    this.circumstances = circumstances;
  }

  // Wrong ones are refused only when all faults are known: which is said first is left open.
  assert(isFine: boolean, fault: ErrorCode): void {
    if (!isFine) this.faults.push(fault);
  }
  assertWritable(path: Path = this.path): void {
    const level = this.circumstances.levels.at(-1);
    if (level === undefined) return;
    this.assert(isWithin(path, level.scope), 'OUTSIDE_TREE');
    this.assert(!level.isReadOnly, 'READ_ONLY');
  }
  assertOutsideTransaction(): void {
    this.assert(this.circumstances.levels.length === 0, 'NOT_SUPPORTED');
  }
  assertFree(store: StoreState, name: string): void {
    this.assert(!BAD_NAMES.has(name), 'BAD_NAME');
    this.assert(childOf(store, name) === undefined, 'NAME_TAKEN');
  }
  child(name: string): StoreState | undefined {
    const child = childOf(this.at, name);
    this.assert(!BAD_NAMES.has(name), 'BAD_NAME');
    this.assert(child !== undefined, 'NOT_FOUND');
    return child;
  }
  /** The label of something new. */
  next(): number {
    return this.circumstances.numbers.next();
  }

  // Whether a write that changes nothing is refused where none is allowed, is left open.
  excuseWrite(): void {
    this.excuses.push('OUTSIDE_TREE', 'READ_ONLY');
  }
}
