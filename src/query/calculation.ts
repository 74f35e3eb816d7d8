import { CorollaryError } from '../errors.js';
import type { Codec } from '../schema/codec.js';
import { decimalCodec, MAX_SCALE } from '../schema/codecs/decimal.js';
import { integerCodec } from '../schema/codecs/integer.js';
import { realCodec } from '../schema/codecs/real.js';
import { textCodec } from '../schema/codecs/text.js';
import type { Calculation, ValueCell } from './ast.js';
import type { ColumnShape } from './column-shape.js';
import { jsonValueCodec } from './json-value.js';

/** What a calculation takes and gives. */
interface Rule {
  /** How many operands follow the value itself. */
  readonly operands: 'none' | 'one' | 'some';
  /** Why it means nothing for these, as a phrase; else the codec of what it gives. */
  readonly result: (shapes: readonly ColumnShape[]) => Codec | string;
}

const RULES: { readonly [F in Calculation]: Rule } = {
  plus: { operands: 'one', result: sumCodec },
  minus: { operands: 'one', result: sumCodec },
  times: { operands: 'one', result: productCodec },
  coalesce: { operands: 'one', result: commonCodec },
  concat: { operands: 'some', result: (shapes) => (shapes.every(isText) ? textCodec : 'takes texts only') },
  length: { operands: 'none', result: ofText(integerCodec) },
  lower: { operands: 'none', result: ofText(textCodec) },
  upper: { operands: 'none', result: ofText(textCodec) },
  year: { operands: 'none', result: datePart },
  month: { operands: 'none', result: datePart },
  day: { operands: 'none', result: datePart },
  hour: { operands: 'none', result: datePart },
  minute: { operands: 'none', result: datePart },
  second: { operands: 'none', result: datePart },
  weekday: { operands: 'none', result: datePart },
};

/** True for so many operands as a calculation takes beside the value itself. */
export function takesOperands(fn: Calculation, count: number): boolean {
  const { operands } = RULES[fn];
  return operands === 'some' || count === (operands === 'one' ? 1 : 0);
}

/**
 * The shape of what a calculation gives, from the shapes of the value and of its operands; or, as a phrase that follows
 * its name, why it means nothing for them.
 */
export function calculatedShape(fn: Calculation, shapes: readonly ColumnShape[]): ColumnShape | string {
  const codec = RULES[fn].result(shapes);
  if (typeof codec === 'string') return codec;
  const [first] = shapes as readonly [ColumnShape];
  const isNullable = (shape: ColumnShape) => shape.nullable;
  return {
    name: `${fn}(${first.name})`,
    codec: calculated(codec),
    nullable: fn === 'coalesce' ? shapes.every(isNullable) : shapes.some(isNullable),
    collate: 'binary',
    reference: fn === 'coalesce' ? first.reference : undefined,
  };
}

/** The shape that a cell given as an operand has: the value's own, but numbers may be of either kind. */
export function operandShape(fn: Calculation, of: ColumnShape, cell: ValueCell): ColumnShape {
  const shape = { ...of, name: 'value', nullable: false };
  if (fn === 'concat') return { ...shape, codec: textCodec };
  if (fn === 'coalesce' || typeof cell !== 'number') return shape;
  return { ...shape, codec: Number.isSafeInteger(cell) && of.codec.arithmetic !== 'real' ? integerCodec : realCodec };
}

/** Why a calculation means nothing for a value, whatever its operands are; undefined when it may. */
export function calculationFault(fn: Calculation, of: ColumnShape): string | undefined {
  const isArithmetic = fn === 'plus' || fn === 'minus' || fn === 'times';
  return isArithmetic && (of.codec.arithmetic === undefined || of.reference !== undefined) ? NOT_NUMBERS : undefined;
}

/** The codec that encodes a value given as an operand. */
export function operandCodec(fn: Calculation, of: ColumnShape, value: unknown): Codec {
  if (fn === 'concat') return textCodec;
  const isNumber = typeof value === 'number' && of.codec.arithmetic !== undefined && fn !== 'coalesce';
  if (!isNumber) return of.codec;
  return Number.isSafeInteger(value) ? integerCodec : realCodec;
}

function isText({ codec }: ColumnShape): boolean {
  return codec.textual === true;
}

function ofText(codec: Codec): Rule['result'] {
  return ([of]) => (of !== undefined && isText(of) ? codec : 'means nothing here: only for text');
}

function datePart([of]: readonly ColumnShape[]): Codec | string {
  return of?.codec.name === 'timestamp' ? integerCodec : 'means nothing here: only for timestamps';
}

const NOT_NUMBERS = 'takes numbers of one kind: integer and real, bigint, or decimal and integer';

function sumCodec(shapes: readonly ColumnShape[]): Codec | string {
  return arithmeticCodec(shapes, Math.max);
}

function productCodec(shapes: readonly ColumnShape[]): Codec | string {
  return arithmeticCodec(shapes, (a, b) => a + b);
}

function arithmeticCodec(shapes: readonly ColumnShape[], scaleOf: (a: number, b: number) => number): Codec | string {
  if (shapes.some(({ reference }) => reference !== undefined)) return NOT_NUMBERS;
  const codecs = shapes.map(({ codec }) => codec);
  const kinds = new Set(codecs.map(({ arithmetic }) => arithmetic));
  if (isAmong(kinds, ['integer'])) return integerCodec;
  if (isAmong(kinds, ['integer', 'real'])) return realCodec;
  if (isAmong(kinds, ['bigint'])) return codecs[0] as Codec;
  if (!isAmong(kinds, ['decimal', 'integer'])) return NOT_NUMBERS;
  const scale = codecs.map((codec) => codec.scale ?? 0).reduce((a, b) => scaleOf(a, b));
  return scale <= MAX_SCALE ? decimalCodec(scale) : `would have more than ${MAX_SCALE} digits after the point`;
}

function isAmong(kinds: ReadonlySet<Codec['arithmetic']>, allowed: readonly Codec['arithmetic'][]): boolean {
  return [...kinds].every((kind) => kind !== undefined && allowed.includes(kind));
}

function commonCodec(shapes: readonly ColumnShape[]): Codec | string {
  const [first, second] = shapes as readonly [ColumnShape, ColumnShape];
  const isOfReferences = first.reference !== undefined;
  if (isOfReferences !== (second.reference !== undefined)) return 'takes a value of the same kind';
  if (first.codec.name === second.codec.name) return first.codec;
  const numbers = arithmeticCodec(shapes, Math.max);
  return typeof numbers === 'object' && numbers.name === 'real' ? numbers : 'takes a value of the same kind';
}

// Calculations leave the range of their attributes, which no attribute can: it is seen where the result is read.
function calculated(codec: Codec): Codec {
  const { arithmetic } = codec;
  if (arithmetic === undefined || codec === jsonValueCodec) return codec;
  return {
    ...codec,
    encode: codec.encode,
    decode(cell) {
      const isFine = codec.asText === true ? /^-?\d+$/.test(String(cell)) : Number.isFinite(cell);
      if (!isFine || (arithmetic === 'integer' && !Number.isSafeInteger(cell))) throw outOfRange(codec.name);
      return codec.decode(Object.is(cell, -0) ? 0 : cell);
    },
  };
}

/** The error for a calculated number that no attribute of its kind could hold. */
export function outOfRange(kind: string): CorollaryError {
  return new CorollaryError('OUT_OF_RANGE', `A calculated value is beyond what ${kind} can hold`);
}
