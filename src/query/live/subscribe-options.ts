import { CorollaryError, kindOf, type Problem, problemsError } from '../../errors.js';

/** How a query is subscribed to. */
export interface SubscribeOptions {
  /** Ends the subscription when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** True: what was added, changed and removed is told too; and nothing, when that is nothing. */
  readonly changes?: boolean | undefined;
  /**
   * Within how many milliseconds commits of other handles and processes are noticed; 500 if not given. Those of this
   * handle are noticed at once. All subscriptions to the stores of one tree are served at the shortest of theirs.
   */
  readonly pollMs?: number | undefined;
  /** Told of a failed reading, which is tried again. Without it the error is thrown: nobody catches it. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The options with their defaults. */
export interface CheckedSubscribeOptions {
  readonly signal: AbortSignal | undefined;
  readonly changes: boolean;
  readonly pollMs: number;
  readonly onError: ((error: unknown) => void) | undefined;
}

const DEFAULT_POLL_MS = 500;
/** 2^31 - 1: the longest time that a timer can wait. */
const MAX_POLL_MS = 2_147_483_647;

/** What a given option must be, as a phrase, and the test for it. */
const RULES: { readonly [K in keyof SubscribeOptions]-?: readonly [string, (value: unknown) => boolean] } = {
  signal: ['an AbortSignal', (value) => value instanceof AbortSignal],
  changes: ['true or false', (value) => typeof value === 'boolean'],
  pollMs: [
    'a whole number of milliseconds, 1 or more',
    (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_POLL_MS,
  ],
  onError: ['a function that is given an error', (value) => typeof value === 'function'],
};

/** @throws CorollaryError INVALID_VALUE listing every fault */
export function checkedSubscribeOptions(options: unknown): CheckedSubscribeOptions {
  if (typeof options !== 'object' || options === null)
    throw new CorollaryError('INVALID_VALUE', `subscribe takes an object of options, not ${kindOf(options)}`);
  const problems = Object.entries(options).flatMap(([name, value]) => problemOf(name, value));
  if (problems.length > 0) throw problemsError('subscribe', problems);
  const { signal, changes = false, pollMs = DEFAULT_POLL_MS, onError } = options as SubscribeOptions;
  return { signal, changes, pollMs, onError };
}

function problemOf(name: string, value: unknown): Problem[] {
  const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof SubscribeOptions] : undefined;
  if (rule === undefined)
    return [{ code: 'INVALID_VALUE', message: `there is no option '${name}', only ${Object.keys(RULES).join(', ')}` }];
  if (value === undefined || rule[1](value)) return [];
  return [{ code: 'INVALID_VALUE', message: `${name} is ${rule[0]}, not ${kindOf(value)}` }];
}
