import type { Connection, SqlRow } from '../driver/connection.js';
import { CorollaryError, kindOf } from '../errors.js';
import { buildStored } from '../item/build.js';
import type { Item } from '../item/item.js';
import { type ItemState, stateOf } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import type { CatalogueEntry, StoredType } from './catalog.js';
import type { StoreCore } from './store-core.js';

/** The live object for a row of id and cells: the one in memory if there is one. */
export function itemOfRow(core: StoreCore, type: ItemType, row: SqlRow): Item {
  const id = row[0] as number;
  const known = core.identity.get(id);
  if (known === undefined) return load(core, type, id, row);
  const state = stateOf(known);
  if (state.epoch !== core.file.epoch) replaceCells(core, state, row);
  return known;
}

function load(core: StoreCore, type: ItemType, id: number, row: SqlRow): Item {
  const item = buildStored(type, core.keeper, id, row.slice(1));
  core.identity.set(id, item);
  if (type.hooks.activate) activate(core, item);
  return item;
}

/** Calls an item's `activate`, which may read but not write. An item whose hook throws is not handed out. */
export function activate(core: StoreCore, item: Item): void {
  core.activating++;
  try {
    item.activate();
  } catch (error) {
    core.identity.delete(item.storeId);
    throw error;
  } finally {
    core.activating--;
  }
}

function replaceCells(core: StoreCore, state: ItemState, row: SqlRow): void {
  state.cells = row.slice(1);
  state.epoch = core.file.epoch;
}

/** Reads a stale item again; one whose row has gone is marked so. After the store was closed its last values stay. */
export function refreshItem(core: StoreCore, state: ItemState): void {
  if (core.isClosed) return;
  const { connection } = core.file; // opening it may raise the epoch
  const { epoch } = core.file;
  const stored = core.catalog.find(state.type);
  const row = stored && connection.row(stored.sql.selectById, [state.id]);
  if (row === undefined) vanished(core, state);
  else replaceCells(core, state, row);
  state.epoch = epoch;
}

/** The item's row is no longer there: another connection has deleted it. */
export function vanished(core: StoreCore, state: ItemState): void {
  state.life = 'gone';
  core.identity.delete(state.id);
}

/** The item with an id, of whatever type; undefined when there is none. Joins the running transaction. */
export function findById(core: StoreCore, id: number): Item | undefined {
  core.readingFromMemory();
  const known = knownItem(core, id);
  if (known !== undefined) return known;
  const connection = core.reading();
  const entry = core.entryOfId(id);
  return entry === undefined ? undefined : findRow(core, connection, entry, id);
}

/** The item of a type with an id; undefined when there is none of that type. */
export function findOfType(core: StoreCore, type: ItemType, id: number): Item | undefined {
  core.readingFromMemory();
  const known = knownItem(core, id);
  if (known !== undefined) return stateOf(known).type === type ? known : undefined;
  const connection = core.reading();
  const stored = core.catalog.find(type);
  return stored === undefined ? undefined : loadRow(core, connection, stored, id);
}

function knownItem(core: StoreCore, id: number): Item | undefined {
  const known = core.identity.get(id);
  if (known === undefined) return undefined;
  const state = stateOf(known);
  if (state.epoch !== core.file.epoch) refreshItem(core, state);
  return state.life === 'stored' ? known : undefined;
}

function findRow(core: StoreCore, connection: Connection, entry: CatalogueEntry, id: number): Item | undefined {
  const stored = core.catalog.find(core.catalog.typeOf(entry));
  return stored && loadRow(core, connection, stored, id);
}

function loadRow(core: StoreCore, connection: Connection, { type, sql }: StoredType, id: number): Item | undefined {
  const row = connection.row(sql.selectById, [id]);
  return row && itemOfRow(core, type, row);
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

function hasRow(core: StoreCore, { table }: CatalogueEntry, id: number): boolean {
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
