import { Store } from 'corollary';
import { expect } from 'vitest';
import { agree, type Binding } from './agree.js';
import { isUpgradeTo, thingClass, typesOf } from './generations.js';
import { refusalOf } from './judge.js';
import { placesIn, type StoreState } from './state.js';

/** A tree that the next version of the program is to have. Nobody else has it open, or has read anything since. */
export interface Outdated {
  readonly place: string;
  readonly binding: Binding;
  /** As the version before has it, which has seen all of it. */
  readonly before: StoreState;
  readonly after: StoreState;
}

/** The next version upgrades all of a tree before it uses anything. With `isTried` it does so once more before, for nothing. */
export async function upgradeTree(outdated: Outdated, isTried: boolean): Promise<void> {
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
