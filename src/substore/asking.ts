import { compileRows } from '../query/sql/compile.js';
import type { Cell } from '../schema/value.js';
import { rowsOf } from '../store/rows.js';
import type { Reading, StoreCore } from '../store/store-core.js';
import { CompiledOnce } from './compiled-once.js';
import type { Merge } from './merge.js';
import { Pruning } from './pruning.js';

/** A store whose turn it is. */
export interface AskedStore {
  readonly core: StoreCore;
  /** The names that lead to the store, as one text that sorts as stores do. */
  readonly path: string;
  readonly reading: Reading;
}

/** Names as one text that sorts as stores do: no name has a NUL. */
export function pathText(names: readonly string[]): string {
  return names.join('\0');
}

/** Asks stores for rows, one after the other, and merges what they give. */
export class Asking {
  readonly #merge: Merge;
  readonly #compiled: CompiledOnce;
  readonly #pruning: Pruning;

  constructor(merge: Merge) {
    this.#merge = merge;
    this.#compiled = new CompiledOnce((spec, context) => compileRows(spec, merge.layout, context));
    this.#pruning = new Pruning(merge.spec, merge.cutBy);
  }

  /** The cell of the store's first row in the first order; undefined where it is not known, or there is none. */
  firstOf(store: AskedStore): Cell | undefined {
    return this.#pruning.firstOf(store);
  }

  /** Asks a store, unless it is known to have nothing that is wanted. */
  ask(store: AskedStore): void {
    const question = this.#merge.askedOf(store);
    if (this.#pruning.rulesOut(store, question)) return;
    const rows = rowsOf(store.reading, this.#compiled.for(store.core, question));
    if (rows.length > 0) {
      const from = { ...store };
      this.#merge.add(rows.map((row) => ({ ...from, row })));
    }
    this.#pruning.asked(store);
  }
}
