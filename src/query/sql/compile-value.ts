import { textLiteral } from '../../driver/sql-text.js';
import { CorollaryError } from '../../errors.js';
import { jsonPath } from '../../schema/json-path.js';
import type { Calculation, CallNode, CallOperand, JsonPathNode, ValueCell, ValueNode } from '../ast.js';
import { operandShape } from '../calculation.js';
import type { ColumnShape } from '../column-shape.js';
import { jsonValueCodec } from '../json-value.js';
import { shapeOf } from '../value-shape.js';
import { bound, type Fragment, joined, sql } from './fragment.js';
import type { SqlContext } from './sql-context.js';

/** The SQL of a value, as it is compared, ordered by and calculated with. */
export function valueSQL(node: ValueNode, context: SqlContext): Fragment {
  const known = context.known?.(node);
  if (known !== undefined) return known;
  if ('source' in node) return [context.column(node)];
  if ('at' in node) return jsonSQL(node, '->>', context);
  if ('countOf' in node) {
    const rows = context.referrers(node.countOf);
    // Not 0 alone: in an order that means a column of the answer.
    return rows === undefined ? ['CAST(0 AS INTEGER)'] : sql`(SELECT count(*) ${rows})`;
  }
  if ('fn' in node) return callSQL(node, context);
  if ('relevanceOf' in node || 'snippetOf' in node) return [context.found(node)];
  throw new CorollaryError('BAD_QUERY', `${node.aggregate} is of a group of rows, not of one`);
}

/** The SQL of a value as it is read: int64 as text, so that nothing is rounded; what lies in JSON as JSON. */
export function readableSQL(node: ValueNode, context: SqlContext): Fragment {
  // JSON's null and nothing at all are one value.
  if ('at' in node && context.known === undefined) return sql`nullif(${jsonSQL(node, '->', context)}, 'null')`;
  return exactSQL(node, context);
}

/** The SQL of a value as it is compared, in a form in which nothing is rounded when it is read. */
export function exactSQL(node: ValueNode, context: SqlContext): Fragment {
  const value = valueSQL(node, context);
  return shapeOf(context.from, node).codec.asText === true ? sql`CAST(${value} AS TEXT)` : value;
}

/** A cell as an operand: int64 as text is cast, so that it is compared as a number. */
export function cellSQL({ codec }: Pick<ColumnShape, 'codec'>, cell: ValueCell): Fragment {
  if (codec.asText === true) return sql`CAST(${bound(cell)} AS INTEGER)`;
  return codec === jsonValueCodec && isLargeInteger(cell) ? asWrittenInJSON(cell) : bound(cell);
}

function isLargeInteger(cell: ValueCell): cell is number {
  return Number.isInteger(cell) && !Number.isSafeInteger(cell);
}

/**
 * 2^60 stands in JSON as 1152921504606847000, the shortest digits that mean this double, and SQLite reads these as an
 * int64, which the double is not equal to. The plus takes the cast's affinity away: a text of these digits is no number.
 */
function asWrittenInJSON(cell: number): Fragment {
  return sql`+CAST(${bound(JSON.stringify(cell))} AS NUMERIC)`;
}

// The path is written out: only so does SQLite see that an index is on the same.
function jsonSQL({ of, at }: JsonPathNode, operator: '->' | '->>', context: SqlContext): Fragment {
  return [`(${context.column(of)} ${operator} ${textLiteral(jsonPath(at))})`];
}

function callSQL({ fn, of, with: operands }: CallNode, context: SqlContext): Fragment {
  const shape = shapeOf(context.from, of);
  const shapes = [shape, ...operands.map((operand) => shapeOfOperand(fn, shape, operand, context))];
  const values = [
    valueSQL(of, context),
    ...operands.map((operand, i) =>
      'value' in operand ? operandSQL(shapes[i + 1] as ColumnShape, operand.value) : valueSQL(operand.column, context),
    ),
  ];
  return CALLS[fn](values as [Fragment, ...Fragment[]], shapes as [ColumnShape, ...ColumnShape[]]);
}

// A number is bound as a double, and what is calculated with one becomes a double: whole numbers must stay whole.
function operandSQL({ codec }: ColumnShape, cell: ValueCell): Fragment {
  return codec.columnType === 'INTEGER' ? sql`CAST(${bound(cell)} AS INTEGER)` : bound(cell);
}

function shapeOfOperand(fn: Calculation, of: ColumnShape, operand: CallOperand, context: SqlContext): ColumnShape {
  return 'value' in operand ? operandShape(fn, of, operand.value) : shapeOf(context.from, operand.column);
}

type Call = (values: readonly [Fragment, ...Fragment[]], shapes: readonly [ColumnShape, ...ColumnShape[]]) => Fragment;

const CALLS: { readonly [F in Calculation]: Call } = {
  plus: sumOf('+'),
  minus: sumOf('-'),
  times: (values) => infix('*', values),
  coalesce: (values) => sql`coalesce(${joined(values, ', ')})`,
  concat: (values) => infix('||', values),
  length: ([text]) => sql`length(${text})`,
  lower: ([text]) => sql`lower(${text})`,
  upper: ([text]) => sql`upper(${text})`,
  year: ([ms]) => sql`(${datePart('%Y')(ms)} + (${ms} - ${inCycle(ms)}) / ${CYCLE_MS} * ${CYCLE_YEARS})`,
  month: ([ms]) => datePart('%m')(ms),
  day: ([ms]) => datePart('%d')(ms),
  hour: ([ms]) => datePart('%H')(ms),
  minute: ([ms]) => datePart('%M')(ms),
  second: ([ms]) => datePart('%S')(ms),
  weekday: ([ms]) => datePart('%w')(ms),
};

function infix(operator: string, values: readonly Fragment[]): Fragment {
  return sql`(${joined(values, ` ${operator} `)})`;
}

/** Decimals are integers of their last digits: those with fewer digits are brought to the same. */
function sumOf(operator: string): Call {
  return (values, shapes) => {
    const scales = shapes.map(({ codec }) => codec.scale ?? 0);
    const scale = Math.max(...scales);
    const scaled = values.map((value, i) => {
      const missing = scale - (scales[i] as number);
      return missing === 0 ? value : sql`${value} * ${(10n ** BigInt(missing)).toString()}`;
    });
    return infix(operator, scaled);
  };
}

// The Gregorian calendar repeats itself after 400 years, weekdays included. strftime knows the years 0 to 9999 only, so
// that dates are brought into one such cycle, 1970 to 2369.
const CYCLE_YEARS = '400';
const CYCLE_MS = String(146_097 * 86_400_000);

function inCycle(ms: Fragment): Fragment {
  return sql`((${ms} % ${CYCLE_MS} + ${CYCLE_MS}) % ${CYCLE_MS})`;
}

function datePart(format: string): (ms: Fragment) => Fragment {
  return (ms) => sql`CAST(strftime('${format}', ${inCycle(ms)} / 1000, 'unixepoch') AS INTEGER)`;
}
