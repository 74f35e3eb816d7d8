import { CorollaryError } from '../../errors.js';
import type { Cell } from '../../schema/value.js';
import type { AggregateFn } from '../ast.js';
import { outOfRange } from '../calculation.js';
import type { ColumnShape } from '../column-shape.js';
import { compareCells } from './row-order.js';

/** The one row that the SQL of `compileAggregate` gives. */
export type PartialResult = readonly Cell[];

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const LOW_HALF = 2n ** 32n;

/**
 * The answer to an aggregate from the partial results of one store or many; pure and exact. Of no partials it is that
 * of no rows: 0 for counts and sums, null for the others.
 * @throws CorollaryError OUT_OF_RANGE when a sum leaves what its attribute can hold.
 */
export function finish(fn: AggregateFn, shape: ColumnShape | undefined, partials: readonly PartialResult[]): unknown {
  if (fn === 'count' || shape === undefined) return countOf(partials);
  if (fn === 'min' || fn === 'max') return extreme(fn, shape, partials);
  if (shape.codec.arithmetic === 'real') return finishReal(fn, shape, partials);
  if (partials.some((partial) => partial[3] === 1)) throw outOfRange(shape.codec.name);
  const total = integerSum(partials);
  return fn === 'sum' ? exactSum(shape, total) : exactAverage(shape, total, BigInt(countOf(partials)));
}

function countOf(partials: readonly PartialResult[]): number {
  return partials.reduce((total, partial) => total + Number(partial[0]), 0);
}

function extreme(fn: 'min' | 'max', shape: ColumnShape, partials: readonly PartialResult[]): unknown {
  const found = partials.flatMap((partial) => partial[0] ?? []) as Exclude<Cell, null>[];
  const wanted = fn === 'min' ? -1 : 1;
  const [first, ...rest] = found;
  if (first === undefined) return null;
  return shape.codec.decode(
    rest.reduce((best, cell) => (compareCells(shape, cell, best) === wanted ? cell : best), first),
  );
}

function finishReal(fn: 'sum' | 'avg', shape: ColumnShape, partials: readonly PartialResult[]): number | null {
  const count = countOf(partials);
  if (count === 0) return fn === 'sum' ? 0 : null;
  const total = compensatedSum(partials.map(realSumOf));
  if (!Number.isFinite(total)) throw sumOutOfRange(shape);
  return fn === 'sum' ? total : total / count;
}

/** SQLite gives null for a sum that is no number, and for that of no values. */
function realSumOf([count, sum]: PartialResult): number {
  return Number(count) === 0 ? 0 : Number(sum ?? Number.NaN);
}

/** Neumaier's summation: what each addition rounds off is added up apart. SQLite does the same within one store. */
function compensatedSum(values: readonly number[]): number {
  let [sum, lost] = [0, 0];
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

function integerSum(partials: readonly PartialResult[]): bigint {
  const half = (cell: Cell | undefined) => BigInt(cell === null || cell === undefined ? 0 : (cell as string));
  return partials.reduce((total, partial) => total + half(partial[1]) * LOW_HALF + half(partial[2]), 0n);
}

function exactSum(shape: ColumnShape, total: bigint): unknown {
  if (total > MAX_INT64 || total < MIN_INT64) throw sumOutOfRange(shape);
  if (shape.codec.arithmetic !== 'integer') return shape.codec.decode(total.toString());
  if (!Number.isSafeInteger(Number(total))) throw sumOutOfRange(shape);
  return Number(total);
}

function exactAverage(shape: ColumnShape, total: bigint, count: bigint): unknown {
  if (count === 0n) return null;
  if (shape.codec.arithmetic === 'decimal') return shape.codec.decode(halfEven(total, count).toString());
  // Whole part and rest apart: the sum itself may be too large for a number.
  return Number(total / count) + Number(total % count) / Number(count);
}

/** total / count, rounded to the nearest; halves go to the even neighbour. */
export function halfEven(total: bigint, count: bigint): bigint {
  const [whole, rest] = [total / count, total % count];
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const isUp = twice > count || (twice === count && whole % 2n !== 0n);
  return isUp ? whole + (total < 0n ? -1n : 1n) : whole;
}

function sumOutOfRange(shape: ColumnShape): CorollaryError {
  const said = `The sum of ${shape.name} is beyond what ${shape.codec.name} can hold`;
  return new CorollaryError('OUT_OF_RANGE', said, { attribute: shape.name });
}

/** The partial results that `compileAggregate` would have given for these cells of a column. */
export function partialOfCells(fn: AggregateFn, shape: ColumnShape, cells: readonly Cell[]): PartialResult[] {
  if (fn === 'count') return [[cells.length]];
  const values = cells.filter((cell) => cell !== null);
  if (fn === 'min' || fn === 'max') return values.map((cell) => [cell]);
  if (shape.codec.arithmetic === 'real') return values.map((cell) => [1, realIn(cell)]);
  return values.map((cell) => {
    if (!isInteger(cell)) return [1, null, null, 1];
    const value = BigInt(cell as string | number);
    return [1, String(value >> 32n), String(BigInt.asUintN(32, value))];
  });
}

/** What SQLite adds to a sum of reals: of a text, as JSON may hold one, the number that it begins with, or 0. */
function realIn(cell: Cell): Cell {
  if (typeof cell !== 'string') return cell;
  return Number(/^[\t-\r ]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i.exec(cell)?.[1] ?? 0);
}

/** False for the real that SQLite makes of what is calculated beyond int64, as a number or as text. */
function isInteger(cell: Cell): boolean {
  return typeof cell === 'string' ? /^-?\d+$/.test(cell) : Number.isSafeInteger(cell);
}
