import { type ErrorCode, Store } from 'corollary';
import { expect } from 'vitest';
import { ActivationRefused, whileRefused } from './activation.js';
import { agree, agreeOnDisk } from './agree.js';
import { writeAlone } from './alone.js';
import { ask } from './ask.js';
import type { Driven } from './driven.js';
import { labels } from './filters.js';
import { isActiveIn, programOf, thingClass } from './generations.js';
import { allOf, type Hand } from './hand.js';
import { refusalOf } from './judge.js';
import type { Pages } from './pages.js';
import { pick } from './pick.js';
import { type Place, placesIn, type StoreState } from './state.js';
import { type Choice, FOLLOWING, FORGETTING, type Kind, LOOKING, PAGING, RENEWING } from './steps.js';

const LOOKS: ReadonlySet<string> = new Set([...LOOKING, ...PAGING, ...FOLLOWING, ...RENEWING, ...FORGETTING]);

/** Whether a step is no action. */
export function isLook(kind: Kind): boolean {
  return LOOKS.has(kind);
}

/** Does what changes nothing in the tree through its handles; what cannot be done now, is not. */
export function look(driven: Driven, pages: Pages, choice: Choice): void {
  const { kind, hand: number } = choice;
  const { hands, course, isInside, options } = driven;
  const hand = hands.for(number);
  if (kind === 'look' || (options.isInMemory && ON_DISK.has(kind))) lookAround(driven, hand);
  else if (kind === 'ask') askOne(driven, choice);
  else if (kind === 'ask ahead') askAhead(driven, choice);
  else if (kind === 'look from aside' && isInside) lookFromAside(driven);
  else if (isInside) return;
  else if (kind === 'follow') hand.followers.begin(hand.root, course.state, choice);
  else if (kind === 'turn page') pages.turn(hand.root, course.state, choice);
  else if (kind === 'open second') hands.openSecond();
  else if (kind === 'close second') hands.closeSecond();
  else if (kind === 'write alone') writeAlone(driven, choice);
  else if (kind === 'back up') backUp(driven);
  else if (kind === 'refuse to activate') refuseToActivate(driven, choice);
}

/** Reads everything. In a transaction, what is seen may be gone again, and so may ids. */
export function lookAround(driven: Driven, { root, held }: Hand): void {
  const { state } = driven.course;
  const { isInside } = driven;
  const binding = isInside ? driven.binding.copy() : driven.binding;
  const code = refusalOf(() => {
    agree(root, state, binding, 'look');
    held.agree(root, state, binding, { said: 'look', mayBeUndone: isInside });
    held.hold(allOf(root, state.generation), state);
  });
  if (code !== undefined) expect(driven.excusesFor('look'), 'look').toContain(code);
}

/** Another handle sees nothing of what is not committed. */
function lookFromAside({ committed, options, binding, hasMoved, isNew }: Driven): void {
  const before = committed as StoreState;
  const code = refusalOf(() => {
    const program = programOf(before.generation);
    using other = Store.open(options.place, { ...program, readOnly: true, busyTimeoutMs: 30 });
    agree(other, before, binding.copy(), 'look from aside');
  });
  const excuses = [hasMoved ? ['BUSY'] : [], isNew ? ['UPGRADE_NEEDED'] : []].flat();
  if (code !== undefined) expect(excuses, 'look from aside').toContain(code);
}

function askOne(driven: Driven, choice: Choice): void {
  const { root } = driven.hands.for(choice.hand);
  const code = refusalOf(() => ask(root, driven.course.state, choice));
  if (code !== undefined) expect(excusesToAsk(driven), 'ask').toContain(code);
}

/** Asks for things together with what they refer to. */
export function askAhead(driven: Driven, choice: Choice): void {
  const { root, preloads } = driven.hands.for(choice.hand);
  const code = refusalOf(() => preloads.ask(root, driven.course.state, choice));
  if (code !== undefined) expect(excusesToAsk(driven), 'ask ahead').toContain(code);
}

// The first search of a store is a write.
function excusesToAsk(driven: Driven): readonly ErrorCode[] {
  return [...(driven.isInside ? (['UPGRADE_NEEDED'] as const) : []), ...driven.excusesFor('look')];
}

/** One thing's hook throws: whoever comes across that is told, nobody else, and it is tried again. */
function refuseToActivate({ options, course: { state, generation }, binding, isNew }: Driven, { a, b }: Choice): void {
  const { path, store } = pick(placesIn(state), a) as Place;
  const thing = pick(store.things, b);
  if (thing === undefined || !isActiveIn(generation) || isNew) return;
  const { label } = thing;
  using other = Store.open(options.place, { ...programOf(generation), readOnly: true });
  const things = other.at(path).query(thingClass(generation));
  const others = things.where((t) => t.label.ne(label)).orderBy((t) => t.label.asc());
  whileRefused(label, () => {
    expect(() => things.all(), `${label} is refused by its hook`).toThrow(ActivationRefused);
    const wanted = labels(store.things).filter((one) => one !== label);
    expect(labels(others)).toEqual(wanted.sort((one, two) => one - two));
    for (const one of others.where((t) => t.boss.to.label.eq(label)))
      expect(() => one.boss, `boss of ${one.label}`).toThrow(ActivationRefused);
  });
  agree(other, state, binding, `${label} was refused by its hook`);
}

/** A backup becomes the same tree elsewhere. */
function backUp({ options: { place }, hands, course, binding }: Driven): void {
  const backup = `${place}-backup`;
  hands.first.root.tree.backup(backup);
  const elsewhere = `${place}-restored-${Math.random().toString(36).slice(2)}`;
  Store.restore(backup, elsewhere).close();
  agreeOnDisk(elsewhere, course.state, binding, 'restored backup');
}

/** What takes another handle. */
const ON_DISK: ReadonlySet<string> = new Set([
  'look from aside',
  'open second',
  'close second',
  'reopen',
  'write alone',
  'refuse to activate',
  'renew',
]);
