import { CorollaryError } from 'corollary';
import { ActiveThing } from './activation.js';
import type { Thing } from './thing.js';
import { throwAfterCommit } from './thrown.js';

export type Hook = 'stored' | 'committed' | 'deleted';

/** Which hooks have run, as `hook uid/label`: those of all handles. */
const heard: string[] = [];

/** What hooks found that must not be. */
const wrong: string[] = [];

/** A thing with this `n` is refused by its hook. */
export const REFUSED = -1;

/** Hooks of a thing with this `n` that run after a commit throw. */
const THROWING = 7;

/** A thing that tells which of its hooks are run. */
export abstract class TellingThing extends ActiveThing {
  override stored(): void {
    if (this.n === REFUSED) throw new CorollaryError('INVALID_VALUE', 'The hook wants no such thing');
    tell('stored', this);
  }
  override committed(): void {
    tell('committed', this);
    if (!this.isStored || this.store.findAny(this.storeId) !== this) wrong.push(`${this.label} is not what is stored`);
    if (this.n === THROWING) throwAfterCommit();
  }
  override deleted(): void {
    tell('deleted', this);
    if (this.isStored || isFound(this)) wrong.push(`${this.label} is still there`);
    if (this.n === THROWING) throwAfterCommit();
  }
}

function tell(hook: Hook, { store, label }: Thing): void {
  heard.push(`${hook} ${store.uid}/${label}`);
}

function isFound({ store, storeId }: Thing): boolean {
  return !store.isClosed && store.findAny(storeId) !== undefined;
}

/** What hooks found that must not be, since it was asked last. */
export function wrongForHooks(): readonly string[] {
  return wrong.splice(0);
}

/** What was told until now is of no interest any more. */
export function forgetHooks(): void {
  heard.length = 0;
}

/** How often each hook has run since they were forgotten, by `hook uid/label`. */
export function hooksHeard(): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const told of heard) times.set(told, (times.get(told) ?? 0) + 1);
  return times;
}
