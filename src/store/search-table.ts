import { CorollaryError } from '../errors.js';
import type { TextTable } from '../query/search/searches.js';
import type { ItemType } from '../schema/item-type.js';
import type { StoredType } from './catalog.js';
import type { StoreCore } from './store-core.js';

/** Why a write is refused where the answer is not to fail: the store, or the transaction, is not for writing. */
const NOT_FOR_WRITING = ['READ_ONLY', 'NOT_SUPPORTED', 'OUTSIDE_TREE'];

/**
 * The table in which the words of a type that has full-text attributes are searched; undefined when
 * no item of the type was ever stored. Where the file lacks the index, because nothing of the type was written since
 * the class declares it, it is made now, by a write: an answer without it would be wrong. The table may have more
 * columns than the class has full-text attributes, so a search names those that it means.
 * @throws CorollaryError UPGRADE_NEEDED where the index must be made and nothing may be written; BUSY, DISK_FULL
 */
export function searchTable(core: StoreCore, type: ItemType): TextTable | undefined {
  const found = core.catalog.find(type);
  if (found === undefined) return undefined;
  const { textTable, entry } = isIndexed(found) ? found : madeSearchable(core, type);
  return textTable === undefined ? undefined : { table: textTable, columns: entry.shape.rules.fullText ?? [] };
}

function isIndexed({ type, entry }: StoredType): boolean {
  const { fullText = [] } = entry.shape.rules;
  return type.fullText.every((name) => fullText.includes(name));
}

function madeSearchable(core: StoreCore, type: ItemType): StoredType {
  try {
    return core.write(() => core.catalog.ready(type));
  } catch (cause) {
    if (!(cause instanceof CorollaryError) || !NOT_FOR_WRITING.includes(cause.code)) throw cause;
    const { place } = core.file;
    throw new CorollaryError(
      'UPGRADE_NEEDED',
      `${place} has no index of the words of ${type.name} (${type.fullText.join(', ')}) yet, and none can be made here (${cause.code}): search it once outside a transaction, in a store opened for writing`,
      { store: place, type: type.name, cause },
    );
  }
}
