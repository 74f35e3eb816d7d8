import { kindOf } from '../../errors.js';
import { isWellFormed } from '../../schema/codecs/text.js';

const MAX_CHARACTERS = 1024;

/** Why a file cannot have this name, as a phrase; undefined where it can. A name is never part of a path on disk. */
export function fileNameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return `a name is a text, not ${kindOf(name)}`;
  if (name === '') return 'a name has at least one character';
  if (name.includes('\0')) return 'a name has no NUL character';
  if (!isWellFormed(name)) return 'it has half a surrogate pair';
  const { length } = [...name];
  return length > MAX_CHARACTERS ? `it has ${length} characters, and ${MAX_CHARACTERS} is the most` : undefined;
}
