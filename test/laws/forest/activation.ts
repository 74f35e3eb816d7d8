import { CorollaryError } from 'corollary';
import { expect } from 'vitest';
import { phraseOf, Thing } from './thing.js';

/** How often each object was activated. */
const times = new WeakMap<Thing, number>();
/** What was wrong when an object was activated: errors of hooks may reach nobody. */
const wrong: string[] = [];
/** The label of the thing whose hook throws. */
let refused: number | undefined;

/** Thrown by a hook on purpose. */
export class ActivationRefused extends Error {}

/** A thing that counts how often it is activated, and looks about then. */
export abstract class ActiveThing extends Thing {
  override activate(): void {
    if (this.label === refused) throw new ActivationRefused();
    times.set(this, (times.get(this) ?? 0) + 1);
    for (const fault of faultsOf(this)) wrong.push(`${this.label} ${fault}`);
  }
}

function faultsOf(thing: ActiveThing): readonly string[] {
  const { label, n, words } = thing;
  const friend = friendOf(thing);
  const faults: string[] = [];
  // One that is to be refused says something else.
  if (!thing.isStored || (n >= 0 && words !== phraseOf(n))) faults.push('is not as it is stored');
  if (friend !== undefined && (friend?.storeId ?? null) !== thing.idOf('friend')) faults.push('has another friend');
  // That costs an error each time.
  if (label % 4 === 0 && writeOf(thing) !== 'READ_ONLY') faults.push('could write');
  return faults;
}

/** Reading it may activate it in turn; undefined where that is refused. */
function friendOf(thing: ActiveThing): Thing | null | undefined {
  try {
    return thing.friend;
  } catch (error) {
    if (error instanceof ActivationRefused) return undefined;
    throw error;
  }
}

function writeOf(thing: ActiveThing): string | undefined {
  try {
    thing.n = thing.n + 1;
  } catch (error) {
    return error instanceof CorollaryError ? error.code : String(error);
  }
  return undefined;
}

/** Each of these objects was activated once. */
export function agreeOnActivation(things: Iterable<Thing>, said: string): void {
  expect(wrong.splice(0), `${said}: what was activated`).toEqual([]);
  for (const thing of things)
    if (thing instanceof ActiveThing) expect(times.get(thing), `${said}: activate of ${thing.label}`).toBe(1);
}

/** While something is done, the hook of a thing throws. */
export function whileRefused(label: number, work: () => void): void {
  refused = label;
  try {
    work();
  } finally {
    refused = undefined;
  }
}
