import { Store } from 'corollary';
import { expect } from 'vitest';
import { agree, type Binding } from './agree.js';
import { ask } from './ask.js';
import type { Driven } from './driven.js';
import { isUpgradeTo, thingClass, typesOf } from './generations.js';
import { refusalOf } from './judge.js';
import { placesIn, type StoreState } from './state.js';
import type { Choice } from './steps.js';

/** The next version of the program has the tree: whoever goes on with the one before is told so. */
export async function renew(driven: Driven, choice: Choice): Promise<void> {
  const { course, binding, hands, options } = driven;
  const before = course.state;
  hands.second?.followers.endWhere(() => true); // they would only be told that they are outdated
  await hands.reopen(async () => {
    course.renew();
    const outdated = { place: options.place, binding, before, after: course.state };
    if (choice.b % 3 > 0) await upgradeTree(outdated, choice.b % 3 === 2);
  });
  const { root } = hands.first;
  agree(root, course.state, binding, 'renewed');
  // What can be asked from now on may need something that is not there yet.
  for (let n = 0; n < 8; n++) ask(root, course.state, { ...choice, b: choice.b + n, c: choice.c + n });
  seeOutdated(driven, before.generation);
  hands.closeSecond();
}

function seeOutdated({ course: { generation, state }, hands }: Driven, before: number): void {
  const outdated = hands.second?.root;
  if (generation === before || !isUpgradeTo(generation) || state.things.length === 0) return;
  expect(refusalOf(() => void outdated?.query(thingClass(before)).all())).toBe(outdated && 'NEWER_DATABASE');
}

/** A tree that the next version of the program is to have. Nobody else has it open, or has read anything since. */
interface Outdated {
  readonly place: string;
  readonly binding: Binding;
  /** As the version before has it, which has seen all of it. */
  readonly before: StoreState;
  readonly after: StoreState;
}

/** The next version upgrades all of a tree before it uses anything. With `isTried` it does so once more before, for nothing. */
async function upgradeTree(outdated: Outdated, isTried: boolean): Promise<void> {
  const { place, binding, before, after } = outdated;
  if (isTried) {
    await upgradeBy(outdated, true);
    using old = Store.open(place, { types: typesOf(before.generation) });
    agree(old, before, binding, 'after an upgrade that was only tried');
  }
  await upgradeBy(outdated, false);
  using upgraded = Store.open(place, { types: typesOf(after.generation), upgrade: 'refuse' });
  agree(upgraded, after, binding, 'after an upgrade of the whole tree');
}

async function upgradeBy({ place, before, after }: Outdated, dryRun: boolean): Promise<void> {
  using root = Store.open(place, { types: typesOf(after.generation), upgrade: 'refuse' });
  const places = placesIn(before);
  const isUpgrade = after.generation > before.generation && isUpgradeTo(after.generation);
  const filled = places.filter(({ store }) => isUpgrade && store.things.length > 0);
  for (const { path } of filled)
    expect(refusalOf(() => void root.at(path).query(thingClass(after.generation)).count())).toBe('UPGRADE_NEEDED');
  const { isComplete, stores, upgraded, failed } = await root.tree.upgrade({ dryRun });
  expect({ isComplete, stores, failed }).toEqual({ isComplete: true, stores: places.length, failed: [] });
  expect(upgraded).toBeGreaterThanOrEqual(filled.length);
}
