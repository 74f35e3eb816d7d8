import { ROWS_PER_INSERT } from '../driver/collected-rows.js';
import type { SqlValue } from '../driver/sql-value.js';
import { CorollaryError } from '../errors.js';
import { namingRules } from './broken-rule.js';
import type { StoredType } from './catalog.js';
import type { StoreCore } from './store-core.js';

/** A whole row: the id, then the cells. */
export type WholeRow = readonly SqlValue[];

/** Writes rows whose ids are known into a type's table, many with one statement. Notes nothing for anybody. */
export class RowWriter {
  readonly #core: StoreCore;
  readonly #stored: StoredType;
  #waiting: WholeRow[] = [];

  constructor(core: StoreCore, stored: StoredType) {
    this.#core = core;
    this.#stored = stored;
  }

  /** @throws CorollaryError CONSTRAINT naming the item, which may be one of those added before */
  add(row: WholeRow): void {
    this.#waiting.push(row);
    if (this.#waiting.length === ROWS_PER_INSERT) this.#writeTogether();
  }

  /** Writes what is still waiting. */
  finish(): void {
    this.#writeSingly();
  }

  #writeTogether(): void {
    try {
      this.#core.file.connection.run(this.#stored.sql.insertMany, this.#waiting.flat());
      this.#waiting = [];
    } catch (error) {
      // The statement as a whole did nothing. One row at a time, the error names the row.
      if (error instanceof CorollaryError && error.code === 'CONSTRAINT') this.#writeSingly();
      throw error;
    }
  }

  #writeSingly(): void {
    const { type, sql } = this.#stored;
    for (const row of this.#waiting)
      namingRules(type, () => this.#core.file.connection.run(sql.insert, row), row[0] as number);
    this.#waiting = [];
  }
}
