import type { Cell } from '../../schema/value.js';
import type { ValueCell } from '../ast.js';
import type { ColumnShape } from '../column-shape.js';
import { jsonValueCodec } from '../json-value.js';

/**
 * A cell from JSON that did not come from this program; undefined unless it is exactly what the column's codec makes
 * of some value.
 */
export function cellFromJSON(shape: Pick<ColumnShape, 'codec'>, json: unknown): ValueCell | undefined {
  const cell = rawCell(json);
  if (cell === undefined || !fitsColumn(shape, cell)) return undefined;
  try {
    return isSameCell(shape.codec.encode(shape.codec.decode(cell)), cell) ? cell : undefined;
  } catch {
    // Decoding what no codec made may throw anything.
    return undefined;
  }
}

function rawCell(json: unknown): ValueCell | undefined {
  if (typeof json === 'string' || typeof json === 'number') return json;
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, 'bytes')) return undefined;
  const text = (json as { readonly bytes: unknown }).bytes;
  if (Object.keys(json).length !== 1 || typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  // Buffer skips what is not base64.
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}

function fitsColumn(shape: Pick<ColumnShape, 'codec'>, cell: ValueCell): boolean {
  const { asText, columnType } = shape.codec;
  if (shape.codec === jsonValueCodec) return typeof cell === 'string' || Number.isFinite(cell);
  if (columnType === 'BLOB') return cell instanceof Uint8Array;
  if (columnType === 'TEXT') return typeof cell === 'string';
  if (asText === true) return typeof cell === 'string' && /^-?[0-9]{1,19}$/.test(cell);
  return columnType === 'REAL' ? Number.isFinite(cell) : Number.isSafeInteger(cell);
}

function isSameCell(a: Cell, b: Cell): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : a === b;
}
