import { type ErrorCode, Store } from 'corollary';
import { type Course, isReadOnlyIn } from './course.js';
import { programOf } from './generations.js';
import { judge, refusalOf, Undone } from './judge.js';
import { perform } from './perform.js';
import type { Choice, Step } from './steps.js';

/** A tree that one handle walks on its course. */
export interface Walking {
  /** Another one once the next version of the program has the tree. */
  root: Store;
  readonly place: string;
  readonly course: Course;
  /** Told of each action that was refused with an excuse, before anything after it is done. */
  readonly onExcused: (number: number) => void;
}

/** Does a step, and lets the model follow. What the library answers is compared; what the tree holds then, is not. */
export function walk(walking: Walking, step: Step): void {
  const { root, course } = walking;
  if ('kind' in step && step.kind === 'renew') {
    if (course.levels.length === 0) renew(walking, step);
    return;
  }
  if ('kind' in step) {
    const plan = course.plan(step);
    if (plan === undefined) return;
    const code = refusalOf(() => void perform({ ...walking, generation: course.generation }, plan.action, plan.made));
    const verdict = judge(plan, code, [...plan.excuses, ...excusesIn(course)]);
    if (verdict === 'done') course.accept(plan);
    if (verdict === 'excused') walking.onExcused(plan.number);
    return;
  }
  const before = course.state;
  const scope = course.scopeFor(step).path;
  const isReadOnly = isReadOnlyIn(course, step);
  const transaction = () => {
    course.levels.push({ scope, isReadOnly });
    for (const inner of step.transact) walk(walking, inner);
    course.levels.pop();
    if (step.isUndone) throw new Undone();
  };
  const code = refusalOf(() => root.at(scope).transact(transaction, { readOnly: step.isReadOnly }));
  if (code !== undefined) throw new Error(`A transaction failed with ${code}`);
  if (step.isUndone) course.undoTo(before);
  else course.commit();
}

// Nothing was read since the last version of the program came: what a transaction may not write, it cannot upgrade.
function excusesIn({ levels }: Course): readonly ErrorCode[] {
  if (levels.length === 0) return [];
  return levels.at(-1)?.isReadOnly ? ['UPGRADE_NEEDED'] : ['OUTSIDE_TREE'];
}

function renew(walking: Walking, choice: Choice): void {
  const { root, place, course } = walking;
  root.close();
  course.renew(choice);
  walking.root = Store.open(place, { ...programOf(course.generation) });
}
