import { quoted } from '../driver/sql-text.js';
import { CorollaryError, kindOf } from '../errors.js';
import type { Item } from '../item/item.js';
import { freshen, goneError, isItem, namedItem, stateOf } from '../item/state.js';
import type { WhenDeleted } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { CatalogueEntry, Referrer } from './catalog.js';
import { remember } from './change.js';
import { itemOfRow } from './load.js';
import type { StoreCore } from './store-core.js';
import { ID, TableSql } from './table-sql.js';
import type { Transaction } from './transaction.js';

/** What one deletion does: found out completely before anything is written. */
interface Plan {
  /** Ids to delete, by the entry of their type; cascades included. */
  readonly doomed: Map<CatalogueEntry, Set<number>>;
  /** References that become null. */
  readonly nullified: { readonly referrer: Referrer; readonly targets: readonly number[] }[];
  /** References that forbid the deletion, unless the referring item is deleted too. */
  readonly forbidding: { readonly referrer: Referrer; readonly id: number; readonly target: number }[];
}

/** Deletes one item. @throws CorollaryError INVALID_VALUE, WRONG_STORE, ITEM_GONE, DELETE_REFUSED, READ_ONLY */
export function deleteItem(core: StoreCore, item: unknown): void {
  core.assertWritable();
  if (!isItem(item)) throw new CorollaryError('INVALID_VALUE', `delete takes an item, not ${kindOf(item)}`);
  const state = stateOf(item);
  const details = { store: core.file.place, type: state.type.name, storeId: state.id };
  if (state.keeper !== core.keeper)
    throw new CorollaryError(
      'WRONG_STORE',
      `${namedItem(state)} is not an item of ${core.file.place}: use item.delete()`,
      details,
    );
  if (state.life !== 'stored') throw goneError(state);
  core.writeInSteps((transaction) => {
    // Under the lock: another connection may have deleted it before.
    freshen(state);
    if (state.life !== 'stored') throw goneError(state);
    deleteItems(core, state.type, [state.id], transaction);
  });
}

/**
 * Deletes items of one type with all that their deletion asks for: references are set to null, referring items deleted
 * or the whole refused. Runs inside a write of several steps.
 * @throws CorollaryError DELETE_REFUSED naming an item that still refers to one of these; nothing is deleted then.
 */
export function deleteItems(core: StoreCore, type: ItemType, ids: readonly number[], transaction: Transaction): void {
  const stored = core.catalog.ready(type);
  const plan = planDeletion(core, stored.entry, ids);
  assertAllowed(core, plan);
  for (const [entry, doomed] of plan.doomed) announce(core, entry, doomed, transaction);
  for (const { referrer, targets } of plan.nullified) nullify(core, referrer, targets, transaction);
  for (const [entry, doomed] of plan.doomed) deleteRows(core, entry, [...doomed], transaction);
}

function planDeletion(core: StoreCore, entry: CatalogueEntry, ids: readonly number[]): Plan {
  const plan: Plan = { doomed: new Map([[entry, new Set(ids)]]), nullified: [], forbidding: [] };
  const waiting: [CatalogueEntry, readonly number[]][] = [[entry, ids]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [current, targets] = next;
    for (const referrer of core.catalog.referrersOf(current.name)) {
      const found = referringRows(core, referrer, targets);
      if (found.length === 0) continue;
      const more = apply(plan, referrer, found, targets);
      if (more.length > 0) waiting.push([referrer.entry, more]);
    }
  }
  return plan;
}

function referringRows(core: StoreCore, { entry, column }: Referrer, targets: readonly number[]): [number, number][] {
  const sql = `SELECT ${ID}, ${quoted(column)} FROM ${quoted(entry.table)} WHERE ${quoted(column)} IN (SELECT value FROM json_each(?))`;
  return core.file.connection.rows(sql, [JSON.stringify(targets)]) as [number, number][];
}

/** Applies one column's rule to the rows found; gives the ids that the cascade adds. */
function apply(plan: Plan, referrer: Referrer, found: [number, number][], targets: readonly number[]): number[] {
  switch (ruleOf(referrer)) {
    case 'nullify':
      plan.nullified.push({ referrer, targets });
      return [];
    case 'refuse':
      for (const [id, target] of found) plan.forbidding.push({ referrer, id, target });
      return [];
    case 'cascade':
      return addDoomed(plan, referrer.entry, found);
  }
}

function ruleOf({ entry, column }: Referrer): WhenDeleted {
  return entry.shape.rules.whenDeleted[column] ?? 'refuse';
}

function addDoomed(plan: Plan, entry: CatalogueEntry, found: readonly [number, number][]): number[] {
  const doomed = plan.doomed.get(entry) ?? new Set();
  plan.doomed.set(entry, doomed);
  const added = [...new Set(found.map(([id]) => id))].filter((id) => !doomed.has(id));
  for (const id of added) doomed.add(id);
  return added;
}

function assertAllowed(core: StoreCore, plan: Plan): void {
  for (const { referrer, id, target } of plan.forbidding) {
    if (plan.doomed.get(referrer.entry)?.has(id)) continue;
    const place = core.file.place;
    const entry = core.entryOfId(target);
    throw new CorollaryError(
      'DELETE_REFUSED',
      `Item ${target} (${entry?.name}) in ${place} is still referred to by ${referrer.entry.name}.${referrer.column} of item ${id}: delete or change that first`,
      { store: place, type: entry?.name, storeId: target, attribute: referrer.column },
    );
  }
}

/** Before anything goes: items with a `deleted` hook come alive, and who asked for it is told. */
function announce(core: StoreCore, entry: CatalogueEntry, doomed: ReadonlySet<number>, transaction: Transaction): void {
  const type = core.registry.named(entry.name);
  if (type === undefined) return;
  core.beforeDelete?.(type, [...doomed], transaction);
  if (!type.hooks.deleted) return;
  for (const item of itemsOf(core, entry, type, doomed)) {
    const state = stateOf(item);
    transaction.afterCommit(() => {
      if (state.life === 'gone' && transaction.isFirstTold(state)) item.deleted();
    });
  }
}

function itemsOf(core: StoreCore, entry: CatalogueEntry, type: ItemType, ids: ReadonlySet<number>): Item[] {
  const { selectById } = new TableSql(entry.table, type);
  return [...ids].flatMap((id) => {
    const row = core.file.connection.row(selectById, [id]);
    return row === undefined ? [] : [itemOfRow(core, type, row)];
  });
}

function nullify(
  core: StoreCore,
  { entry, column }: Referrer,
  targets: readonly number[],
  transaction: Transaction,
): void {
  const name = quoted(column);
  const where = `WHERE ${name} IN (SELECT value FROM json_each(?))`;
  const ids = JSON.stringify(targets);
  const rows = core.file.connection.rows(`SELECT ${ID} FROM ${quoted(entry.table)} ${where}`, [ids]);
  core.file.connection.run(`UPDATE ${quoted(entry.table)} SET ${name} = NULL ${where}`, [ids]);
  for (const [id] of rows) {
    const item = core.identity.get(id as number);
    if (item === undefined) continue;
    const state = stateOf(item);
    const attribute = state.type.byName.get(column);
    if (attribute === undefined) continue;
    remember(state, transaction);
    state.cells[attribute.index] = null;
  }
}

function deleteRows(core: StoreCore, entry: CatalogueEntry, ids: readonly number[], transaction: Transaction): void {
  const sql = `DELETE FROM ${quoted(entry.table)} WHERE ${ID} IN (SELECT value FROM json_each(?))`;
  core.file.connection.run(sql, [JSON.stringify(ids)]);
  for (const id of ids) {
    const item = core.identity.get(id);
    if (item === undefined) continue;
    const state = stateOf(item);
    transaction.rememberAs(state, state.life);
    transaction.onUndo(() => core.identity.set(id, item));
    state.life = 'gone';
    core.identity.delete(id);
  }
}
