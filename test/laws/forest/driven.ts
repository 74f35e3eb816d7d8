import type { ErrorCode } from 'corollary';
import { Binding } from './binding.js';
import { Course, type Plan } from './course.js';
import { type Hand, setAdrift } from './hand.js';
import { type HandOptions, Hands } from './hands.js';
import { type Path, placesIn, type StoreState, storeAt } from './state.js';

/** How a tree is driven. */
export interface DriveOptions extends HandOptions {
  /** The version of the program that begins. */
  readonly generation: number;
  /** Whether the program keeps all that it can get; else what it uses, for some time. */
  readonly holdsAll: boolean;
}

/** A real tree and its model side by side, and who has it open. */
export class Driven {
  readonly options: DriveOptions;
  readonly course: Course;
  readonly binding = new Binding();
  readonly hands: Hands;
  /** The tree as it is committed, while a transaction runs. */
  committed: StoreState | undefined;
  /** Whether the running transaction has moved a store. */
  hasMoved = false;
  /** Whether the program is new, and has read nothing yet: types are upgraded in the midst of what comes next. */
  isNew = false;

  constructor(options: DriveOptions) {
    this.options = options;
    this.course = new Course(options.generation);
    this.hands = new Hands(this.course, options);
  }

  get isInside(): boolean {
    return this.course.levels.length > 0;
  }

  /** An action was done. */
  accept(plan: Plan): void {
    this.course.accept(plan);
    this.#follow();
  }

  /** What was done since is undone. */
  undoTo(state: StoreState): void {
    this.course.undoTo(state);
    this.#follow();
  }

  #follow(): void {
    for (const { preloads } of this.hands.all) preloads.follow(this.course.state);
  }

  /** Another handle has moved a store: whoever has not, finds out at the next use, or not at all. */
  moved(path: Path, by: Hand): void {
    this.hasMoved = true;
    const moved = storeAt(this.course.state, path) as StoreState;
    const lives = placesIn(moved).map(({ store }) => store.life);
    for (const hand of this.hands.all) if (hand !== by) setAdrift(hand, lives);
  }

  /** What something may be refused with, which depends on who else has what open. */
  excusesFor(kind: string): readonly ErrorCode[] {
    const excuses: ErrorCode[] = [];
    if (kind === 'move' && this.hands.second !== undefined) excuses.push('BUSY');
    const isLarge = this.isInside || LARGE.has(kind);
    const enough = isLarge ? 20 : OVER_SEVERAL.has(kind) ? 3 : 1;
    if (this.options.maxOpenSubstores < enough) excuses.push('TOO_MANY_OPEN');
    // What a transaction may not write, it cannot upgrade.
    if (this.isNew && this.isInside) excuses.push('UPGRADE_NEEDED', 'OUTSIDE_TREE');
    return excuses;
  }
}

/** What takes a transaction over any number of stores. */
const LARGE: ReadonlySet<string> = new Set(['move', 'update tree', 'delete tree', 'transact']);
/** What needs several stores open. */
const OVER_SEVERAL: ReadonlySet<string> = new Set(['copy', 'import', 'restore']);
