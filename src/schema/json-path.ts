import { isWellFormed } from './codecs/text.js';

/** A place inside JSON: keys of objects and indexes of arrays. */
export type JsonPath = readonly (string | number)[];

/** True for what can be a step of a path into JSON. */
export function isJsonStep(step: unknown): step is string | number {
  return typeof step === 'string' ? isWellFormed(step) : Number.isSafeInteger(step) && (step as number) >= 0;
}

/** The text that SQLite calls a path: `$."theme"."colors"[0]`. It compares keys as they are written in JSON. */
export function jsonPath(steps: JsonPath): string {
  return `$${steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${JSON.stringify(step)}`)).join('')}`;
}
