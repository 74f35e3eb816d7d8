import { CorollaryError } from '../../errors.js';

/** For what must not fail any more, as all is committed: what cannot be removed now is swept later. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}
