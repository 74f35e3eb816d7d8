import type { SqlRow } from '../driver/sql-value.js';
import type { QuerySpec } from '../query/ast.js';
import { searchError } from '../query/search/search-text.js';
import type { Compiled } from '../query/sql/fragment.js';
import type { Layout } from '../query/sql/layout.js';
import { readyMomentRows } from '../query/sql/ready.js';
import type { CompileContext } from '../query/sql/select.js';
import { ifAsWritten } from './as-written.js';
import { searchTable } from './search-table.js';
import type { Reading, StoreCore } from './store-core.js';
import { runningTransaction } from './transaction.js';

/** The generation tells of which moment rows are. */
export const MOMENT = '(SELECT generation FROM corollary_store)';

/** What the SQL of a question must know of this store. */
export function compileContext(core: StoreCore, foreignItems: 'refuse' | 'nothing') {
  return {
    moment: MOMENT,
    uid: core.file.uid,
    tableOf: (type) => core.catalog.find(type)?.sql.table,
    textTableOf: (type) => searchTable(core, type),
    foreignItems,
  } satisfies CompileContext;
}

/** Runs compiled SQL; what was not compiled, because its type was never stored, has no rows. */
export function rowsOf({ connection }: Pick<Reading, 'connection'>, compiled: Compiled | undefined): SqlRow[] {
  if (compiled === undefined) return [];
  const { sql, values } = compiled;
  try {
    return connection.rows(sql, values);
  } catch (error) {
    // Every search has this word; what else may have it never fails as a search does.
    throw sql.includes(' MATCH ') ? searchError(error) : error;
  }
}

/** Up to so many rows, to give the generation with each costs less than to look for it before. */
export const FEW_ROWS = 100;

/**
 * The rows of a plain question of few, and whether somebody has committed since the last look, by one statement. Undefined
 * where it must be looked, and asked then. To look before each took a sixth of a question for 20 items.
 */
export function rowsWithLook(core: StoreCore, spec: QuerySpec): { layout: Layout; rows: SqlRow[] } | undefined {
  if ((spec.limit ?? Number.POSITIVE_INFINITY) > FEW_ROWS || runningTransaction() !== undefined) return undefined;
  core.readingFromMemory();
  const { layout, compiled } = readyMomentRows(spec, compileContext(core, 'refuse')) ?? {};
  if (layout === undefined || compiled === undefined || readsMore(spec, layout)) return undefined;
  const rows = ifAsWritten(() => rowsOf(core.file, compiled));
  return rows !== undefined && isOfLastLook(core, rows) ? { layout, rows } : undefined;
}

/** True where what items refer to is read besides, which must be as of the same moment. */
function readsMore({ preload }: QuerySpec, { outputs }: Layout): boolean {
  return (
    preload !== undefined || outputs.some((output) => output.kind === 'value' && output.shape.reference !== undefined)
  );
}

// Where nothing was found it is looked after asking: what has not changed until then had not changed before.
function isOfLastLook({ file }: StoreCore, rows: readonly SqlRow[]): boolean {
  if (rows.length > 0) return rows.every((row) => file.isUnchanged(row.pop()));
  const { epoch } = file;
  file.sync();
  return file.epoch === epoch;
}

/**
 * Rows that were read with the generation last, as of the last look; undefined where this library has written there since, and
 * it must be asked as of one moment.
 */
export function rowsAsLookedAt({ file }: StoreCore, compiled: Compiled | undefined): SqlRow[] | undefined {
  const rows = ifAsWritten(() => rowsOf(file, compiled));
  return rows?.every((row) => file.isUnchanged(row.pop())) ? rows : undefined;
}

/**
 * Asks for one value and looks for commits of others, in one statement that gives the generation last: to look before took
 * longer than to count. Undefined where it must be asked again after a look, since this library has written there. Only
 * where `StoreCore.mayLookWithAnswer`. `period`: as for `StoreFile.isUnchanged`.
 */
export function rowWithLook({ file }: StoreCore, compiled: Compiled, period?: symbol): SqlRow | undefined {
  const [row] = ifAsWritten(() => rowsOf(file, compiled)) ?? [];
  return file.isUnchanged(row?.[1], period) ? row : undefined;
}
