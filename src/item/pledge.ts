import type { ItemType } from '../schema/item-type.js';

/**
 * An item that will be there when the transaction ends, under a number that is known already: references can be to it
 * before it is created. Whoever gives one keeps that promise.
 */
export class Pledge {
  readonly type: ItemType;
  readonly #id: number;

  constructor(type: ItemType, id: number) {
    this.type = type;
    this.#id = id;
  }

  get id(): number {
    return this.#id;
  }

  /** Unlike `instanceof` it asks nothing of the value, which may be a Proxy that throws. */
  static isOne(value: unknown): value is Pledge {
    return typeof value === 'object' && value !== null && #id in value;
  }
}
