import { attributes } from '../item/attributes.js';
import { Item } from '../item/item.js';
import { item } from '../item/item-decorator.js';
import { powersOf } from '../item/powerup-target.js';
import { readOnlyText, readOnlyTimestamp } from '../item/read-only.js';
import type { Role } from '../item/role.js';

/**
 * An item of the parent that stands for a substore: it can be queried and referred to without opening anything.
 * Deleting it, in whatever way, deletes the substore and all below. It is made by `store.substores.create(name)`.
 */
export class SubStore extends Item {
  /** The name in the parent. Read-only. */
  declare name: string;
  /** When it was made, by the clock of the store that made it. Read-only. */
  declare createdAt: Date;
  /** The uid of the store that it stands for. Read-only. */
  declare uid: string;
  /** The name of its directory below `sub`. Read-only. */
  declare directory: string;
  /** For a store that was moved here: where its directory was, seen from the parent's; else empty. Read-only. */
  declare movedFrom: string;

  /**
   * What its store provides for a role, by a powerup of its own: so that the item can play roles for it in the parent.
   * Nothing once the store is deleted or moved away: another one may have its name.
   */
  indirect<T extends object>(role: Role<T>): T | undefined {
    if (!this.isStored) return undefined;
    const store = this.store.at([this.name]);
    return powersOf(store).provided(store, role);
  }
}

// No decorator syntax: this file compiles under legacy and standard decorators alike.
attributes(SubStore, {
  name: readOnlyText({ unique: true }),
  createdAt: readOnlyTimestamp(),
  uid: readOnlyText({ unique: true }),
  directory: readOnlyText({ unique: true }),
  movedFrom: readOnlyText({ default: '' }),
});
item('corollary_substore')(SubStore);
