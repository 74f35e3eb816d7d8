/** What a value from JSON is, where it was written by who knows whom: a database may be damaged, or tampered with. */

/** A value from JSON; undefined where the text is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isText = (value: unknown): value is string => typeof value === 'string';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isListOf = (value: unknown, isPart: (part: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(isPart);

export const isRecordOf = (value: unknown, isPart: (part: unknown) => boolean): boolean =>
  isObject(value) && Object.values(value).every(isPart);

export const isMissingOr = (value: unknown, isRight: (value: unknown) => boolean): boolean =>
  value === undefined || isRight(value);
