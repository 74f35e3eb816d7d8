import type { SqlRow } from '../driver/sql-value.js';
import { namingBadSearch } from '../query/search/search-text.js';
import type { Compiled } from '../query/sql/fragment.js';
import type { CompileContext } from '../query/sql/select.js';
import { searchTable } from './search-table.js';
import type { Reading, StoreCore } from './store-core.js';

/** What the SQL of a question must know of this store. */
export function compileContext(core: StoreCore, foreignItems: 'refuse' | 'nothing'): CompileContext {
  return {
    uid: core.file.uid,
    tableOf: (type) => core.catalog.find(type)?.sql.table,
    textTableOf: (type) => searchTable(core, type),
    foreignItems,
  };
}

/** Runs compiled SQL; what was not compiled, because its type was never stored, has no rows. */
export function rowsOf({ connection }: Pick<Reading, 'connection'>, compiled: Compiled | undefined): SqlRow[] {
  if (compiled === undefined) return [];
  const { sql, values } = compiled;
  // Every search has this word; what else may have it never fails as a search does.
  return sql.includes(' MATCH ') ? namingBadSearch(() => connection.rows(sql, values)) : connection.rows(sql, values);
}
