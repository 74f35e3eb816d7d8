import { CorollaryError, kindOf } from '../errors.js';
import { isWellFormed } from '../schema/codecs/text.js';

const MAX_CHARACTERS = 255;

/**
 * The name of a substore, if it is one: 1 to 255 characters without '/' and NUL, well-formed, not '.' or '..'.
 * It never becomes part of a file path.
 * @throws CorollaryError BAD_NAME
 */
export function checkedName(name: unknown, place: string): string {
  const fault = faultOf(name);
  if (fault === undefined) return name as string;
  throw new CorollaryError('BAD_NAME', `A substore of ${place} cannot have this name: ${fault}`, { store: place });
}

function faultOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return `a name is a text, not ${kindOf(name)}`;
  if (name === '') return 'a name has at least one character';
  if (name === '.' || name === '..') return "'.' and '..' are no names";
  if (name.includes('/')) return "a name has no '/', which separates the names of a path";
  if (name.includes('\0')) return 'a name has no NUL character';
  if (!isWellFormed(name)) return 'it has half a surrogate pair';
  const { length } = [...name];
  return length > MAX_CHARACTERS ? `it has ${length} characters, and ${MAX_CHARACTERS} is the most` : undefined;
}
