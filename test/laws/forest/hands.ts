import type { Course } from './course.js';
import { allOf, closeHand, type Hand, openHand } from './hand.js';
import type { Choice } from './steps.js';

/** How a tree is opened. */
export interface HandOptions {
  /** Where the tree is; exports and backups go beside it. */
  readonly place: string;
  /** Whether it is in memory: only one handle can have it then, and only as long as it is open. */
  readonly isInMemory: boolean;
  readonly maxOpenSubstores: number;
  /** Whether a second handle is open from the beginning. */
  readonly hasSecond: boolean;
  /** Whether the program subscribes to the whole tree whenever it opens it. */
  readonly follows: boolean;
}

/** Who has a tree open: one handle always, a second one at times. */
export class Hands {
  readonly #course: Course;
  readonly #options: HandOptions;
  #first: Hand;
  #second: Hand | undefined;

  constructor(course: Course, options: HandOptions) {
    this.#course = course;
    this.#options = options;
    this.#first = this.#open();
    if (options.hasSecond && !options.isInMemory) this.#second = this.#open();
  }

  #open(): Hand {
    const { isInMemory, place, maxOpenSubstores, follows } = this.#options;
    const hand = openHand({ place: isInMemory ? undefined : place, maxOpenSubstores }, this.#course.generation);
    if (follows) for (const c of [0, 1]) hand.followers.begin(hand.root, this.#course.state, { ...ALL, c });
    return hand;
  }

  get first(): Hand {
    return this.#first;
  }
  get second(): Hand | undefined {
    return this.#second;
  }
  get all(): readonly Hand[] {
    return this.#second === undefined ? [this.#first] : [this.#first, this.#second];
  }

  /** The one that a step is to be done with. */
  for(number: 0 | 1): Hand {
    return number === 1 ? (this.#second ?? this.#first) : this.#first;
  }

  openSecond(): void {
    this.#second ??= this.#open();
  }

  /** Says whether it was open. */
  closeSecond(): boolean {
    if (this.#second === undefined) return false;
    closeHand(this.#second);
    this.#second = undefined;
    return true;
  }

  /** The first one is closed, something is done meanwhile, and it is opened again. */
  async reopen(meanwhile: () => void | Promise<void> = () => undefined): Promise<void> {
    closeHand(this.#first);
    await meanwhile();
    this.#first = this.#open();
  }

  /** The program holds all that it can get. */
  holdAll(): void {
    const { generation, state } = this.#course;
    for (const { root, held } of this.all) held.hold(allOf(root, generation), state);
  }

  close(): void {
    for (const { root } of [...this.all].reverse()) root.close();
  }
}

/** Of the root's tree, everything. */
const ALL: Choice = { kind: 'follow', hand: 0, a: 0, b: 0, c: 0 };
