import { CorollaryError } from '../errors.js';
import type { SqlValue } from './sql-value.js';

/** Rows in one INSERT: past about 32 nothing more is gained. */
export const ROWS_PER_INSERT = 32;

/** The statements that write whole rows of one table, whose first value is an id. */
export interface RowStatements {
  /** Takes the values of one row. */
  readonly insert: string;
  /** Takes those of {@link ROWS_PER_INSERT} rows. */
  readonly insertMany: string;
  /** What to say where a rule of the table refuses the row with this id. */
  refused(error: CorollaryError, id: number): CorollaryError;
}

/** Rows of one table that wait until they are written together, which takes half the time. */
export class CollectedRows {
  readonly statements: RowStatements;
  readonly #columns: number;
  #values: SqlValue[] = [];

  constructor(statements: RowStatements, columns: number) {
    this.statements = statements;
    this.#columns = columns;
  }

  add(id: number, cells: readonly SqlValue[]): void {
    this.#values.push(id);
    for (const cell of cells) this.#values.push(cell);
  }

  get isFull(): boolean {
    return this.#values.length === this.#columns * ROWS_PER_INSERT;
  }

  /** Writes the rows. After an error those that were not written still wait. */
  write(run: (sql: string, values: readonly SqlValue[]) => void): void {
    if (!this.isFull) {
      this.#writeSingly(run);
      return;
    }
    try {
      run(this.statements.insertMany, this.#values);
      this.#values = [];
    } catch (error) {
      // The statement as a whole did nothing. One row at a time, the error names the row.
      if (error instanceof CorollaryError && error.code === 'CONSTRAINT') this.#writeSingly(run);
      throw error;
    }
  }

  #writeSingly(run: (sql: string, values: readonly SqlValue[]) => void): void {
    while (this.#values.length > 0) {
      const row = this.#values.slice(0, this.#columns);
      try {
        run(this.statements.insert, row);
      } catch (error) {
        if (!(error instanceof CorollaryError) || error.code !== 'CONSTRAINT') throw error;
        throw this.statements.refused(error, row[0] as number);
      }
      this.#values.splice(0, this.#columns);
    }
  }
}
