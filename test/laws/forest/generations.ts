import {
  address,
  attributes,
  file,
  type Item,
  type ItemClass,
  integer,
  item,
  reference,
  SubStore,
  text,
  upgrade,
} from 'corollary';
import { Cell, Pump } from './pump.js';
import { Thing } from './thing.js';

// The versions of a program that has the same tree: it is closed, and opened by the next one. The second one has one more
// attribute; the third one calls the type otherwise.

/** What all versions store. */
function common<T extends Thing>(own: () => ItemClass<T>) {
  return {
    label: integer(),
    n: integer({ default: 0 }),
    friend: reference(own, { nullable: true, whenDeleted: 'nullify' }),
    owner: reference(own, { nullable: true, whenDeleted: 'cascade' }),
    boss: reference(own, { nullable: true, whenDeleted: 'refuse' }),
    part: reference(() => SubStore, { nullable: true, whenDeleted: 'nullify' }),
    lease: reference(() => SubStore, { nullable: true, whenDeleted: 'refuse' }),
    scan: file({ nullable: true, owned: true }),
    to: address({ nullable: true }),
  };
}

/** The same as steps see it. */
const stored = {
  label: integer(),
  n: integer(),
  friend: reference({ nullable: true }),
  owner: reference({ nullable: true }),
  boss: reference({ nullable: true }),
  part: reference({ nullable: true }),
  lease: reference({ nullable: true }),
  scan: file({ nullable: true }),
  to: address({ nullable: true }),
};
const marked = { ...stored, mark: text({ nullable: true }) };

const second = upgrade(1, stored, ({ n }) => ({ mark: markIn(2, n, null) }));
const third = upgrade(2, marked, ({ n, mark }) => ({ mark: markIn(3, n, mark) }));

/** What the step to a generation leaves in an item. */
export function markIn(generation: number, n: number, mark: string | null): string {
  return generation === 2 ? `was ${n}` : `${mark ?? 'new'}, then ${n}`;
}

class First extends Thing {}
attributes(
  First,
  common(() => First),
);
item('thing', { indexes: [['n']] })(First);

class Second extends Thing {}
attributes(Second, { ...common(() => Second), mark: text({ nullable: true }) });
item('thing', { version: 2, upgrades: () => [second] })(Second);

class Third extends Thing {}
attributes(Third, { ...common(() => Third), mark: text({ nullable: true, indexed: true }) });
item('entry', { version: 3, was: ['thing'], indexes: [['n']], upgrades: () => [second, third] })(Third);

const CLASSES: readonly ItemClass<Thing>[] = [First, Second, Third];

/** How many versions of the program there are; they are counted from 1. */
export const GENERATIONS = CLASSES.length;

/** The class of things in a version of the program. */
export function thingClass(generation: number): ItemClass<Thing> {
  return CLASSES[generation - 1] as ItemClass<Thing>;
}

/** All classes of a version of the program. */
export function typesOf(generation: number): readonly ItemClass<Item>[] {
  return [thingClass(generation), Pump, Cell];
}
