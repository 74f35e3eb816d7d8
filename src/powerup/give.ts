import type { Item } from '../item/item.js';
import { createItem } from '../store/create.js';
import { deleteItems } from '../store/deletion.js';
import { getOfType } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import { connected, type Wanted } from './connected.js';
import { Connector } from './connector.js';
import type { Given } from './roles-of-class.js';

/** From now on the powerup plays these roles for the target, an item or the store itself (null). All or none. */
export function give(core: StoreCore, target: Item | null, powerup: Item, given: readonly Given[]): void {
  core.writeInSteps(() => {
    for (const one of given) giveOne(core, target, powerup, one);
  });
}

function giveOne(core: StoreCore, target: Item | null, powerup: Item, { role, priority, declared }: Given): void {
  const type = core.typeOf(Connector);
  const wanted = { target: target?.storeId ?? null, role: role.id, player: powerup.storeId };
  const known = connected(core, wanted)[0];
  if (known === undefined)
    createItem(core, type, { role: role.id, target, player: powerup, priority: priority ?? declared });
  else if (priority !== undefined) (getOfType(core, type, known.id) as Connector).priority = priority;
}

/** The powerup no longer plays the role for the target, or any, where none is named; false if it did not. */
export function takeAway(core: StoreCore, wanted: Wanted): boolean {
  if (connected(core, wanted).length === 0) return false;
  core.writeInSteps((transaction, part) => {
    // Again, under the lock.
    const ids = connected(core, wanted).map(({ id }) => id);
    if (ids.length > 0) deleteItems(core, core.typeOf(Connector), ids, { transaction, part });
  });
  return true;
}
