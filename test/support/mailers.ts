import { type Default, Item, integer, item, type Role, reference, role, type Store, text } from 'corollary';
import { onTestFinished } from 'vitest';
import { aMemoryStore, aStore } from './a-store.js';

// What the tests of powerups are about: mailers, which send, and a role beside theirs.

export interface Mailer {
  send(to: string): string;
}
export const Mailer = role<Mailer>('test.mailer', { has: ['send'] });

/** What anything with a name can be. */
export interface Named {
  readonly name: string;
}
export const Named = role<Named>('test.named');

@item('smtp')
export class Smtp extends Item implements Mailer {
  @text() declare name: string;
  send(to: string): string {
    return `${this.name} to ${to}`;
  }
}

/** Plays no role by itself, and sends nothing. */
@item('customer')
export class Customer extends Item {
  @text() declare name: string;
  @reference(() => Customer, { nullable: true, whenDeleted: 'cascade' }) declare parent: Customer | null;
}

/** Sends by whatever is in it, once it was asked for. */
@item('relay')
export class Relay extends Item {
  @reference(() => Smtp, { nullable: true, whenDeleted: 'nullify' }) declare via: Smtp | null;
  @integer({ default: 0 }) declare weight: Default<number>;
  static asked: string[] = [];
  indirect<T extends object>(asked: Role<T>): T | null {
    Relay.asked.push(asked.id);
    return this.via as unknown as T | null; // an Smtp plays all roles that the tests give
  }
}

export const types = [Smtp, Customer, Relay];

/** Something that roles are played for, and its store. */
export interface Scene {
  readonly store: Store;
  readonly target: Store | Customer;
}

const ofItem = (store: Store): Scene => ({ store, target: store.create(Customer, { name: 'target', parent: null }) });
const below = (store: Store): Store => store.substores.create('one').substores.create('two');

/** Whatever roles can be played for, by name. */
export const scenes: [string, () => Scene][] = [
  ['a store', () => storeScene(aStore({ types }))],
  ['an item', () => ofItem(aStore({ types }))],
  ['a substore', () => storeScene(below(aStore({ types })))],
  ['an item of a substore', () => ofItem(below(aStore({ types })))],
  ['a store in memory', () => storeScene(aMemoryStore({ types }))],
  ['an item of a substore in memory', () => ofItem(below(aMemoryStore({ types })))],
];

function storeScene(store: Store): Scene {
  return { store, target: store };
}

/** Mailers of these names, in this order. */
export function mailers<const Names extends readonly string[]>(store: Store, ...names: Names) {
  return names.map((name) => store.create(Smtp, { name })) as { [K in keyof Names]: Smtp };
}

/** The names of those who send for a target, in their order. */
export function senders(target: Store | Item): string[] {
  return target.powerupsFor(Mailer).map((one) => (one as Smtp).name);
}

/** The ids of the roles that a powerup plays for a target. */
export function roleIds(target: Store | Item, powerup: object): string[] {
  return target.rolesOf(powerup).map(({ id }) => id);
}

/** Forgets which relays were asked, now and when the test ends. */
export function nobodyAsked(): void {
  Relay.asked = [];
  onTestFinished(() => {
    Relay.asked = [];
  });
}
