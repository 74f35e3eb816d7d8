import { Faults, runValidate } from '../item/check-value.js';
import { validateReferences } from '../item/validate-references.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import { findById } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import { atRow, type Concerned } from './failure.js';

/** The references of one item that are still to be checked. */
interface Postponed {
  readonly concerned: Referring;
  readonly attributes: Set<Attribute>;
}

/** The item that refers. */
type Referring = Required<Concerned>;

/**
 * Shows what references lead to to the `validate` functions of their attributes, while rows are moved. Nobody may see an
 * item of a type on its way to another table, and types refer to each other and to themselves: such references are checked
 * when everything has arrived.
 */
export class ReferenceChecks {
  readonly #core: StoreCore;
  readonly #moving: ReadonlySet<ItemType>;
  /** By the item that refers. */
  readonly #postponed = new Map<number, Postponed>();

  /** `moving`: the types whose rows are being moved, at any time. */
  constructor(core: StoreCore, moving: ReadonlySet<ItemType>) {
    this.#core = core;
    this.#moving = moving;
  }

  /** Checks a reference; false where it is to be postponed. @throws Refusal */
  show({ validate }: Attribute, target: number): boolean {
    const entry = this.#core.entryOfId(target);
    const type = entry && this.#core.registry.named(entry.name);
    if (type !== undefined && this.#moving.has(type)) return false;
    if (validate !== undefined) runValidate(validate, findById(this.#core, target));
    return true;
  }

  /** Notes what {@link ReferenceChecks.show} could not check, by the item whose attribute it is, in the version of its class. */
  postpone(attribute: Attribute, concerned: Referring): void {
    const known = this.#postponed.get(concerned.storeId) ?? { concerned, attributes: new Set() };
    known.attributes.add(attribute);
    this.#postponed.set(concerned.storeId, known);
  }

  /** Checks what was postponed, unless something is still on its way. @throws what {@link atRow} throws */
  finish(): void {
    if (this.#moving.size > 0) return;
    for (const postponed of this.#postponed.values()) atRow(postponed.concerned, () => this.#check(postponed));
    this.clear();
  }

  /** Forgets what was postponed: what it was noted for is undone. */
  clear(): void {
    this.#postponed.clear();
  }

  // An item of which a step made nothing may have taken others along.
  #check({ concerned: { storeId, type }, attributes }: Postponed): void {
    const item = findById(this.#core, storeId);
    if (item === undefined) return;
    const faults = new Faults();
    validateReferences(item, attributes, faults);
    faults.throwAny(type, { type });
  }
}
