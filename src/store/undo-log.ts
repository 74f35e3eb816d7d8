import { keepShape } from '../driver/kept-shapes.js';
import type { Item } from '../item/item.js';
import type { ItemState, Life } from '../item/state.js';
import type { Cell } from '../schema/value.js';
import { sequenceOf } from './format.js';
import type { IdentityMap } from './identity-map.js';

let logs = 0;

/**
 * How the items of one store were before one level of a transaction changed them. Entries are kept in arrays of equal
 * length: an object per change would cost more than the change.
 */
export class UndoLog {
  /** Marks the items that this log already remembers. */
  readonly id = ++logs;
  readonly #identity: IdentityMap;
  /** Items with this sequence number or a later one were created at this level. */
  readonly #firstSequence: number;
  readonly #states: ItemState[] = [];
  readonly #cells: (Cell | undefined)[][] = [];
  readonly #lives: Life[] = [];
  readonly #epochs: number[] = [];
  /** Items that were created: undone last, since all else that happened to them came later. */
  readonly #created: ItemState[] = [];
  readonly #loaded: ItemState[] = [];

  constructor(identity: IdentityMap, firstSequence: number) {
    this.#identity = identity;
    this.#firstSequence = firstSequence;
  }

  /** Keeps an item's values before its first change at this level; the item goes on with a copy. True if it was the first. */
  remember(state: ItemState): boolean {
    if (state.rememberedBy === this.id) return false;
    this.rememberAs(state, state.life);
    state.cells = state.cells.slice();
    return true;
  }

  /** Notes an item that was created at this level. */
  rememberNew(state: ItemState): void {
    state.rememberedBy = this.id;
    this.#created.push(state);
  }

  /** Keeps how an item lived and lives no longer. */
  rememberAs(state: ItemState, life: Life): void {
    state.rememberedBy = this.id;
    this.#states.push(state);
    this.#cells.push(state.cells);
    this.#lives.push(life);
    this.#epochs.push(state.epoch);
  }

  /** Notes an item that was made from a row which may not be committed. */
  noteLoaded(state: ItemState): void {
    this.#loaded.push(state);
  }

  /** Puts every item back as it was, the latest change first. */
  undo(): void {
    for (let at = this.#states.length - 1; at >= 0; at--) {
      const state = this.#states[at] as ItemState;
      state.cells = this.#cells[at] as Cell[];
      state.epoch = this.#epochs[at] as number;
      this.#live(state, this.#lives[at] as Life);
    }
    // What was loaded is what SQLite has just undone: it was never there, or must be read again.
    for (const state of this.#loaded) if (!this.#isNew(state)) state.epoch = 0;
    const news = [...this.#created, ...this.#loaded.filter((state) => this.#isNew(state))];
    for (const state of news) this.#holdReferred(state);
    for (const state of news) this.#live(state, 'new');
  }

  #isNew({ id }: ItemState): boolean {
    return sequenceOf(id) >= this.#firstSequence;
  }

  // What was never there still refers to the same objects. By its id, that of another process may be found instead.
  #holdReferred(state: ItemState): void {
    for (const { reference, index } of state.type.attributes) {
      const id = state.cells[index];
      const target = reference === undefined || typeof id !== 'number' ? undefined : this.#identity.get(id);
      if (target === undefined) continue;
      state.held ??= [];
      state.held[index] = target;
    }
  }

  #live(state: ItemState, life: Life): void {
    state.life = life;
    state.rememberedBy = 0;
    if (life === 'stored') this.#identity.put(state.id, state.item as Item);
    else this.#identity.delete(state.id);
  }

  /** Nobody knows whether the changes are there: every item is read again, and whether it is there at all. */
  distrust(): void {
    for (const state of [...this.#states, ...this.#created, ...this.#loaded]) {
      this.#live(state, 'stored');
      state.epoch = 0;
    }
  }

  /** Takes over what an inner level did, now that it is part of this one. */
  absorb(inner: UndoLog): void {
    append(this.#states, inner.#states);
    append(this.#cells, inner.#cells);
    append(this.#lives, inner.#lives);
    append(this.#epochs, inner.#epochs);
    append(this.#created, inner.#created);
    append(this.#loaded, inner.#loaded);
  }
}

// Not push(...more): a transaction can have more entries than a call can have arguments.
function append<T>(to: T[], more: readonly T[]): void {
  for (const one of more) to.push(one);
}

keepShape(new UndoLog({} as IdentityMap, 1));
