import type { Connection } from '../driver/connection.js';
import type { SqlRow } from '../driver/sql-value.js';
import { CorollaryError, kindOf } from '../errors.js';
import { buildStored } from '../item/build.js';
import type { Item } from '../item/item.js';
import { type ItemState, letGo, stateOf } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { activate } from './activation.js';
import { ifAsWritten } from './as-written.js';
import type { StoredType } from './catalog.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import type { Reading, StoreCore } from './store-core.js';
import { runningTransaction } from './transaction.js';

/** The live object for a row of id and cells that was read at an epoch: the one in memory if there is one. */
export function itemOfRow(core: StoreCore, type: ItemType, row: SqlRow, epoch: number): Item {
  const id = row[0] as number;
  const known = core.identity.get(id);
  if (known !== undefined) {
    const state = stateOf(known);
    if (state.type !== type) throw twice(core, state, type);
    if (state.epoch < epoch) replaceCells(core, state, row, epoch);
  }
  const item = known ?? load(core, type, row, epoch);
  const transaction = runningTransaction();
  if (transaction !== undefined && transaction.partOf(core) === undefined) transaction.noteShown(stateOf(item));
  return item;
}

// Types share one row of numbers. Whoever asked for the one must not get the object of the other.
function twice(core: StoreCore, { id, type: one }: ItemState, other: ItemType): CorollaryError {
  const { place } = core.file;
  return new CorollaryError(
    'CORRUPT',
    `${place}: ${one.name} and ${other.name} both have an item with storeId ${id}: the database is damaged, restore a backup`,
    { store: place, type: other.name, storeId: id },
  );
}

function load(core: StoreCore, type: ItemType, row: SqlRow, epoch: number): Item {
  const id = row[0] as number;
  const made = (type.hooks.activate ? madeBefore(core, type, row, epoch) : undefined) ?? built(core, type, row, epoch);
  const item = core.identity.add(id, made);
  if (item !== made) return item;
  if (type.hooks.activate) activateLoaded(core, item);
  noteUncommitted(core, stateOf(item));
  return item;
}

function built(core: StoreCore, type: ItemType, row: SqlRow, epoch: number): Item {
  const item = buildStored(type, core.keeper, row[0] as number, row.slice(1));
  stateOf(item).epoch = epoch;
  return item;
}

/** The object whose hook threw at an earlier load, if there is still somebody who was given it by that hook. */
function madeBefore(core: StoreCore, type: ItemType, row: SqlRow, epoch: number): Item | undefined {
  const item = core.unactivated.get(row[0] as number);
  const state = item && stateOf(item);
  if (state?.type !== type || state.life !== 'stored') return undefined;
  if (state.epoch < epoch) replaceCells(core, state, row, epoch);
  return item;
}

// An item whose hook throws is not handed out; the next load tries again, with the same object.
function activateLoaded(core: StoreCore, item: Item): void {
  try {
    activate(item);
    core.unactivated.delete(item.storeId);
  } catch (error) {
    core.identity.delete(item.storeId);
    core.unactivated.set(item.storeId, item);
    throw error;
  }
}

function replaceCells(core: StoreCore, state: ItemState, row: SqlRow, epoch: number): void {
  const cells = row.slice(1);
  noteUncommitted(core, state);
  for (const { index } of state.type.attributes) if (cells[index] !== state.cells[index]) letGo(state, index);
  state.cells = cells;
  state.epoch = epoch;
}

// The row may hold what the running transaction has changed: if that is undone, so is what was read of it.
function noteUncommitted(core: StoreCore, state: ItemState): void {
  const part = runningTransaction()?.partOf(core);
  if (part?.hasWritten) part.log.noteLoaded(state);
}

/** True when no cell differs. */
export function hasSameCells(one: readonly (Cell | undefined)[], other: readonly (Cell | undefined)[]): boolean {
  return one.every((cell, index) => isSameCell(cell, other[index]));
}

/** True for cells that SQLite would not tell apart. */
export function isSameCell(one: Cell | undefined, other: Cell | undefined): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}

/** Reads a stale item again; one whose row has gone is marked so. After the store was closed its last values stay. */
export function refreshItem(core: StoreCore, state: ItemState): void {
  const row = freshRow(core, state);
  if (row === 'gone') vanished(core, state);
  else if (row !== 'as it is') replaceCells(core, state, row, core.file.epoch);
}

function freshRow(core: StoreCore, state: ItemState): SqlRow | 'gone' | 'as it is' {
  if (core.isDeleted) return 'gone';
  if (core.isClosed) return 'as it is';
  try {
    const { connection } = core.file; // opening it settles the epoch
    if (state.epoch === core.file.epoch) return 'as it is';
    const read = () => rowOf(core, connection, state);
    return ifAsWritten(read) ?? core.file.atOneMoment(read);
  } catch (error) {
    if (core.isDeleted) return 'gone'; // seen just now
    throw error;
  }
}

function rowOf({ catalog }: StoreCore, connection: Connection, { type, id }: ItemState): SqlRow | 'gone' {
  const stored = catalog.find(type);
  return (stored && connection.rowWithId(stored.sql.selectById, id)) ?? 'gone';
}

/** The item's row is no longer there: another connection has deleted it. */
export function vanished(core: StoreCore, state: ItemState): void {
  state.life = 'gone';
  core.identity.delete(state.id);
  core.gone.set(state.id, state.item);
}

/** The item with an id, of whatever type; undefined when there is none. Joins the running transaction. */
export function findById(core: StoreCore, id: number): Item | undefined {
  core.readingFromMemory();
  const known = knownItem(core, id) ?? findUnlessChanged(core, () => core.typeOfId(id), id);
  if (known !== undefined) return known;
  return core.atOneMoment((reading) => {
    const entry = core.entryOfId(id);
    return entry === undefined ? undefined : findRow(core, reading, entry, id);
  });
}

/** The item of a type with an id; undefined when there is none of that type. */
export function findOfType(core: StoreCore, type: ItemType, id: number): Item | undefined {
  core.readingFromMemory();
  const known = knownItem(core, id);
  if (known !== undefined) return stateOf(known).type === type ? known : undefined;
  const found = findUnlessChanged(core, () => type, id);
  if (found !== undefined) return found;
  return core.atOneMoment((reading) => {
    const stored = core.catalog.find(type);
    return stored === undefined ? undefined : loadRow(core, reading, stored, id);
  });
}

function knownItem(core: StoreCore, id: number): Item | undefined {
  const known = core.identity.get(id);
  if (known === undefined) return undefined;
  const state = stateOf(known);
  if (state.epoch !== core.file.epoch) refreshItem(core, state);
  return state.life === 'stored' ? known : undefined;
}

// Outside of a transaction: the row, and whether somebody has committed since the last look, by one statement. A look
// before it takes a third of the time of a get. Where it finds nothing, or there was a commit, it must be looked.
function findUnlessChanged(core: StoreCore, typeAsked: () => ItemType | undefined, id: number): Item | undefined {
  if (runningTransaction() !== undefined) return undefined;
  const type = typeAsked();
  if (type === undefined) return undefined;
  const stored = core.catalog.find(type);
  const { file } = core;
  const row = stored && ifAsWritten(() => file.connection.rowWithId(stored.sql.selectByIdAndGeneration, id));
  return row !== undefined && file.isUnchanged(row.pop()) ? itemOfRow(core, type, row, file.epoch) : undefined;
}

function findRow(core: StoreCore, reading: Reading, entry: CatalogueEntry, id: number): Item | undefined {
  const stored = core.catalog.find(core.catalog.typeOf(entry));
  return stored && loadRow(core, reading, stored, id);
}

function loadRow(core: StoreCore, reading: Reading, { type, sql }: StoredType, id: number): Item | undefined {
  const row = reading.connection.rowWithId(sql.selectById, id);
  return row && itemOfRow(core, type, row, reading.epoch);
}

/**
 * The item of a type with this text in a unique attribute, as of a reading of its store; undefined when there is none. As
 * quick as SQL by hand.
 */
export function findByText(
  { core, reading }: { readonly core: StoreCore; readonly reading: Reading },
  type: ItemType,
  attribute: string,
  value: string,
): Item | undefined {
  const stored = core.catalog.find(type);
  const row = stored && reading.connection.row(stored.sql.selectByText(attribute), [value]);
  return row && itemOfRow(core, type, row, reading.epoch);
}

/** Those of the items with these ids that are in memory. */
export function liveItems(core: StoreCore, ids: readonly number[]): Item[] {
  return ids.flatMap((id) => core.identity.get(id) ?? []);
}

/**
 * The item of a type with an id.
 * @throws CorollaryError NOT_FOUND; WRONG_TYPE when the id is that of an item of another type.
 */
export function getOfType(core: StoreCore, type: ItemType, id: number): Item {
  const item = findOfType(core, type, id);
  if (item !== undefined) return item;
  const place = core.file.place;
  const details = { store: place, type: type.name, storeId: id };
  const entry = core.entryOfId(id);
  if (entry !== undefined && entry.name !== type.name && hasRow(core, entry, id))
    throw new CorollaryError('WRONG_TYPE', `Item ${id} in ${place} is a ${entry.name}, not a ${type.name}`, details);
  throw new CorollaryError('NOT_FOUND', `There is no ${type.name} with storeId ${id} in ${place}`, details);
}

/** True when a type has an item with this id, whether there is a class for it or not. */
export function hasRow(core: StoreCore, { table }: CatalogueEntry, id: number): boolean {
  return core.file.connection.row(`SELECT 1 FROM "${table}" WHERE "storeId" = ?`, [id]) !== undefined;
}

/** @throws CorollaryError NOT_FOUND, UNKNOWN_TYPE */
export function getById(core: StoreCore, id: number): Item {
  const item = findById(core, id);
  if (item !== undefined) return item;
  const place = core.file.place;
  throw new CorollaryError('NOT_FOUND', `There is no item with storeId ${id} in ${place}`, {
    store: place,
    storeId: id,
  });
}

/** @throws CorollaryError INVALID_VALUE unless it is a safe integer. */
export function checkedId(id: unknown): number {
  if (Number.isSafeInteger(id)) return id as number;
  throw new CorollaryError('INVALID_VALUE', `A storeId is a safe integer, not ${kindOf(id)}`);
}
