import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import type { ColumnRef } from '../query/ast.js';
import type { Attribute } from '../schema/attribute.js';
import { isInMemory, loadTogether } from './load-together.js';
import type { Reading, StoreCore } from './store-core.js';

/**
 * Reads what items of one type and store refer to by a path of references, and has each item hold it: a store's memory is
 * weak, and what was preloaded must still be there after an `await`. It is let go with the item, or when the reference
 * changes. What cannot be had is left out: whoever reads it finds out.
 */
export function preload(core: StoreCore, reading: Reading, items: readonly Item[], { path, name }: ColumnRef): void {
  let referring = items;
  for (const hop of [...(path ?? []), name]) referring = preloadOne(core, reading, referring, hop);
}

/** Gives what the items refer to by one reference. */
function preloadOne(core: StoreCore, reading: Reading, items: readonly Item[], name: string): readonly Item[] {
  if (items.length === 0) return [];
  // Only references of the type can be preloaded: the question was checked.
  const attribute = stateOf(items[0] as Item).type.byName.get(name) as Attribute;
  const ids = items.flatMap((item) => targetOf(item, attribute) ?? []);
  const missing = ids.filter((id) => !isInMemory(core, reading, id));
  loadTogether(core, reading, missing);
  return items.flatMap((item) => hold(core, item, attribute) ?? []);
}

function targetOf(item: Item, attribute: Attribute): number | undefined {
  const cell = stateOf(item).cells[attribute.index];
  return typeof cell === 'number' ? cell : undefined;
}

function hold(core: StoreCore, item: Item, attribute: Attribute): Item | undefined {
  const id = targetOf(item, attribute);
  const target = id === undefined ? undefined : core.identity.get(id);
  if (target === undefined) return undefined;
  const state = stateOf(item);
  state.held ??= [];
  state.held[attribute.index] = target;
  return target;
}
