import {
  address,
  attributes,
  file,
  type ItemClass,
  integer,
  item,
  reference,
  type StoreOptions,
  SubStore,
  text,
  upgrade,
} from 'corollary';
import { ActiveThing } from './activation.js';
import { TellingThing } from './hooks.js';
import { Cell, Pump } from './pump.js';
import { Relic } from './relic.js';
import { Thing } from './thing.js';

// The versions of a program that has the same tree: it is closed, and opened by the next one. The second one searches the
// words, which needs no upgrade; the third one has one more attribute, and hooks, of which the fourth keeps one; the fourth one calls the type otherwise.
// From the third one on there are no relics any more.

/** What all versions store. */
function common<T extends Thing>(own: () => ItemClass<T>) {
  return {
    label: integer(),
    n: integer({ default: 0 }),
    words: text(),
    friend: reference(own, { nullable: true, whenDeleted: 'nullify' }),
    owner: reference(own, { nullable: true, whenDeleted: 'cascade' }),
    boss: reference(own, { nullable: true, whenDeleted: 'refuse' }),
    part: reference(() => SubStore, { nullable: true, whenDeleted: 'nullify' }),
    lease: reference(() => SubStore, { nullable: true, whenDeleted: 'refuse' }),
    scan: file({ nullable: true, owned: true }),
    keepsake: reference({ nullable: true, whenDeleted: 'nullify' }),
    bond: reference({ nullable: true, whenDeleted: 'cascade' }),
    pledge: reference({ nullable: true, whenDeleted: 'refuse' }),
    to: address({ nullable: true }),
  };
}

/** The same as steps see it. */
const stored = {
  label: integer(),
  n: integer(),
  words: text(),
  friend: reference({ nullable: true }),
  owner: reference({ nullable: true }),
  boss: reference({ nullable: true }),
  part: reference({ nullable: true }),
  lease: reference({ nullable: true }),
  scan: file({ nullable: true }),
  keepsake: reference({ nullable: true }),
  bond: reference({ nullable: true }),
  pledge: reference({ nullable: true }),
  to: address({ nullable: true }),
};
const marked = { ...stored, mark: text({ nullable: true }) };

const marking = upgrade(1, stored, ({ n }) => ({ mark: markIn(3, n, null) }));
const markingAgain = upgrade(2, marked, ({ n, mark }) => ({ mark: markIn(4, n, mark) }));

/** What the step to a generation leaves in an item. */
export function markIn(generation: number, n: number, mark: string | null): string | null {
  if (generation < 3) return mark;
  return generation === 3 ? `was ${n}` : `${mark ?? 'new'}, then ${n}`;
}

class First extends Thing {}
attributes(
  First,
  common(() => First),
);
item('thing', { indexes: [['n']] })(First);

class Second extends Thing {}
attributes(
  Second,
  common(() => Second),
);
item('thing', { indexes: [['n']], fullText: ['words'] })(Second);

class Third extends TellingThing {}
attributes(Third, { ...common(() => Third), mark: text({ nullable: true }) });
item('thing', { version: 2, fullText: ['words'], upgrades: () => [marking] })(Third);

class Fourth extends ActiveThing {}
attributes(Fourth, { ...common(() => Fourth), mark: text({ nullable: true, indexed: true }) });
item('entry', {
  version: 3,
  was: ['thing'],
  fullText: ['words'],
  indexes: [['n']],
  upgrades: () => [marking, markingAgain],
})(Fourth);

/** What relics store in each of the first two versions. */
function relicOf<T extends Thing, R extends Relic>(things: ItemClass<T>, own: () => ItemClass<R>) {
  return {
    label: integer(),
    of: reference(() => things, { nullable: true, whenDeleted: 'cascade' }),
    guards: reference(() => things, { nullable: true, whenDeleted: 'refuse' }),
    beside: reference(own, { nullable: true, whenDeleted: 'refuse' }),
  };
}

class FirstRelic extends Relic {}
attributes(
  FirstRelic,
  relicOf(First, () => FirstRelic),
);
item('relic')(FirstRelic);

class SecondRelic extends Relic {}
attributes(
  SecondRelic,
  relicOf(Second, () => SecondRelic),
);
item('relic')(SecondRelic);

const CLASSES: readonly ItemClass<Thing>[] = [First, Second, Third, Fourth];

/** How many versions of the program there are; they are counted from 1. */
export const GENERATIONS = CLASSES.length;

/** The class of things in a version of the program. */
export function thingClass(generation: number): ItemClass<Thing> {
  return CLASSES[generation - 1] as ItemClass<Thing>;
}

/** The class of relics; undefined in the versions that have retired them. */
export function relicClass(generation: number): ItemClass<Relic> | undefined {
  return [FirstRelic, SecondRelic][generation - 1];
}

/** Whether a version of the program drops relics, when it upgrades a whole tree. */
export function dropsRelics(generation: number): boolean {
  return generation === GENERATIONS;
}

/** What a version of the program says of its types when it opens a store. */
export function programOf(generation: number): Pick<StoreOptions, 'types' | 'retired'> {
  const types = [thingClass(generation), Pump, Cell];
  const relics = relicClass(generation);
  if (relics !== undefined) return { types: [...types, relics] };
  return { types, retired: { relic: dropsRelics(generation) ? 'drop' : 'keep' } };
}

/** Whether a version of the program searches the words of things. */
export function isSearchedIn(generation: number): boolean {
  return generation > 1;
}

/** Whether things tell which of their hooks are run; else the library can spare itself making some items. */
export function hasHooks(generation: number): boolean {
  return thingClass(generation) === Third;
}

/** Whether a version of the program stores things otherwise than the one before, which cannot go on then. */
export function isUpgradeTo(generation: number): boolean {
  return generation > 2;
}

/** Whether things are activated. */
export function isActiveIn(generation: number): boolean {
  return thingClass(generation).prototype instanceof ActiveThing;
}
