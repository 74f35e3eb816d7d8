import type { SqlRow } from '../driver/sql-value.js';
import { namingBadSearch } from '../query/search/search-text.js';
import type { Compiled } from '../query/sql/fragment.js';
import type { CompileContext } from '../query/sql/select.js';
import { ifAsWritten } from './as-written.js';
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

/** The same statement, of one value, which also gives the generation that the value is as of: {@link rowWithLook} runs it. */
export function withGeneration({ sql, values }: Compiled): Compiled {
  return { sql: `SELECT (${sql}), generation FROM corollary_store`, values };
}

/**
 * Asks for one value and looks for commits of others, in one statement: to look before took longer than to count. Undefined
 * where it must be asked again after a look, since this library has written there. Only where `StoreCore.mayLookWithAnswer`.
 */
export function rowWithLook(core: StoreCore, compiled: Compiled, period: symbol): SqlRow | undefined {
  const [row] = ifAsWritten(() => rowsOf(core.file, compiled)) ?? [];
  return core.file.isUnchangedIn(period, row?.[1]) ? row : undefined;
}
