import { compileOverGroups, type GroupRow, groupRowKeys, groupRows } from '../query/answer/group-rows.js';
import { Grouping, type Owner } from '../query/answer/groups.js';
import { compareRows, type RowKey } from '../query/answer/row-order.js';
import type { QuerySpec } from '../query/ast.js';
import { type GroupPlan, groupPlan } from '../query/grouping.js';
import type { Page } from '../query/runner.js';
import { compileGroups } from '../query/sql/compile.js';
import type { CompileContext } from '../query/sql/select.js';
import type { SqlContext } from '../query/sql/sql-context.js';
import type { Cell } from '../schema/value.js';
import { groupResultsOf } from './results.js';
import { rowsOf } from './rows.js';
import type { Reading, StoreCore } from './store-core.js';

/** The store that a group's rows come from. */
export interface GroupOwner extends Owner {
  readonly core: StoreCore;
  readonly reading: Reading;
}

/** The answer to a question about groups, of one store or many. */
export class GroupAnswer {
  readonly #spec: QuerySpec;
  readonly #plan: GroupPlan;
  readonly #grouping: Grouping<GroupOwner>;

  constructor(spec: QuerySpec) {
    this.#spec = spec;
    this.#plan = groupPlan(spec);
    this.#grouping = new Grouping(spec, this.#plan);
  }

  /** What the cells of a row's place are. */
  get keys(): readonly RowKey[] {
    return groupRowKeys(this.#spec, this.#plan);
  }

  /** Takes what one store has to say. */
  ask(owner: GroupOwner, context: CompileContext): void {
    this.#grouping.add(rowsOf(owner.reading, compileGroups(this.#spec, this.#plan, context)), owner);
  }

  /** All rows in order; `top` is the store that calculates, and that of no group's rows. */
  rows(top: GroupOwner, idIn: SqlContext['idIn']): GroupRow<GroupOwner>[] {
    const groups = this.#grouping.groups(top);
    const compiled = compileOverGroups(this.#spec, this.#plan, groups, idIn);
    return groupRows(this.#spec, this.#plan, groups, compiled && rowsOf(top.reading, compiled));
  }

  /** The rows that an offset and a limit leave. */
  within(rows: readonly GroupRow<GroupOwner>[]): readonly GroupRow<GroupOwner>[] {
    const { offset = 0, limit = Number.POSITIVE_INFINITY } = this.#spec;
    return rows.slice(offset, offset + limit);
  }

  #after(rows: readonly GroupRow<GroupOwner>[], place: readonly Cell[]): readonly GroupRow<GroupOwner>[] {
    const compare = compareRows(this.keys);
    return rows.filter((row) => compare(row.place, place) > 0);
  }

  /** So many rows after a place, with the cursor that `cursorAt` makes of the last one's place if there are more. */
  page(
    rows: readonly GroupRow<GroupOwner>[],
    size: number,
    after: readonly Cell[] | undefined,
    cursorAt: (place: readonly Cell[]) => string,
  ): Page<unknown> {
    const left = after === undefined ? rows : this.#after(rows, after);
    const page = left.slice(0, size);
    const last = left.length > size ? page.at(-1) : undefined;
    return { items: this.results(page), next: last && cursorAt(last.place) };
  }

  /** What the question asks of the rows. */
  results(rows: readonly GroupRow<GroupOwner>[]): unknown[] {
    return groupResultsOf(
      this.#spec,
      rows.map(({ owner: { core, reading }, outputs }) => ({ core, reading, row: outputs })),
    );
  }
}
