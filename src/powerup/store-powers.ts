import { CorollaryError } from '../errors.js';
import { Item } from '../item/item.js';
import { type IsLeftOut, type Powers, type PowerupTarget, powersOf } from '../item/powerup-target.js';
import { type AnyRole, Role } from '../item/role.js';
import type { StoreCore } from '../store/store-core.js';
import {
  assertObject,
  assertPlays,
  assertStored,
  checkedPlayer,
  checkedPowerup,
  checkedPriority,
  checkedRole,
  isIndirector,
  named,
} from './checks.js';
import { connected } from './connected.js';
import { give, takeAway } from './give.js';
import { forget, type InMemory, keepInMemory, letGo } from './in-memory.js';
import { Players, playerOf } from './players.js';
import { givenFor } from './roles-of-class.js';

/** What roles are played for: an item of the store, or null for the store itself. */
type Target = Item | null;

/** What is known of one target. */
interface Known {
  readonly players: Players;
  readonly inMemory: InMemory;
}

/** Who plays roles for a store and for its items. */
export class StorePowers implements Powers {
  readonly #core: StoreCore;
  readonly #ofStore: Known;
  /** By item; what is known of it goes with the object. */
  readonly #ofItems = new WeakMap<Item, Known>();
  /** The roles that were used here, by id. */
  readonly #roles = new Map<string, AnyRole>();

  constructor(core: StoreCore) {
    this.#core = core;
    this.#ofStore = this.#newlyKnown(null);
  }

  /** The store that it answers for: the way in for what is installed. */
  get core(): StoreCore {
    return this.#core;
  }

  as<T extends object>(target: PowerupTarget, role: Role<T>): T {
    const found = this.maybe(target, role);
    if (found !== undefined) return found;
    const { place } = this.#core.file;
    const item = itemOf(target);
    const whom = item === null ? place : `${named(item)} in ${place}`;
    throw new CorollaryError(
      'NO_POWERUP',
      `Nothing plays the role ${role.id} for ${whom}: give it what does, by powerUp`,
      {
        store: place,
        storeId: item?.storeId,
      },
    );
  }

  maybe<T extends object>(target: PowerupTarget, role: Role<T>): T | undefined {
    return this.#answer(itemOf(target), checkedRole(role)) ?? this.#default(target, role);
  }

  provided<T extends object>(target: PowerupTarget, role: Role<T>, isLeftOut?: IsLeftOut): T | undefined {
    return this.#answerHere(itemOf(target), checkedRole(role), isLeftOut);
  }

  mayProvide(target: PowerupTarget, role: AnyRole): boolean {
    const item = itemOf(target);
    if (this.#knownOf(item).inMemory.has(role.id)) return true;
    const wanted = { target: item?.storeId ?? null, role: role.id, player: null };
    return connected(this.#core, wanted, this.#core.readingAside()).length > 0;
  }

  powerupsFor<T extends object>(target: PowerupTarget, role: Role<T>): T[] {
    return this.#all(itemOf(target), checkedRole(role));
  }

  #all<T extends object>(target: Target, role: Role<T>): T[] {
    const here = [...new Set(this.#players(target, role))];
    if (here.length > 0 || !role.isInherited) return here;
    const above = this.#above(target);
    return above === undefined ? [] : above.#all(null, role);
  }

  // As the first of them, but no more are loaded than are needed.
  #answer<T extends object>(target: Target, role: Role<T>): T | undefined {
    const here = this.#answerHere(target, role);
    if (here !== undefined || !role.isInherited) return here;
    const above = this.#above(target);
    return above === undefined ? undefined : above.#answer(null, role);
  }

  #answerHere<T extends object>(target: Target, role: Role<T>, isLeftOut?: IsLeftOut): T | undefined {
    const answer = role.answerOf(this.#players(target, role, isLeftOut));
    // One of them was looked at already; what was made of all was not.
    if (answer !== undefined) assertPlays(role, answer, () => `What ${role.id} combines those who play it to`);
    return answer;
  }

  /** Where inherited roles are looked for next: above an item is its store. */
  #above(target: Target): StorePowers | undefined {
    if (target !== null) return this;
    return this.#core.parent?.powers as StorePowers | undefined; // every store's are of this class
  }

  *#players<T extends object>(target: Target, role: Role<T>, isLeftOut: IsLeftOut = nobody): Generator<T> {
    this.#core.assertOpen();
    if (target !== null && !target.isStored) return;
    const { players, inMemory } = this.#knownOf(target);
    const first = inMemory.get(role.id);
    if (first !== undefined && isThere(first) && !isLeftOut(first)) yield* playing(playerOf(first, role));
    for (const seat of players.seats(role)) yield* playing(seat.player(role, isLeftOut));
    // An item that answers for others does so for itself.
    if (target !== null && isIndirector<T>(target)) yield* playing(playerOf<T>(target, role));
  }

  #default<T extends object>(target: PowerupTarget, role: Role<T>): T | undefined {
    const answer = role.defaultFor(itemOf(target) ?? this.#core.face);
    if (answer === undefined || answer === null) return undefined;
    assertPlays(role, answer, () => `The default of ${role.id}`);
    return answer;
  }

  #knownOf(target: Target): Known {
    if (target === null) return this.#ofStore;
    const known = this.#ofItems.get(target);
    if (known !== undefined) return known;
    const made = this.#newlyKnown(target.storeId);
    this.#ofItems.set(target, made);
    return made;
  }

  #newlyKnown(id: number | null): Known {
    return { players: new Players(this.#core, id, this.#roles), inMemory: new Map() };
  }

  /** Who plays the role for the next store above for which somebody does. */
  fromAbove<T extends object>(role: Role<T>): T | undefined {
    this.#core.assertOpen();
    const above = this.#above(null);
    return above?.provided(above.#core.face, role) ?? above?.fromAbove(role);
  }

  powerUp(target: PowerupTarget, powerup: unknown, role: unknown, options: unknown): void {
    this.#core.assertWritable();
    const item = storedTarget(target);
    const player = checkedPowerup(this.#core, powerup);
    const given = givenFor(player, role, checkedPriority(options));
    for (const one of given) this.#roles.set(one.role.id, one.role);
    give(this.#core, item, player, given);
  }

  powerDown(target: PowerupTarget, powerup: unknown, role: unknown): void {
    this.#core.assertOpen();
    const wanted = role === undefined ? undefined : checkedRole(role as AnyRole);
    const item = itemOf(target);
    // What may be refused comes first.
    const wasStored = this.#isOwn(powerup) && this.#takeAway(item, powerup, wanted);
    const { inMemory } = this.#knownOf(item);
    const wasInMemory = forget(inMemory, powerup, wanted);
    if (item === null && inMemory.size === 0) letGo(this.#core);
    if (!wasStored && !wasInMemory) throw playsNothing(this.#core, checkedPlayer(this.#core, powerup), wanted);
  }

  #isOwn(powerup: unknown): powerup is Item {
    return powerup instanceof Item && powerup.store === this.#core.face;
  }

  #takeAway(target: Target, powerup: Item, role: AnyRole | undefined): boolean {
    const connectors = { target: target?.storeId ?? null, player: powerup.storeId, role: role?.id ?? null };
    return takeAway(this.#core, connectors);
  }

  rolesOf(target: PowerupTarget, powerup: unknown): AnyRole[] {
    const item = itemOf(target);
    this.#core.assertOpen();
    assertObject(powerup);
    const inMemory = [...this.#knownOf(item).inMemory].filter(([, object]) => object === powerup).map(([id]) => id);
    const stored = this.#isOwn(powerup)
      ? connected(this.#core, { target: item?.storeId ?? null, role: null, player: powerup.storeId })
      : [];
    const ids = new Set([...inMemory, ...stored.map(({ role }) => role)]);
    return [...ids].sort().map((id) => this.#roles.get(id) ?? new Role(id, {}));
  }

  inMemoryPowerUp(target: PowerupTarget, object: unknown, role: unknown): void {
    this.#core.assertOpen();
    const item = storedTarget(target);
    const wanted = checkedRole(role as AnyRole);
    assertObject(object);
    if (!isIndirector(object)) assertPlays(wanted, object, () => named(object));
    this.#roles.set(wanted.id, wanted);
    this.#knownOf(item).inMemory.set(wanted.id, object);
    if (item === null) keepInMemory(this.#core);
  }

  closed(): void {
    this.#ofStore.inMemory.clear();
    letGo(this.#core);
  }
}

/** What answers about roles in the store that something is, or is in. */
export function storePowersOf(target: PowerupTarget): StorePowers {
  return powersOf(target) as StorePowers; // every store's are of this class
}

const nobody: IsLeftOut = () => false;

function playing<T>(player: T | undefined): readonly T[] {
  return player === undefined ? [] : [player];
}

function itemOf(target: PowerupTarget): Target {
  return target instanceof Item ? target : null;
}

/** False for an item that was deleted since it was given. */
function isThere(object: object): boolean {
  return !(object instanceof Item) || object.isStored;
}

/** @throws CorollaryError ITEM_GONE */
function storedTarget(target: PowerupTarget): Target {
  const item = itemOf(target);
  if (item !== null) assertStored(item);
  return item;
}

function playsNothing(core: StoreCore, powerup: object, role: AnyRole | undefined): CorollaryError {
  const what = role === undefined ? 'any role' : `the role ${role.id}`;
  const { place } = core.file;
  return new CorollaryError(
    'NO_POWERUP',
    `${named(powerup)} does not play ${what} for what was asked, in ${place}: rolesOf tells what it plays`,
    { store: place, storeId: powerup instanceof Item ? powerup.storeId : undefined },
  );
}
