import { CorollaryError } from '../errors.js';
import type { StoreCore } from '../store/store-core.js';
import { runningTransaction } from '../store/transaction.js';

/**
 * Asked before something is done to a whole tree that takes transactions of its own; `done` says what, as in 'repaired'.
 * @throws CorollaryError STORE_CLOSED, READ_ONLY, NOT_SUPPORTED
 */
export function assertOutsideTransaction(core: StoreCore, done: string): void {
  core.assertWritable();
  if (runningTransaction() === undefined) return;
  const { place } = core.file;
  throw new CorollaryError('NOT_SUPPORTED', `The tree of ${place} cannot be ${done} inside a transaction`, {
    store: place,
  });
}
