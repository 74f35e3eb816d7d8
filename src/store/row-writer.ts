import { CollectedRows } from '../driver/collected-rows.js';
import type { Cell } from '../schema/value.js';
import type { StoredType } from './catalog.js';
import type { StoreCore } from './store-core.js';

/** Writes rows whose ids are known into a type's table, many with one statement. Notes nothing for anybody. */
export class RowWriter {
  readonly #core: StoreCore;
  readonly #rows: CollectedRows;

  constructor(core: StoreCore, { sql, type }: StoredType) {
    this.#core = core;
    this.#rows = new CollectedRows(sql.insert, type.attributes.length + 1, core.file.place);
  }

  /** @throws CorollaryError CONSTRAINT naming the item, which may be one of those added before */
  add(id: number, cells: readonly Cell[]): void {
    this.#rows.add(id, cells);
    if (this.#rows.isFull) this.finish();
  }

  /** Writes what is still waiting. */
  finish(): void {
    const { connection } = this.#core.file;
    this.#rows.write((sql, values) => connection.run(sql, values));
  }
}
