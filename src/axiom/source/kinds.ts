import type { ForeignValue } from '../../driver/foreign-database.js';
import { Refusal } from '../../schema/codec.js';
import { isWellFormed } from '../../schema/codecs/text.js';

/** The attribute types of Axiom that are kept in a database, by the names of their classes. */
export type AxiomKind =
  | 'integer'
  | 'boolean'
  | 'text'
  | 'bytes'
  | 'textlist'
  | 'path'
  | 'timestamp'
  | 'reference'
  | 'ieee754_double'
  | 'decimal';

/** A text whose bytes are no UTF-8, as programs on Python 2 could write it. */
export class MalformedText {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** What a cell of an item's row holds. */
export type AxiomCell = ForeignValue | MalformedText;

const DECIMAL = /^(?:money|point(\d+)decimal)$/;
const OTHERS: ReadonlySet<string> = new Set<AxiomKind>([
  ...(['integer', 'boolean', 'text', 'bytes', 'textlist', 'path'] as const),
  ...(['timestamp', 'reference', 'ieee754_double'] as const),
]);
/** `money` is another name of `point4decimal`. */
const SCALE_OF_MONEY = 4;

/** The kind behind the name of a Python class; undefined for one that Axiom did not have. */
export function kindOfClass(name: string): AxiomKind | undefined {
  if (DECIMAL.test(name)) return 'decimal';
  return OTHERS.has(name) ? (name as AxiomKind) : undefined;
}

/** Digits after the point. @throws Refusal for what is no decimal */
export function scaleOfClass(name: string): number {
  const found = DECIMAL.exec(name);
  if (found === null) throw new Refusal(`is no decimal in Axiom, but ${name}`);
  return Number(found[1] ?? SCALE_OF_MONEY);
}

/** @throws Refusal where the cell holds something else than whole numbers, as all that follow do. */
export function wholeNumber(cell: AxiomCell): bigint {
  if (typeof cell === 'bigint') return cell;
  throw holds(cell, 'a whole number');
}

export function flag(cell: AxiomCell): boolean {
  if (cell === 0n || cell === 1n) return cell === 1n;
  throw holds(cell, '0 or 1');
}

export function characters(cell: AxiomCell): string {
  if (typeof cell === 'string' && isWellFormed(cell)) return cell;
  throw holds(cell, 'a text');
}

export function octets(cell: AxiomCell): Uint8Array {
  if (cell instanceof Uint8Array) return cell;
  // Also for texts: the way out where they are malformed.
  if (cell instanceof MalformedText) return cell.bytes;
  if (typeof cell === 'string') return Buffer.from(cell, 'utf8');
  throw holds(cell, 'bytes');
}

export function fraction(cell: AxiomCell): number {
  if (typeof cell === 'number') return cell;
  throw holds(cell, 'a floating-point number');
}

const GUARD = '\u0002';
const SEPARATOR = '\u001f';

/** The texts of a list. Old programs wrote no guard, so that nothing told [] from ['']: Axiom reads that as ['']. */
export function texts(cell: AxiomCell): string[] {
  const parts = characters(cell).split(SEPARATOR);
  return parts[0] === GUARD ? parts.slice(1) : parts;
}

/** The milliseconds since 1970 in which a moment of so many microseconds lies. */
export function milliseconds(microseconds: bigint): number {
  const rest = ((microseconds % 1000n) + 1000n) % 1000n;
  return Number((microseconds - rest) / 1000n);
}

function holds(cell: AxiomCell, wanted: string): Refusal {
  return new Refusal(`holds ${sortOf(cell)} where ${wanted} should be`);
}

function sortOf(cell: AxiomCell): string {
  if (cell instanceof MalformedText) return 'a text that is not UTF-8';
  if (cell instanceof Uint8Array) return 'bytes';
  if (typeof cell === 'bigint') return 'another whole number';
  return typeof cell === 'number' ? 'a floating-point number' : 'a text';
}
