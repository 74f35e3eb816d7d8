import { CorollaryError } from '../errors.js';
import type { Item } from '../item/item.js';
import { stateOf } from '../item/state.js';
import { becomeSiblings, GROUP } from './answer.js';
import { tagOf } from './format.js';
import { itemOfRow } from './load.js';
import type { Reading, StoreCore } from './store-core.js';

/** True when the item with this id is in memory, as it is now. */
export function isInMemory(core: StoreCore, { epoch }: Reading, id: number): boolean {
  const known = core.identity.get(id);
  return known !== undefined && stateOf(known).epoch === epoch;
}

/**
 * Reads the items with these ids into memory: one statement for each type and thousand, none for what is there already.
 * Nothing of it may fail for someone who did not ask for that item, so an item that cannot be had is left out: whoever
 * reads it finds out. What `activate` hooks threw is given back, by id. Until the running job ends, all stay in memory.
 */
export function loadTogether(core: StoreCore, reading: Reading, ids: Iterable<number>): ReadonlyMap<number, unknown> {
  const failures = new Map<number, unknown>();
  for (const group of groupsByType(core, reading, ids)) {
    const items = itemsOf(core, reading, group, failures);
    becomeSiblings(items);
  }
  return failures;
}

function groupsByType(core: StoreCore, reading: Reading, ids: Iterable<number>): number[][] {
  const missing = new Map<number, number[]>();
  for (const id of new Set(ids)) {
    if (isInMemory(core, reading, id)) continue;
    const same = missing.get(tagOf(id));
    if (same === undefined) missing.set(tagOf(id), [id]);
    else same.push(id);
  }
  return [...missing.values()].flatMap(chunks);
}

function chunks(ids: readonly number[]): number[][] {
  const count = Math.ceil(ids.length / GROUP);
  return Array.from({ length: count }, (_, at) => ids.slice(at * GROUP, (at + 1) * GROUP));
}

function itemsOf(
  core: StoreCore,
  reading: Reading,
  ids: readonly number[],
  failures: Map<number, unknown>,
): readonly Item[] {
  try {
    const stored = storedTypeOf(core, ids[0] as number);
    if (stored === undefined) return [];
    // Not by the reading's: of the many stores of a tree, this one may have been closed to make room since.
    const rows = core.file.connection.rows(stored.sql.selectByIds, [JSON.stringify(ids)]);
    return rows.flatMap((row) => {
      try {
        return itemOfRow(core, stored.type, row, reading.epoch);
      } catch (error) {
        failures.set(row[0] as number, error);
        return [];
      }
    });
  } catch (error) {
    if (error instanceof CorollaryError && UNREADABLE.has(error.code)) return [];
    throw error;
  }
}

/** A type without a class, or of another version: said to whoever reads such an item. */
const UNREADABLE: ReadonlySet<string> = new Set([
  'UNKNOWN_TYPE',
  'NEWER_DATABASE',
  'NO_UPGRADE_PATH',
  'UPGRADE_NEEDED',
  'UPGRADE_FAILED',
  'SCHEMA_MISMATCH',
]);

function storedTypeOf(core: StoreCore, id: number) {
  const entry = core.entryOfId(id);
  return entry && core.catalog.find(core.catalog.typeOf(entry));
}
