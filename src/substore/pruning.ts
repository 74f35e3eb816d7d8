import { firstType, type OrderNode, type QuerySpec } from '../query/ast.js';
import { type Bounded, boundedAttributes, firstCell, hasBound, hasNone } from '../query/bound.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { Reading, StoreCore } from '../store/store-core.js';

/** A store that was looked at. */
interface Looked {
  readonly core: StoreCore;
  readonly reading: Reading;
}

/**
 * What is known of stores before they are asked one question: which have nothing for it, and which have the first of
 * the answer.
 */
export class Pruning {
  readonly #type: ItemType;
  /** The attributes whose bounds are of use. */
  readonly #attributes: ReadonlySet<string>;
  readonly #order: { readonly order: OrderNode; readonly attribute: string } | undefined;

  /** `order`: the first order, where the answer is cut and a store may have nothing that comes early enough. */
  constructor(spec: QuerySpec, order?: OrderNode) {
    this.#type = firstType(spec);
    const attributes = new Set(boundedAttributes(spec));
    if (order !== undefined && hasBound(spec.from, order.column)) {
      this.#order = { order, attribute: order.column.name };
      attributes.add(order.column.name);
    }
    this.#attributes = attributes;
  }

  /** True when bounds say nothing about the question: then nothing need be known of a store before it is asked. */
  get isIdle(): boolean {
    return this.#attributes.size === 0;
  }

  /** {@link rulesOut} by what is known of any store before it is looked at. */
  rulesOutUnseen(core: StoreCore, asked: QuerySpec): boolean {
    return asked.where !== undefined && hasNone(asked, { uid: core.file.uid, boundOf: () => undefined });
  }

  /** True when a store has no row for a question that asks for no more than the one of this pruning. */
  rulesOut(store: Looked, asked: QuerySpec): boolean {
    return asked.where !== undefined && hasNone(asked, this.#boundsOf(store));
  }

  /**
   * The cell of the store's first row in the order; undefined where it is not known. Where it may be, it is looked whether
   * somebody has written; `period`: as for `StoreCore.readingAside`.
   */
  firstOf(core: StoreCore, period: symbol): Cell | undefined {
    if (this.#order === undefined) return undefined;
    const { order, attribute } = this.#order;
    const bound = core.bounds?.find(core.readingAside(period), this.#type, attribute);
    return bound && firstCell(bound, order);
  }

  /** To be called for each store that is asked: the next time more will be known of it. */
  asked({ core, reading }: Looked): void {
    for (const name of this.#attributes) core.bounds?.want(reading, this.#type, name);
  }

  #boundsOf({ core, reading }: Looked): Bounded {
    const { bounds } = core;
    return { uid: core.file.uid, boundOf: (name) => bounds?.find(reading, this.#type, name) };
  }
}
