import { rmSync, writeFileSync } from 'node:fs';
import { type Default, Item, integer, item, reference, Store, text, upgrade } from 'corollary';
import { hear, say } from '../support/task-loop.js';

@item('person')
class OldPerson extends Item {
  @text({ fullText: true, unique: true }) declare name: string;
}
@item('pet')
class OldPet extends Item {
  @text() declare name: string;
  @reference(() => OldPerson, { whenDeleted: 'cascade' }) declare owner: OldPerson;
}

/** Made by upgrades: one for each person. */
@item('address')
export class Address extends Item {
  @text() declare street: string;
}

@item('person', {
  version: 2,
  upgrades: () => [
    upgrade(1, { name: text() }, (old, { create }) =>
      old.name.endsWith('3') ? null : { first: old.name, home: create(Address, { street: `of ${old.name}` }) },
    ),
  ],
})
export class Person extends Item {
  @text({ fullText: true, unique: true }) declare first: string;
  @reference(() => Address) declare home: Address;
}
@item('pet', {
  version: 3,
  upgrades: () => [
    upgrade(1, { name: text(), owner: reference() }, ({ name }) => ({ title: name })),
    upgrade(2, { title: text(), owner: reference(() => Person) }),
  ],
})
export class Pet extends Item {
  @text({ indexed: true }) declare title: string;
  @reference(() => Person, { whenDeleted: 'cascade' }) declare owner: Person;
  @integer({ default: 7 }) declare age: Default<number>;
}

const types = [Person, Pet, Address];

/** Writes a tree as the old program did: so many people with a pet each, in a store and in one below it. */
export function seed(place: string, count: number): void {
  using root = Store.open(place, { types: [OldPerson, OldPet] });
  for (const store of [root, root.substores.create('part')])
    store.transact(() => {
      for (let n = 0; n < count; n++) {
        const owner = store.create(OldPerson, { name: `person ${n}` });
        store.create(OldPet, { name: `pet ${n}`, owner });
      }
    });
}

/** People alone: so many that they do not fit into the memory of a process at once. */
export function seedPeople(place: string, count: number): void {
  using store = Store.open(place, { types: [OldPerson] });
  store.createMany(
    OldPerson,
    (function* () {
      for (let n = 0; n < count; n++) yield { name: `person ${n} ${'x'.repeat(60)}${n % 10 === 3 ? 4 : n % 10}` };
    })(),
  );
}

/** Upgrades the upper store; the faults begin just before, with `armed`. */
export function upgradeOne(place: string, armed: string): void {
  using store = Store.open(place, { types });
  writeFileSync(armed, '');
  store.count(Pet);
  store.count(Person);
  say('upgraded');
  rmSync(armed);
}

/** Upgrades the tree. */
export async function upgradeTree(place: string, armed: string): Promise<void> {
  using root = Store.open(place, { types, upgrade: 'refuse' });
  writeFileSync(armed, '');
  const { isComplete, failed } = await root.tree.upgrade();
  if (!isComplete) throw failed[0]?.error;
  say('upgraded');
  rmSync(armed);
}

/** Upgrades both stores in one transaction that writes both. */
export function upgradeTogether(place: string, armed: string): void {
  using root = Store.open(place, { types });
  writeFileSync(armed, '');
  root.transact(() => {
    for (const store of [root, root.at('part')]) {
      store.create(Address, { street: 'of nobody' });
      store.query(Pet).update({ age: 8 });
      store.query(Person).first();
    }
  });
  say('upgraded');
  rmSync(armed);
}

/** Waits for a word, then uses both types. */
export function upgradeAtAWord(place: string): number[] {
  using store = Store.open(place, { types });
  say('ready');
  hear();
  return [store.count(Person), store.count(Pet), store.count(Address)];
}

/** Upgrades people as a newer program that calls them otherwise; waits for a word while it has the lock. */
export function renameAtAWord(place: string): number {
  let hasHeard = false;
  const wait = () => {
    say('locked');
    hear();
    hasHeard = true;
  };
  @item('human', {
    version: 3,
    was: ['person'],
    upgrades: () => [
      upgrade(
        1,
        { name: text() },
        ({ name }) => {
          if (!hasHeard) wait();
          return { name };
        },
        { to: 3 },
      ),
    ],
  })
  class Human extends Item {
    @text() declare name: string;
  }
  using store = Store.open(place, { types: [Human] });
  return store.count(Human);
}

/** How many people arrive, and the most memory that the heap of this process has taken meanwhile, in MB. */
export function upgradeMany(place: string): { people: number; heapMB: number } {
  using store = Store.open(place, { types });
  const people = store.count(Person);
  return { people, heapMB: process.memoryUsage().heapUsed / 2 ** 20 };
}

/** What a store and the one below it have, as the new program sees it, and whether each is sound. */
export function look(place: string) {
  using root = Store.open(place, { types, mustExist: true });
  return [root, root.at('part')].map((store) => {
    const people = store.query(Person, (p) => p.first.matches('person')).count(); // some go, and their pets with them
    return {
      people,
      pets: store
        .query(Pet)
        .all()
        .map(({ title, owner, age }) => `${title} ${age} ${owner.first} ${owner.home.street}`),
      addresses: store.count(Address),
      findings: store.check().findings,
    };
  });
}
