import { CorollaryError, type ErrorDetails, kindOf, problemsError } from '../errors.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { changedCell, checkedChanges, Faults, isPlainInput } from './check-value.js';
import { freshen, goneError, type ItemState, stateOf } from './state.js';

/** Where an accessor finds its attribute: empty until the first item type that has the attribute is resolved. */
export interface Slot {
  attribute: Attribute | undefined;
}

/** The getter and setter through which an attribute is read and assigned. */
export interface Accessor {
  get(this: object): unknown;
  set(this: object, value: unknown): void;
}

/** Makes the accessor of one attribute. It belongs on the prototype of the class that declares the attribute. */
export function accessorFor(slot: Slot): Accessor {
  return {
    get() {
      // Items exist only of resolved types, so the slot is filled.
      return readAttribute(stateOf(this), slot.attribute as Attribute);
    },
    set(value) {
      const state = stateOf(this);
      const attribute = slot.attribute as Attribute;
      if (state.building) offerInitial(state, attribute, value);
      else assign(state, attribute, value);
    },
  };
}

/** Notes a field initialiser's value. Whether it counts is decided when the item is built: given values win. */
export function offerInitial(state: ItemState, attribute: Attribute, value: unknown): void {
  state.initials ??= []; // also of one that gives nothing now: it may for the next item
  if (value !== undefined) state.initials[attribute.index] = value;
}

/** The value of an attribute now. Items that are not stored give their last values. */
function readAttribute(state: ItemState, attribute: Attribute): unknown {
  freshen(state);
  const cell = state.cells[attribute.index];
  if (cell === null) return null;
  if (cell === undefined) return valueSoFar(state, attribute);
  if (attribute.reference !== undefined) return state.keeper.resolve(state, attribute, cell as number);
  return decodeCell(state, attribute, cell);
}

/**
 * Only while building: what the class's constructor reads of an attribute that was not given. What its field initialisers
 * have given so far, else the default or null; what a default function will give is not known yet.
 */
function valueSoFar({ type, initials }: ItemState, attribute: Attribute): unknown {
  const initial = initials?.[attribute.index];
  if (initial !== undefined) return initial;
  const { default: value, codec, nullable } = attribute;
  if (value !== undefined && value !== null && typeof value !== 'function')
    return decoded(type, attribute, codec.encode(value));
  return nullable ? null : undefined;
}

/** The value in an attribute's cell; for a reference, the id. */
export function decodeCell(state: ItemState, attribute: Attribute, cell: Exclude<Cell, null>): unknown {
  if (!attribute.codec.memoized) return decoded(state.type, attribute, cell);
  state.decoded ??= [];
  const known = state.decoded[attribute.index];
  if (known !== undefined && known.cell === cell) return known.value;
  const value = decoded(state.type, attribute, cell);
  state.decoded[attribute.index] = { cell, value };
  return value;
}

/** What a cell of an attribute means. @throws CorollaryError OUT_OF_RANGE naming the attribute */
export function decoded(type: ItemType, attribute: Attribute, cell: Exclude<Cell, null>): unknown {
  try {
    return attribute.codec.decode(cell);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    const { name } = attribute;
    throw new CorollaryError(error.code, `${type.name}.${name}: ${error.message}`, {
      type: type.name,
      attribute: name,
    });
  }
}

/**
 * Checks a new value of a stored item, then hands it to the keeper. Also when it equals the old one: the row may have
 * been changed by another handle meanwhile, which only the keeper can notice.
 */
export function assign(state: ItemState, attribute: Attribute, value: unknown): void {
  assertStored(state);
  const faults = new Faults();
  const cell = changedCell(attribute, value, state.keeper, faults);
  faults.throwAny(state.type.name, place(state));
  // No fault, hence a cell.
  state.keeper.change(state, [{ attribute, cell: cell as Cell }]);
}

/** The same for several attributes: all are checked, then all are handed on together. */
export function assignAll(state: ItemState, values: object): void {
  assertStored(state);
  if (!isPlainInput(values)) {
    const message = `set() takes an object of attribute values, not ${kindOf(values)}`;
    throw problemsError(state.type.name, [{ code: 'INVALID_VALUE', message }], place(state));
  }
  const faults = new Faults();
  const changes = checkedChanges(state.type, values, state.keeper, faults);
  faults.throwAny(state.type.name, place(state));
  if (changes.length > 0) state.keeper.change(state, changes);
}

// The store first: where it was deleted, so were its items, and whether one of them has noticed that is a matter of chance.
function assertStored(state: ItemState): void {
  if (state.life === 'stored') return;
  state.keeper.assertOpen();
  throw goneError(state);
}

function place(state: ItemState): ErrorDetails {
  return { type: state.type.name, storeId: state.id };
}
