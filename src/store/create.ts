import { CorollaryError, prefixed } from '../errors.js';
import { finish, type Prepared, prepare } from '../item/build.js';
import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import { activate, refusePromise } from './activation.js';
import { namingRules } from './broken-rule.js';
import type { StoredType } from './catalog.js';
import { tellCommitted } from './change.js';
import { TAGS } from './format.js';
import type { Part } from './part.js';
import type { StoreCore } from './store-core.js';
import { ROWS_PER_INSERT } from './table-sql.js';
import type { Write } from './transact.js';
import type { Transaction } from './transaction.js';

/** Creates one item: checked completely, then written, then made live. */
export function createItem(core: StoreCore, type: ItemType, values: object): Item {
  const { hooks } = type;
  const create: Write<Item> = (transaction, part) => {
    const prepared = prepare(type, core.keeper, values);
    const stored = core.catalog.ready(type);
    const id = newId(core, stored);
    insertOne(core, stored, prepared, id);
    part.wrote(stored.entry, [id]);
    const item = come(core, prepared, id, part);
    runHooks([item], transaction);
    return item;
  };
  // A hook may throw after the row is written; only then is a level needed that takes the row back.
  return hooks.activate || hooks.stored ? core.writeInSteps(create) : core.write(create);
}

function newId(core: StoreCore, { entry }: StoredType): number {
  return core.file.takeSequence() * TAGS + entry.tag;
}

function insertOne(core: StoreCore, { sql, type }: StoredType, { cells }: Prepared, id: number): void {
  namingRules(type, () => core.file.connection.run(sql.insert, [id, ...cells]));
}

/** A written row becomes a live item. */
function come(core: StoreCore, prepared: Prepared, id: number, part: Part): Item {
  const item = finish(prepared, id);
  part.log.rememberAs(stateOf(item), 'new');
  core.identity.set(id, item);
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
 * Creates many items of a type, all or none; gives how many, or the items themselves where they are wanted.
 * Objects are made only where they are wanted or a hook needs them.
 */
export function createItems(
  core: StoreCore,
  type: ItemType,
  rows: Iterable<object>,
  wanted: Item[] | undefined,
): number {
  const needsItems = wanted !== undefined || Object.values(type.hooks).some(Boolean);
  return core.writeInSteps((transaction, part) => {
    const stored = core.catalog.ready(type);
    let count = 0;
    for (const values of batches(rows)) {
      const batch = values.map((one, at) => newRow(core, stored, one, count + at));
      insertBatch(core, stored, batch);
      part.wrote(
        stored.entry,
        batch.map(({ id }) => id),
      );
      count += batch.length;
      if (!needsItems) continue;
      const items = batch.map(({ prepared, id }) => come(core, prepared, id, part));
      runHooks(items, transaction);
      for (const item of items) wanted?.push(item);
    }
    return count;
  });
}

/** One of many rows: checked, numbered, ready to be written. */
interface NewRow {
  readonly prepared: Prepared;
  readonly id: number;
  /** Its place among the rows given, from 0. */
  readonly at: number;
}

function newRow(core: StoreCore, stored: StoredType, values: object, at: number): NewRow {
  const prepared = inRow(at, () => prepare(stored.type, core.keeper, values));
  return { prepared, id: newId(core, stored), at };
}

function inRow<R>(at: number, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw error instanceof CorollaryError ? prefixed(error, `Row ${at}`) : error;
  }
}

function* batches(rows: Iterable<object>): Generator<object[]> {
  let batch: object[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < ROWS_PER_INSERT) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function insertBatch(core: StoreCore, stored: StoredType, batch: readonly NewRow[]): void {
  if (batch.length < ROWS_PER_INSERT) {
    insertSingly(core, stored, batch);
    return;
  }
  const values = batch.flatMap(({ prepared, id }) => [id, ...prepared.cells]);
  try {
    core.file.connection.run(stored.sql.insertMany, values);
  } catch (error) {
    // The statement as a whole did nothing. One row at a time, the error names the row.
    if (error instanceof CorollaryError && error.code === 'CONSTRAINT') insertSingly(core, stored, batch);
    throw error;
  }
}

function insertSingly(core: StoreCore, stored: StoredType, batch: readonly NewRow[]): void {
  for (const { prepared, id, at } of batch) inRow(at, () => insertOne(core, stored, prepared, id));
}
