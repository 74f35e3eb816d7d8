import { join } from 'node:path';
import { type ErrorCode, Store } from 'corollary';
import { expect } from 'vitest';
import { turns } from '../../support/updates.js';
import { agree, agreeInOrder, agreeOnDisk, Binding } from './agree.js';
import { agreeOnHooks } from './agree-on-hooks.js';
import { ALONE, performAlone } from './alone.js';
import { ask } from './ask.js';
import { Course, isReadOnlyIn, type Plan, pick } from './course.js';
import { hasHooks, isUpgradeTo, thingClass, typesOf } from './generations.js';
import { allOf, closeHand, type Hand, openHand, setAdrift } from './hand.js';
import { forgetHooks } from './hooks.js';
import { judge, refusalOf, Undone } from './judge.js';
import { Pages } from './pages.js';
import { perform } from './perform.js';
import { Promises } from './promises.js';
import { upgradeTree } from './renewal.js';
import { keysIn, type Path, placesIn, type StoreState, storeAt } from './state.js';
import { type ActionKind, type Choice, FOLLOWING, type Kind, LOOKING, PAGING, RENEWING, type Step } from './steps.js';

/** How a tree is driven. */
export interface DriveOptions {
  /** Where the tree is; exports and backups go beside it. */
  readonly place: string;
  /** Whether it is in memory: only one handle can have it then, and only as long as it is open. */
  readonly isInMemory: boolean;
  /** The version of the program that begins. */
  readonly generation: number;
  readonly maxOpenSubstores: number;
  /** Whether a second handle is open from the beginning. */
  readonly hasSecond: boolean;
  /** Whether the program subscribes to the whole tree whenever it opens it. */
  readonly follows: boolean;
  /** Whether the program keeps all that it can get; else what it uses, for some time. */
  readonly holdsAll: boolean;
}

/** Does steps with a real tree and with its model side by side, and compares them. */
export class Drive {
  readonly course: Course;
  readonly binding = new Binding();
  readonly #options: DriveOptions;
  #first: Hand;
  #second: Hand | undefined;
  /** The tree as it is committed, while a transaction runs. */
  #committed: StoreState | undefined;
  #hasMoved = false;
  readonly #promises = new Promises();
  readonly #pages = new Pages();
  /** Who did something of which those who follow were not told yet: a hand, or somebody else. */
  readonly #unheard = new Set<Hand | undefined>();

  constructor(options: DriveOptions) {
    this.#options = options;
    this.course = new Course(options.generation);
    this.#first = this.#openHand();
    if (options.hasSecond && !options.isInMemory) this.#second = this.#openHand();
  }

  #openHand(): Hand {
    const { isInMemory, place, maxOpenSubstores } = this.#options;
    const hand = openHand({ place: isInMemory ? undefined : place, maxOpenSubstores }, this.course.generation);
    if (this.#options.follows)
      for (const c of [0, 1]) hand.followers.begin(hand.root, this.course.state, { ...ALL, c });
    return hand;
  }

  close(): void {
    this.#second?.root.close();
    this.#first.root.close();
  }

  /** Does a step and compares what is held, what each handle reads and what it was told with the model. */
  async step(step: Step, said: string): Promise<void> {
    const before = this.course.state;
    forgetHooks();
    if ('kind' in step && step.kind === 'renew' && !this.#options.isInMemory) await this.#renew(step);
    else this.#take(step);
    const isByNeither = 'kind' in step && step.kind === 'write alone';
    const doer = isByNeither ? undefined : this.#hand(step.hand);
    this.#pages.follow(this.course.state);
    this.#compare(doer, said);
    const { generation, state: after } = this.course;
    if (hasHooks(generation) && before.generation === generation)
      agreeOnHooks({ step, before, after }, this.binding, said);
    if (this.#options.holdsAll)
      for (const { root, held } of this.#hands()) held.hold(allOf(root, this.course.generation), this.course.state);
    await this.#hear(doer, { said, isEndOfTurn: step.a % 3 > 0 });
  }

  // Whoever did nothing has objects that may be old: they are looked at before anything is read anew.
  #compare(doer: Hand | undefined, said: string): void {
    const { state } = this.course;
    if (doer !== undefined) {
      // Before anything is asked: whoever does a thing has it in memory at once.
      doer.held.agreeOnPaths(state, said);
      agree(doer.root, state, this.binding, said);
      doer.held.agree(doer.root, state, this.binding, { said });
    }
    for (const { root, held } of this.#hands().filter((hand) => hand !== doer)) {
      held.refresh();
      const circumstance = { said: `${said}, by the other handle` };
      held.agreeOnThings(state, this.binding, circumstance);
      agree(root, state, this.binding, circumstance.said);
      held.agree(root, state, this.binding, circumstance);
    }
  }

  // Where nobody follows anything, all steps are done in one turn of the event loop; else two in three end it.
  async #hear(doer: Hand | undefined, { said, isEndOfTurn }: { said: string; isEndOfTurn: boolean }): Promise<void> {
    if (this.#hands().every(({ followers }) => followers.isEmpty)) return;
    this.#unheard.add(doer);
    if (isEndOfTurn) await this.endTurn(said);
  }

  /** The program waits: whoever follows something is told. */
  async endTurn(said: string): Promise<void> {
    await turns();
    for (const hand of this.#hands()) {
      const soon = [...this.#unheard].some((doer) => doer !== hand);
      await hand.followers.agree(this.course.state, this.binding, { said, soon });
    }
    this.#unheard.clear();
  }

  /** The same with all checks that the library has; on disk, through a handle of its own. */
  compareAtEnd(said: string): void {
    const { isInMemory, place } = this.#options;
    if (isInMemory) agreeInOrder(this.#first.root, this.course.state, this.binding, said);
    else agreeOnDisk(place, this.course.state, this.binding, said);
  }

  #hands(): readonly Hand[] {
    return this.#second === undefined ? [this.#first] : [this.#first, this.#second];
  }
  #hand(number: 0 | 1): Hand {
    return number === 1 ? (this.#second ?? this.#first) : this.#first;
  }

  #take(step: Step): void {
    if (!('kind' in step)) this.#transact(step);
    else if (isLook(step.kind)) this.#look(step.kind, step);
    else this.#act(step);
  }

  #act(choice: Choice): void {
    const plan = this.course.plan(choice);
    if (plan === undefined) return;
    const { action, made } = plan;
    // Nobody else may have a store open that is moved.
    const isAlone = action.do === 'move' && choice.c % 4 > 0 && this.#closeSecond();
    const hand = this.#hand(choice.hand);
    const { root } = hand;
    let objects: ReturnType<typeof perform> = [];
    const code = refusalOf(() => {
      objects = perform({ root, place: this.#options.place, generation: this.course.generation }, action, made);
    });
    if (isAlone) this.#second = this.#openHand();
    this.#settle(plan, code, hand);
    hand.held.hold(objects, this.course.state);
  }

  #settle(plan: Plan, code: ErrorCode | undefined, by: Hand): void {
    const { action, after, excuses } = plan;
    if (judge(plan, code, [...excuses, ...this.#excusesFor(action.do)]) !== 'done') return;
    if (action.do === 'move') this.#moved(action, by);
    if (action.do === 'restore' || action.do === 'import') this.binding.forgetIdsIn(keysIn(after));
    this.course.accept(plan);
  }

  #moved({ at, name }: { readonly at: Path; readonly name: string }, by: Hand): void {
    this.#hasMoved = true;
    const moved = storeAt(this.course.state, [...at, name]) as StoreState;
    const lives = placesIn(moved).map(({ store }) => store.life);
    for (const hand of this.#hands()) if (hand !== by) setAdrift(hand, lives);
  }

  // What depends on who else has what open.
  #excusesFor(kind: string): readonly ErrorCode[] {
    const excuses: ErrorCode[] = [];
    if (kind === 'move' && this.#second !== undefined) excuses.push('BUSY');
    const isLarge = this.course.levels.length > 0 || LARGE.has(kind);
    const enough = isLarge ? 20 : OVER_SEVERAL.has(kind) ? 3 : 1;
    if (this.#options.maxOpenSubstores < enough) excuses.push('TOO_MANY_OPEN');
    return excuses;
  }

  #transact(step: Exclude<Step, Choice>): void {
    const { course } = this;
    const before = course.state;
    const scope = course.scopeFor(step).path;
    const promised = this.#promises.count;
    const isOutermost = course.levels.length === 0;
    const depth = course.levels.length;
    const hand = this.#hand(step.hand);
    if (isOutermost) this.#committed = before;
    const code = refusalOf(() =>
      hand.root.at(scope).transact(
        () => {
          course.levels.push({ scope, isReadOnly: isReadOnlyIn(course, step) });
          for (const inner of step.transact) this.#take({ ...inner, hand: step.hand });
          this.#promises.give(hand.root);
          this.#lookAround(hand);
          if (step.isUndone) throw new Undone();
        },
        { readOnly: step.isReadOnly },
      ),
    );
    course.levels.length = depth;
    if (isOutermost) this.#committed = undefined;
    if (isOutermost) this.#hasMoved = false;
    const isUndone = step.isUndone || code !== undefined;
    if (isUndone) course.undoTo(before);
    else course.commit();
    if (isUndone) this.#promises.keepFirst(promised);
    if (isOutermost) this.#promises.agree('transact');
    if (code !== undefined) expect(this.#excusesFor('transact'), 'transact').toContain(code);
  }

  #look(kind: Kind, choice: Choice): void {
    const { hand } = choice;
    const isInside = this.course.levels.length > 0;
    if (kind === 'look' || (this.#options.isInMemory && ON_DISK.has(kind))) this.#lookAround(this.#hand(hand));
    else if (kind === 'ask') this.#ask(choice);
    else if (kind === 'follow' && !isInside) this.#follow(choice);
    else if (kind === 'turn page' && !isInside) this.#pages.turn(this.#hand(hand).root, this.course.state, choice);
    else if (kind === 'look from aside' && isInside) this.#lookFromAside();
    else if (kind === 'open second') this.#second ??= isInside ? undefined : this.#openHand();
    else if (kind === 'close second') this.#closeSecond();
    else if (kind === 'reopen' && !isInside) this.#reopen();
    else if (kind === 'write alone' && !isInside) this.#writeAlone(choice);
    else if (kind === 'back up' && !isInside) this.#backUp();
  }

  // In a transaction, what is seen may be gone again, and so may ids.
  #lookAround({ root, held }: Hand): void {
    const { state, levels } = this.course;
    const binding = levels.length === 0 ? this.binding : this.binding.copy();
    const code = refusalOf(() => {
      agree(root, state, binding, 'look');
      held.agree(root, state, binding, { said: 'look', mayBeUndone: levels.length > 0 });
      held.hold(allOf(root, state.generation), state);
    });
    if (code !== undefined) expect(this.#excusesFor('look'), 'look').toContain(code);
  }

  /** Another handle sees nothing of what is not committed. */
  #lookFromAside(): void {
    const committed = this.#committed as StoreState;
    const code = refusalOf(() => {
      const types = typesOf(committed.generation);
      using other = Store.open(this.#options.place, { types, readOnly: true, busyTimeoutMs: 30 });
      agree(other, committed, this.binding.copy(), 'look from aside');
    });
    if (code !== undefined) expect(this.#hasMoved ? ['BUSY'] : [], 'look from aside').toContain(code);
  }

  /** Says whether it was open. */
  #closeSecond(): boolean {
    if (this.course.levels.length > 0 || this.#second === undefined) return false;
    closeHand(this.#second);
    this.#second = undefined;
    return true;
  }

  #reopen(): void {
    closeHand(this.#first);
    this.#first = this.#openHand();
  }

  #ask(choice: Choice): void {
    const { root } = this.#hand(choice.hand);
    const code = refusalOf(() => ask(root, this.course.state, choice));
    // The first search of a store is a write.
    const excuses: readonly ErrorCode[] = this.course.levels.length > 0 ? ['UPGRADE_NEEDED'] : [];
    if (code !== undefined) expect([...excuses, ...this.#excusesFor('look')], 'ask').toContain(code);
  }

  #follow(choice: Choice): void {
    const { root, followers } = this.#hand(choice.hand);
    followers.begin(root, this.course.state, choice);
  }

  /** The next version of the program has the tree: whoever goes on with the one before is told so. */
  async #renew(choice: Choice): Promise<void> {
    const { course, binding } = this;
    const before = course.state;
    closeHand(this.#first);
    this.#second?.followers.endWhere(() => true); // they would only be told that they are outdated
    course.renew();
    const outdated = { place: this.#options.place, binding, before, after: course.state };
    if (choice.b % 3 > 0) await upgradeTree(outdated, choice.b % 3 === 2);
    this.#first = this.#openHand();
    agree(this.#first.root, course.state, binding, 'renewed');
    // What can be asked from now on may need something that is not there yet.
    for (let n = 0; n < 8; n++) ask(this.#first.root, course.state, { ...choice, b: choice.b + n, c: choice.c + n });
    this.#seeOutdated(before.generation);
    this.#closeSecond();
  }

  #seeOutdated(before: number): void {
    const { generation, state } = this.course;
    const outdated = this.#second?.root;
    if (generation === before || !isUpgradeTo(generation) || state.things.length === 0) return;
    expect(refusalOf(() => void outdated?.query(thingClass(before)).all())).toBe(outdated && 'NEWER_DATABASE');
  }

  /** Somebody opens a part of the tree by itself, and writes there. */
  #writeAlone(choice: Choice): void {
    const { course, binding } = this;
    const plan = course.plan({ ...choice, kind: pick(ALONE, choice.c) as ActionKind });
    if (plan === undefined || plan.action.at.length === 0) return;
    const { root } = this.#hand(choice.hand);
    const part = plan.action.at.slice(0, 1 + (choice.b % plan.action.at.length));
    const { place } = this.#options;
    const code = performAlone({ root, place, state: course.state, binding }, plan, part);
    if (judge(plan, code, plan.excuses) === 'done') course.accept(plan);
  }

  /** A backup becomes the same tree elsewhere. */
  #backUp(): void {
    const { place } = this.#options;
    const backup = `${place}-backup`;
    this.#first.root.tree.backup(backup);
    const elsewhere = `${place}-restored-${Math.random().toString(36).slice(2)}`;
    Store.restore(backup, elsewhere).close();
    agreeOnDisk(elsewhere, this.course.state, this.binding, 'restored backup');
  }
}

/** Of the root's tree, everything. */
const ALL: Choice = { kind: 'follow', hand: 0, a: 0, b: 0, c: 0 };
const LOOKS: ReadonlySet<string> = new Set([...LOOKING, ...PAGING, ...FOLLOWING, ...RENEWING]);
/** What takes another handle. */
const ON_DISK: ReadonlySet<string> = new Set([
  'look from aside',
  'open second',
  'close second',
  'reopen',
  'write alone',
  'renew',
]);
/** What takes a transaction over any number of stores. */
const LARGE: ReadonlySet<string> = new Set(['move', 'update tree', 'delete tree', 'transact']);
/** What needs several stores open. */
const OVER_SEVERAL: ReadonlySet<string> = new Set(['copy', 'import', 'restore']);
function isLook(kind: Kind): boolean {
  return LOOKS.has(kind);
}

/** Where the tree of a run is. */
export function placeIn(directory: string, run: number): string {
  return join(directory, `run-${run}`);
}
