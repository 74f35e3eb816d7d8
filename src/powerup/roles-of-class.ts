import { CorollaryError, kindOf } from '../errors.js';
import { declaredItem } from '../item/declarations.js';
import type { Item } from '../item/item.js';
import { type AnyRole, Role } from '../item/role.js';
import { assertPlays, checkedRole, isIndirector, named } from './checks.js';

/** A role that a powerup is given for. */
export interface Given {
  readonly role: AnyRole;
  /** Undefined where it is to stay as it is. */
  readonly priority: number | undefined;
  /** The priority of one that does not play the role yet, where none is given. */
  readonly declared: number;
}

/**
 * What it means to give a powerup for a role, or, without one, for those that its class names.
 * @throws CorollaryError INVALID_VALUE, also where there is no role at all; WRONG_TYPE
 */
export function givenFor(powerup: Item, role: unknown, priority: number | undefined): Given[] {
  const ofClass = rolesOfClass(powerup);
  const given = role === undefined ? ofClass : [declaredFor(checkedRole(role as AnyRole), ofClass)];
  if (given.length === 0)
    throw new CorollaryError(
      'INVALID_VALUE',
      `${named(powerup)} plays no role: name one, powerUp(item, Mailer), or in its class: @item('...', { roles: () => [Mailer] })`,
      { storeId: powerup.storeId },
    );
  if (!isIndirector(powerup)) for (const one of given) assertPlays(one.role, powerup, () => named(powerup));
  return given.map((one) => ({ ...one, priority }));
}

type OfClass = Omit<Given, 'priority'>;

function declaredFor(role: AnyRole, ofClass: readonly OfClass[]): OfClass {
  return { role, declared: ofClass.find((one) => one.role.id === role.id)?.declared ?? 0 };
}

/** The roles that the class of an item names, with the priorities it gives. @throws CorollaryError INVALID_VALUE */
export function rolesOfClass(powerup: Item): OfClass[] {
  const answer: unknown = declaredItem(powerup.constructor)?.roles?.(powerup) ?? [];
  if (!Array.isArray(answer)) throw badRoles(powerup, `gives ${kindOf(answer)}`);
  return answer.map((entry: unknown) => {
    const [role, declared = 0, ...more] = Array.isArray(entry) ? (entry as unknown[]) : [entry];
    if (!(role instanceof Role)) throw badRoles(powerup, `has ${kindOf(role)} in it`);
    if (!Number.isSafeInteger(declared) || more.length > 0)
      throw badRoles(powerup, `has something else for ${role.id} than one safe integer`);
    return { role, declared: declared as number };
  });
}

function badRoles(powerup: Item, fault: string): CorollaryError {
  const message = `${named(powerup)}: the option roles of its @item gives a list of roles, or of [role, priority], but this one ${fault}`;
  return new CorollaryError('INVALID_VALUE', message, { storeId: powerup.storeId });
}
