import type { SqlRow } from '../driver/sql-value.js';
import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import type { StoredType } from './catalog.js';
import { itemOfRow } from './load.js';
import type { StoreCore } from './store-core.js';

/** How many items of an answer stand together, and how many ids one statement asks for. */
export const GROUP = 1000;

/** The live objects for the rows of one answer. */
export function itemsOfRows(core: StoreCore, type: ItemType, rows: readonly SqlRow[], epoch: number): Item[] {
  const items = rows.map((row) => itemOfRow(core, type, row, epoch));
  becomeSiblings(items);
  return items;
}

/** The items of a type with these ids, live; those in memory keep their identity. */
export function itemsWithIds(core: StoreCore, { type, sql }: StoredType, ids: readonly number[]): Item[] {
  const { connection, epoch } = core.file;
  return itemsOfRows(core, type, connection.rows(sql.selectByIds, [JSON.stringify(ids)]), epoch);
}

/**
 * Has items of one store that came in one answer know of each other: what one refers to is then read for all. They
 * share numbers, not objects, so that none keeps another in memory; in groups, so that one read never loads more than
 * a group. An item in several answers goes with the latest, but an item that came alone stays with those before.
 */
export function becomeSiblings(items: readonly Item[]): void {
  if (items.length < 2) return;
  let ids: number[] = [];
  for (const item of items) {
    if (ids.length === GROUP) ids = [];
    const state = stateOf(item);
    ids.push(state.id);
    state.siblings = ids;
  }
}
