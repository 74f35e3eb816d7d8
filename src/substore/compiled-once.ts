import type { QuerySpec } from '../query/ast.js';
import type { Compiled } from '../query/sql/fragment.js';
import type { CompileContext } from '../query/sql/select.js';
import type { ItemType } from '../schema/item-type.js';
import { compileContext } from '../store/rows.js';
import type { StoreCore } from '../store/store-core.js';

/** Makes SQL of a question, as one of `query/sql/compile.ts` does. */
type Compile = (spec: QuerySpec, context: CompileContext) => Compiled | undefined;

/** What was compiled last, and what was learned of the store for it. */
interface Last {
  readonly spec: QuerySpec;
  readonly compiled: Compiled | undefined;
  readonly tables: ReadonlyMap<ItemType, string | undefined>;
  /** True when something of that one store went into the SQL: its uid, or a table of words. */
  readonly isOwn: boolean;
}

/** The SQL of a question that is asked of many stores: compiled again only where a store differs from the one before. */
export class CompiledOnce {
  readonly #compile: Compile;
  #last: Last | undefined;

  constructor(compile: Compile) {
    this.#compile = compile;
  }

  /** @throws CorollaryError what compiling throws */
  for(core: StoreCore, spec: QuerySpec): Compiled | undefined {
    if (this.#last === undefined || !isRightFor(core, spec, this.#last)) this.#last = this.#compiledFor(core, spec);
    return this.#last.compiled;
  }

  #compiledFor(core: StoreCore, spec: QuerySpec): Last {
    const context = compileContext(core, 'nothing');
    const tables = new Map<ItemType, string | undefined>();
    let isOwn = false;
    const compiled = this.#compile(spec, {
      ...context,
      get uid() {
        isOwn = true;
        return context.uid;
      },
      tableOf(type) {
        const table = context.tableOf(type);
        tables.set(type, table);
        return table;
      },
      textTableOf(type) {
        isOwn = true;
        return context.textTableOf(type);
      },
    });
    return { spec, compiled, tables, isOwn };
  }
}

function isRightFor({ catalog }: StoreCore, spec: QuerySpec, last: Last): boolean {
  if (last.isOwn || last.spec !== spec) return false;
  for (const [type, table] of last.tables) if (catalog.find(type)?.sql.table !== table) return false;
  return true;
}
