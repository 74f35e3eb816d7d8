import { AsyncLocalStorage } from 'node:async_hooks';
import { CorollaryError } from '../errors.js';

/** A call of `transact`; marked once its function turns out to be asynchronous. */
interface Call {
  /** The nearest call around this one that is not over, or was abandoned. */
  readonly outer: Call | undefined;
  isRunning: boolean;
  isAbandoned: boolean;
}

/** The call of `transact` in which the running code began, be it an asynchronous tail of it. */
const calls = new AsyncLocalStorage<Call>();
let hasAbandonedCalls = false;

const NOT_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['[object AsyncFunction]', 'an async function'],
  ['[object GeneratorFunction]', 'a generator function'],
  ['[object AsyncGeneratorFunction]', 'an async generator function'],
]);

/** @throws CorollaryError ASYNC_TRANSACTION, INVALID_VALUE; nothing has run then. */
export function assertPlainFunction(
  work: unknown,
  what = 'transact',
  why = 'a transaction holds the write lock and is over when the function returns',
): void {
  if (typeof work !== 'function')
    throw new CorollaryError('INVALID_VALUE', `${what} takes a function that does the work; none was given`);
  const kind = NOT_FUNCTIONS.get(Object.prototype.toString.call(work));
  if (kind === undefined) return;
  throw new CorollaryError(
    'ASYNC_TRANSACTION',
    `${what} cannot run ${kind}: ${why}. Await first, then work in a plain function`,
  );
}

/**
 * Runs the function of `transact`, or another that `what` names. If it gives a promise, throwing undoes what ran so far;
 * what the promise would still do is refused when it tries to write, and its rejection is no news then, so it is not left
 * unhandled.
 * @throws CorollaryError ASYNC_TRANSACTION
 */
export function runGuarded<R>(work: () => R, what = 'The function given to transact'): R {
  const call: Call = { outer: callThatMatters(calls.getStore()), isRunning: true, isAbandoned: false };
  try {
    const result = calls.run(call, work);
    if (!isThenable(result) && !isGenerator(result)) return result;
    call.isAbandoned = true;
    hasAbandonedCalls = true;
    if (result instanceof Promise) result.catch(() => undefined);
  } finally {
    call.isRunning = false;
  }
  throw new CorollaryError(
    'ASYNC_TRANSACTION',
    `${what} returned a promise or a generator; its changes were undone. Await first, then write in a plain function`,
  );
}

/** What a function gave, unless it goes on afterwards. @throws CorollaryError ASYNC_TRANSACTION */
export function refuseUnfinished<R>(result: R, what: string): R {
  if (!isThenable(result) && !isGenerator(result)) return result;
  if (result instanceof Promise) result.catch(() => undefined);
  throw new CorollaryError(
    'ASYNC_TRANSACTION',
    `The function given to ${what} returned a promise or a generator: await first, then work in a plain function`,
  );
}

function isGenerator(value: unknown): boolean {
  return /^\[object (Async)?Generator\]$/.test(Object.prototype.toString.call(value));
}

// Calls that ended well are passed over, or a chain of timers would keep all of them for ever.
function callThatMatters(call: Call | undefined): Call | undefined {
  let found = call;
  while (found !== undefined && !found.isRunning && !found.isAbandoned) found = found.outer;
  return found;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const canHave = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return canHave && 'then' in value && typeof value.then === 'function';
}

/** Refuses writes of code that a transaction left behind when it was undone for being asynchronous. */
export function assertNotAbandoned(): void {
  if (!hasAbandonedCalls) return;
  for (let call = calls.getStore(); call !== undefined; call = call.outer) if (call.isAbandoned) throw abandoned();
}

function abandoned(): CorollaryError {
  return new CorollaryError(
    'ASYNC_TRANSACTION',
    'This code belongs to a transaction that was undone because its function was asynchronous; it cannot write any more',
  );
}
