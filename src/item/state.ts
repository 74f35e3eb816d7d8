import { CorollaryError } from '../errors.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { ItemInit } from './item-init.js';
import type { KeepingStore } from './keeping-store.js';
import type { LiveItem } from './live-item.js';
import { type Powers, PowerupTarget, powers } from './powerup-target.js';

/** Whether an item is in the database. `new`: not, or no longer, because its creation was undone; `gone`: deleted. */
export type Life = 'new' | 'stored' | 'gone';

/** A checked new cell for one attribute of an item. */
export interface CellChange {
  readonly attribute: Attribute;
  readonly cell: Cell;
}

/** What an item needs of the store that keeps it; the store implements it. One keeper stands for one open store. */
export interface Keeper {
  readonly store: KeepingStore;
  /** What answers for the roles that are played for its items. */
  readonly powers: Powers;
  /** Differs from an item's own whenever its cells may be out of date. */
  readonly epoch: number;
  /** True while the running transaction deletes the store: its items are deleted, until that is undone. */
  readonly isBeingDeleted: boolean;
  /** @throws CorollaryError STORE_CLOSED */
  assertOpen(): void;
  /** Reads a stale item again, or marks it gone; afterwards its epoch is the keeper's. */
  refresh(state: ItemState): void;
  /** Writes checked cells, to the database and to `state`, or throws and leaves both as they were. */
  change(state: ItemState, changes: readonly CellChange[]): void;
  /** The item that a reference's cell points to. */
  resolve(state: ItemState, attribute: Attribute, id: number): LiveItem;
  /** Deletes the item. */
  remove(state: ItemState): void;
}

/** A value made from a cell that was costly to decode; right as long as the item still has that very cell. */
export interface Decoded {
  readonly cell: Cell;
  readonly value: unknown;
}

/** The record behind one item. Only the item and store rooms touch it. */
export class ItemState {
  readonly type: ItemType;
  readonly keeper: Keeper;
  /** The item itself, from the start of its constructor on. */
  item!: LiveItem;
  /** 0 until the item is stored for the first time. */
  id: number;
  /** By {@link Attribute.index}; undefined only while the item is being built. */
  cells: (Cell | undefined)[];
  life: Life;
  /** The keeper's epoch when the cells were last known to be right. */
  epoch: number;
  /** The id of the undo log that has a copy of the cells as they were; the store's own. */
  rememberedBy = 0;
  /** By {@link Attribute.index}, for attributes whose codec is memoized. */
  decoded: (Decoded | undefined)[] | undefined = undefined;
  /** The ids of the items that came with this one in an answer, itself among them. */
  siblings: readonly number[] | undefined = undefined;
  /** What the store knows the item by, as long as it is in memory. */
  knownWith: object | undefined = undefined;
  /** By {@link Attribute.index}: what is to stay in memory as long as this item refers to it. */
  held: (LiveItem | undefined)[] | undefined = undefined;
  /** True while the class's constructor runs: assignments are then initial values, not changes. */
  building = true;
  /** What field initialisers gave while building, by {@link Attribute.index}. */
  initials: unknown[] | undefined = undefined;

  /** An item with an id is stored, one without (0) is new. */
  constructor(type: ItemType, keeper: Keeper, id: number, cells: (Cell | undefined)[]) {
    this.type = type;
    this.keeper = keeper;
    this.id = id;
    this.cells = cells;
    this.life = id === 0 ? 'new' : 'stored';
    this.epoch = keeper.epoch;
  }
}

/** The record behind an item: the way in for the item and store rooms. Throws a TypeError for anything else. */
export let stateOf: (item: object) => ItemState;
/** True for objects made by a store from an item class of this copy of the library. */
export let isItem: (value: unknown) => value is LiveItem;

/** What holds an item's record. Apart from Item so that code which Item calls can reach the record too. */
export abstract class StateHolder extends PowerupTarget {
  readonly #state: ItemState;
  static {
    stateOf = (item) => (item as StateHolder).#state;
    isItem = (value): value is LiveItem => typeof value === 'object' && value !== null && #state in value;
  }

  constructor(init: ItemInit) {
    super();
    const state: unknown = init;
    if (!(state instanceof ItemState) || state.item !== undefined) throw notByNew(new.target.name);
    this.#state = state;
    // Every StateHolder is an Item: nothing else extends this class.
    state.item = this as unknown as LiveItem;
  }

  protected override get [powers](): Powers {
    return this.#state.keeper.powers;
  }
}

function notByNew(className: string): CorollaryError {
  return new CorollaryError(
    'NOT_SUPPORTED',
    `An item is not made with new ${className}(...): call store.create(${className}, {...}). A constructor of its own hands what it is given on: constructor(init: ItemInit) { super(init); }`,
  );
}

/** Brings the cells of an item up to date if another handle may have changed them. */
export function freshen(state: ItemState): void {
  if (state.epoch !== state.keeper.epoch && state.life === 'stored') state.keeper.refresh(state);
}

/** The item no longer keeps in memory what one of its attributes referred to. */
export function letGo(state: ItemState, index: number): void {
  if (state.held !== undefined) state.held[index] = undefined;
}

/** The ITEM_GONE error for an item that is not stored, saying which way it went. */
export function goneError(state: ItemState): CorollaryError {
  const { type, id } = state;
  const details = { type: type.name, storeId: id === 0 ? undefined : id };
  return new CorollaryError('ITEM_GONE', `${namedItem(state)} ${goneBecause(state)}; it can only be read`, details);
}

/** Why an item is not in the database, as a phrase: 'was deleted'. */
export function goneBecause(state: ItemState): string {
  if (state.life === 'gone') return 'was deleted';
  return state.id === 0 ? 'is not stored yet' : 'is not stored: the transaction that created it was rolled back';
}

/** How messages name an item: 'Item 4097 (city)'. */
export function namedItem(state: ItemState): string {
  return state.id === 0 ? `A new item (${state.type.name})` : `Item ${state.id} (${state.type.name})`;
}
