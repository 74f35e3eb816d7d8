import { attributes, boolean, reference } from '../../item/attributes.js';
import { Item } from '../../item/item.js';
import { item } from '../../item/item-decorator.js';

/** That an item is installed, on an item of its store or on the store itself. It goes when one of the two is deleted. */
export class Installation extends Item {
  declare item: Item;
  /** Null for the store. */
  declare target: Item | null;
  /** True when a program asked for it; false when it came because something depends on the item. */
  declare explicit: boolean;
}

// No decorator syntax: this file compiles under legacy and standard decorators alike.
attributes(Installation, {
  item: reference({ unique: true, whenDeleted: 'cascade' }),
  target: reference({ nullable: true, whenDeleted: 'cascade' }),
  explicit: boolean(),
});
item('corollary_installation')(Installation);
