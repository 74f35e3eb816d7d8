import { CorollaryError } from '../errors.js';
import { type CellChange, goneError, type ItemState } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { findById, refreshItem, vanished } from './load.js';
import type { StoreCore } from './store-core.js';
import type { Transaction } from './transaction.js';

/** Writes checked cells of one item to the database, then to the object. An error leaves both as they were. */
export function changeItem(core: StoreCore, state: ItemState, changes: readonly CellChange[]): void {
  const before = core.file.epoch;
  core.write((transaction) => {
    if (state.life !== 'stored') throw goneError(state);
    if (state.epoch !== core.file.epoch) refreshForWriting(core, state, transaction);
    if (before !== core.file.epoch) assertTargets(core, changes);
    const pending = changes.filter(({ attribute, cell }) => state.cells[attribute.index] !== cell);
    if (pending.length > 0) update(core, state, pending, transaction);
  });
}

// Another connection has committed since the item was last read. What the transaction has read from it before the
// lock must still be true, or it would write on the ground of something that is no more.
function refreshForWriting(core: StoreCore, state: ItemState, transaction: Transaction): void {
  const seen = state.cells;
  refreshItem(core, state);
  if (state.life !== 'stored') throw goneError(state);
  if (!transaction.changedBefore(core) || hasSameCells(seen, state.cells)) return;
  const place = core.file.place;
  throw new CorollaryError(
    'CONFLICT',
    `Item ${state.id} (${state.type.name}) in ${place} was changed by another connection after this transaction had read it; nothing was done: run the transaction again`,
    { store: place, type: state.type.name, storeId: state.id, retry: true },
  );
}

function hasSameCells(before: readonly (Cell | undefined)[], after: readonly (Cell | undefined)[]): boolean {
  return before.every((cell, index) => {
    const other = after[index];
    if (cell instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(cell, other) === 0;
    return cell === other;
  });
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

function update(core: StoreCore, state: ItemState, changes: readonly CellChange[], transaction: Transaction): void {
  const stored = core.catalog.ready(state.type);
  const sql = stored.sql.update(changes.map(({ attribute }) => attribute));
  const values = changes.map(({ cell }) => cell);
  if (aboutItem(state, () => core.file.connection.run(sql, [...values, state.id])) === 0) {
    vanished(core, state);
    throw goneError(state);
  }
  remember(state, transaction);
  for (const { attribute, cell } of changes) state.cells[attribute.index] = cell;
}

/** Keeps an item's values for a rollback, and its `committed` hook for the commit. */
export function remember(state: ItemState, transaction: Transaction): void {
  if (transaction.remember(state)) tellCommitted(state, transaction);
}

/** Has an item's `committed` hook run after the commit, once, if it is stored then. */
export function tellCommitted(state: ItemState, transaction: Transaction): void {
  if (!state.type.hooks.committed) return;
  transaction.afterCommit(() => {
    if (state.life === 'stored' && transaction.isFirstTold(state)) state.item.committed();
  });
}

/** Runs a statement about one item, so that an error of SQLite names item and attribute. */
export function aboutItem<R>(item: { readonly type: ItemType; readonly id: number }, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw error instanceof CorollaryError ? named(error, item) : error;
  }
}

function named(error: CorollaryError, { type, id }: { readonly type: ItemType; readonly id: number }): CorollaryError {
  const attribute = brokenAttribute(error, type);
  const which = attribute === undefined ? type.name : `${type.name}.${attribute}`;
  return new CorollaryError(error.code, `${which}: ${error.message}`, {
    store: error.store,
    type: type.name,
    attribute,
    storeId: id,
    retry: error.retry,
    cause: error.cause,
  });
}

// SQLite names the columns of a broken constraint, never the values: 'UNIQUE constraint failed: item_city_v1.name'.
function brokenAttribute(error: CorollaryError, type: ItemType): string | undefined {
  if (error.code !== 'CONSTRAINT' || !(error.cause instanceof Error)) return undefined;
  const column = /\.([A-Za-z0-9_]+)/.exec(error.cause.message)?.[1];
  return type.byName.get(column ?? '')?.name;
}
