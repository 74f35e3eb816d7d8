import { keepShape } from '../driver/kept-shapes.js';
import { kindOf, problemsError } from '../errors.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { offerInitial } from './access.js';
import { checkedCell, Faults, isPlainInput, noAttribute } from './check-value.js';
import { type InitialReader, initialReaderOf } from './declarations.js';
import { Item } from './item.js';
import type { ItemInit } from './item-init.js';
import { lookUpsOf } from './look-up.js';
import { ItemState, type Keeper } from './state.js';

/**
 * A new item whose values are checked and complete, ready for its INSERT; {@link finish} makes it an item.
 * Nothing needs undoing when it is dropped instead.
 */
export interface Prepared {
  readonly type: ItemType;
  readonly keeper: Keeper;
  /** By `attribute.index`, complete. */
  readonly cells: Cell[];
  /** Its record; undefined where its cells were complete without its class. */
  readonly state: ItemState | undefined;
}

/** What was learned about a class from its first instances. */
interface BuildPlan {
  /** Keeps the shape of the type's items as long as the type itself: see `keepShape`. */
  readonly kept: object;
  /** Attributes that plain fields hide on every instance; undefined until one was seen. */
  hidden: readonly Attribute[] | undefined;
  /** The names of looked-up properties that plain fields hide. */
  hiddenLookUps: readonly string[];
  /** Attributes whose initialisers' values do not come by themselves. */
  readonly readers: readonly (readonly [Attribute, InitialReader])[];
}
const plans = new WeakMap<ItemType, BuildPlan>();
// Items mostly come many of a type at once, and looking up a plan takes 3 % of loading one.
let latestType: ItemType | undefined;
let latestPlan: BuildPlan | undefined;

function planOf(type: ItemType): BuildPlan {
  if (type === latestType && latestPlan !== undefined) return latestPlan;
  latestType = type;
  latestPlan = plans.get(type) ?? newPlan(type);
  return latestPlan;
}

function newPlan(type: ItemType): BuildPlan {
  const readers = type.attributes.flatMap((attribute) => {
    const reader = initialReaderOf(attribute);
    return reader === undefined ? [] : [[attribute, reader] as const];
  });
  const kept = itemOfNoStore(type);
  const plan: BuildPlan = { kept, hidden: undefined, hiddenLookUps: [], readers };
  plans.set(type, plan);
  return plan;
}

/** Makes the item for a row of the database. Field initialisers of its class run, but the row's values win. */
export function buildStored(type: ItemType, keeper: Keeper, id: number, cells: Cell[]): Item {
  const state = new ItemState(type, keeper, id, cells);
  construct(state, planOf(type));
  state.building = false;
  state.initials = undefined;
  return state.item;
}

/**
 * Checks the values for a new item and completes them: given values first, then field initialisers, defaults, null.
 * The object is made, whoever wants it: what a constructor or a field initialiser gives to one item it may not give to the
 * next. Either may throw: nothing is written yet.
 * @throws CorollaryError that lists all faults in `problems`
 */
export function prepare(type: ItemType, keeper: Keeper, values: object): Prepared {
  return new Draft(type, keeper).prepare(values);
}

/**
 * Completes the cells of a row that has no item yet: what is undefined comes from field initialisers, defaults, null, as
 * with {@link prepare}. What is wrong, and what was wrong before, is thrown together.
 */
export function completeCells(
  type: ItemType,
  keeper: Keeper,
  given: (Cell | undefined)[],
  faults: Faults,
): readonly Cell[] {
  return new Draft(type, keeper, given, faults).complete().cells;
}

/** Makes a prepared item one that is stored under `id`. To be called once its row is written. */
export function finish(prepared: Prepared, id: number): Item {
  const { type, keeper, cells, state } = prepared;
  if (state === undefined) return buildStored(type, keeper, id, cells);
  state.id = id;
  state.life = 'stored';
  state.epoch = keeper.epoch;
  state.initials = undefined;
  return state.item;
}

type ItemConstructor = new (init: ItemInit) => Item;

function construct(state: ItemState, plan: BuildPlan): void {
  // The state is the token: ItemInit is its public face.
  new (state.type.itemClass as unknown as ItemConstructor)(state as unknown as ItemInit);
  if (plan.hidden === undefined) learnHidden(state, plan);
  for (const attribute of plan.hidden ?? []) absorb(state, attribute);
  for (const name of plan.hiddenLookUps) delete (state.item as unknown as Record<string, unknown>)[name];
}

function learnHidden({ type, item }: ItemState, plan: BuildPlan): void {
  plan.hidden = type.attributes.filter(({ name }) => Object.hasOwn(item, name));
  plan.hiddenLookUps = [...lookUpsOf(type.itemClass).keys()].filter((name) => Object.hasOwn(item, name));
}

/** A plain field under [[Define]] semantics hides the attribute's accessor: its value is taken in, the field removed. */
function absorb(state: ItemState, attribute: Attribute): void {
  const fields = state.item as unknown as Record<string, unknown>;
  if (!Object.hasOwn(fields, attribute.name)) return;
  const value = fields[attribute.name];
  delete fields[attribute.name];
  offerInitial(state, attribute, value);
}

/** The values of an item that is about to be created, while they are collected. */
class Draft {
  readonly #type: ItemType;
  readonly #keeper: Keeper;
  readonly #cells: (Cell | undefined)[];
  readonly #faults: Faults;

  constructor(type: ItemType, keeper: Keeper, cells: (Cell | undefined)[] = [], faults = new Faults()) {
    this.#type = type;
    this.#keeper = keeper;
    this.#cells = type.attributes.map(({ index }) => cells[index]);
    this.#faults = faults;
  }

  prepare(values: object): Prepared {
    this.#takeGiven(values);
    return this.complete();
  }

  /** Adds what was not given. @throws CorollaryError that lists all faults */
  complete(): Prepared {
    const state = this.#construct(planOf(this.#type));
    this.#fillAll(state.initials);
    // Complete: an attribute without a cell would have been a fault.
    return { type: this.#type, keeper: this.#keeper, cells: this.#cells as Cell[], state };
  }

  #takeGiven(values: object): void {
    const { name: typeName, byName } = this.#type;
    if (!isPlainInput(values)) {
      const message = `an item is created from an object of attribute values, not from ${kindOf(values)}`;
      throw problemsError(typeName, [{ code: 'INVALID_VALUE', message }], { type: typeName });
    }
    for (const name of Object.keys(values)) {
      const attribute = byName.get(name);
      const value = (values as Record<string, unknown>)[name];
      if (attribute === undefined) this.#faults.add('UNKNOWN_ATTRIBUTE', name, noAttribute(this.#type));
      else if (value === undefined && isMandatory(attribute))
        this.#faults.add('MISSING_VALUE', name, 'must be given, but is undefined');
      else this.#put(attribute, value);
    }
  }

  #construct(plan: BuildPlan): ItemState {
    const state = new ItemState(this.#type, this.#keeper, 0, this.#cells);
    try {
      construct(state, plan);
      for (const [attribute, read] of plan.readers) offerInitial(state, attribute, read.call(state.item));
      return state;
    } catch (error) {
      // A constructor may well stumble over a value that is missing or refused: then that is what is wrong.
      this.#fillAll(state.initials);
      throw error;
    } finally {
      state.building = false;
    }
  }

  /** Fills the cells that were not given, then throws if anything was wrong. */
  #fillAll(initials: readonly unknown[] | undefined): void {
    const refused = this.#faults.attributes();
    for (const attribute of this.#type.attributes)
      if (this.#cells[attribute.index] === undefined && !refused?.has(attribute.name))
        this.#fill(attribute, initials?.[attribute.index]);
    this.#faults.throwAny(this.#type.name, { type: this.#type.name });
  }

  #fill(attribute: Attribute, initial: unknown): void {
    if (initial !== undefined) this.#put(attribute, initial);
    else if (typeof attribute.default === 'function') this.#fillBy(attribute, attribute.default as () => unknown);
    else if (attribute.default !== undefined) this.#put(attribute, attribute.default);
    else if (attribute.nullable) this.#cells[attribute.index] = null;
    else this.#faults.add('MISSING_VALUE', attribute.name, 'must be given: it is not nullable and has no default');
  }

  #put(attribute: Attribute, value: unknown): void {
    this.#cells[attribute.index] = checkedCell(attribute, value, this.#keeper, this.#faults);
  }

  #fillBy(attribute: Attribute, makeDefault: () => unknown): void {
    let value: unknown;
    try {
      value = makeDefault();
    } catch (error) {
      this.#faults.add('INVALID_VALUE', attribute.name, 'has a default function that threw an error', error);
      return;
    }
    this.#put(attribute, value);
  }
}

function isMandatory(attribute: Attribute): boolean {
  return !attribute.nullable && attribute.default === undefined;
}

/** Stands for the store of items that are none. */
const NOWHERE = {} as Keeper;
const NO_TYPE = { attributes: [] } as unknown as ItemType;
keepShape(new Draft(NO_TYPE, NOWHERE));
keepShape(new Faults());

/** An object of a type's class whose own constructor did not run: nobody is to notice. */
function itemOfNoStore(type: ItemType): object {
  const itemClass: unknown = type.itemClass;
  return Reflect.construct(Item, [new ItemState(type, NOWHERE, 0, [])], itemClass as typeof Item);
}
