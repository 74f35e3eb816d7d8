import { CorollaryError } from '../errors.js';
import type { Item } from '../item/item.js';
import type { KeepingStore } from '../item/keeping-store.js';
import type { Powers } from '../item/powerup-target.js';
import type { CellChange, ItemState, Keeper } from '../item/state.js';
import type { Attribute } from '../schema/attribute.js';
import { changeItem } from './change.js';
import { deleteItem } from './deletion.js';
import { follow } from './follow.js';
import { refreshItem } from './load.js';
import type { StoreCore } from './store-core.js';

/** The store's side of its items: what they ask for when they are read, changed or deleted. */
export class StoreKeeper implements Keeper {
  readonly #core: StoreCore;

  constructor(core: StoreCore) {
    this.#core = core;
  }

  /** The store's parts, for the methods of items that are made here. */
  get core(): StoreCore {
    return this.#core;
  }
  get store(): KeepingStore {
    return this.#core.face;
  }
  get powers(): Powers {
    return this.#core.powers;
  }
  get epoch(): number {
    return this.#core.file.epoch;
  }
  get isBeingDeleted(): boolean {
    return this.#core.isBeingDeleted;
  }

  assertOpen(): void {
    this.#core.assertOpen();
  }

  refresh(state: ItemState): void {
    refreshItem(this.#core, state);
  }

  change(state: ItemState, changes: readonly CellChange[]): void {
    changeItem(this.#core, state, changes);
  }

  resolve(state: ItemState, attribute: Attribute, id: number): Item {
    const held = state.life === 'new' ? state.held?.[attribute.index] : undefined;
    if (held !== undefined) return held as Item;
    // An item that is gone keeps its last values, and what it referred to may be gone with it.
    return follow(this.#core, state, attribute, id) ?? this.#core.gone.get(id) ?? notThere(this.#core, attribute, id);
  }

  remove(state: ItemState): void {
    deleteItem(this.#core, state.item);
  }
}

/** @throws CorollaryError NOT_FOUND for a reference to an item that is not there. */
export function notThere(core: StoreCore, attribute: Pick<Attribute, 'name'>, id: number): never {
  const { place } = core.file;
  throw new CorollaryError('NOT_FOUND', `${attribute.name} refers to item ${id}, which is not in ${place}`, {
    store: place,
    attribute: attribute.name,
    storeId: id,
  });
}
