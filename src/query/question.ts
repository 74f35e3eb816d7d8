import type { QuerySpec } from './ast.js';

/** A question's data; for this room only. */
export let specOf: (question: Question) => QuerySpec;
/** Of which store or tree a question is asked; for this room only. */
export let scopeOf: (question: Question) => string;

/** What a column needs to know of a query that stands where a list could: its data, and of whom it is asked. */
export abstract class Question {
  readonly #spec: QuerySpec;
  readonly #scope: string;

  static {
    specOf = (question) => question.#spec;
    scopeOf = (question) => question.#scope;
  }

  protected constructor(spec: QuerySpec, scope: string) {
    this.#spec = spec;
    this.#scope = scope;
  }
}
