import { CorollaryError, kindOf } from '../errors.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import { assertPlainFunction, refuseUnfinished } from './async-guard.js';
import { isWithin } from './is-within.js';
import type { StoreCore } from './store-core.js';

/** One call of `limitLoads` that is running. */
interface LoadLimit {
  readonly core: StoreCore;
  readonly most: number;
  readonly outer: LoadLimit | undefined;
  loads: number;
}

// The innermost call that is running in this thread: functions under a limit are synchronous.
let running: LoadLimit | undefined;

/**
 * Runs a function in which at most so many references of this store and those below are read from disk singly.
 * @throws CorollaryError TOO_MANY_LOADS where one more is read; INVALID_VALUE, ASYNC_TRANSACTION
 */
export function limitLoads<R>(core: StoreCore, most: unknown, work: () => R): R {
  if (!Number.isSafeInteger(most) || (most as number) < 0)
    throw new CorollaryError('INVALID_VALUE', `limitLoads takes a whole number, 0 or more, not ${kindOf(most)}`);
  assertPlainFunction(work, 'limitLoads', 'the count ends when it returns');
  const outer = running;
  running = { core, most: most as number, outer, loads: 0 };
  try {
    return refuseUnfinished(work(), 'limitLoads');
  } finally {
    running = outer;
  }
}

/** Counts a reference that is about to be read alone. @throws CorollaryError TOO_MANY_LOADS */
export function countSingleLoad(core: StoreCore, type: ItemType, attribute: Attribute): void {
  for (let limit = running; limit !== undefined; limit = limit.outer)
    if (isWithin(core, limit.core) && ++limit.loads > limit.most) throw tooMany(limit, core, type, attribute);
}

function tooMany({ most }: LoadLimit, core: StoreCore, type: ItemType, attribute: Attribute): CorollaryError {
  const { name } = attribute;
  const { place } = core.file;
  return new CorollaryError(
    'TOO_MANY_LOADS',
    `${type.name}.${name} in ${place}: more than ${most} references were read from disk one by one. Get the items by one query, which reads what they refer to together, or with query.preload(c => c.${name})`,
    { store: place, type: type.name, attribute: name },
  );
}
