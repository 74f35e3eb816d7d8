import { quoted } from '../driver/sql-text.js';
import { CorollaryError, kindOf } from '../errors.js';
import { goneError, isItem, namedItem, stateOf } from '../item/state.js';
import type { WhenDeleted } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import { itemsWithIds } from './answer.js';
import type { Referrer, StoredType } from './catalog.js';
import { type CatalogueEntry, isBehind } from './catalogue-entry.js';
import { assertNotMoved, type Noting, setCellsOfOne } from './change.js';
import { liveItems, vanished } from './load.js';
import { ownedByDoomed } from './owned.js';
import type { Part } from './part.js';
import { referencesOf, referringRows } from './referring-rows.js';
import type { StoreCore } from './store-core.js';
import { ID, IN_IDS } from './table-sql.js';
import type { Transaction } from './transaction.js';

/** A reference that forbids a deletion, unless the referring item is deleted too. */
export interface Forbidding {
  readonly referrer: Referrer;
  readonly id: number;
  readonly target: number;
}

/** What one deletion does: found out completely before anything is written. */
interface Plan {
  /** Ids to delete, by the entry of their type; cascades and what is owned included. */
  readonly doomed: Map<CatalogueEntry, Set<number>>;
  /** References that become null. */
  readonly nullified: { readonly referrer: Referrer; readonly ids: readonly number[] }[];
  readonly forbidding: Forbidding[];
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
  core.writeInSteps((transaction, part) => {
    // Under the lock: another connection may have deleted it before.
    assertNotMoved(core, state, transaction, part);
    deleteItems(core, state.type, [state.id], { transaction, part });
  });
}

/**
 * Deletes items of one type with all that their deletion asks for: references are set to null, referring items deleted
 * or the whole refused. Runs inside a write of several steps.
 * @throws CorollaryError DELETE_REFUSED naming an item that still refers to one of these; nothing is deleted then.
 */
export function deleteItems(core: StoreCore, type: ItemType, ids: readonly number[], noting: Noting): void {
  core.catalog.readyReferrers();
  deleteRowsByRules(core, core.catalog.ready(type).entry, ids, noting);
}

/** The same for rows of any table; {@link Catalog.readyReferrers} comes before. */
export function deleteRowsByRules(
  core: StoreCore,
  first: CatalogueEntry,
  ids: readonly number[],
  noting: Noting,
): void {
  const plan = planDeletion(core, first, ids);
  const [forbidding] = notDoomed(plan);
  if (forbidding !== undefined) throw refusal(core, forbidding);
  carryOut(core, plan, noting);
}

/**
 * Deletes a part of what is to be deleted, as {@link deleteRowsByRules}, but refuses nothing: gives what forbids it, which
 * may go along with another part. {@link assertGone} comes at the end.
 */
export function deletePart(
  core: StoreCore,
  first: CatalogueEntry,
  ids: readonly number[],
  noting: Noting,
): readonly Forbidding[] {
  const plan = planDeletion(core, first, ids);
  carryOut(core, plan, noting);
  return notDoomed(plan);
}

/** @throws CorollaryError DELETE_REFUSED for the first that is still there. */
export function assertGone(core: StoreCore, forbidding: readonly Forbidding[]): void {
  for (const one of forbidding) if (referencesOf(core, one.referrer, [one.id]).length > 0) throw refusal(core, one);
}

function carryOut(core: StoreCore, plan: Plan, noting: Noting): void {
  for (const [entry, doomed] of plan.doomed) announce(core, entry, [...doomed], noting.transaction);
  for (const { referrer, ids: referring } of plan.nullified) {
    const kept = referring.filter((id) => !plan.doomed.get(referrer.entry)?.has(id));
    if (kept.length > 0) nullify(core, referrer, kept, noting);
  }
  for (const [entry, doomed] of plan.doomed) deleteRows(core, entry, [...doomed], noting.part);
}

function planDeletion(core: StoreCore, entry: CatalogueEntry, ids: readonly number[]): Plan {
  const plan: Plan = { doomed: new Map(), nullified: [], forbidding: [] };
  let doomed: [CatalogueEntry, readonly number[]][] = [[entry, ids]];
  while (doomed.length > 0) {
    for (const [type, more] of doomed) doom(core, plan, type, more);
    // What the last owner takes along can be referred to as well, or own something itself.
    doomed = ownedByDoomed(core, plan.doomed);
  }
  return plan;
}

/** Adds items with all that refers to them, and to that, by a cascade. */
function doom(core: StoreCore, plan: Plan, entry: CatalogueEntry, ids: readonly number[]): void {
  const waiting: [CatalogueEntry, readonly number[]][] = [[entry, addDoomed(plan, entry, ids)]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [current, targets] = next;
    for (const referrer of core.catalog.referrersOf(current.name)) {
      const found = referringRows(core, referrer, targets);
      if (found.length === 0) continue;
      const more = apply(plan, referrer, found);
      if (more.length > 0) waiting.push([referrer.entry, more]);
    }
  }
}

/** Applies one column's rule to the rows found; gives the ids that the cascade adds. */
function apply(plan: Plan, referrer: Referrer, found: [number, number][]): number[] {
  switch (ruleOf(referrer)) {
    case 'nullify':
      plan.nullified.push({ referrer, ids: found.map(([id]) => id) });
      return [];
    case 'refuse':
      for (const [id, target] of found) plan.forbidding.push({ referrer, id, target });
      return [];
    case 'cascade':
      return addDoomed(
        plan,
        referrer.entry,
        found.map(([id]) => id),
      );
  }
}

function ruleOf({ entry, column }: Referrer): WhenDeleted {
  return entry.shape.rules.whenDeleted[column] ?? 'refuse';
}

/** Gives those that were not doomed before. */
function addDoomed(plan: Plan, entry: CatalogueEntry, ids: readonly number[]): number[] {
  const doomed = plan.doomed.get(entry) ?? new Set();
  plan.doomed.set(entry, doomed);
  const added = [...new Set(ids)].filter((id) => !doomed.has(id));
  for (const id of added) doomed.add(id);
  return added;
}

function notDoomed({ forbidding, doomed }: Plan): readonly Forbidding[] {
  return forbidding.filter(({ referrer, id }) => doomed.get(referrer.entry)?.has(id) !== true);
}

function refusal(core: StoreCore, { referrer, id, target }: Forbidding): CorollaryError {
  const place = core.file.place;
  const entry = core.entryOfId(target);
  return new CorollaryError(
    'DELETE_REFUSED',
    `Item ${target} (${entry?.name}) in ${place} is still referred to by ${referrer.entry.name}.${referrer.column} of item ${id}: delete or change that first`,
    { store: place, type: entry?.name, storeId: target, attribute: referrer.column },
  );
}

/** Before anything goes: items with a `deleted` hook come alive, and who asked for it is told. */
function announce(core: StoreCore, entry: CatalogueEntry, ids: readonly number[], transaction: Transaction): void {
  const stored = storedType(core, entry);
  if (stored === undefined) return;
  core.beforeDelete?.(stored.type, ids, transaction);
  if (!stored.type.hooks.deleted) return;
  for (const item of itemsWithIds(core, stored, ids)) {
    const state = stateOf(item);
    transaction.afterCommit(() => {
      if (state.life === 'gone' && transaction.isFirstTold(state)) item.deleted();
    });
  }
}

// There are no items of an older version, or under a former name, that would have to know.
function storedType(core: StoreCore, entry: CatalogueEntry): StoredType | undefined {
  const type = core.registry.named(entry.name);
  return type === undefined || isBehind(entry, type) ? undefined : core.catalog.find(type);
}

function nullify(core: StoreCore, { entry, column }: Referrer, ids: readonly number[], noting: Noting): void {
  const stored = storedType(core, entry);
  // With a hook, every item must be there to be told.
  const items = stored?.type.hooks.committed ? itemsWithIds(core, stored, ids) : liveItems(core, ids);
  const sql = `UPDATE ${quoted(entry.table)} SET ${quoted(column)} = NULL WHERE ${ID} ${IN_IDS}`;
  core.file.connection.run(sql, [JSON.stringify(ids)]);
  noting.part.wrote(entry, ids);
  for (const item of items) {
    const attribute = stateOf(item).type.byName.get(column);
    if (attribute !== undefined) setCellsOfOne(item, [{ attribute, cell: null }], noting);
  }
}

function deleteRows(core: StoreCore, entry: CatalogueEntry, ids: readonly number[], part: Part): void {
  core.file.connection.run(`DELETE FROM ${quoted(entry.table)} WHERE ${ID} ${IN_IDS}`, [JSON.stringify(ids)]);
  part.wrote(entry, ids);
  for (const item of liveItems(core, ids)) {
    const state = stateOf(item);
    part.log.rememberAs(state, state.life);
    vanished(core, state);
  }
}
