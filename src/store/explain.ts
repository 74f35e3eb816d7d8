import type { QuerySpec } from '../query/ast.js';
import { groupPlan, isGrouped } from '../query/grouping.js';
import type { Explanation } from '../query/runner.js';
import { adviceFor } from '../query/sql/advice.js';
import { compileGroups, compileRows } from '../query/sql/compile.js';
import { layoutOf } from '../query/sql/layout.js';
import { type CompileContext, tablesOf } from '../query/sql/select.js';
import type { Reading } from './store-core.js';

/** How a store answers a question that it can answer for itself. */
export function explained(spec: QuerySpec, { connection }: Reading, context: CompileContext): Explanation {
  const groups = isGrouped(spec) ? groupPlan(spec) : undefined;
  const compiled =
    groups === undefined ? compileRows(spec, layoutOf(spec), context) : compileGroups(spec, groups, context);
  if (compiled === undefined) return { sql: '', parameters: [], plan: neverStored(spec, context), warnings: [] };
  const { sql, values } = compiled;
  const plan = connection.rows(`EXPLAIN QUERY PLAN ${sql}`, values).map((row) => String(row[3]));
  const nodes = groups === undefined ? [] : [...groups.keys, ...groups.carried, ...groups.aggregates];
  return { sql, parameters: values, plan, warnings: adviceFor(spec, plan, tablesOf(spec, nodes, context)) };
}

function neverStored({ from }: QuerySpec, context: CompileContext): readonly string[] {
  const missing = from.filter(({ type, isOptional }) => !isOptional && context.tableOf(type) === undefined);
  return missing.map(({ type }) => `no ${type.name} was ever stored`);
}
