import { keepShape } from '../driver/kept-shapes.js';
import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import { TAGS } from './format.js';
import { whenTurnEnds } from './turn.js';

type Members = (Item | undefined)[];

/** Items in one group. With more, nothing more is gained. */
const SIZE = 32;

/** Stands for the id of an item that was taken out: no item has it. */
const NO_ID = 0;

/** Groups whose members stay in memory until the running turn ends. */
let inUse: KnownGroup[] = [];

/**
 * A few items known by one weak reference, which is to a list of them. Each of them keeps the list: as long as one is in
 * memory, all are.
 */
export class KnownGroup {
  readonly #ids: number[] = [];
  readonly #weak: WeakRef<Members>;
  /** The same list, in a turn that has asked for it: it stays in memory until that ends in any case. */
  #members: Members | undefined;

  constructor() {
    const members: Members = [];
    this.#weak = new WeakRef(members);
    this.#use(members);
  }

  /** False when it is full, or was not asked for in this turn: who comes later is not needed by the same code. */
  get takesMore(): boolean {
    return this.#members !== undefined && this.#ids.length < SIZE;
  }

  /** True for all of its members, or none. */
  get isInMemory(): boolean {
    return this.#weak.deref() !== undefined;
  }

  /** Adds an item, while {@link KnownGroup.takesMore}. */
  add(id: number, item: Item): void {
    const members = this.#members as Members;
    this.#ids.push(id);
    members.push(item);
    stateOf(item).knownWith = members;
  }

  find(id: number): Item | undefined {
    return (this.#members ?? this.#lookUp())?.[this.#placeOf(id)];
  }

  // Items of one answer or one loop mostly have numbers in a row.
  #placeOf(id: number): number {
    const ids = this.#ids;
    const guess = ((id - (ids[0] as number)) / TAGS) & (SIZE - 1);
    return ids[guess] === id ? guess : ids.indexOf(id);
  }

  #lookUp(): Members | undefined {
    const members = this.#weak.deref();
    if (members !== undefined) this.#use(members);
    return members;
  }

  #use(members: Members): void {
    this.#members = members;
    if (inUse.push(this) === 1) whenTurnEnds(restAll);
  }

  /** To be called when the turn ends. */
  rest(): void {
    this.#members = undefined;
  }

  /** Takes an item out. */
  drop(id: number): void {
    const at = this.#placeOf(id);
    this.#ids[at] = NO_ID;
    const members = this.#weak.deref();
    if (members !== undefined) members[at] = undefined;
  }

  /** Its members keep each other no longer. Visits the id of each, and those that are still in memory. */
  end(visit?: (id: number, item: Item | undefined) => void): void {
    const members = this.#weak.deref() ?? [];
    for (const [at, id] of this.#ids.entries()) if (id !== NO_ID) visit?.(id, members[at]);
    members.length = 0;
  }
}

function restAll(): void {
  const groups = inUse;
  inUse = [];
  for (const group of groups) group.rest();
}

keepShape(new KnownGroup());
