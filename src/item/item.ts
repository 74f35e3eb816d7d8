import { CorollaryError, kindOf } from '../errors.js';
import { addressOf } from '../schema/address.js';
import type { Address, Changes, ReferenceKey, ReferredId, StoreId } from '../schema/attribute-types.js';
import { assignAll, decodeCell } from './access.js';
import { noAttribute } from './check-value.js';
import type { KeepingStore } from './keeping-store.js';
import { plainValue } from './plain-value.js';
import { freshen, goneError, StateHolder, stateOf } from './state.js';

declare module './live-item.js' {
  interface LiveItem extends Item {}
}

/**
 * The base of every item class. An item is an object in a store: reading an attribute reads what is stored, assigning
 * one stores it. Items are made by `store.create(City, {...})`, never by `new`.
 *
 * @example
 * @item('city')
 * class City extends Item {
 *   @text() declare name: string;
 * }
 */
export abstract class Item extends StateHolder {
  /** The store that the item is in. */
  get store(): KeepingStore {
    return stateOf(this).keeper.store;
  }

  /** The item's id: unique in its store over all types, never reused. */
  get storeId(): StoreId<this> {
    // The one place where a plain number becomes this item's id.
    return stateOf(this).id as StoreId<this>;
  }

  /**
   * Where the item is, as a value that any store of its tree can keep and follow: `store.getAny(address)`. It stays the
   * same for life, and is told afterwards too.
   * @throws CorollaryError ITEM_GONE in the constructor, when the item has no id yet.
   */
  get address(): Address {
    const state = stateOf(this);
    if (state.id === 0) throw goneError(state);
    return addressOf(state.keeper.store.uid, state.id);
  }

  /** False once the item is deleted, or the transaction that created it was rolled back. */
  get isStored(): boolean {
    const state = stateOf(this);
    freshen(state);
    return state.life === 'stored' && !state.keeper.isBeingDeleted;
  }

  /**
   * Assigns several attributes: all are checked first and written together, or none is.
   * @throws CorollaryError listing every fault in `problems`; ITEM_GONE when the item is not stored.
   */
  // `this` as a parameter: a member whose type has `this` in it is compared anew for every item class.
  set<T>(this: T, values: NoInfer<Changes<T>>): void {
    assignAll(stateOf(this as unknown as Item), values as object);
  }

  /** The id of the item that a reference points to, without loading it; null where the reference is null. */
  idOf<K extends ReferenceKey<this>>(name: K): ReferredId<this[K]> {
    const state = stateOf(this);
    const attribute = state.type.byName.get(name);
    const details = { type: state.type.name, storeId: state.id };
    if (attribute === undefined) {
      const asked: unknown = name;
      const shown = typeof asked === 'string' ? asked : kindOf(asked);
      throw new CorollaryError('UNKNOWN_ATTRIBUTE', `idOf: ${shown} ${noAttribute(state.type)}`, details);
    }
    if (attribute.reference === undefined)
      throw new CorollaryError('WRONG_TYPE', `idOf: ${state.type.name}.${name} is not a reference`, {
        ...details,
        attribute: name,
      });
    freshen(state);
    return state.cells[attribute.index] as ReferredId<this[K]>;
  }

  /**
   * Deletes the item. Afterwards its last values can still be read, but not changed.
   * @throws CorollaryError DELETE_REFUSED when another item still refers to it; ITEM_GONE when it is not stored.
   */
  delete(): void {
    stateOf(this).keeper.remove(stateOf(this));
  }

  /** A plain object for JSON: storeId and attributes; references as ids, bigint as text, dates as ISO text, bytes as base64. */
  toJSON(): Record<string, unknown> {
    freshen(stateOf(this));
    return { storeId: this.storeId, ...plainAttributes(this) };
  }

  /** Runs after the item was created or loaded. May not write. Override it to prepare what is kept in memory only. */
  activate(): void {}

  /** Runs in the transaction that creates the item, right after it is stored. May write; throwing undoes the creation. */
  stored(): void {}

  /** Runs after the outermost commit of a transaction that created or changed the item. Writes are new transactions. */
  committed(): void {}

  /** Runs after the outermost commit of the transaction that deleted the item. */
  deleted(): void {}

  /** How Node prints an item, from memory alone: printing never reads the database. */
  [Symbol.for('nodejs.util.inspect.custom')](_depth: number, options: object, inspect: Inspect): string {
    const { type, id } = stateOf(this);
    return `${type.itemClass.name} #${id} ${inspect(plainAttributes(this), options)}`;
  }
}

type Inspect = (value: unknown, options: object) => string;

function plainAttributes(item: Item): Record<string, unknown> {
  const state = stateOf(item);
  const plain: Record<string, unknown> = {};
  for (const attribute of state.type.attributes) {
    const cell = state.cells[attribute.index] ?? null;
    plain[attribute.name] = cell === null ? null : plainValue(decodeCell(state, attribute, cell));
  }
  return plain;
}
