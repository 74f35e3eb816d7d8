import { CorollaryError, problemsError } from '../errors.js';
import { finish, type Prepared, prepare } from '../item/build.js';
import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import type { ItemType } from '../schema/item-type.js';
import type { StoredType } from './catalog.js';
import { aboutItem, tellCommitted } from './change.js';
import { TAGS } from './format.js';
import { activate } from './load.js';
import type { StoreCore } from './store-core.js';
import { ROWS_PER_INSERT } from './table-sql.js';
import type { Transaction } from './transaction.js';

/** Creates one item: checked completely, then written, then made live. */
export function createItem(core: StoreCore, type: ItemType, values: object): Item {
  const { hooks } = type;
  // A hook may throw after the row is written; only then is a level needed that takes the row back.
  const hasSteps = hooks.activate || hooks.stored;
  const work = (transaction: Transaction) => {
    const prepared = prepare(type, core.keeper, values);
    const stored = core.catalog.ready(type);
    const id = newId(core, stored);
    insertOne(core, stored, prepared, id);
    return come(core, prepared, id, transaction);
  };
  return hasSteps ? core.writeInSteps(work) : core.write(work);
}

function newId(core: StoreCore, { entry }: StoredType): number {
  return core.file.takeSequence() * TAGS + entry.tag;
}

function insertOne(core: StoreCore, { sql, type }: StoredType, { cells }: Prepared, id: number): void {
  aboutItem({ type, id }, () => core.file.connection.run(sql.insert, [id, ...cells]));
}

/** A written row becomes a live item. */
function come(core: StoreCore, prepared: Prepared, id: number, transaction: Transaction): Item {
  const item = finish(prepared, id);
  const state = stateOf(item);
  transaction.rememberAs(state, 'new');
  transaction.onUndo(() => core.identity.delete(id));
  core.identity.set(id, item);
  const { hooks } = state.type;
  if (hooks.activate) activate(core, item);
  if (hooks.stored) item.stored();
  tellCommitted(state, transaction);
  return item;
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
  return core.writeInSteps((transaction) => {
    const stored = core.catalog.ready(type);
    let count = 0;
    for (const batch of batches(rows)) {
      const prepared = batch.map((values, at) => prepareRow(core, type, values, count + at));
      const ids = prepared.map(() => newId(core, stored));
      insertBatch(core, stored, prepared, ids);
      count += batch.length;
      if (!needsItems) continue;
      prepared.forEach((one, at) => {
        const item = come(core, one, ids[at] as number, transaction);
        wanted?.push(item);
      });
    }
    return count;
  });
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

function prepareRow(core: StoreCore, type: ItemType, values: object, at: number): Prepared {
  try {
    return prepare(type, core.keeper, values);
  } catch (error) {
    throw withRowNumber(error, type, at);
  }
}

function withRowNumber(error: unknown, type: ItemType, at: number): unknown {
  if (!(error instanceof CorollaryError) || error.problems === undefined) return error;
  return problemsError(`${type.name}, row ${at}`, error.problems, { type: type.name, cause: error.cause });
}

function insertBatch(core: StoreCore, stored: StoredType, prepared: readonly Prepared[], ids: readonly number[]): void {
  if (prepared.length < ROWS_PER_INSERT) {
    insertSingly(core, stored, prepared, ids);
    return;
  }
  const values = prepared.flatMap(({ cells }, at) => [ids[at] as number, ...cells]);
  try {
    core.file.connection.run(stored.sql.insertMany, values);
  } catch (error) {
    // The statement as a whole did nothing. One row at a time, the error names the item.
    if (error instanceof CorollaryError && error.code === 'CONSTRAINT') insertSingly(core, stored, prepared, ids);
    throw error;
  }
}

function insertSingly(
  core: StoreCore,
  stored: StoredType,
  prepared: readonly Prepared[],
  ids: readonly number[],
): void {
  prepared.forEach((one, at) => {
    insertOne(core, stored, one, ids[at] as number);
  });
}
