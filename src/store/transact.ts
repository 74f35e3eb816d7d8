import { CorollaryError, kindOf } from '../errors.js';
import { assertNotAbandoned, assertPlainFunction, runGuarded } from './async-guard.js';
import type { Part, Participant } from './part.js';
import { runningTransaction, Transaction } from './transaction.js';

/** How a transaction is run. */
export interface TransactionOptions {
  /** True: read snapshots only; every write in the function is refused with `READ_ONLY`. */
  readonly readOnly?: boolean;
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
export function transact<R>(store: Participant, work: () => R, isReadOnly: boolean): R {
  assertPlainFunction(work);
  assertNotAbandoned();
  const outer = runningTransaction();
  if (outer !== undefined) return outer.nested(store, isReadOnly, () => runGuarded(work));
  return outermost(store, isReadOnly, () => runGuarded(work));
}

/** Whether the options ask for a transaction that only reads. @throws CorollaryError INVALID_VALUE, NOT_SUPPORTED */
export function checkedReadOnly(options: unknown): boolean {
  if (typeof options !== 'object' || options === null)
    throw new CorollaryError('INVALID_VALUE', `transact takes an object of options, not ${kindOf(options)}`);
  const { readOnly, ...others } = options as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown === 'stores') throw new CorollaryError('NOT_SUPPORTED', 'transact does not have the option stores yet');
  if (unknown !== undefined) throw new CorollaryError('INVALID_VALUE', `transact has no option '${unknown}'`);
  if (typeof readOnly === 'boolean' || readOnly === undefined) return readOnly ?? false;
  throw new CorollaryError('INVALID_VALUE', `readOnly of transact is true or false, not ${kindOf(readOnly)}`);
}

function outermost<R>(store: Participant, isReadOnly: boolean, work: (transaction: Transaction) => R): R {
  const transaction = new Transaction();
  const result = transaction.run(store, isReadOnly, () => work(transaction));
  runCallbacks(transaction, store);
  return result;
}

/** Runs one write of the library's own: in the running transaction, else in one of its own. */
export function writing<R>(store: Participant, write: Write<R>): R {
  assertNotAbandoned();
  const running = runningTransaction();
  if (running !== undefined) return write(running, running.joinForWriting(store));
  return outermost(store, false, (own) => write(own, own.joinForWriting(store)));
}

/** The same for a write of several steps, so that an error caught by the caller leaves no half of it behind. */
export function writingInSteps<R>(store: Participant, write: Write<R>): R {
  const running = runningTransaction();
  if (running === undefined) return writing(store, write);
  assertNotAbandoned();
  running.joinForWriting(store);
  return running.inSteps(() => write(running, running.joinForWriting(store)));
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
