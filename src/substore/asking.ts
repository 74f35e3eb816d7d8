import type { SqlRow } from '../driver/sql-value.js';
import type { QuerySpec } from '../query/ast.js';
import { compileRows } from '../query/sql/compile.js';
import type { Cell } from '../schema/value.js';
import { FEW_ROWS, MOMENT, rowsAsLookedAt, rowsOf } from '../store/rows.js';
import type { Reading, StoreCore } from '../store/store-core.js';
import { CompiledOnce } from './compiled-once.js';
import type { Merge } from './merge.js';
import { Pruning } from './pruning.js';

/** A store whose turn it is. */
export interface Turn {
  readonly core: StoreCore;
  /** The names that lead to the store, as one text that sorts as stores do. */
  readonly path: string;
  /** As for `StoreCore.readingAside`. */
  readonly period: symbol;
}

/** A store that is read. */
export interface AskedStore extends Pick<Turn, 'core' | 'path'> {
  readonly reading: Reading;
}

export function askedStore(turn: Turn, reading: Reading): AskedStore {
  return {
    core: turn.core,
    reading,
    // Only where something is found, or a page begins, is it needed.
    get path() {
      return turn.path;
    },
  };
}

/** Names as one text that sorts as stores do: no name has a NUL. */
export function pathText(names: readonly string[]): string {
  return names.join('\0');
}

/** Asks stores for rows, one after the other, and merges what they give. */
export class Asking {
  readonly #merge: Merge;
  readonly #compiled: CompiledOnce;
  /** Gives the moment with each row. */
  readonly #atMoment: CompiledOnce;
  readonly #pruning: Pruning;

  constructor(merge: Merge) {
    this.#merge = merge;
    this.#compiled = new CompiledOnce((spec, context) => compileRows(spec, merge.layout, context));
    this.#atMoment = new CompiledOnce((spec, context) => compileRows(spec, merge.layout, context, MOMENT));
    this.#pruning = new Pruning(merge.spec, merge.cutBy);
  }

  /** As {@link Pruning.firstOf}. */
  firstOf(core: StoreCore, period: symbol): Cell | undefined {
    return this.#pruning.firstOf(core, period);
  }

  /** Asks a store, unless it is known to have nothing that is wanted. */
  ask(turn: Turn): void {
    const { core, period } = turn;
    const isFew = this.#merge.most <= FEW_ROWS && core.mayLookWithAnswer;
    if (isFew && this.#askFew(askedStore(turn, core.readingAside(period)))) return;
    core.atOneMomentAside((reading) => this.#ask(askedStore(turn, reading)), period);
  }

  // To begin and end a moment took a fifth of asking a store for ten rows.
  #askFew(store: AskedStore): boolean {
    return this.#take(store, (question) => rowsAsLookedAt(store.core, this.#atMoment.for(store.core, question)));
  }

  #ask(store: AskedStore): void {
    this.#take(store, (question) => rowsOf(store.reading, this.#compiled.for(store.core, question)));
  }

  /** False where there are no rows to take. */
  #take(store: AskedStore, rowsFor: (question: QuerySpec) => SqlRow[] | undefined): boolean {
    const question = this.#merge.askedOf(store);
    if (this.#pruning.rulesOut(store, question)) return true;
    const rows = rowsFor(question);
    if (rows === undefined) return false;
    if (rows.length > 0) {
      const from = { ...store };
      this.#merge.add(rows.map((row) => ({ ...from, row })));
    }
    this.#pruning.asked(store);
    return true;
  }
}
