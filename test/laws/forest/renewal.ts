import { CorollaryError, type FailedUpgrade, Store } from 'corollary';
import { expect } from 'vitest';
import { agree } from './agree.js';
import { ask } from './ask.js';
import type { Binding } from './binding.js';
import type { Driven } from './driven.js';
import { isUpgradeTo, programOf, thingClass } from './generations.js';
import { refusalOf } from './judge.js';
import { type Path, placesIn, type StoreState } from './state.js';
import type { Choice } from './steps.js';
import { upgraded } from './upgraded.js';

/**
 * The next version of the program has the tree: whoever goes on with the one before is told so. All types are upgraded
 * then, or what comes next will meet older ones.
 */
export async function renew(driven: Driven, choice: Choice): Promise<void> {
  const { course, binding, hands, options } = driven;
  const before = course.state;
  hands.second?.followers.endWhere(() => true); // they would only be told that they are outdated
  await hands.reopen(async () => {
    course.renew(choice);
    if (choice.b % 3 === 0) return;
    const { failed } = upgraded(course.state);
    course.upgrade();
    const outdated = { place: options.place, binding, before, after: course.state, failed };
    if (failed.length === 0 && choice.a % 3 === 0) upgradeByOpening(outdated);
    else await upgradeTree(outdated, choice.b % 3 === 2);
  });
  driven.isNew = choice.b % 3 === 0 && choice.a % 4 > 0;
  if (driven.isNew) {
    hands.closeSecond();
    return;
  }
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
  /** The stores that cannot be upgraded completely. */
  readonly failed: readonly Path[];
}

/** The next version upgrades all of a tree before it uses anything. With `isTried` it does so once more before, for nothing. */
async function upgradeTree(outdated: Outdated, isTried: boolean): Promise<void> {
  const { place, binding, before, after } = outdated;
  if (isTried) {
    await upgradeBy(outdated, true);
    using old = Store.open(place, { ...programOf(before.generation) });
    agree(old, before, binding, 'after an upgrade that was only tried');
  }
  await upgradeBy(outdated, false);
  using upgraded = Store.open(place, { ...programOf(after.generation), upgrade: 'refuse' });
  agree(upgraded, after, binding, 'after an upgrade of the whole tree');
}

/** The same where each store is upgraded when it is opened. */
function upgradeByOpening({ place, binding, after }: Outdated): void {
  using root = Store.open(place, { ...programOf(after.generation), upgrade: 'open', maxOpenSubstores: 20 });
  agree(root, after, binding, 'upgraded when it was opened');
  root.close();
  using upgraded = Store.open(place, { ...programOf(after.generation), upgrade: 'refuse' });
  agree(upgraded, after, binding, 'after an upgrade when it was opened');
}

async function upgradeBy({ place, before, after, failed }: Outdated, dryRun: boolean): Promise<void> {
  using root = Store.open(place, { ...programOf(after.generation), upgrade: 'refuse' });
  const places = placesIn(before);
  const isUpgrade = after.generation > before.generation && isUpgradeTo(after.generation);
  const filled = places.filter(({ store }) => isUpgrade && store.things.length > 0);
  for (const { path } of filled)
    expect(refusalOf(() => void root.at(path).query(thingClass(after.generation)).count())).toBe('UPGRADE_NEEDED');
  const report = await root.tree.upgrade({ dryRun });
  expect({ ...report, failed: report.failed.map(failureAt).sort() }).toMatchObject({
    isComplete: failed.length === 0,
    stores: places.length,
    failed: failed.map((path) => `UPGRADE_FAILED ${path.join('/')}`).sort(),
  });
  expect(report.upgraded).toBeGreaterThanOrEqual(filled.length);
}

function failureAt({ path, error }: FailedUpgrade): string {
  return `${error instanceof CorollaryError ? error.code : error} ${path.join('/')}`;
}
