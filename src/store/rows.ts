import type { SqlRow } from '../driver/connection.js';
import type { Compiled } from '../query/fragment.js';
import type { CompileContext } from '../query/select.js';
import type { Reading, StoreCore } from './store-core.js';

/** What the SQL of a question must know of this store. */
export function compileContext(core: StoreCore, foreignItems: 'refuse' | 'nothing'): CompileContext {
  return { uid: core.file.uid, tableOf: (type) => core.catalog.find(type)?.sql.table, foreignItems };
}

/** Runs compiled SQL; what was not compiled, because its type was never stored, has no rows. */
export function rowsOf({ connection }: Pick<Reading, 'connection'>, compiled: Compiled | undefined): SqlRow[] {
  return compiled === undefined ? [] : connection.rows(compiled.sql, compiled.values);
}
