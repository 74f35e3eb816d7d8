import { join } from 'node:path';
import { type ErrorCode, Store } from 'corollary';
import { agree } from './agree.js';
import type { Binding } from './binding.js';
import type { Plan } from './course.js';
import type { Driven } from './driven.js';
import { programOf } from './generations.js';
import { judge, refusalOf } from './judge.js';
import { perform } from './perform.js';
import { pick } from './pick.js';
import { type Path, type StoreState, storeAt } from './state.js';
import type { ActionKind, Choice } from './steps.js';

/** A tree of which a part is opened by itself, as a root, while others have the whole open. */
interface Whole {
  readonly root: Store;
  readonly place: string;
  readonly state: StoreState;
  readonly binding: Binding;
}

/** What is done in a part alone: it reaches no store outside. */
const ALONE = ['create', 'create many', 'change', 'update some', 'update tree', 'delete', 'delete some'] as const;

/** Somebody opens a part of the tree by itself, and writes there. */
export function writeAlone(driven: Driven, choice: Choice): void {
  const { course, binding, hands, options } = driven;
  const plan = course.plan({ ...choice, kind: pick(ALONE, choice.c) as ActionKind });
  if (plan === undefined || plan.action.at.length === 0) return;
  const { root } = hands.for(choice.hand);
  const part = plan.action.at.slice(0, 1 + (choice.b % plan.action.at.length));
  const code = performAlone({ root, place: options.place, state: course.state, binding }, plan, part);
  if (judge(plan, code, plan.excuses) === 'done') driven.accept(plan);
}

/** Does an action in a part of a tree that is opened by itself; the part holds what it holds in the whole. Gives a refusal. */
function performAlone({ root, place, state, binding }: Whole, plan: Plan, part: Path): ErrorCode | undefined {
  const program = programOf(state.generation);
  using alone = Store.open(join(place, ...directoriesTo(root, part)), {
    ...program,
    mustExist: true,
    busyTimeoutMs: 30,
  });
  const said = `${part.join('/')} alone`;
  agree(alone, storeAt(state, part) as StoreState, binding, `${said}, before`);
  const action = { ...plan.action, at: plan.action.at.slice(part.length) };
  const code = refusalOf(() => void perform({ root: alone, place, generation: state.generation }, action, plan.made));
  const { faults, after } = plan;
  const isDone = code === undefined && faults.length === 0;
  agree(alone, storeAt(isDone ? after : state, part) as StoreState, binding, `${said}, after`);
  return code;
}

function directoriesTo(root: Store, path: Path): readonly string[] {
  return path.flatMap((name, n) => ['sub', root.at(path.slice(0, n)).substores.query({ name }).one().directory]);
}
