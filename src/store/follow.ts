import type { Item } from '../item/item.js';
import { type ItemState, stateOf } from '../item/state.js';
import type { Attribute } from '../schema/attribute.js';
import { findById } from './load.js';
import { countSingleLoad } from './load-limit.js';
import { isInMemory, loadTogether } from './load-together.js';
import type { Reading, StoreCore } from './store-core.js';

/**
 * The item that an item's reference points to; undefined when it is not there. What is not in memory is read, and with
 * it what the same reference of the item's siblings points to: a loop over an answer reads once, not once per item.
 */
export function follow(core: StoreCore, state: ItemState, attribute: Attribute, id: number): Item | undefined {
  core.readingFromMemory();
  const known = core.identity.get(id);
  if (known !== undefined && stateOf(known).epoch === core.file.epoch) return known;
  loadTarget(core, state, attribute, id);
  return findById(core, id);
}

function loadTarget(core: StoreCore, state: ItemState, attribute: Attribute, id: number): void {
  const failures = core.atOneMoment((reading) => {
    const ids = missingTargets(core, reading, state, attribute).add(id);
    return ids.size === 1 ? undefined : loadTogether(core, reading, ids);
  });
  if (failures === undefined) countSingleLoad(core, state.type, attribute);
  else if (failures.has(id)) throw failures.get(id);
}

function missingTargets(core: StoreCore, reading: Reading, { siblings }: ItemState, attribute: Attribute): Set<number> {
  const ids = new Set<number>();
  for (const sibling of siblings ?? []) {
    const item = core.identity.get(sibling);
    // A stale sibling may refer to something else by now.
    if (item === undefined || stateOf(item).epoch !== reading.epoch) continue;
    const cell = stateOf(item).cells[attribute.index];
    if (typeof cell === 'number' && !isInMemory(core, reading, cell)) ids.add(cell);
  }
  return ids;
}
