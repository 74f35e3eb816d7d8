import { join } from 'node:path';
import type { ErrorCode } from 'corollary';
import { expect } from 'vitest';
import { turns } from '../../support/updates.js';
import { agree, agreeInOrder, agreeOnDisk } from './agree.js';
import { agreeOnHooks } from './agree-on-hooks.js';
import { isReadOnlyIn, type Plan } from './course.js';
import { Driven, type DriveOptions } from './driven.js';
import { hasHooks } from './generations.js';
import type { Hand } from './hand.js';
import { forgetHooks } from './hooks.js';
import { judge, refusalOf, Undone } from './judge.js';
import { letGo } from './let-go.js';
import { isLook, look, lookAround } from './looks.js';
import { Pages } from './pages.js';
import { perform } from './perform.js';
import { pick } from './pick.js';
import { Promises } from './promises.js';
import { renew } from './renewal.js';
import { keysIn, type StoreState } from './state.js';
import type { Choice, Kind, Step } from './steps.js';

/** Does steps with a real tree and with its model side by side, and compares them. */
export class Drive {
  readonly #driven: Driven;
  readonly #promises = new Promises();
  readonly #pages = new Pages();
  /** Who did something of which those who follow were not told yet: a hand, or somebody else. */
  readonly #unheard = new Set<Hand | undefined>();

  constructor(options: DriveOptions) {
    this.#driven = new Driven(options);
  }

  get #state(): StoreState {
    return this.#driven.course.state;
  }

  close(): void {
    this.#driven.hands.close();
  }

  /** Does a step and compares what is held, what each handle reads and what it was told with the model. */
  async step(step: Step, said: string): Promise<void> {
    const { course, hands, binding, options } = this.#driven;
    const { state: before, generation } = course;
    forgetHooks();
    if (!(await this.#wait(step))) this.#take(step);
    const isByNeither = 'kind' in step && step.kind === 'write alone';
    const doer = isByNeither ? undefined : hands.for(step.hand);
    this.#pages.follow(course.state);
    const isRenewed = 'kind' in step && step.kind === 'renew';
    if (isRenewed && this.#driven.isNew) return;
    this.#driven.isNew = false;
    this.#compare(doer, said);
    if (hasHooks(course.generation) && course.generation === generation)
      agreeOnHooks({ step, before, after: course.state }, binding, said);
    if (options.holdsAll) hands.holdAll();
    await this.#hear(doer, { said, isEndOfTurn: step.a % 3 > 0 });
  }

  /** Does a step that lets the event loop turn; says whether it is one. */
  async #wait(step: Step): Promise<boolean> {
    if (!('kind' in step)) return false;
    const { hands, options } = this.#driven;
    if (step.kind === 'let go') await letGo(this.#driven, step);
    else if (options.isInMemory) return false;
    else if (step.kind === 'renew') await renew(this.#driven, step);
    else if (step.kind === 'reopen') await hands.reopen();
    else return false;
    return true;
  }

  // Whoever did nothing has objects that may be old: they are looked at before anything is read anew.
  #compare(doer: Hand | undefined, said: string): void {
    const { hands, binding } = this.#driven;
    const state = this.#state;
    if (doer !== undefined) {
      // Before anything is asked: whoever does a thing has it in memory at once.
      doer.held.agreeOnPaths(state, said);
      agree(doer.root, state, binding, said);
      doer.held.agree(doer.root, state, binding, { said });
    }
    for (const { root, held } of hands.all.filter((hand) => hand !== doer)) {
      held.refresh();
      const circumstance = { said: `${said}, by the other handle` };
      held.agreeOnThings(state, binding, circumstance);
      agree(root, state, binding, circumstance.said);
      held.agree(root, state, binding, circumstance);
    }
  }

  // Where nobody follows anything, all steps are done in one turn of the event loop; else two in three end it.
  async #hear(doer: Hand | undefined, { said, isEndOfTurn }: { said: string; isEndOfTurn: boolean }): Promise<void> {
    if (this.#driven.hands.all.every(({ followers }) => followers.isEmpty)) return;
    this.#unheard.add(doer);
    if (isEndOfTurn) await this.endTurn(said);
  }

  /** The program waits: whoever follows something is told. */
  async endTurn(said: string): Promise<void> {
    await turns();
    for (const hand of this.#driven.hands.all) {
      const soon = [...this.#unheard].some((doer) => doer !== hand);
      await hand.followers.agree(this.#state, this.#driven.binding, { said, soon });
    }
    this.#unheard.clear();
  }

  /** The same with all checks that the library has; on disk, through a handle of its own. */
  compareAtEnd(said: string): void {
    const { hands, binding, options } = this.#driven;
    if (options.isInMemory) agreeInOrder(hands.first.root, this.#state, binding, said);
    else agreeOnDisk(options.place, this.#state, binding, said);
  }

  #take(step: Step): void {
    if (!('kind' in step)) this.#transact(step);
    else if (isLook(step.kind)) look(this.#driven, this.#pages, step);
    else this.#act(step);
  }

  #act(choice: Choice): void {
    const { course, hands, options, isInside } = this.#driven;
    const plan = course.plan(choice);
    if (plan === undefined) return;
    const { action, made } = plan;
    // Nobody else may have a store open that is moved.
    const isAlone = action.do === 'move' && choice.c % 4 > 0 && !isInside && hands.closeSecond();
    const hand = hands.for(choice.hand);
    const { root } = hand;
    let objects: ReturnType<typeof perform> = [];
    const code = refusalOf(() => {
      objects = perform({ root, place: options.place, generation: course.generation }, action, made);
    });
    if (isAlone) hands.openSecond();
    this.#settle(plan, code, hand);
    hand.held.hold(objects, this.#state);
  }

  #settle(plan: Plan, code: ErrorCode | undefined, by: Hand): void {
    const { action, after, excuses } = plan;
    if (judge(plan, code, [...excuses, ...this.#driven.excusesFor(action.do)]) !== 'done') return;
    if (action.do === 'move') this.#driven.moved([...action.at, action.name], by);
    if (action.do === 'restore' || action.do === 'import') this.#driven.binding.forgetIdsIn(keysIn(after));
    this.#driven.accept(plan);
  }

  #transact(step: Exclude<Step, Choice>): void {
    const { course, hands } = this.#driven;
    const before = course.state;
    const scope = course.scopeFor(step).path;
    const promised = this.#promises.count;
    const depth = course.levels.length;
    const isOutermost = depth === 0;
    const hand = hands.for(step.hand);
    if (isOutermost) this.#driven.committed = before;
    const code = refusalOf(() =>
      hand.root.at(scope).transact(
        () => {
          course.levels.push({ scope, isReadOnly: isReadOnlyIn(course, step) });
          for (const inner of step.transact) this.#take({ ...inner, hand: step.hand });
          this.#promises.give(hand.root, () => this.#actAfterCommit(step));
          lookAround(this.#driven, hand);
          if (step.isUndone) throw new Undone();
        },
        { readOnly: step.isReadOnly },
      ),
    );
    course.levels.length = depth;
    if (isOutermost) this.#driven.committed = undefined;
    if (isOutermost) this.#driven.hasMoved = false;
    const isUndone = step.isUndone || code !== undefined;
    if (isUndone) this.#driven.undoTo(before);
    else course.commit();
    if (isUndone) this.#promises.keepFirst(promised);
    if (isOutermost) this.#promises.agree('transact');
    if (code !== undefined) expect(this.#driven.excusesFor('transact'), 'transact').toContain(code);
  }

  /** What a callback does is a transaction of its own: what was done before is committed. */
  #actAfterCommit({ hand, a }: Exclude<Step, Choice>): void {
    const { course } = this.#driven;
    course.levels.length = 0;
    course.commit();
    this.#act({ kind: pick(AFTERWARDS, a) as Kind, hand, a, b: a * 7, c: a >> 1 });
  }
}

/** What callbacks after a commit do. */
const AFTERWARDS = ['create', 'create many', 'create store', 'write file', 'create pump', 'create broken'] as const;

/** Where the tree of a run is. */
export function placeIn(directory: string, run: number): string {
  return join(directory, `run-${run}`);
}
