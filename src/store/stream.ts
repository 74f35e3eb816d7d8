import { isDistinct } from '../query/answer/row-order.js';
import { type QuerySpec, readValues } from '../query/ast.js';
import { isGrouped } from '../query/grouping.js';
import { compileRows } from '../query/sql/compile.js';
import { idLayout, layoutOf } from '../query/sql/layout.js';
import { type CompileContext, withoutFirstPer } from '../query/sql/select.js';
import { FEATURES, featuresIn } from '../query/traverse.js';
import { resultsOf, type StoreRow } from './results.js';
import { rowsOf } from './rows.js';
import type { Reading } from './store-core.js';

/** How many rows are in memory at a time. */
export const PIECE = 1000;

/**
 * True when the rows of an answer can be told by the ids of one type's items. What is read of a search would be
 * searched for again with each piece.
 */
export function canStream(spec: QuerySpec): boolean {
  const readsSearch = (featuresIn(readValues(spec) ?? []) & FEATURES.search) !== 0;
  return spec.from.length === 1 && !readsSearch && !isGrouped(spec) && !isDistinct(spec);
}

/** The ids of a question's items in order: 8 bytes each, and outside of the heap. */
export function idsInOrder(spec: QuerySpec, { connection }: Reading, context: CompileContext): Float64Array {
  const asked = withoutFirstPer(spec);
  const compiled = compileRows(asked, idLayout(asked), context);
  let ids = new Float64Array(PIECE);
  let count = 0;
  if (compiled === undefined) return ids.subarray(0, 0);
  connection.each(compiled.sql, compiled.values, ([id]) => {
    if (count === ids.length) ids = grown(ids);
    ids[count++] = id as number;
  });
  return ids.subarray(0, count);
}

function grown(ids: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(ids.length * 2);
  larger.set(ids);
  return larger;
}

/** What a question reads of the items with these ids, in their order; those that are gone by now are left out. */
export function readOfItems(
  { from, pluck, select }: QuerySpec,
  ids: readonly number[],
  { core, reading }: Pick<StoreRow, 'core' | 'reading'>,
  context: CompileContext,
): unknown[] {
  const refs = [{ store: core.file.uid, ids }];
  const spec: QuerySpec = {
    from,
    where: { op: 'in', column: { source: 0, name: 'self' }, list: { refs }, orNull: false },
    orderBy: [],
    distinct: false,
    ...(pluck !== undefined && { pluck }),
    ...(select !== undefined && { select }),
  };
  const layout = layoutOf(spec, [{ source: 0, name: 'storeId' }]);
  const at = layout.keys[0] as number;
  const rows = new Map(rowsOf(reading, compileRows(spec, layout, context)).map((row) => [row[at] as number, row]));
  const found = ids.flatMap((id): StoreRow[] => {
    const row = rows.get(id);
    return row === undefined ? [] : [{ core, reading, row }];
  });
  return resultsOf(spec, layout, found);
}
