import type { RowStatements } from '../driver/collected-rows.js';
import { CorollaryError } from '../errors.js';
import type { Item } from '../item/item.js';
import { type CellChange, goneError, type ItemState, letGo, stateOf } from '../item/state.js';
import type { Attribute } from '../schema/attribute.js';
import type { Cell } from '../schema/value.js';
import { namingRules } from './broken-rule.js';
import { findById, hasSameCells, isSameCell, refreshItem, vanished } from './load.js';
import { mayWait } from './may-wait.js';
import type { Part } from './part.js';
import type { StoreCore } from './store-core.js';
import type { Transaction } from './transaction.js';

/** Writes checked cells of one item to the database, then to the object. An error leaves both as they were. */
export function changeItem(core: StoreCore, state: ItemState, changes: readonly CellChange[]): void {
  const before = core.file.epoch;
  core.write((transaction, part) => {
    if (state.life !== 'stored') throw goneError(state);
    assertNotMoved(core, state, transaction, part);
    if (before !== core.file.epoch) assertTargets(core, changes);
    const pending = changes.filter(({ attribute, cell }) => !isSameCell(state.cells[attribute.index], cell));
    if (pending.length > 0) update(core, state, pending, { transaction, part });
  });
}

/** Writes an attribute that programs may only read. */
export function writeReadOnly(core: StoreCore, item: Item, name: string, cell: Cell): void {
  const state = stateOf(item);
  changeItem(core, state, [{ attribute: state.type.byName.get(name) as Attribute, cell }]);
}

// The item as it is under the lock. In a store that was locked late, what the function has read from it before must
// still be true, or it would write on the ground of something that is no more.
export function assertNotMoved(core: StoreCore, state: ItemState, transaction: Transaction, part: Part): void {
  const seen = transaction.shownOf(state) ?? state.cells;
  transaction.forgetShown(state);
  if (state.epoch !== core.file.epoch) refreshItem(core, state);
  if (state.life !== 'stored') throw goneError(state);
  if (!part.isLate || hasSameCells(seen, state.cells)) return;
  const { place } = core.file;
  throw new CorollaryError(
    'CONFLICT',
    `Item ${state.id} (${state.type.name}) in ${place} was changed by another connection after this transaction had read it; nothing was done: run the transaction again`,
    { store: place, type: state.type.name, storeId: state.id, retry: true },
  );
}

// References were checked before the lock; a foreign commit may have deleted what they point to.
function assertTargets(core: StoreCore, changes: readonly CellChange[]): void {
  for (const { attribute, cell } of changes) {
    if (attribute.reference === undefined || typeof cell !== 'number') continue;
    if (findById(core, cell) !== undefined) continue;
    throw new CorollaryError(
      'ITEM_GONE',
      `${attribute.name} refers to item ${cell}, which another connection deleted`,
      {
        store: core.file.place,
        attribute: attribute.name,
        storeId: cell,
      },
    );
  }
}

function update(core: StoreCore, state: ItemState, changes: readonly CellChange[], noting: Noting): void {
  const stored = core.catalog.ready(state.type);
  const statements = stored.sql.update(changes.map(({ attribute }) => attribute));
  const cells = changes.map(({ cell }) => cell);
  if (mayWait(stored, cells)) core.file.connection.collect(statements, state.id, cells);
  else updateAtOnce(core, state, statements, cells);
  noting.part.wroteOne(stored.entry, state.id);
  setCells(state, changes, noting);
}

function updateAtOnce(core: StoreCore, state: ItemState, { one }: RowStatements, cells: readonly Cell[]): void {
  const { id, type } = state;
  if (namingRules(type, () => core.file.connection.run(one, [...cells, id]), id) > 0) return;
  vanished(core, state);
  throw goneError(state);
}

/** Where a write notes what it does to items: for a rollback, and for the hooks after the commit. */
export interface Noting {
  readonly transaction: Transaction;
  readonly part: Part;
}

/** Gives an item the cells that a statement over many has given its row. */
export function setCellsOfOne(item: Item, changes: readonly CellChange[], noting: Noting): void {
  const state = stateOf(item);
  const seen = noting.transaction.shownOf(state);
  const isAsShown = seen !== undefined && state.epoch === state.keeper.epoch && hasSameCells(seen, state.cells);
  if (isAsShown) noting.transaction.forgetShown(state); // what changes it now is no other connection
  setCells(state, changes, noting);
}

/** Gives an item its new cells, keeping the old ones for a rollback. */
function setCells(state: ItemState, changes: readonly CellChange[], { transaction, part }: Noting): void {
  if (part.log.remember(state)) tellCommitted(state, transaction);
  for (const { attribute, cell } of changes) {
    state.cells[attribute.index] = cell;
    letGo(state, attribute.index);
  }
}

/** Has an item's `committed` hook run after the commit, once, if it is stored then. */
export function tellCommitted(state: ItemState, transaction: Transaction): void {
  if (!state.type.hooks.committed) return;
  transaction.afterCommit(() => {
    if (state.item.isStored && transaction.isFirstTold(state)) state.item.committed();
  });
}
