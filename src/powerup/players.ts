import type { Item } from '../item/item.js';
import type { IsLeftOut } from '../item/powerup-target.js';
import type { AnyRole, Indirector, Role } from '../item/role.js';
import { findById } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import { assertPlays, isIndirector, named } from './checks.js';
import { connected } from './connected.js';
import { CONNECTORS } from './connector.js';

/**
 * Who plays which role for one target, as the database last said. Forgotten whenever connectors were written, put back by
 * a rollback, or may have been written by somebody else. The items themselves are loaded as they are asked for: one
 * without a class does no harm to those before it.
 */
export class Players {
  readonly #core: StoreCore;
  /** The id of an item; null for the store. */
  readonly #target: number | null;
  /** The roles that were asked for, by id, whoever they are played for. */
  readonly #roles: Map<string, AnyRole>;
  readonly #byRole = new Map<string, Seat[]>();
  #epoch = -1;
  #count = -1;

  constructor(core: StoreCore, target: number | null, roles: Map<string, AnyRole>) {
    this.#core = core;
    this.#target = target;
    this.#roles = roles;
  }

  /** Those who play a role, in order. */
  seats(role: AnyRole): readonly Seat[] {
    // Looks for commits of others, once in each turn, and locks the store where a transaction covers it.
    this.#core.readingFromMemory();
    this.#forgetOld();
    const known = this.#byRole.get(role.id);
    if (known !== undefined) return known;
    // As of that look: to look once more took a third of the time.
    const found = connected(this.#core, { target: this.#target, role: role.id, player: null }, this.#core.file);
    const seats = found.map(({ player }) => new Seat(this.#core, player));
    this.#byRole.set(role.id, seats);
    this.#roles.set(role.id, role);
    return seats;
  }

  #forgetOld(): void {
    const { epoch } = this.#core.file;
    const count = this.#core.writeCounts.of(CONNECTORS);
    if (epoch === this.#epoch && count === this.#count) return;
    this.#byRole.clear();
    this.#epoch = epoch;
    this.#count = count;
  }
}

/** One who plays a role. */
export class Seat {
  readonly #core: StoreCore;
  readonly #id: number;
  #item: Item | undefined;

  constructor(core: StoreCore, id: number) {
    this.#core = core;
    this.#id = id;
  }

  /** What plays the role: the item, or what it answers with; undefined where it has nothing. */
  player<T extends object>(role: Role<T>, isLeftOut: IsLeftOut): T | undefined {
    this.#item ??= findById(this.#core, this.#id);
    const item = this.#item;
    // Who was asked before may have deleted it.
    if (item?.isStored !== true || isLeftOut(item)) return undefined;
    return playerOf(item, role);
  }
}

/** What plays a role where an object was given for it: the object, or what it answers with; undefined where that is nothing. */
export function playerOf<T extends object>(object: object, role: Role<T>): T | undefined {
  if (isIndirector<T>(object)) return answerOf(object, role);
  assertPlays(role, object, () => named(object));
  return object;
}

function answerOf<T extends object>(indirector: Indirector<T>, role: Role<T>): T | undefined {
  const answer = indirector.indirect(role);
  if (answer === undefined || answer === null) return undefined;
  assertPlays(role, answer, () => `${named(indirector)} answers with what`);
  return answer;
}
