import { CollectedRows, ROWS_PER_STATEMENT } from '../driver/collected-rows.js';
import { CorollaryError, prefixed } from '../errors.js';
import { finish, type Prepared, prepare } from '../item/build.js';
import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { activate, refusePromise } from './activation.js';
import { namedRule, namingRules } from './broken-rule.js';
import type { StoredType } from './catalog.js';
import { tellCommitted } from './change.js';
import { TAGS } from './format.js';
import { mayWait } from './may-wait.js';
import type { Part } from './part.js';
import type { StoreCore } from './store-core.js';
import type { Write } from './transact.js';
import type { Transaction } from './transaction.js';

/** Creates one item: checked completely, then written, then made live. */
export function createItem(core: StoreCore, type: ItemType, values: object): Item {
  const { hooks } = type;
  const create: Write<Item> = (transaction, part) => {
    const prepared = prepare(type, core.keeper, values);
    const item = come(core, prepared, insertNew(core, prepared, part), part);
    if (hasHooks(type)) runHooks([item], transaction);
    return item;
  };
  // A hook may throw after the row is written; only then is a level needed that takes the row back.
  return hooks.activate || hooks.stored ? core.writeInSteps(create) : core.write(create);
}

/**
 * Creates an item from cells that are checked and complete; gives its id. An object is made only where a hook needs one:
 * any number can be created in one job.
 */
export function createFromCells(core: StoreCore, type: ItemType, cells: readonly Cell[]): number {
  const prepared: Prepared = { type, keeper: core.keeper, cells: [...cells], state: undefined };
  if (!hasHooks(type)) return core.write((_, part) => insertNew(core, prepared, part));
  return core.writeInSteps((transaction, part) => {
    const id = insertNew(core, prepared, part);
    runHooks([come(core, prepared, id, part)], transaction);
    return id;
  });
}

function hasHooks({ hooks }: ItemType): boolean {
  return hooks.activate || hooks.stored || hooks.committed || hooks.deleted;
}

/** Writes the row of one new item; gives its id. */
function insertNew(core: StoreCore, prepared: Prepared, part: Part): number {
  const stored = core.catalog.ready(prepared.type);
  const id = newId(core, stored);
  insertOne(core, stored, prepared, id);
  part.wroteOne(stored.entry, id);
  return id;
}

function newId(core: StoreCore, { entry }: StoredType, sequence = core.file.takeSequence()): number {
  return sequence * TAGS + entry.tag;
}

/** The id of the item of a type that is created under a number of {@link reserveNumbers}. Runs inside a write. */
export function idUnder(core: StoreCore, type: ItemType, sequence: number): number {
  return newId(core, core.catalog.ready(type), sequence);
}

/** So many numbers in a row for items that are created later in the transaction; gives the first. */
export function reserveNumbers(core: StoreCore, count: number): number {
  return core.file.takeSequence(count);
}

/** Checks values as {@link createItem} does, and creates nothing. What only the database can tell is not checked. */
export function checkNew(core: StoreCore, type: ItemType, values: object): void {
  prepare(type, core.keeper, values);
}

function insertOne(core: StoreCore, stored: StoredType, prepared: Prepared, id: number): void {
  if (mayWait(stored, prepared.cells)) core.file.connection.collect(stored.sql.insert, id, prepared.cells);
  else insertAtOnce(core, stored, prepared, id);
}

function insertAtOnce(core: StoreCore, { sql, type }: StoredType, { cells }: Prepared, id: number): void {
  namingRules(type, () => core.file.connection.run(sql.insert.one, [...cells, id]));
}

/** A written row becomes a live item. */
function come(core: StoreCore, prepared: Prepared, id: number, part: Part): Item {
  const item = core.identity.add(id, finish(prepared, id));
  part.log.rememberNew(stateOf(item));
  return item;
}

/** What a class wants to do when its items come to be. All of them are live by then. */
function runHooks(items: readonly Item[], transaction: Transaction): void {
  for (const item of items) {
    const state = stateOf(item);
    const { hooks } = state.type;
    if (hooks.activate) activate(item);
    if (hooks.stored) refusePromise(item.stored(), 'stored');
    tellCommitted(state, transaction);
  }
}

/**
 * Creates many items of a type, all or none; gives how many, or the items themselves where they are wanted. Objects stay
 * in memory only where they are wanted or a hook needs them.
 */
export function createItems(
  core: StoreCore,
  type: ItemType,
  rows: Iterable<object>,
  wanted: Item[] | undefined,
): number {
  return createRows(core, type, asRows(rows), { wanted, postponed: undefined });
}

/** Values for one of many items. */
export interface RowValues {
  readonly values: object;
  /** One of {@link reserveNumbers}; the next one if not given. */
  readonly sequence?: number;
  /** How errors name it: its place among the rows, from 0, or in words. */
  readonly name: number | string;
}

function* asRows(rows: Iterable<object>): Generator<RowValues> {
  let at = 0;
  for (const values of rows) yield { values, name: at++ };
}

/** What is done with the items that are made of rows, where any are. */
export interface NewItems {
  /** Takes all of them. */
  readonly wanted: Item[] | undefined;
  /** Takes those of classes with hooks, which then run in {@link runPostponed}. */
  readonly postponed: Item[] | undefined;
}

/** The same for rows that may come with numbers of their own. */
export function createRows(core: StoreCore, type: ItemType, rows: Iterable<RowValues>, made: NewItems): number {
  const needsItems = made.wanted !== undefined || hasHooks(type);
  return core.writeInSteps((transaction, part) => {
    const stored = core.catalog.ready(type);
    let count = 0;
    for (const values of batches(rows)) {
      const batch = values.map((one) => newRow(core, stored, one));
      insertBatch(core, stored, batch);
      part.wrote(
        stored.entry,
        batch.map(({ id }) => id),
      );
      count += batch.length;
      if (!needsItems) continue;
      const items = batch.map(({ prepared, id }) => come(core, prepared, id, part));
      if (made.postponed === undefined) runHooks(items, transaction);
      handOut(items, made);
    }
    return count;
  });
}

function handOut(items: readonly Item[], { wanted, postponed }: NewItems): void {
  for (const item of items) {
    wanted?.push(item);
    postponed?.push(item);
  }
}

/** Runs what hooks of new items were to do, once all that these refer to is there. */
export function runPostponed(core: StoreCore, items: readonly Item[]): void {
  core.writeInSteps((transaction) => runHooks(items, transaction));
}

/** One of many rows: checked, numbered, ready to be written. */
interface NewRow {
  readonly prepared: Prepared;
  readonly id: number;
  /** As in {@link RowValues}. */
  readonly name: number | string;
}

function newRow(core: StoreCore, stored: StoredType, { values, sequence, name }: RowValues): NewRow {
  const prepared = inRow(name, () => prepare(stored.type, core.keeper, values));
  return { prepared, id: newId(core, stored, sequence), name };
}

function inRow<R>(name: number | string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw error instanceof CorollaryError ? ofRow(name, error) : error;
  }
}

function ofRow(name: number | string, error: CorollaryError): CorollaryError {
  return prefixed(error, typeof name === 'number' ? `Row ${name}` : name);
}

function* batches(rows: Iterable<RowValues>): Generator<RowValues[]> {
  let batch: RowValues[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < ROWS_PER_STATEMENT) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

// At once: who creates many is told which row was refused.
function insertBatch(core: StoreCore, { sql, type }: StoredType, batch: readonly NewRow[]): void {
  const refused = (error: CorollaryError, id: number) => {
    const row = batch.find((one) => one.id === id) as NewRow;
    return ofRow(row.name, namedRule(error, type, undefined));
  };
  const rows = new CollectedRows({ ...sql.insert, refused }, type.attributes.length + 1, core.file.place);
  for (const { prepared, id } of batch) rows.add(id, prepared.cells);
  rows.write((text, values) => core.file.connection.run(text, values));
}
