import type { ItemState, Life } from '../item/state.js';
import type { Cell } from '../schema/value.js';

let logs = 0;

/**
 * How items were before one level of a transaction changed them. Entries are kept in three arrays of equal length:
 * an object per change would cost more than the change.
 */
export class UndoLog {
  /** Marks the items that this log already remembers. */
  readonly id = ++logs;
  #states: ItemState[] = [];
  #cells: (Cell | undefined)[][] = [];
  #lives: Life[] = [];
  #actions: (() => void)[] = [];

  /** Keeps an item's values before its first change at this level; the item goes on with a copy. True if it was the first. */
  remember(state: ItemState): boolean {
    if (state.frame === this.id) return false;
    this.rememberAs(state, state.life);
    state.cells = state.cells.slice();
    return true;
  }

  /** The same for an item that lives a new life from now on (created, deleted). */
  rememberAs(state: ItemState, life: Life): void {
    state.frame = this.id;
    this.#states.push(state);
    this.#cells.push(state.cells);
    this.#lives.push(life);
  }

  /** Something else to undo; run in reverse order, after the items are as before. */
  onUndo(action: () => void): void {
    this.#actions.push(action);
  }

  /** Puts every item back as it was, the latest change first. */
  undo(): void {
    for (let at = this.#states.length - 1; at >= 0; at--) {
      const state = this.#states[at] as ItemState;
      state.cells = this.#cells[at] as Cell[];
      state.life = this.#lives[at] as Life;
      state.frame = 0;
    }
    for (let at = this.#actions.length - 1; at >= 0; at--) (this.#actions[at] as () => void)();
  }

  /** Takes over what an inner level did, now that it is part of this one. */
  absorb(inner: UndoLog): void {
    for (let at = 0; at < inner.#states.length; at++) {
      this.#states.push(inner.#states[at] as ItemState);
      this.#cells.push(inner.#cells[at] as Cell[]);
      this.#lives.push(inner.#lives[at] as Life);
    }
    for (const action of inner.#actions) this.#actions.push(action);
  }
}
