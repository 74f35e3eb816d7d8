import { CorollaryError } from 'corollary';

/** The {@link CorollaryError} that a function throws. A function that throws nothing or something else fails the test. */
export function refusal(act: () => unknown): CorollaryError {
  try {
    act();
  } catch (error) {
    if (error instanceof CorollaryError) return error;
    throw error;
  }
  throw new Error('it was expected to throw a CorollaryError, and threw nothing');
}

/** The code of the {@link CorollaryError} that a function throws. */
export function codeOf(act: () => unknown): string {
  return refusal(act).code;
}
