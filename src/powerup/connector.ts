import { attributes, integer, reference, text } from '../item/attributes.js';
import { Item } from '../item/item.js';
import { item } from '../item/item-decorator.js';

/** That an item plays a role, for an item of its store or for the store itself. It goes when one of the two is deleted. */
export class Connector extends Item {
  /** The id of the role. */
  declare role: string;
  /** Null for the store. */
  declare target: Item | null;
  /** The item that plays it. */
  declare player: Item;
  declare priority: number;
}

// No decorator syntax: this file compiles under legacy and standard decorators alike.
attributes(Connector, {
  role: text(),
  target: reference({ nullable: true, whenDeleted: 'cascade' }),
  player: reference({ whenDeleted: 'cascade' }),
  priority: integer(),
});
/** The type name of connectors. */
export const CONNECTORS = 'corollary_powerup';

item(CONNECTORS, { indexes: [['target', 'role', 'priority']] })(Connector);
