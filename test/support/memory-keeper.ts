import { buildStored, finish, prepare } from '../../src/item/build.js';
import type { Item } from '../../src/item/item.js';
import { type CellChange, type ItemState, type Keeper, stateOf } from '../../src/item/state.js';
import { typeOf } from '../../src/item/type-of.js';
import type { Attribute } from '../../src/schema/attribute.js';
import type { ItemClass } from '../../src/schema/item-class.js';
import type { Cell } from '../../src/schema/value.js';

/** As much of a store as items need: rows in a Map. For tests of the item room alone. */
export class MemoryKeeper implements Keeper {
  readonly store = { uid: 'memory' } as Keeper['store'];
  get powers(): Keeper['powers'] {
    throw new Error('There are no powerups here');
  }
  epoch = 1;
  readonly isBeingDeleted = false;
  /** Every call of `change`, as attribute names. */
  readonly written: string[][] = [];
  readonly #rows = new Map<number, { itemClass: ItemClass; cells: Cell[] }>();
  #items = new Map<number, Item>();
  #lastId = 0;

  create<T extends Item>(itemClass: ItemClass<T>, values: object): T {
    const prepared = prepare(typeOf(itemClass), this, values);
    const id = ++this.#lastId;
    this.#rows.set(id, { itemClass, cells: [...prepared.cells] });
    const item = finish(prepared, id);
    this.#items.set(id, item);
    return item as T;
  }
  get(id: number): Item {
    const known = this.#items.get(id);
    if (known !== undefined) return known;
    const { itemClass, cells } = this.#row(id);
    const item = buildStored(typeOf(itemClass), this, id, [...cells]);
    this.#items.set(id, item);
    return item;
  }
  /** As if nothing had been loaded yet. */
  forget(): void {
    this.#items = new Map();
  }
  /** As another handle would write: the items in memory are stale afterwards. */
  writeBehind(id: number, index: number, cell: Cell): void {
    this.#row(id).cells[index] = cell;
    this.epoch++;
  }

  assertOpen(): void {} // it is never closed
  refresh(state: ItemState): void {
    const row = this.#rows.get(state.id);
    if (row === undefined) state.life = 'gone';
    else state.cells = [...row.cells];
    state.epoch = this.epoch;
  }
  change(state: ItemState, changes: readonly CellChange[]): void {
    this.written.push(changes.map(({ attribute }) => attribute.name));
    for (const { attribute, cell } of changes) {
      this.#row(state.id).cells[attribute.index] = cell;
      state.cells[attribute.index] = cell;
    }
  }
  resolve(_state: ItemState, _attribute: Attribute, id: number): Item {
    return this.get(id);
  }
  remove(state: ItemState): void {
    this.#rows.delete(state.id);
    this.#items.delete(state.id);
    state.life = 'gone';
  }
  #row(id: number): { itemClass: ItemClass; cells: Cell[] } {
    const row = this.#rows.get(id);
    if (row === undefined) throw new RangeError(`no row ${id}`);
    return row;
  }
}

/** As after the rollback of the transaction that created it. */
export function undoCreation(item: Item): void {
  stateOf(item).life = 'new';
}
