import type { LiveItem } from './live-item.js';
import type { AnyRole, Indirector, Role } from './role.js';

/** How a powerup is given. */
export interface PowerUpOptions {
  /**
   * Who has the higher one answers first; those with the same, in the order in which they were given. If not given: what
   * the powerup's class names for the role, else 0.
   */
  readonly priority?: number;
}

// Named, because the compiler takes a member whose signature has a union or an intersection in it for one that may depend
// on the class, and makes it anew for every item class.
/** What may play a role: an object that has its members, or answers with one that has. */
export type PlayerFor<T extends object> = T | Indirector<T>;
/** The same as an item. */
export type PowerupFor<T extends object> = LiveItem & PlayerFor<T>;
/** A T, or nothing. */
export type Perhaps<T> = T | undefined;

/** True for a powerup that does not count. */
export type IsLeftOut = (powerup: object) => boolean;

/**
 * Socket: what answers when a store, or an item in it, is asked about roles. The room of powerups implements it, and it is
 * put in where a store is put together.
 */
export interface Powers {
  powerUp(target: PowerupTarget, powerup: unknown, role: unknown, options: unknown): void;
  powerDown(target: PowerupTarget, powerup: unknown, role: unknown): void;
  powerupsFor<T extends object>(target: PowerupTarget, role: Role<T>): T[];
  maybe<T extends object>(target: PowerupTarget, role: Role<T>): T | undefined;
  as<T extends object>(target: PowerupTarget, role: Role<T>): T;
  rolesOf(target: PowerupTarget, powerup: unknown): AnyRole[];
  inMemoryPowerUp(target: PowerupTarget, object: unknown, role: unknown): void;
  /** Who plays the role right there: no inherited ones, no default, none of those that `isLeftOut` names. */
  provided<T extends object>(target: PowerupTarget, role: Role<T>, isLeftOut?: IsLeftOut): T | undefined;
  /** False where nothing plays it right there. Asking does not make the store join a running transaction. */
  mayProvide(target: PowerupTarget, role: AnyRole): boolean;
  /** The store is closed for good. */
  closed(): void;
}

/** What answers about roles for a store or an item: the way in for the rooms of the library. */
export let powersOf: (target: PowerupTarget) => Powers;

/** No name, so that attributes may have any; and protected, so that the compiler does not take it for one. */
export const powers: unique symbol = Symbol('powers');

/**
 * What can be asked for a role, and be given what plays it: a store, or an item. What plays a role for it, its powerups,
 * are items of the same store, and stay until they are taken away or deleted.
 */
export abstract class PowerupTarget {
  protected abstract get [powers](): Powers;
  static {
    powersOf = (target) => target[powers];
  }

  /**
   * From now on the powerup, an item of the same store, plays the role here: until {@link powerDown}, or until one of the
   * two is deleted. Where it plays it already, only the priority changes, if one is given. Without a role, it plays those
   * that its class names: `@item('smtp', { roles: () => [Mailer] })`.
   *
   * @example
   * store.powerUp(smtp, Mailer, { priority: 10 });
   * @throws CorollaryError INVALID_VALUE, also without any role; WRONG_TYPE where it lacks a member that the role asks
   * for; WRONG_STORE, ITEM_GONE, READ_ONLY
   */
  powerUp<T extends object>(powerup: PowerupFor<NoInfer<T>>, role: Role<T>, options?: PowerUpOptions): void;
  powerUp(powerup: LiveItem, role?: undefined, options?: PowerUpOptions): void;
  powerUp(powerup: unknown, role?: unknown, options: unknown = {}): void {
    this[powers].powerUp(this, powerup, role, options);
  }

  /**
   * The powerup no longer plays the role here; without a role, none at all. The item itself stays. Also for what
   * {@link inMemoryPowerUp} has put there.
   * @throws CorollaryError NO_POWERUP where it does not play it; INVALID_VALUE, WRONG_STORE, READ_ONLY, STORE_CLOSED; it
   * plays what it played then
   */
  powerDown(powerup: object, role?: AnyRole): void {
    this[powers].powerDown(this, powerup, role);
  }

  /**
   * All who play a role here, those with the highest priority first, then in the order in which they were given. What is
   * in memory only comes first. Each is there once. Where the role is inherited and nobody plays it here, those who play
   * it at the next place above.
   * @throws CorollaryError INVALID_VALUE, UNKNOWN_TYPE, STORE_CLOSED; WRONG_TYPE where what is answered lacks a member that
   * the role asks for
   */
  powerupsFor<T extends object>(role: Role<T>): T[] {
    return this[powers].powerupsFor(this, role);
  }

  /**
   * Who plays a role here: the first of {@link powerupsFor}, or all as one where the role combines them, or the role's
   * default. Looked up in memory, once it was asked for.
   *
   * @example
   * store.as(Mailer).send('ada@example.org', 'Hello');
   * @throws CorollaryError NO_POWERUP where there is nobody; what {@link powerupsFor} throws
   */
  as<T extends object>(role: Role<T>): T {
    return this[powers].as(this, role);
  }

  /** As {@link as}; undefined where there is nobody. */
  maybe<T extends object>(role: Role<T>): Perhaps<T> {
    return this[powers].maybe(this, role);
  }

  /** The roles that a powerup plays here, by id. @throws CorollaryError INVALID_VALUE for what is no object */
  rolesOf(powerup: object): AnyRole[] {
    return this[powers].rolesOf(this, powerup);
  }

  /**
   * Any object plays the role here, before all others, until another one takes its place, or {@link powerDown}: in memory
   * only, for this handle of the store. For a store, until it is closed; for an item, as long as the program holds it. No
   * part of a transaction.
   * @throws CorollaryError INVALID_VALUE; WRONG_TYPE where it lacks a member; STORE_CLOSED, ITEM_GONE
   */
  inMemoryPowerUp<T extends object>(object: PlayerFor<NoInfer<T>>, role: Role<T>): void {
    this[powers].inMemoryPowerUp(this, object, role);
  }
}
