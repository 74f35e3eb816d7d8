import type { Item } from '../../item/item.js';
import { and } from '../../query/condition.js';
import type { ItemClass } from '../../schema/item-class.js';
import { Installation } from './installation.js';
import type { Place } from './place.js';

/** That an item is installed; undefined when it is not. */
export function installationOf(item: Item): Installation | undefined {
  return item.isStored ? item.store.findUnique(Installation, { item }) : undefined;
}

/** True for an item that is installed at a place. */
export function isInstalledAt(place: Place, item: Item): boolean {
  const installation = installationOf(item);
  return installation !== undefined && installation.target === place.item;
}

/** All that is installed at a place, in the order in which it was. */
export function installationsAt({ core, item }: Place): Installation[] {
  return core.face
    .query(Installation, { target: item })
    .orderBy(({ storeId }) => storeId.asc())
    .all();
}

/** The items of a class that are installed at a place, by id, in the order in which they were. The others are not loaded. */
export function idsInstalledAt({ core, item }: Place, itemClass: ItemClass<Item>): number[] {
  return core.face
    .query([Installation, itemClass], (one, of) => and(one.target.eq(item), one.item.eq(of.self)))
    .orderBy(({ storeId }) => storeId.asc())
    .pluck((_, { storeId }) => storeId)
    .all();
}
