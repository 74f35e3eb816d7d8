import { resolve } from 'node:path';
import { CorollaryError, kindOf } from '../errors.js';
import { isWellFormed } from '../schema/codecs/text.js';

/**
 * The absolute path of a directory, from what a program has given. `use` says for what it was given, as the beginning of
 * a sentence: 'A backup goes into'.
 * @throws CorollaryError IO_ERROR where it leads from a working directory that is gone; INVALID_VALUE. What the system would cut off, or change, leads elsewhere than it says.
 */
export function checkedPath(path: unknown, use = 'A store is opened at'): string {
  if (typeof path !== 'string' || path === '')
    throw new CorollaryError('INVALID_VALUE', `${use} the path of a directory, not ${describe(path)}`);
  if (path.includes('\0') || !isWellFormed(path))
    throw new CorollaryError(
      'INVALID_VALUE',
      `${use} the path of a directory, which has no NUL character and no half of a surrogate pair`,
    );
  return absolute(path, use);
}

function absolute(path: string, use: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new CorollaryError(
      'IO_ERROR',
      `${use} the path of a directory, and one that is not absolute begins at the working directory, which is gone`,
      { path, cause },
    );
  }
}

function describe(path: unknown): string {
  return path === '' ? 'an empty text' : kindOf(path);
}
