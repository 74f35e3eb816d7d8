import { CorollaryError, kindOf, problemsError } from '../errors.js';
import { checkedChanges, Faults, isPlainInput } from '../item/check-value.js';
import type { CellChange } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import { itemsWithIds } from './answer.js';
import { namingRules } from './broken-rule.js';
import type { StoredType } from './catalog.js';
import { setCellsOfOne } from './change.js';
import { liveItems } from './load.js';
import type { StoreCore } from './store-core.js';

/** Gives all items of a type with these ids the same values; how many there are. */
export function updateItems(core: StoreCore, type: ItemType, ids: readonly number[], values: object): number {
  return core.writeInSteps((transaction, part) => {
    const changes = checkedUpdate(core, type, values);
    if (ids.length === 0 || changes.length === 0) return ids.length;
    const stored = core.catalog.ready(type);
    // With a hook, every item must be there to be told.
    const items = type.hooks.committed ? itemsWithIds(core, stored, ids) : liveItems(core, ids);
    updateRows(core, stored, ids, changes);
    part.wrote(stored.entry, ids);
    for (const item of items) setCellsOfOne(item, changes, { transaction, part });
    return ids.length;
  });
}

/**
 * The checked changes of an update. With `anyStore` the items may be in any store of a tree: whether a reference is to
 * one of their own store is seen there.
 */
export function checkedUpdate(
  core: StoreCore,
  type: ItemType,
  values: unknown,
  anyStore = false,
): readonly CellChange[] {
  if (!isPlainInput(values)) {
    const message = `update of ${type.name} takes a plain object of values, not ${kindOf(values)}`;
    throw new CorollaryError('INVALID_VALUE', message, { type: type.name });
  }
  const faults = new Faults();
  const changes = checkedChanges(type, values, core.keeper, faults);
  const problems = faults.problems.filter(({ code }) => !(anyStore && code === 'WRONG_STORE'));
  if (problems.length > 0) throw problemsError(type.name, problems, { type: type.name, cause: faults.cause });
  return changes;
}

function updateRows(
  core: StoreCore,
  { sql, type }: StoredType,
  ids: readonly number[],
  changes: readonly CellChange[],
): void {
  const text = sql.updateMany(changes.map(({ attribute }) => attribute));
  const values = [...changes.map(({ cell }) => cell), JSON.stringify(ids)];
  namingRules(type, () => core.file.connection.run(text, values));
}
