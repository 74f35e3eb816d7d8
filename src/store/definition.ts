import type { Connection } from '../driver/connection.js';
import type { SqlValue } from '../driver/sql-value.js';

/** A statement that is no change of items: it makes a table or an index, or notes that in the catalogue. */
export interface Definition {
  readonly sql: string;
  readonly values?: readonly SqlValue[];
  /** True where it does harm if the transaction that it belongs to is undone. */
  readonly isBinding?: true;
}

/** Runs them in their order. */
export function runDefinitions(connection: Connection, definitions: readonly Definition[]): void {
  for (const { sql, values = [] } of definitions) connection.run(sql, values);
}
