import { CorollaryError } from '../../errors.js';
import type { Cell } from '../../schema/value.js';
import { type QuerySpec, readValues, type ValueNode } from '../ast.js';
import { isOfStore } from '../column-shape.js';
import { type GroupPlan, placeIn } from '../grouping.js';
import { comparedJson } from '../json-value.js';
import { conditionSQL } from '../sql/compile-condition.js';
import { exactSQL } from '../sql/compile-value.js';
import { bound, type Compiled, type Fragment, joined, jsonCell, rendered, sql } from '../sql/fragment.js';
import type { SqlContext } from '../sql/sql-context.js';
import { textOf } from '../traverse.js';
import { shapeOf } from '../value-shape.js';
import { type Group, type Owner, PATH_KEY } from './groups.js';
import { compareRows, type RowKey, rowKey, rowKeys } from './row-order.js';

/** A group with what is read of it. */
export interface GroupRow<O extends Owner> {
  readonly owner: O;
  /** The cells of the answer's values. */
  readonly outputs: Cell[];
  /** The cells of {@link groupRowKeys}: the row's place in the answer. */
  readonly place: readonly Cell[];
}

/** A value that is read of a group. What lies in JSON is ordered by in another form than it is read in. */
interface Wanted {
  readonly value: ValueNode;
  /** Where it stands in the group's cells; undefined for what must be calculated. */
  readonly at: number | undefined;
}

function wantedValues(spec: QuerySpec, plan: GroupPlan): readonly Wanted[] {
  const outputs = (readValues(spec) ?? []).map((value) => ({ value, at: placeIn(plan, value) }));
  const orders = spec.orderBy.map(({ column: value }) => ({
    value,
    at: 'at' in value ? undefined : placeIn(plan, value),
  }));
  return [...outputs, ...orders];
}

/**
 * SELECT over groups that were put together: the place of each that fulfils `having`, and the values calculated from it.
 * Undefined where nothing is to be calculated.
 */
export function compileOverGroups<O extends Owner>(
  spec: QuerySpec,
  plan: GroupPlan,
  groups: readonly Group<O>[],
  idIn: SqlContext['idIn'],
): Compiled | undefined {
  const calculated = wantedValues(spec, plan).filter(({ at }) => at === undefined);
  if (calculated.length === 0 && spec.having === undefined) return undefined;
  const context = overGroups(spec, plan, idIn);
  const columns = joined([['key'], ...calculated.map(({ value }) => exactSQL(value, context))], ', ');
  const rows = JSON.stringify(groups.map(({ cells }) => cells.map(jsonCell)));
  const all = sql`SELECT ${columns} FROM json_each(${bound(rows)})`;
  return rendered(spec.having === undefined ? all : sql`${all} WHERE ${conditionSQL(spec.having, context)}`);
}

function overGroups(spec: QuerySpec, plan: GroupPlan, idIn: SqlContext['idIn']): SqlContext {
  const values = [...plan.keys, ...plan.carried, ...plan.aggregates];
  const places = new Map(values.map((value, at): [string, Fragment] => [textOf(value), groupCell(spec, value, at)]));
  return {
    from: spec.from,
    known: (value) => places.get(textOf(value)),
    column: ({ name }) => name,
    idIn,
    subquery: unseen,
    referrers: unseen,
    matches: unseen,
    found: unseen,
    longestList: 8,
  };
}

// Such were made values of the groups, or asked first: a wrong answer must not come of one that was overlooked.
function unseen(): never {
  throw new CorollaryError('BAD_QUERY', 'having cannot look at what is no value of its groups: say it in where');
}

function groupCell({ from }: QuerySpec, value: ValueNode, at: number): Fragment {
  const { codec } = shapeOf(from, value);
  const cell = `(value ->> ${at})`;
  if ('at' in value) return [`(${cell} ->> '$')`];
  if (codec.asText === true) return [`CAST(${cell} AS INTEGER)`];
  if (codec.columnType === 'REAL') return [`CAST(${cell} AS REAL)`];
  if (codec.columnType === 'BLOB') return [`unhex(${cell})`];
  return [cell];
}

/**
 * The rows of the answer, in the order asked for, ties by the keys of the groups; given the rows of
 * {@link compileOverGroups}, if that gave anything.
 */
export function groupRows<O extends Owner>(
  spec: QuerySpec,
  plan: GroupPlan,
  groups: readonly Group<O>[],
  calculated: readonly (readonly Cell[])[] | undefined,
): GroupRow<O>[] {
  const wanted = wantedValues(spec, plan);
  const found = calculated ?? groups.map((_, at) => [at]);
  const rows = found.map(([at, ...calculated]): GroupRow<O> => {
    const group = groups[Number(at)] as Group<O>;
    const cells = wantedCells(wanted, group, calculated);
    const count = cells.length - spec.orderBy.length;
    const keys = plan.keys.flatMap((key, i) => keyCells(spec, key, group, i));
    return { owner: group.owner, outputs: cells.slice(0, count), place: [...cells.slice(count), ...keys] };
  });
  const compare = compareRows(groupRowKeys(spec, plan));
  return rows.sort((a, b) => compare(a.place, b.place));
}

function wantedCells<O extends Owner>(
  wanted: readonly Wanted[],
  group: Group<O>,
  calculated: readonly Cell[],
): readonly Cell[] {
  let next = 0;
  return wanted.map(({ at }) => (at === undefined ? calculated[next++] : group.cells[at]) ?? null);
}

/** The cells by which groups with different values of a key are told apart and ordered. */
function keyCells<O extends Owner>(spec: QuerySpec, key: ValueNode, group: Group<O>, at: number): readonly Cell[] {
  const cell = group.cells[at] ?? null;
  if ('at' in key) return [cell === null ? null : comparedJson(cell as string)];
  return isOfStore(shapeOf(spec.from, key)) ? [cell === null ? null : group.owner.path, cell] : [cell];
}

/** What the place of a group's row is compared by: the orders asked for, then the keys. */
export function groupRowKeys(spec: QuerySpec, plan: GroupPlan): readonly RowKey[] {
  const keys = plan.keys.flatMap((key) => {
    const own = rowKey(spec.from, { column: key, direction: 'asc', nulls: 'first' });
    return isOfStore(shapeOf(spec.from, key)) ? [PATH_KEY, own] : [own];
  });
  return [...rowKeys(spec.from, spec.orderBy), ...keys];
}
