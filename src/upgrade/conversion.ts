import { kindOf } from '../errors.js';
import { isPlainInput } from '../item/check-value.js';
import { cellsOfRow, valuesOfRow } from '../item/row-values.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { refuseUnfinished } from '../store/async-guard.js';
import type { StoredRow } from '../store/old-table.js';
import type { StoreCore } from '../store/store-core.js';
import { Wrong } from './failure.js';
import type { ReferenceChecks } from './reference-checks.js';
import type { Step } from './steps-of-class.js';
import type { UpgradeContext } from './upgrade.js';

/** What a step is given besides the values, for an item. */
export type ContextFor = (storeId: number) => UpgradeContext;

/** One step of the way of a type's rows. */
export class Conversion {
  readonly step: Step;
  readonly #to: ItemType;
  readonly #core: StoreCore;
  readonly #checks: ReferenceChecks;
  /** By `index` of the later version: the place of the cell that is copied; undefined where there is none. */
  readonly #copied: readonly (number | undefined)[];
  /** What a step may hand on, though the later version does not have it. */
  readonly #passedOver: ReadonlySet<string>;

  constructor(core: StoreCore, step: Step, to: ItemType, checks: ReferenceChecks) {
    this.#core = core;
    this.#checks = checks;
    this.step = step;
    this.#to = to;
    this.#copied = to.attributes.map((attribute) => sameAttribute(step.oldType, attribute)?.index);
    this.#passedOver = new Set(step.oldType.byName.keys());
  }

  /** The row's cells in the later version; null when the item is to be deleted. */
  cells({ id, cells }: StoredRow, contextFor: ContextFor): readonly Cell[] | null {
    const { oldType, run } = this.step;
    // The step is a function of these values: its type says so where it is declared.
    const given = run === undefined ? {} : run(valuesOfRow(oldType, cells) as never, contextFor(id));
    refuseUnfinished(given, `upgrade(${this.step.from}, ...)`);
    if (given === null) return null;
    if (!isPlainInput(given)) throw new Wrong(`its step gives ${kindOf(given)}, not an object of values or null`);
    const copied = this.#copied.map((at) => (at === undefined ? undefined : cells[at]));
    const source = { cells: copied, values: given, passedOver: this.#passedOver };
    return cellsOfRow(this.#to, this.#core.keeper, source, (attribute, target) => this.#check(attribute, target, id));
  }

  // In a version between, items that are moved are never seen.
  #check(attribute: Attribute, target: number, storeId: number): void {
    if (this.#checks.show(attribute, target) || !this.#isLast) return;
    this.#checks.postpone(attribute, { from: this.step.from, to: this.step.to, storeId, type: this.#to.name });
  }

  get #isLast(): boolean {
    return this.#core.registry.named(this.#to.name) === this.#to;
  }
}

/** The attribute of a type whose cells mean the same. */
function sameAttribute(type: ItemType, { name, codec }: Attribute): Attribute | undefined {
  const same = type.byName.get(name);
  return same?.codec.name === codec.name ? same : undefined;
}
