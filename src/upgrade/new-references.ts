import { CorollaryError } from '../errors.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { CatalogueEntry } from '../store/catalogue-entry.js';
import { idsNotIn } from '../store/old-table.js';
import type { StoreCore } from '../store/store-core.js';

/** What is newly referred to: a target, and an item that refers to it, where that is stored. */
type NewTargets = Map<number, number | undefined>;

/**
 * Finds references to what is not there. Ids that steps give are collected, and looked for all at once.
 */
export class NewReferences {
  readonly #core: StoreCore;
  readonly #type: ItemType;
  readonly #targets = new Map<Attribute, NewTargets>();

  constructor(core: StoreCore, type: ItemType) {
    this.#core = core;
    this.#type = type;
  }

  /** Notes the references of a row; `before` has those cells that it had already, by index. */
  note(id: number | undefined, cells: readonly Cell[], before: readonly (Cell | undefined)[]): void {
    for (const attribute of this.#type.attributes) {
      if (attribute.reference === undefined) continue;
      const target = cells[attribute.index];
      if (typeof target === 'number' && target !== before[attribute.index]) this.#note(attribute, target, id);
    }
  }

  #note(attribute: Attribute, target: number, id: number | undefined): void {
    const targets = this.#targets.get(attribute) ?? new Map<number, number | undefined>();
    targets.set(target, id);
    this.#targets.set(attribute, targets);
  }

  /** Looks for all that was noted. @throws CorollaryError NOT_FOUND with the item that refers */
  assertThere(): void {
    for (const [attribute, targets] of this.#targets) this.#assertTargets(attribute, targets);
    this.#targets.clear();
  }

  #assertTargets(attribute: Attribute, targets: NewTargets): void {
    const wanted = this.#type.referredType(attribute.name);
    for (const [entry, ids] of byEntry(this.#core, targets.keys())) {
      const isRight = wanted === undefined || (entry && this.#core.registry.named(entry.name)) === wanted;
      const [wrong] = entry === undefined || !isRight ? ids : idsNotIn(this.#core, entry, ids);
      if (wrong !== undefined) throw this.#notThere({ attribute, wanted, wrong, storeId: targets.get(wrong) });
    }
  }

  #notThere({ attribute: { name }, wanted, wrong, storeId }: NotThere): CorollaryError {
    const what = wanted === undefined ? 'an item' : `a ${wanted.name} item`;
    const message = `${name} takes ${what}, and there is none with storeId ${wrong}`;
    return new CorollaryError('NOT_FOUND', message, { type: this.#type.name, attribute: name, storeId });
  }
}

interface NotThere {
  readonly attribute: Attribute;
  readonly wanted: ItemType | undefined;
  readonly wrong: number;
  readonly storeId: number | undefined;
}

function byEntry(core: StoreCore, ids: Iterable<number>): Map<CatalogueEntry | undefined, number[]> {
  const found = new Map<CatalogueEntry | undefined, number[]>();
  for (const id of ids) {
    const entry = core.entryOfId(id);
    const same = found.get(entry);
    if (same === undefined) found.set(entry, [id]);
    else same.push(id);
  }
  return found;
}
