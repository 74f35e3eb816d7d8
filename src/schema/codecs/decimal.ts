import { kindOf } from '../../errors.js';
import type { Decimal } from '../attribute-types.js';
import { type Codec, Refusal } from '../codec.js';
import { isInt64, wholeNumber } from './bigint.js';

/** The most digits after the point: a decimal is an int64 of its last digits, which has 18 full ones. */
export const MAX_SCALE = 18;

/** Exact decimal numbers with `scale` digits after the point, 0 to {@link MAX_SCALE}, kept as an int64 of the last digits. */
export function decimalCodec(scale: number): Codec<Decimal> {
  return {
    name: `decimal(${scale})`,
    columnType: 'INTEGER',
    asText: true,
    ordered: true,
    arithmetic: 'decimal',
    scale,
    encode: (value) => lastDigits(decimalText(value), scale).toString(),
    decode: (cell) => decimalOf(wholeNumber(cell), scale),
  };
}

/** The canonical text of `digits` counted in units of the last digit: decimalOf(-5n, 2) is '-0.05'. */
export function decimalOf(digits: bigint, scale: number): Decimal {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const point = text.length - scale;
  const fraction = scale === 0 ? '' : `.${text.slice(point)}`;
  return `${sign}${text.slice(0, point)}${fraction}` as Decimal;
}

function decimalText(value: unknown): string {
  if (typeof value === 'string') return value;
  // A fractional number is already inexact: 0.1 + 0.2 would be kept as exactly what it is not.
  if (Number.isSafeInteger(value)) return String(value);
  throw new Refusal(`takes a decimal as text (such as '12.50') or a safe integer, not ${kindOf(value)}`);
}

function lastDigits(text: string, scale: number): bigint {
  const parts = /^(-?)0*(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) throw new Refusal("takes a decimal as text (such as '12.50'), not another text");
  const [, sign = '', whole = '', fraction = ''] = parts;
  if (fraction.length > scale) throw new Refusal(`takes at most ${scale} digits after the point`);
  // 19: the digits of 2^63. Checked first, because reading a very long number is slow.
  const digits = whole.length > 19 ? undefined : BigInt(`${sign}${whole}${fraction.padEnd(scale, '0')}`);
  if (digits !== undefined && isInt64(digits)) return digits;
  throw new Refusal(`takes decimals with ${scale} digits after the point only up to 64 bits; this one is too large`);
}
