import { type ErrorCode, type ErrorDetails, kindOf, type Problem, problemsError } from '../errors.js';
import type { Attribute, AttributeDeclaration, ReferenceRule } from '../schema/attribute.js';
import { cellOf, Refusal } from '../schema/codec.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { Pledge } from './pledge.js';
import { type CellChange, freshen, goneBecause, isItem, type Keeper, namedItem, stateOf } from './state.js';

/** A refusal with the code of the error that it becomes. */
class Fault extends Refusal {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, phrase: string, cause?: unknown) {
    super(phrase, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What one call found wrong with the values that it was given. `cause` is what a user's own check threw first. */
export class Faults {
  readonly problems: Problem[] = [];
  cause: unknown = undefined;

  add(code: ErrorCode, attribute: string, phrase: string, cause?: unknown): void {
    this.cause ??= cause;
    this.problems.push({ code, attribute, message: `${attribute} ${phrase}` });
  }

  /** Takes in a refusal; anything else is thrown on. */
  take(attribute: string, error: unknown): void {
    if (!(error instanceof Refusal)) throw error;
    this.add(error instanceof Fault ? error.code : 'INVALID_VALUE', attribute, error.message, error.cause);
  }

  /** The attributes with a fault; undefined when there is none. */
  attributes(): ReadonlySet<string | undefined> | undefined {
    return this.problems.length === 0 ? undefined : new Set(this.problems.map((problem) => problem.attribute));
  }

  /** Throws one error for all faults, if there are any. */
  throwAny(where: string, details: ErrorDetails): void {
    if (this.problems.length > 0) throw problemsError(where, this.problems, { ...details, cause: this.cause });
  }
}

/**
 * The cell for a value that is assigned to an attribute, completely checked; or undefined, and the fault is in `faults`.
 * `keeper` is the store that the item is in: a reference must be to one of its items.
 */
export function checkedCell(attribute: Attribute, value: unknown, keeper: Keeper, faults: Faults): Cell | undefined {
  try {
    return encodeValue(attribute, value, keeper);
  } catch (error) {
    faults.take(attribute.name, error);
    return undefined;
  }
}

/** Like {@link checkedCell}, for an item that is there already: read-only attributes are refused. */
export function changedCell(attribute: Attribute, value: unknown, keeper: Keeper, faults: Faults): Cell | undefined {
  if (!attribute.readOnly) return checkedCell(attribute, value, keeper, faults);
  faults.add('READ_ONLY', attribute.name, 'is read-only');
  return undefined;
}

/** The checked cells for new values of some attributes. What is wrong with them, unknown names included, is in `faults`. */
export function checkedChanges(type: ItemType, values: object, keeper: Keeper, faults: Faults): CellChange[] {
  const changes: CellChange[] = [];
  for (const [name, value] of Object.entries(values)) {
    const attribute = type.byName.get(name);
    if (attribute === undefined) faults.add('UNKNOWN_ATTRIBUTE', name, noAttribute(type));
    else {
      const cell = changedCell(attribute, value, keeper, faults);
      if (cell !== undefined) changes.push({ attribute, cell });
    }
  }
  return changes;
}

/**
 * True for what may hold values by attribute name: plain objects. The contents of a Map, or the attributes of another
 * item, are no properties of its own, and would be left out in silence.
 */
export function isPlainInput(values: unknown): values is object {
  if (typeof values !== 'object' || values === null) return false;
  const prototype: unknown = Object.getPrototypeOf(values);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Why a name is refused: the phrase lists the attributes that there are. */
export function noAttribute(type: ItemType): string {
  const names = [...type.byName.keys()].join(', ');
  return `is no attribute of ${type.name}, which has ${names === '' ? NO_ATTRIBUTES : names}`;
}

const NO_ATTRIBUTES =
  'none. If its class declares some, its decorators did not run: the tool that compiled it only strips types, as ' +
  "`node file.ts` does, and bundlers without 'experimentalDecorators': true in tsconfig.json. Compile it with tsc, " +
  'esbuild, tsx, vite or swc and that setting, or declare them by attributes(), without decorator syntax';

/**
 * The cell for a value of an attribute.
 * @throws Refusal with a phrase that follows the attribute's name; its `cause` is what a user's `validate` threw.
 */
function encodeValue(attribute: AttributeDeclaration, value: unknown, keeper: Keeper): Cell {
  if (value === undefined) throw new Refusal('takes no undefined; leave it out, or give null where it is nullable');
  if (value === null) {
    if (attribute.nullable) return null;
    throw new Refusal('takes no null: it is not nullable');
  }
  const { codec, reference, validate } = attribute;
  const cell = cellOf(codec, reference === undefined ? value : referredId(reference, value, keeper));
  // A copy is shown to the predicate, in the form in which the value will be read.
  // Of what is pledged there is nothing to show yet.
  if (validate !== undefined && !Pledge.isOne(value))
    runValidate(validate, reference === undefined ? codec.decode(cell) : value);
  return cell;
}

/** Throws a Refusal unless the predicate accepts the value. */
export function runValidate(validate: (value: unknown) => boolean | string, value: unknown): void {
  let verdict: unknown;
  try {
    verdict = validate(value);
  } catch (error) {
    throw new Fault('INVALID_VALUE', 'is refused by its validate function, which threw an error', error);
  }
  if (verdict === true) return;
  if (verdict === false) throw new Refusal('is refused by its validate function');
  if (typeof verdict === 'string') throw new Refusal(`is refused by its validate function: ${verdict}`);
  throw new Refusal(`has a validate function that answers ${kindOf(verdict)}, not true, false or a text`);
}

function referredId(reference: ReferenceRule, value: unknown, keeper: Keeper): number {
  const target = reference.target?.();
  const wanted = target === undefined ? 'an item' : `a ${target.name} item`;
  if (Pledge.isOne(value)) {
    assertOfType(value, target, wanted);
    return value.id;
  }
  if (!isItem(value)) throw new Refusal(`takes ${wanted}, not ${kindOf(value)}`);
  const state = stateOf(value);
  assertOfType(state, target, wanted);
  if (state.keeper !== keeper) throw new Fault('WRONG_STORE', `takes ${wanted} of its own store, not of another one`);
  freshen(state);
  if (state.life !== 'stored')
    throw new Fault('ITEM_GONE', `takes a stored item, but ${namedItem(state)} ${goneBecause(state)}`);
  return state.id;
}

function assertOfType({ type }: { type: ItemType }, target: ItemClass | undefined, wanted: string): void {
  if (target !== undefined && type.itemClass !== target)
    throw new Fault('WRONG_TYPE', `takes ${wanted}, not a ${type.itemClass.name} item`);
}
