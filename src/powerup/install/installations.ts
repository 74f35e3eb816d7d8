import type { Item } from '../../item/item.js';
import { Installation } from './installation.js';
import type { Place } from './place.js';

/** That an item is installed; undefined when it is not. */
export function installationOf(item: Item): Installation | undefined {
  return item.isStored ? item.store.findUnique(Installation, { item }) : undefined;
}

/** All that is installed at a place, in the order in which it was. */
export function installationsAt({ core, item }: Place): Installation[] {
  return core.face
    .query(Installation, { target: item })
    .orderBy(({ storeId }) => storeId.asc())
    .all();
}
