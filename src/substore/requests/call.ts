import { CorollaryError, type ErrorDetails, kindOf } from '../../errors.js';
import { Item } from '../../item/item.js';
import { PowerupTarget } from '../../item/powerup-target.js';
import type { AnyRole } from '../../item/role.js';
import { isWellFormed } from '../../schema/codecs/text.js';
import type { StoreCore } from '../../store/store-core.js';
import { plainCopy, type TakeItem } from './plain-copy.js';
import type { Hook } from './request-types.js';
import { type Limits, type Seen, Survey } from './survey.js';

/** What is requested, of whatever store. */
export interface Call {
  readonly role: AnyRole;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What arguments and answers may be at most: what memory and the stack take easily. */
export const LIMITS: Limits = { depth: 500, sizeBytes: 64 * 2 ** 20 };

/** The arguments of a call, as plain data. @throws CorollaryError INVALID_VALUE, and what `takeItem` throws */
export function plainArguments(args: readonly unknown[], takeItem: TakeItem): unknown[] {
  const seen: Seen = { sizeBytes: 0 };
  return args.map((value, index) => plainCopy(value, new Survey(`Argument ${index + 1}`, LIMITS, seen), takeItem));
}

/** What a method has answered, as plain data. @throws CorollaryError INVALID_VALUE, and what `takeItem` throws */
export function plainAnswer(value: unknown, { role, method }: Call, takeItem: TakeItem): unknown {
  return plainCopy(value, new Survey(`The answer of ${role.id}.${method}`, LIMITS), takeItem);
}

/** Takes stored items of one store. */
export function itemsOf(core: StoreCore): TakeItem {
  return (item, survey) => {
    if (item.store !== core.face)
      throw survey.refusal(`is an item of another store than ${core.file.place}: pass its address`, 'WRONG_STORE');
    return storedItem(item, survey);
  };
}

/** Takes stored items of whatever store. */
export const storedItem: TakeItem = (item, survey) => {
  if (item.isStored) return item;
  throw survey.refusal(`is an item that is not stored: it was deleted, or its creation undone`, 'ITEM_GONE');
};

/** A method as a function to be called on what plays a role. */
type Method = (...args: readonly unknown[]) => unknown;

/**
 * The method of what plays the role that can be requested by this name.
 * @throws CorollaryError INVALID_VALUE
 */
export function methodOf(player: object, call: Call, place: string): Method {
  assertRequestable(call);
  const found: unknown = mayBeRequested(player, call) ? (player as Record<string, unknown>)[call.method] : undefined;
  if (typeof found === 'function') return found as Method;
  throw refused(`What plays ${call.role.id} in ${place} has no method ${shown(call.method)}`, { store: place });
}

// A store may play a role in memory; what it can do otherwise is not for others. Nor are `call` and `apply` methods of a
// role that a function plays.
function mayBeRequested(player: object, { method }: Call): boolean {
  if (player instanceof PowerupTarget && !(player instanceof Item)) return false;
  return typeof player !== 'function' || !(method in Function.prototype);
}

/** What the library calls, and nobody else: an item may delete itself when it is uninstalled. */
const HOOKS: readonly string[] = ['installed', 'uninstalled', 'indirect'] satisfies Hook[];

/**
 * What every item and every object has is no method of a role: who may request `send` is not to delete the item that
 * sends. Nor are hooks.
 * @throws CorollaryError INVALID_VALUE
 */
export function assertRequestable(call: Call): void {
  const name: unknown = call.method;
  const { id } = call.role;
  if (typeof name !== 'string') throw refused(`A request of ${id} names a method by a text, not by ${kindOf(name)}`);
  if (!(name in Item.prototype || HOOKS.includes(name))) return;
  throw refused(
    `A request of ${id} cannot ask for ${shown(name)}, which items have for the library: name another method`,
  );
}

function refused(message: string, details: ErrorDetails = {}): CorollaryError {
  return new CorollaryError('INVALID_VALUE', message, details);
}

// It may come from anywhere.
function shown(method: string): string {
  return method.length <= 100 && isWellFormed(method) ? `'${method}'` : 'of this name';
}
