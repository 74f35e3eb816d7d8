import type { Item } from '../../item/item.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import { storePowersOf } from '../store-powers.js';
import { requirementsIn } from './dependencies.js';
import { dependencesOn } from './dependents.js';
import { installationOf, isInstalledAt } from './installations.js';
import { checkedItem, type Place, placeOf } from './place.js';

/**
 * The store or item on which an item is installed; undefined when it is not.
 * @throws CorollaryError INVALID_VALUE, STORE_CLOSED
 */
export function installedOn(item: Item): KeepingStore | Item | undefined {
  return placeWhereInstalled(item)?.target;
}

/**
 * The items that depend on an item directly and are installed on the same target, in the order of their installation.
 * @throws CorollaryError INVALID_VALUE, STORE_CLOSED, UNKNOWN_TYPE
 */
export function installedDependents(item: Item): Item[] {
  const place = placeWhereInstalled(item);
  const dependences = place === undefined ? [] : dependencesOn(place, [item.storeId]);
  return [...new Set(dependences.map(({ dependent }) => dependent))];
}

/**
 * What an item depends on directly, as far as it is installed on the same target, in the order of declaration.
 * @throws CorollaryError INVALID_VALUE, STORE_CLOSED
 */
export function installedRequirements(item: Item): Item[] {
  const place = placeWhereInstalled(item);
  return place === undefined ? [] : requirementsIn(item).filter((one) => isInstalledAt(place, one));
}

function placeWhereInstalled(item: Item): Place | undefined {
  const { core } = storePowersOf(checkedItem(item));
  core.assertOpen();
  const installation = installationOf(item);
  return installation && placeOf(core, installation.target);
}
