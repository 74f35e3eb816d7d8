import type { Action } from './actions.js';
import { Chooser } from './chooser.js';
import type { Level, Outcome } from './deed.js';
import { GENERATIONS } from './generations.js';
import { pick } from './pick.js';
import { outcomeOf } from './rules.js';
import { emptyStore, grown, Numbers, type Place, placesIn, type StoreState, settleCells, storeAt } from './state.js';
import type { Choice, Step } from './steps.js';
import { upgraded } from './upgraded.js';

/** An action, and what must come of it. */
export interface Plan extends Outcome {
  /** Counts actions from the beginning of the course. */
  readonly number: number;
  readonly action: Action;
}

/** The tree as it must be, step by step. */
export class Course {
  #state: StoreState;
  readonly exports: StoreState[] = [];
  readonly levels: Level[] = [];
  readonly #numbers = new Numbers();
  #count = 0;

  /** The version of the program that begins. */
  constructor(generation = 1) {
    this.#state = emptyStore(this.#numbers, '', generation);
    this.#state.entry = 0;
  }

  get state(): StoreState {
    return this.#state;
  }

  /** What is to be done next; undefined where there is nothing to do it with. */
  plan(choice: Choice): Plan | undefined {
    const number = ++this.#count;
    const action = new Chooser(this).choose(choice);
    if (action === undefined) return undefined;
    const { exports, levels } = this;
    const outcome = outcomeOf(action, this.#state, { numbers: this.#numbers, exports, levels });
    return {
      number,
      action,
      faults: outcome.faults,
      excuses: outcome.excuses,
      made: outcome.made,
      after: outcome.after,
    };
  }

  /** It was done. */
  accept({ action, after }: Plan): void {
    this.#state = after;
    if (action.do === 'export') this.exports.push(storeAt(after, action.at) as StoreState);
  }

  /** The next version of the program has the tree from now on, if there is one; or the last one, as after a long time. */
  renew({ c }: Pick<Choice, 'c'>): void {
    this.#state = grown(this.#state, c % 2 === 0 ? this.generation + 1 : GENERATIONS);
  }

  /** It has upgraded the whole tree. */
  upgrade(): void {
    this.#state = upgraded(this.#state).state;
  }

  /** The version of the program that has it. */
  get generation(): number {
    return this.#state.generation;
  }

  /** A transaction is over; the outermost is committed by that. What it has made needless is not installed then. */
  commit(): void {
    if (this.levels.length > 0) return;
    this.#state = structuredClone(this.#state);
    for (const { store } of placesIn(this.#state)) settleCells(store);
  }

  /** What was done since is undone. */
  undoTo(state: StoreState): void {
    this.#state = state;
  }

  /** The store that a transaction is started on: within the innermost that runs, if it is to succeed. */
  scopeFor({ a }: { readonly a: number }): Place {
    return pick(new Chooser(this).within, a) as Place;
  }
}

/**
 * What a course becomes by a step, as the rules say, without a database. `refused` are the numbers of actions that were
 * refused with an excuse.
 */
export function follow(course: Course, step: Step, refused: ReadonlySet<number>): void {
  if ('kind' in step && step.kind === 'renew') {
    if (course.levels.length === 0) course.renew(step);
    return;
  }
  if ('kind' in step) {
    const plan = course.plan(step);
    if (plan !== undefined && plan.faults.length === 0 && !refused.has(plan.number)) course.accept(plan);
    return;
  }
  const before = course.state;
  course.levels.push({ scope: course.scopeFor(step).path, isReadOnly: isReadOnlyIn(course, step) });
  for (const inner of step.transact) follow(course, inner, refused);
  course.levels.pop();
  if (step.isUndone) course.undoTo(before);
  else course.commit();
}

/** Whether a transaction may write: one in another that may not, may not either. */
export function isReadOnlyIn({ levels }: Course, { isReadOnly }: { readonly isReadOnly: boolean }): boolean {
  return isReadOnly || levels.at(-1)?.isReadOnly === true;
}
