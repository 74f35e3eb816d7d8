import { CorollaryError } from '../errors.js';
import { assertNotAbandoned, assertPlainFunction, runGuarded } from './async-guard.js';
import { type Participant, runningTransaction, Transaction } from './transaction.js';

/** How a transaction is run. */
export interface TransactionOptions {
  /** True: read snapshots only; every write in the function is refused with `READ_ONLY`. */
  readonly readOnly?: boolean;
}

/** Runs a user's function as a transaction of a store, or as a level of the one that runs. */
export function transact<R>(store: Participant, work: () => R, options: TransactionOptions): R {
  assertPlainFunction(work);
  assertNotAbandoned();
  const isReadOnly = options.readOnly ?? false;
  const outer = runningTransaction();
  if (outer !== undefined) return outer.nested(store, isReadOnly, () => runGuarded(work));
  const transaction = new Transaction();
  const result = transaction.run(store, isReadOnly, () => runGuarded(work));
  runCallbacks(transaction, store);
  return result;
}

/** Runs one write of the library's own: in the running transaction, else in one of its own. */
export function writing<R>(store: Participant, write: (transaction: Transaction) => R): R {
  assertNotAbandoned();
  const running = runningTransaction();
  if (running !== undefined) {
    running.joinForWriting(store);
    return write(running);
  }
  const transaction = new Transaction();
  const result = transaction.run(store, false, () => {
    transaction.joinForWriting(store);
    return write(transaction);
  });
  runCallbacks(transaction, store);
  return result;
}

/** The same for writes of several steps, so that an error caught by the caller leaves no half of them behind. */
export function writingInSteps<R>(store: Participant, write: (transaction: Transaction) => R): R {
  return writing(store, (transaction) =>
    transaction.nested(store, false, () => {
      transaction.joinForWriting(store);
      return write(transaction);
    }),
  );
}

function runCallbacks(transaction: Transaction, store: Participant): void {
  const errors: unknown[] = [];
  for (const callback of transaction.callbacks) {
    try {
      callback();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 0) return;
  throw new CorollaryError(
    'HOOK_FAILED',
    `${store.file.place}: the transaction is committed, but ${errors.length} of the callbacks after it threw`,
    { store: store.file.place, committed: true, errors, cause: errors[0] },
  );
}
