import { Store } from 'corollary';
import { Course, follow } from '../laws/forest/course.js';
import { programOf } from '../laws/forest/generations.js';
import { stepsToDie } from '../laws/forest/steps.js';
import { type Walking, walk } from '../laws/forest/walk.js';
import { say } from '../support/task-loop.js';

/** A tree that is driven until the process is killed, and goes on from there in the next. */
export interface Journey {
  readonly place: string;
  readonly seed: number;
  /** How many steps there are. */
  readonly length: number;
  /** How many of them were done before. */
  readonly done: number;
  /** The numbers of the actions that were refused with an excuse before. */
  readonly refused: readonly number[];
}

/** The model after the steps that were done. */
export function courseOf({ seed, length, done, refused }: Journey): Course {
  const course = new Course();
  const excused = new Set(refused);
  for (const step of stepsToDie(seed, length).slice(0, done)) follow(course, step, excused);
  return course;
}

/** Does the rest of the steps. Says each action that is refused with an excuse, and each step that is done. */
export function goOn(journey: Journey): void {
  const { place, seed, length, done } = journey;
  const course = courseOf(journey);
  const onExcused = (number: number) => say(`refused ${number}`);
  const root = Store.open(place, { ...programOf(course.generation) });
  const walking: Walking = { root, place, course, onExcused };
  say('begun');
  for (const step of stepsToDie(seed, length).slice(done)) {
    walk(walking, step);
    say('done');
  }
  walking.root.close();
}
