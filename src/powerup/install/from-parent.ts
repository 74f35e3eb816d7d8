import { CorollaryError, kindOf } from '../../errors.js';
import type { Item } from '../../item/item.js';
import { type LookUp, type LookUpDecorator, lookUpDecorator, lookUpsOf } from '../../item/look-up.js';
import type { AnyRole, Role } from '../../item/role.js';
import type { ItemClass } from '../../schema/item-class.js';
import { assertPlays, checkedRole, named } from '../checks.js';
import { storePowersOf } from '../store-powers.js';

/** Options of {@link fromParent}. */
export interface FromParentOptions<T extends object> {
  /** What answers where nobody plays the role above; it may give undefined. Asked anew each time. */
  // biome-ignore lint/suspicious/noExplicitAny: the class is not known where its decorators' options are written
  readonly default?: (item: any) => T | undefined;
  /** The same for an item in a root store, which has none above. If not given, `default` answers there too. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly defaultInRoot?: (item: any) => T | undefined;
}

/** What one property asks for. */
interface Requirement {
  readonly role: AnyRole;
  readonly options: FromParentOptions<object>;
}

const requirements = new WeakMap<LookUp, Requirement>();

/**
 * A property that gives who plays a role for the store above the item's own, or the next one above that for which
 * somebody does. It is no attribute: looked up each time it is read, it cannot be assigned. Reading it throws NO_POWERUP
 * where there is nobody and no default. Mark it `readonly`; an `accessor`, which cannot be, by `Memory<...>`.
 *
 * @example
 * @fromParent(Mailer, { default: () => silence }) declare readonly mailer: Mailer;
 * @throws CorollaryError INVALID_VALUE
 */
export function fromParent<T extends object>(
  role: Role<T>,
  options: FromParentOptions<NoInfer<T>> = {},
): LookUpDecorator<T> {
  const requirement = { role: checkedRole(role), options: checkedOptions(role, options) };
  return lookUpDecorator<T>((name) => {
    const lookUp: LookUp = function lookUp() {
      return lookedUp(this, name, requirement);
    };
    requirements.set(lookUp, requirement);
    return lookUp;
  });
}

const OPTIONS = ['default', 'defaultInRoot'];

function checkedOptions(role: AnyRole, options: unknown): FromParentOptions<object> {
  const given = typeof options === 'object' && options !== null ? Object.entries(options) : undefined;
  const isFine = given?.every(
    ([name, value]) => OPTIONS.includes(name) && (value === undefined || typeof value === 'function'),
  );
  if (isFine === true) return { ...(options as FromParentOptions<object>) };
  const what = given === undefined ? kindOf(options) : 'what was given';
  throw new CorollaryError(
    'INVALID_VALUE',
    `fromParent(${role.id}) takes functions as default and defaultInRoot, and nothing else, not ${what}`,
  );
}

function lookedUp(item: Item, name: string, requirement: Requirement): object {
  const { role } = requirement;
  const found = storePowersOf(item).fromAbove(role);
  if (found !== undefined) return found;
  const answer = defaultOf(item, requirement)?.(item) ?? role.defaultFor(item);
  if (answer === undefined || answer === null) throw unmet(item, name, role);
  assertPlays(role, answer, () => `The default of ${named(item)}.${name}`);
  return answer;
}

function defaultOf(item: Item, { options }: Requirement): FromParentOptions<object>['default'] {
  const isInRoot = storePowersOf(item).core.parent === undefined;
  return (isInRoot ? options.defaultInRoot : undefined) ?? options.default;
}

function unmet(item: Item, name: string, role: AnyRole): CorollaryError {
  const { place } = storePowersOf(item).core.file;
  const message = `Nothing plays the role ${role.id} above ${place}, as ${named(item)} needs for ${name}: give a store above what does, by powerUp, or fromParent a default`;
  return new CorollaryError('NO_POWERUP', message, { store: place, storeId: item.storeId, attribute: name });
}

/**
 * Refuses an item whose class asks for what nobody above plays, unless it has a default for that. The defaults are not
 * asked: they may need what is not installed yet.
 * @throws CorollaryError INSTALL_REFUSED with NO_POWERUP as its cause
 */
export function assertRequirementsMet(item: Item): void {
  for (const lookUp of lookUpsOf(item.constructor as ItemClass).values()) {
    const requirement = requirements.get(lookUp);
    if (requirement === undefined || defaultOf(item, requirement) !== undefined) continue;
    try {
      lookUp.call(item);
    } catch (cause) {
      if (!(cause instanceof CorollaryError) || cause.code !== 'NO_POWERUP') throw cause;
      const { store, storeId, attribute, message } = cause;
      const details = { store, storeId, attribute, cause };
      throw new CorollaryError('INSTALL_REFUSED', `${named(item)} cannot be installed: ${message}`, details);
    }
  }
}
