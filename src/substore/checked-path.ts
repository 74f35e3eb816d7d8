import { resolve } from 'node:path';
import { CorollaryError, kindOf } from '../errors.js';
import { isWellFormed } from '../schema/codecs/text.js';

/**
 * The absolute path of a directory, from what a program has given. `use` says for what it was given, as the beginning of
 * a sentence: 'A backup goes into'.
 * @throws CorollaryError INVALID_VALUE. What the system would cut off, or change, leads elsewhere than it says.
 */
export function checkedPath(path: unknown, use = 'A store is opened at'): string {
  if (typeof path !== 'string' || path === '')
    throw new CorollaryError('INVALID_VALUE', `${use} the path of a directory, not ${describe(path)}`);
  if (path.includes('\0') || !isWellFormed(path))
    throw new CorollaryError(
      'INVALID_VALUE',
      `${use} the path of a directory, which has no NUL character and no half of a surrogate pair`,
    );
  return resolve(path);
}

function describe(path: unknown): string {
  return path === '' ? 'an empty text' : kindOf(path);
}
