import { CorollaryError, kindOf } from '../errors.js';
import { isWellFormed } from '../schema/codecs/text.js';
import type { KeepingStore } from './keeping-store.js';
import type { LiveItem } from './live-item.js';

declare const played: unique symbol;

/** What a role may say of itself besides its id. */
export interface RoleOptions<T extends object> {
  /**
   * Members that whoever plays the role must have. The compiler knows all of them by T; these are looked for when the
   * program runs, so that plain JavaScript fails early too.
   */
  readonly has?: readonly (keyof T & string)[];
  /** Makes one answer of all who play the role, in their order. If not given, the first of them answers. */
  readonly combine?: (players: T[]) => T;
  /** True: where nobody plays the role, it is looked for further up: in the store of an item, in the stores above. */
  readonly inherited?: boolean;
  /** What answers where nobody plays the role, here nor further up; it may give undefined. */
  readonly default?: (target: LiveItem | KeepingStore) => T | undefined;
}

/**
 * A powerup that does not play a role itself but answers with what does: asked with the role, it gives that; undefined or
 * null where it has nothing, and is passed over then. Asked anew for each look-up.
 */
export interface Indirector<T extends object> {
  indirect(role: Role<T>): T | undefined | null;
}

/** An ability, as a value that carries the ability's type. Made by {@link role}; roles with one id are one role. */
export class Role<T extends object = object> {
  /** What stands for the role in the database. */
  readonly id: string;
  readonly #options: RoleOptions<T>;
  readonly #has: readonly string[];
  /** T both ways: no role stands for a wider or a narrower one. */
  declare readonly [played]?: (player: T) => T;

  /** Use {@link role}. */
  constructor(id: string, options: RoleOptions<T>) {
    this.id = id;
    // Copied: who made the role keeps what was given, and may change it.
    this.#options = { ...options };
    this.#has = [...(options.has ?? [])];
    // Whoever has it could rename it for all else.
    Object.freeze(this);
  }

  /** True when it is looked for further up where nobody plays it. */
  get isInherited(): boolean {
    return this.#options.inherited === true;
  }

  /** The members it asks for that an object does not have. */
  missingIn(player: object): string[] {
    return this.#has.filter((member) => !(member in player) || isHole(player, member));
  }

  /** What those who play the role answer: the first, or all combined; undefined where there is nobody. */
  answerOf(players: Iterable<T>): T | undefined {
    const { combine } = this.#options;
    if (combine !== undefined) {
      const all = [...new Set(players)];
      return all.length === 0 ? undefined : combine(all);
    }
    for (const first of players) return first;
    return undefined;
  }

  /** What answers where nobody plays the role. */
  defaultFor(target: LiveItem | KeepingStore): T | undefined {
    return this.#options.default?.(target);
  }
}

// A property of its own that is undefined: a method that was misspelt where the object was put together. Looked at without
// reading it: what is read may be looked up, and not be there yet.
function isHole(player: object, member: string): boolean {
  const own = Object.getOwnPropertyDescriptor(player, member);
  return own !== undefined && own.get === undefined && own.value === undefined;
}

/** A role of whatever type. */
// biome-ignore lint/suspicious/noExplicitAny: a role is of its own type only, so that no other one stands for them all
export type AnyRole = Role<any>;

/** A role that a class plays, with the priority that it has where none is given. */
export type RoleEntry = AnyRole | readonly [role: AnyRole, priority: number];

/** Answers the roles that an item of a class plays. */
// biome-ignore lint/suspicious/noExplicitAny: of whatever class
export type RolesOf = (powerup: any) => readonly RoleEntry[];

/**
 * Names an ability, so that stores and items can be asked for whoever has it. The id stands for it in the database: it
 * stays when the interface is renamed or moved.
 *
 * @example
 * interface Mailer { send(to: string, body: string): void }
 * const Mailer = role<Mailer>('app.mailer', { has: ['send'] });
 * @throws CorollaryError BAD_NAME for an id that is no text of 1 to 255 characters; INVALID_VALUE
 */
export function role<T extends object>(id: string, options: RoleOptions<T> = {}): Role<T> {
  if (typeof id !== 'string' || !ID.test(id) || !isWellFormed(id))
    throw new CorollaryError(
      'BAD_NAME',
      'A role has an id of 1 to 255 characters without control characters: role<Mailer>("app.mailer")',
    );
  const faults = optionFaults(options);
  if (faults.length > 0) throw new CorollaryError('INVALID_VALUE', `The role ${id} ${faults.join('; ')}`);
  return new Role<T>(id, options);
}

const ID = /^\P{Cc}{1,255}$/u;

/** What a given option must be, as a phrase, and the test for it. */
const RULES: Record<string, readonly [phrase: string, test: (value: unknown) => boolean]> = {
  has: ['a list of member names', (value) => Array.isArray(value) && value.every((name) => typeof name === 'string')],
  combine: ['a function that makes one of all who play it', (value) => typeof value === 'function'],
  inherited: ['true or false', (value) => typeof value === 'boolean'],
  default: ['a function that gives what answers else', (value) => typeof value === 'function'],
};

function optionFaults(options: unknown): string[] {
  if (typeof options !== 'object' || options === null) return [`takes an object of options, not ${kindOf(options)}`];
  return Object.entries(options).flatMap(([name, value]) => {
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
    if (rule === undefined) return [`has no option '${name}': there are ${Object.keys(RULES).join(', ')}`];
    return value === undefined || rule[1](value) ? [] : [`needs ${rule[0]} as ${name}`];
  });
}
