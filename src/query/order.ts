import type { OrderNode } from './ast.js';
import { orderJSON } from './json.js';
import type { Provenance } from './provenance.js';

/** Makes an order from its data; for this room only. */
export let newOrder: (node: OrderNode, provenance: Provenance) => Order;
/** An order's data and origin; for this room only. */
export let orderParts: (order: Order) => { readonly node: OrderNode; readonly provenance: Provenance };

/** Where nulls stand in an order; by default first when ascending, last when descending. */
export interface OrderOptions {
  readonly nulls?: 'first' | 'last';
}

/** One key to sort by: made by a column's `asc()` and `desc()`. Immutable. */
export class Order {
  readonly #node: OrderNode;
  readonly #provenance: Provenance;

  static {
    newOrder = (node, provenance) => new Order(node, provenance);
    orderParts = (order) => ({ node: order.#node, provenance: order.#provenance });
  }

  private constructor(node: OrderNode, provenance: Provenance) {
    this.#node = node;
    this.#provenance = provenance;
  }

  /** The order as data that JSON can hold. */
  toJSON(): unknown {
    return structuredClone(orderJSON(this.#node));
  }
}
