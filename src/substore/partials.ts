import type { PartialResult } from '../query/answer/partial-results.js';
import type { AggregateFn, QuerySpec, ValueNode } from '../query/ast.js';
import { compileAggregate } from '../query/sql/compile.js';
import { atMoment, OF_ONE_VALUE } from '../query/sql/ready.js';
import { MOMENT, rowsOf, rowWithLook } from '../store/rows.js';
import type { Reading, StoreCore } from '../store/store-core.js';
import { CompiledOnce } from './compiled-once.js';
import { Pruning } from './pruning.js';

/** Asks stores for their part of an aggregate, one after the other. */
export class Partials {
  readonly #spec: QuerySpec;
  readonly #pruning: Pruning;
  readonly #compiled: CompiledOnce;
  /** Asks for the generation, too; undefined where a store must be looked at before it is asked. */
  readonly #withGeneration: CompiledOnce | undefined;

  constructor(spec: QuerySpec, fn: AggregateFn, value: ValueNode | undefined) {
    this.#spec = spec;
    this.#pruning = new Pruning(spec);
    this.#compiled = new CompiledOnce((asked, context) => compileAggregate(asked, fn, value, context));
    if (!this.#pruning.isIdle || !OF_ONE_VALUE.has(fn)) return;
    this.#withGeneration = new CompiledOnce((asked, context) => {
      const compiled = compileAggregate(asked, fn, value, context);
      return compiled && atMoment(compiled, MOMENT);
    });
  }

  /** What a store has; undefined where it is known to have nothing. `period`: as for `StoreCore.readingAside`. */
  of(core: StoreCore, period: symbol): PartialResult[] | undefined {
    const row = this.#rowWithLook(core, period);
    if (row !== undefined) return [row];
    return core.atOneMomentAside((reading) => this.#afterLook(core, reading), period);
  }

  #rowWithLook(core: StoreCore, period: symbol): PartialResult | undefined {
    if (this.#withGeneration === undefined || !core.mayLookWithAnswer) return undefined;
    if (this.#pruning.rulesOutUnseen(core, this.#spec)) return undefined;
    const compiled = this.#withGeneration.for(core, this.#spec);
    return compiled && rowWithLook(core, compiled, period);
  }

  #afterLook(core: StoreCore, reading: Reading): PartialResult[] | undefined {
    if (this.#pruning.rulesOut({ core, reading }, this.#spec)) return undefined;
    this.#pruning.asked({ core, reading });
    return rowsOf(reading, this.#compiled.for(core, this.#spec));
  }
}
