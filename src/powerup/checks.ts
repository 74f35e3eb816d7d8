import { CorollaryError, kindOf } from '../errors.js';
import { Item } from '../item/item.js';
import type { PowerUpOptions } from '../item/powerup-target.js';
import { type Indirector, Role } from '../item/role.js';
import { typeOf } from '../item/type-of.js';
import type { ItemClass } from '../schema/item-class.js';
import type { StoreCore } from '../store/store-core.js';

/** @throws CorollaryError INVALID_VALUE */
export function checkedRole<T extends object>(role: Role<T>): Role<T> {
  if (role instanceof Role) return role;
  throw new CorollaryError('INVALID_VALUE', `A role is what role('...') gives, not ${kindOf(role)}`);
}

/** An item of the store. @throws CorollaryError INVALID_VALUE, WRONG_STORE */
export function checkedOwn(core: StoreCore, powerup: unknown): Item {
  const { place } = core.file;
  if (!(powerup instanceof Item))
    throw new CorollaryError(
      'INVALID_VALUE',
      `A powerup is an item of ${place}, not ${kindOf(powerup)}; what is no item can play a role in memory: inMemoryPowerUp`,
      { store: place },
    );
  if (powerup.store === core.face) return powerup;
  throw new CorollaryError(
    'WRONG_STORE',
    `${named(powerup)} is not an item of ${place}: a powerup is of the same store`,
    {
      store: place,
      storeId: powerup.storeId,
    },
  );
}

/** What may play a role: any object, or an item of the store. @throws CorollaryError INVALID_VALUE, WRONG_STORE */
export function checkedPlayer(core: StoreCore, player: unknown): object {
  assertObject(player);
  return player instanceof Item ? checkedOwn(core, player) : player;
}

/** @throws CorollaryError INVALID_VALUE */
export function assertObject(value: unknown): asserts value is object {
  if (!isObject(value))
    throw new CorollaryError('INVALID_VALUE', `What plays a role is an object, not ${kindOf(value)}`);
}

/** An item of the store that may be given as a powerup. @throws CorollaryError INVALID_VALUE, WRONG_STORE, ITEM_GONE */
export function checkedPowerup(core: StoreCore, powerup: unknown): Item {
  const item = checkedOwn(core, powerup);
  assertStored(item);
  return item;
}

/** `why`: what an item that is gone cannot do. @throws CorollaryError ITEM_GONE */
export function assertStored(item: Item, why = 'it can neither play a role nor have one played'): void {
  if (item.isStored) return;
  throw new CorollaryError('ITEM_GONE', `${named(item)} is not stored: ${why}`, { storeId: item.storeId });
}

/**
 * Asked in each look-up, also of one that was asked before: roles with one id may ask for different members. `what` names
 * the player.
 * @throws CorollaryError WRONG_TYPE naming the members that are missing
 */
export function assertPlays<T extends object>(role: Role<T>, player: unknown, what: () => string): asserts player is T {
  const missing = isObject(player) ? role.missingIn(player) : [];
  if (isObject(player) && missing.length === 0) return;
  const fault = isObject(player) ? `has no ${missing.join(', no ')}` : `is ${kindOf(player)}`;
  throw new CorollaryError('WRONG_TYPE', `${what()} cannot play the role ${role.id}: it ${fault}`);
}

/** How a powerup is to be given: its priority if there is one. @throws CorollaryError INVALID_VALUE */
export function checkedPriority(options: unknown): number | undefined {
  const unknown = typeof options === 'object' && options !== null ? Object.keys(options) : undefined;
  if (unknown?.every((key) => key === 'priority') !== true)
    throw new CorollaryError('INVALID_VALUE', 'powerUp takes { priority: 10 } or nothing as options');
  const { priority } = options as PowerUpOptions;
  if (priority === undefined || Number.isSafeInteger(priority)) return priority;
  throw new CorollaryError('INVALID_VALUE', `A priority is a safe integer, not ${kindOf(priority)}`);
}

/** True for a powerup that answers with what it is asked for, not with itself. */
export function isIndirector<T extends object>(powerup: object): powerup is Indirector<T> {
  return 'indirect' in powerup && typeof powerup.indirect === 'function';
}

/** True for what can have members of its own. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** How messages name an object: an item by its id and type, which tools that shrink code do not rename. */
export function named(object: object): string {
  if (object instanceof Item) return `Item ${object.storeId} (${typeOf(object.constructor as ItemClass).name})`;
  const kind = kindOf(object);
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
