import { CorollaryError, type ErrorCode } from '../../errors.js';

/** What a value may be at most. */
export interface Limits {
  /** How deeply arrays and objects may be nested. */
  readonly depth: number;
  /** How much memory it may take, roughly. */
  readonly sizeBytes: number;
}

/** How much was seen. */
export interface Seen {
  sizeBytes: number;
}

/** What any value takes in memory, besides the letters of a text and the bytes of an array. */
const BYTES_PER_VALUE = 64;

/** How many steps of a place a message shows. */
const SHOWN_STEPS = 20;

/** The way through a value that is checked: where one is in it, and how much of it was seen. */
export class Survey {
  readonly #what: string;
  readonly #limits: Limits;
  readonly #steps: (string | number)[] = [];
  /** The arrays and objects around the place where one is. */
  readonly #around: object[] = [];
  readonly #seen: Seen;

  /** `what` names the value in messages: 'Argument 2'. `seen` is common to values that have one limit together. */
  constructor(what: string, limits: Limits, seen: Seen = { sizeBytes: 0 }) {
    this.#what = what;
    this.#limits = limits;
    this.#seen = seen;
  }

  /** Goes into an array or object. @throws CorollaryError INVALID_VALUE for what lies in itself, or too deep. */
  enter(holder: object): void {
    if (this.#around.includes(holder)) throw this.refusal('takes no cycles');
    if (this.#around.length === this.#limits.depth)
      throw this.refusal(`takes arrays and objects nested at most ${this.#limits.depth} levels deep`);
    this.#around.push(holder);
  }
  /** Comes back from it. */
  leave(): void {
    this.#around.pop();
  }

  /** What a function gives at an index or a key of where one is. What it throws ends the way. */
  at<R>(step: string | number, look: () => R): R {
    this.#steps.push(step);
    const result = look();
    this.#steps.pop();
    return result;
  }

  /** One more value was seen, with so many letters or bytes of its own. @throws CorollaryError INVALID_VALUE */
  count(length = 0): void {
    this.#seen.sizeBytes += BYTES_PER_VALUE + length;
    if (this.#seen.sizeBytes > this.#limits.sizeBytes)
      throw this.refusal(
        `takes at most about ${this.#limits.sizeBytes >> 20} MB in all: send more in several requests`,
      );
  }

  /** The error for what is wrong where one is. The phrase follows the place. */
  refusal(phrase: string, code: ErrorCode = 'INVALID_VALUE'): CorollaryError {
    const place = this.#steps.slice(0, SHOWN_STEPS).map(stepText).join('');
    return new CorollaryError(code, `${this.#what}${place === '' ? '' : `, at ${place},`} ${phrase}`);
  }
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[\w$]{1,60}$/.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, 60))}]`;
}
