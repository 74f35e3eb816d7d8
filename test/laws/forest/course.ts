import type { Action } from './actions.js';
import type { Level, Outcome } from './deed.js';
import { GENERATIONS, relicClass } from './generations.js';
import { outcomeOf } from './rules.js';
import {
  emptyStore,
  grown,
  isWithin,
  Numbers,
  type Path,
  type Place,
  placesIn,
  type StoreState,
  settleCells,
  storeAt,
  type ThingState,
} from './state.js';
import { type ActionKind, CARRYING, type Choice, type Step } from './steps.js';
import { ROLE_NAMES, type RoleName } from './thing.js';
import { upgraded } from './upgraded.js';

/** An action, and what must come of it. */
export interface Plan extends Outcome {
  /** Counts actions from the beginning of the course. */
  readonly number: number;
  readonly action: Action;
}

const NAMES = ['a', 'e', 'f', 'g', 'b', 'c', 'd', 'é', '\u{1F333} tree', 'CON'];
const WRONG_NAMES = ['', '..', 'a/b', 'nobody'];
/** Above that, stores are deleted instead of made. */
const MOST_STORES = 12;

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
    const action = this.#choose(this.#possible(choice.kind as ActionKind, choice), choice);
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
    return pick(this.#within(), a) as Place;
  }

  // Mostly what the running transaction covers.
  #within(): readonly Place[] {
    const scope = this.levels.at(-1)?.scope ?? [];
    const covered = placesIn(this.#state).filter(({ path }) => isWithin(path, scope));
    return covered.length === 0 ? placesIn(this.#state) : covered;
  }

  // In a transaction nothing is copied, which need not be tried often.
  #possible(kind: ActionKind, { a }: Choice): ActionKind {
    const isCarrying = (CARRYING as readonly ActionKind[]).includes(kind);
    return isCarrying && this.levels.length > 0 && a % 4 > 0 ? 'move' : kind;
  }

  #choose(kind: ActionKind, { a, b, c }: Choice): Action | undefined {
    const all = placesIn(this.#state);
    const { path: at, store } = pick(a % 7 === 6 ? all : this.#within(), a) as Place;
    switch (kind) {
      case 'create store':
        if (all.length > MOST_STORES) return this.#deletion(a);
        return { do: kind, at, name: nameOf(b) };
      case 'rename': {
        const { path, store: child } = this.#child(a);
        return { do: kind, at: path, name: child?.name ?? 'nobody', newName: nameOf(c) };
      }
      case 'move':
      case 'copy': {
        const { path, store: child } = this.#child(a);
        if (child === undefined) return undefined;
        if (kind === 'copy' && all.length > MOST_STORES) return this.#deletion(a);
        const name = c % 16 === 15 ? 'nobody' : child.name;
        const to = (pick(this.#aimsFor([...path, name], b), b) as Place).path;
        return { do: kind, at: path, name, to, newName: c % 3 === 0 ? name : nameOf(c) };
      }
      case 'delete store':
        return this.#deletion(a);
      case 'create':
        return { do: kind, at, n: b % 8 };
      case 'create many':
        return { do: kind, at, n: b % 8, count: 1 + (c % 3) };
      case 'create broken':
        return { do: kind, at, n: b % 8, count: c % 3 };
      case 'find or create':
        return { do: kind, at, thing: c % 3 === 0 ? null : labelOf(pick(store.things, b)), n: c % 8 };
      case 'update some':
      case 'update tree':
        return { do: kind, at, n: b % 8, newN: c % 8 };
      case 'delete some':
      case 'delete tree':
        return { do: kind, at, n: b % 8 };
      case 'write file':
        return { do: kind, at, name: c % 4 === 0 ? null : nameOf(c) };
      case 'export':
        return { do: kind, at, id: this.exports.length };
      case 'import':
        if (all.length > MOST_STORES) return this.#deletion(a);
        if (this.exports.length === 0) return { do: 'export', at, id: 0 };
        return { do: kind, at, name: nameOf(b), id: c % this.exports.length };
      case 'restore': {
        if (this.exports.length === 0) return { do: 'export', at, id: 0 };
        const { path, store: child } = this.#child(a);
        return { do: kind, at: path, name: child?.name ?? 'nobody', id: c % this.exports.length };
      }
      case 'request':
        return { do: kind, at, of: this.#wayFrom(at, { b, c }), n: c % 8 };
      case 'create pump':
        return { do: kind, at };
      case 'install':
      case 'uninstall':
      case 'delete pump': {
        const installed = store.pumps.filter(({ isInstalled }) => isInstalled);
        const pump = (kind === 'uninstall' && c % 4 > 0 ? pick(installed, b) : undefined) ?? pick(store.pumps, b);
        return pump === undefined ? { do: 'create pump', at } : { do: kind, at, pump: pump.label };
      }
      case 'create relic': {
        if (relicClass(this.generation) === undefined) return { do: 'create', at, n: b % 8 };
        const partner = (n: number) => (n % 3 === 0 ? null : labelOf(pick(store.things, n)));
        return {
          do: kind,
          at,
          of: partner(b),
          guards: c % 4 === 0 ? partner(c) : null,
          beside: c % 4 === 1 ? (pick(store.relics, c)?.label ?? null) : null,
        };
      }
      case 'delete relic': {
        const relic = relicClass(this.generation) && pick(store.relics, b);
        return relic && { do: kind, at, relic: relic.label };
      }
      case 'delete cell': {
        const cell = pick(store.cells, b);
        return cell && { do: kind, at, cell: cell.label };
      }
      case 'delete file': {
        const file = pick(store.files, b);
        return file && { do: kind, at, file: file.label };
      }
      default:
        return this.#withThing(kind, { path: at, store }, { b, c });
    }
  }

  #withThing(kind: ActionKind, { path: at, store }: Place, { b, c }: { b: number; c: number }): Action | undefined {
    const found = pick(store.things, b);
    if (found === undefined) return { do: 'create', at, n: b % 8 };
    const { label: thing } = found;
    const another = c % 5 === 0 ? null : labelOf(pick(store.things, c));
    switch (kind) {
      case 'change':
        return { do: kind, at, thing, n: c % 8 };
      case 'refer':
        return { do: kind, at, thing, as: (['friend', 'owner', 'boss'] as const)[c % 3] ?? 'friend', to: another };
      case 'hang': {
        const name = c % 5 === 0 ? null : (pick(store.below, c)?.name ?? null);
        return { do: kind, at, thing, as: c % 4 === 0 ? 'lease' : 'part', name };
      }
      case 'point': {
        const { path, store: there } = pick(placesIn(this.#state), c) as Place;
        const target = pick(there.things, c);
        return { do: kind, at, thing, to: target ? { at: path, thing: target.label } : null };
      }
      case 'power up': {
        const role = pick(ROLE_NAMES, c) as RoleName;
        const priority = pick([undefined, undefined, 0, 1, -1], c);
        return { do: kind, at, thing, target: targetOf(store, c), role, priority };
      }
      case 'power down': {
        if (store.seats.length === 0 && c % 8 > 0) return this.#withThing('power up', { path: at, store }, { b, c });
        const seat = c % 8 === 7 ? undefined : pick(store.seats, c);
        const role = c % 5 === 4 ? undefined : (seat?.role ?? pick(ROLE_NAMES, c));
        return {
          do: kind,
          at,
          thing: seat?.player ?? thing,
          target: seat === undefined ? targetOf(store, c) : seat.target,
          role,
        };
      }
      case 'tie': {
        // What the program has no class for it cannot get.
        const relics = relicClass(this.generation) === undefined ? [] : store.relics;
        const as = (['keepsake', 'bond', 'pledge'] as const)[b % 3] ?? 'pledge';
        return { do: kind, at, thing, as, relic: c % 5 === 0 ? null : (pick(relics, c)?.label ?? null) };
      }
      case 'attach':
        return { do: kind, at, thing, file: c % 5 === 0 ? null : (pick(store.files, c)?.label ?? null) };
      case 'delete':
        return { do: kind, at, thing };
      default:
        throw new Error(`Nothing is known of ${kind}`);
    }
  }

  #deletion(n: number): Action {
    const { path, store } = this.#child(n);
    const name = n % 11 === 10 || store === undefined ? 'nobody' : store.name;
    return { do: 'delete store', at: path, name, by: n % 3 === 0 ? 'query' : 'name' };
  }

  // Mostly where a store can be moved to, and is not yet.
  #aimsFor(path: Path, n: number): readonly Place[] {
    const isElsewhere = (to: Path) => !isWithin(to, path) && !(to.length === path.length - 1 && isWithin(path, to));
    const aims = this.#within().filter((place) => n % 8 === 7 || isElsewhere(place.path));
    return aims.length === 0 ? placesIn(this.#state) : aims;
  }

  // Mostly where somebody answers.
  #wayFrom(at: Path, { b, c }: { readonly b: number; readonly c: number }): Path {
    const related = placesIn(this.#state).filter(({ path }) => isWithin(path, at) || isWithin(at, path));
    const answering = related.filter(({ store }) => store.seats.some(({ target }) => target === null));
    return (pick(c % 5 === 0 || answering.length === 0 ? related : answering, b) as Place).path;
  }

  /** Some store that has a parent, as its parent's path and itself. */
  #child(n: number): { readonly path: Path; readonly store: StoreState | undefined } {
    const covered = this.#within().filter(({ path }) => path.length > (this.levels.at(-1)?.scope.length ?? 0));
    const found = pick(n % 8 === 7 || covered.length === 0 ? placesIn(this.#state).slice(1) : covered, n);
    return { path: found?.path.slice(0, -1) ?? [], store: found?.store };
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

/** For whom a role is played: mostly the store. */
function targetOf({ things }: StoreState, n: number): number | null {
  return n % 3 === 2 ? labelOf(pick(things, n)) : null;
}

/** One of a list by number; undefined where it is empty. */
export function pick<T>(list: readonly T[], n: number): T | undefined {
  return list[n % list.length];
}

function nameOf(n: number): string {
  return (n % 13 === 12 ? pick(WRONG_NAMES, n) : pick(NAMES, n)) as string;
}

function labelOf(thing: ThingState | undefined): number | null {
  return thing?.label ?? null;
}
