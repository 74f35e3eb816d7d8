import { CorollaryError } from '../errors.js';
import type { Item } from '../item/item.js';

// How many `activate` hooks are running in this thread, one inside another.
let activating = 0;

/** Calls an item's `activate`, which may read but not write, in whatever store. */
export function activate(item: Item): void {
  activating++;
  try {
    refusePromise(item.activate(), 'activate');
  } finally {
    activating--;
  }
}

/** Runs what a read brings with it, also where an `activate` hook reads: that is no write of the hook's. */
export function outsideActivation<R>(work: () => R): R {
  const before = activating;
  activating = 0;
  try {
    return work();
  } finally {
    activating = before;
  }
}

/** A hook is over when it returns: a promise would go on outside of the transaction. @throws CorollaryError ASYNC_TRANSACTION */
export function refusePromise(result: unknown, hook: string): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => undefined);
  throw new CorollaryError('ASYNC_TRANSACTION', `The hook ${hook}() gave a promise: a hook cannot be asynchronous`);
}

/** @throws CorollaryError READ_ONLY while an `activate` hook runs. */
export function assertNotActivating(place: string): void {
  if (activating === 0) return;
  throw new CorollaryError(
    'READ_ONLY',
    `${place}: activate() may not write, since it runs whenever an item is loaded; write in stored(), or where the item is used`,
    { store: place },
  );
}
