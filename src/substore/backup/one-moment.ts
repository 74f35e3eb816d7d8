import { CorollaryError } from '../../errors.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import type { StoreCore } from '../../store/store-core.js';
import { whileLocked } from '../../store/take-image.js';
import { runningTransaction } from '../../store/transaction.js';
import type { Branch } from '../branch.js';

/**
 * Runs work during which no transaction of this tree begins, and none that has begun goes on in these stores or above
 * them. Stores below may still be written by one that began there or in between: it has ended once each store down to
 * it has been locked, parents first. docs/decisions/0018 says why.
 * @throws CorollaryError NOT_SUPPORTED inside a transaction; READ_ONLY, STORE_CLOSED, BUSY
 */
export function atOneMoment<S extends KeepingStore, R>(branches: readonly Branch<S>[], work: () => R): R {
  for (const { core } of branches) assertPossible(core);
  const { gates } = (branches[0] as Branch<S>).core;
  const quiet = () => {
    for (const core of withAllAbove(branches)) whileLocked(core.file, () => undefined);
    return work();
  };
  return gates === undefined ? quiet() : gates.writing.closedWhile(quiet);
}

/** @throws CorollaryError NOT_SUPPORTED inside a transaction; READ_ONLY, STORE_CLOSED */
export function assertPossible(core: StoreCore): void {
  core.assertWritable();
  if (runningTransaction() === undefined) return;
  const { place } = core.file;
  throw new CorollaryError(
    'NOT_SUPPORTED',
    `${place} cannot be backed up, copied, imported or restored inside a transaction: do it before or after`,
    { store: place },
  );
}

/** The stores and all above them, each once, parents first. */
function withAllAbove<S extends KeepingStore>(branches: readonly Branch<S>[]): readonly StoreCore[] {
  const cores = new Set<StoreCore>();
  for (const branch of branches)
    for (let at: StoreCore | undefined = branch.core; at !== undefined; at = at.parent) cores.add(at);
  return [...cores].sort((a, b) => a.depth - b.depth);
}
