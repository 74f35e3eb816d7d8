import { CorollaryError, kindOf } from '../errors.js';
import { assertNotAbandoned, assertPlainFunction, runGuarded } from './async-guard.js';
import type { Part, Participant } from './part.js';
import { aside, type RunOptions, runningTransaction, Transaction } from './transaction.js';

/** How a transaction is run. */
export interface TransactionOptions<S = unknown> {
  /** True: read snapshots only; every write in the function is refused with `READ_ONLY`. */
  readonly readOnly?: boolean;
  /**
   * Stores below that are locked before the function begins, in an order in which no two transactions wait for each
   * other. Others join when they are used: one that joins out of that order is tried once, without waiting.
   */
  readonly stores?: readonly S[];
}

/** No function is of this type: the compiler prints its name. */
export interface TransactTakesNoAsyncFunction {
  readonly 'await first, then write in a plain function': never;
}
/** Changes nothing where R is no promise. */
type Synchronous<R> = 0 extends 1 & R
  ? unknown
  : [R] extends [never]
    ? unknown
    : [R] extends [PromiseLike<unknown>]
      ? TransactTakesNoAsyncFunction
      : unknown;
/**
 * A function that `transact` runs: any but an asynchronous one, which the compiler refuses. A function of yours that
 * hands its own on to `transact` takes a parameter of this type.
 */
export type TransactionFunction<R> = (() => R) & Synchronous<R>;

/** A write of the library's own, given the transaction and the store's part in it. */
export type Write<R> = (transaction: Transaction, part: Part) => R;

/** Runs a user's function as a transaction of a store, or as a level of the one that runs. */
export function transact<R>(store: Participant, work: () => R, options: RunOptions): R {
  assertPlainFunction(work);
  assertNotAbandoned();
  const outer = runningTransaction();
  if (outer !== undefined) return outer.nested(store, options, () => runGuarded(work));
  return outermost(store, options, () => runGuarded(work));
}

/**
 * Runs what a store was asked for: as a transaction of that store, or as a level of the one that runs, if that was begun
 * on the store or above it. If not, as when a part asks upwards by itself, it is a level that may read there, and not
 * write.
 */
export function transactRequest<R>(store: Participant, work: () => R): R {
  assertNotAbandoned();
  const options = { isReadOnly: store.isReadOnly, others: [], isRequest: true };
  const outer = runningTransaction();
  if (outer === undefined) return outermost(store, options, work);
  return outer.reaches(store) ? outer.nested(store, options, work) : outer.inSteps(work);
}

/** The options of `transact`; whether `stores` holds stores, the caller finds out. @throws CorollaryError INVALID_VALUE */
export function checkedTransactionOptions(options: unknown): {
  readonly isReadOnly: boolean;
  readonly stores: readonly unknown[];
} {
  if (typeof options !== 'object' || options === null)
    throw new CorollaryError('INVALID_VALUE', `transact takes an object of options, not ${kindOf(options)}`);
  const { readOnly, stores = [], ...others } = options as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new CorollaryError('INVALID_VALUE', `transact has no option '${unknown}'`);
  if (!Array.isArray(stores))
    throw new CorollaryError('INVALID_VALUE', `stores of transact is a list of stores, not ${kindOf(stores)}`);
  if (typeof readOnly === 'boolean' || readOnly === undefined) return { isReadOnly: readOnly ?? false, stores };
  throw new CorollaryError('INVALID_VALUE', `readOnly of transact is true or false, not ${kindOf(readOnly)}`);
}

function outermost<R>(
  store: Participant,
  options: RunOptions,
  work: (transaction: Transaction) => R,
  afterwards = runCallbacks,
): R {
  const transaction = new Transaction();
  const result = runOrTell(transaction, () => transaction.run(store, options, () => work(transaction)));
  afterwards(transaction, store);
  return result;
}

function runOrTell<R>(transaction: Transaction, run: () => R): R {
  try {
    return run();
  } catch (error) {
    throw transaction.reasonFor(error);
  }
}

const OF_ITS_OWN: RunOptions = { isReadOnly: false, others: [] };

/** Runs one write of the library's own: in the running transaction, else in one of its own. */
export function writing<R>(store: Participant, write: Write<R>): R {
  assertNotAbandoned();
  const running = runningTransaction();
  if (running !== undefined) return write(running, running.joinForWriting(store));
  return outermost(store, OF_ITS_OWN, joining(store, write));
}

function joining<R>(store: Participant, write: Write<R>): (transaction: Transaction) => R {
  return (transaction) => write(transaction, transaction.joinForWriting(store));
}

/** The same for a write of several steps, so that an error caught by the caller leaves no half of it behind. */
export function writingInSteps<R>(store: Participant, write: Write<R>): R {
  const running = runningTransaction();
  if (running === undefined) return writing(store, write);
  assertNotAbandoned();
  running.joinForWriting(store);
  return running.inSteps(() => write(running, running.joinForWriting(store)));
}

/**
 * Runs a write that a read brings with it, as one of several steps: as a level of the running transaction where that has
 * locked the store, or covers it; else as a transaction of its own, which is committed before the running one goes on.
 */
export function writingForReading<R>(store: Participant, write: Write<R>): R {
  const running = runningTransaction();
  const work = joining(store, write);
  if (running === undefined) return outermost(store, OF_ITS_OWN, work);
  if (!running.takesIn(store)) return aside(() => outermost(store, OF_ITS_OWN, work, tellingAfter(running)));
  const options = { ...OF_ITS_OWN, isRequest: true };
  return running.nested(store, options, () => write(running, running.joinForWriting(store)));
}

// What is thrown after a commit aside is told after that of the running transaction: as if it came from there, it would undo
// that, and say that it is committed.
function tellingAfter(running: Transaction): typeof runCallbacks {
  return (transaction, store) => {
    try {
      runCallbacks(transaction, store);
    } catch (error) {
      running.afterCommit(() => {
        throw error;
      });
    }
  };
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
  assertFinished(transaction, errors);
  if (errors.length === 0) return;
  throw new CorollaryError(
    'HOOK_FAILED',
    `${store.file.place}: the transaction is committed, but ${errors.length} of the callbacks after it threw`,
    { store: store.file.place, committed: true, errors, cause: errors[0] },
  );
}

function assertFinished({ unfinished }: Transaction, errors: readonly unknown[]): void {
  const [first] = unfinished;
  if (first === undefined) return;
  const places = unfinished.map(({ part }) => part.store.file.place).join(', ');
  throw new CorollaryError(
    'COMMIT_PENDING',
    `The transaction is committed, and will be completed in ${places}, which could not be written now: at its next use, when the cause is gone (${(first.error as Error).message})`,
    { store: first.part.store.file.place, committed: true, cause: first.error, errors },
  );
}
