import { isNotAsWritten } from '../driver/sqlite-error.js';
import { CorollaryError } from '../errors.js';

/**
 * Asks by SQL that was made of the catalogue as it was at the last look. Undefined where the database does not have what
 * that says: another process has taken a table away since, or it is damaged. Who then looks and asks again learns which.
 */
export function ifAsWritten<R>(ask: () => R): R | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof CorollaryError && isNotAsWritten(error.cause)) return undefined;
    throw error;
  }
}
