declare const initToken: unique symbol;
/** What a store hands to an item's constructor. A class with a constructor of its own passes it on to `super`. */
export interface ItemInit {
  readonly [initToken]: true;
}
