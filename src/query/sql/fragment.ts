import { CorollaryError } from '../../errors.js';
import type { Cell } from '../../schema/value.js';

/** A cell to be bound where it stands in a {@link Fragment}. */
export interface Bound {
  readonly cell: Cell;
}
/** A piece of SQL: text, and the cells bound between. */
export type Fragment = readonly (string | Bound)[];

/** SQL text with its positional parameters. */
export interface Compiled {
  readonly sql: string;
  readonly values: readonly Cell[];
}

/** A cell as a parameter. */
export function bound(cell: Cell): Fragment {
  return [{ cell }];
}

/**
 * The same value, but hidden from SQLite while it plans, by a plus that costs nothing. Into a bare parameter of a LIMIT, and of
 * most equalities, it looks (`sqlite3ExprIsInteger`, 3.54), and so compiles the statement again whenever it is bound: that
 * took longer than a search of a few rows.
 */
export function hidden(value: Fragment): Fragment {
  return sql`+${value}`;
}

/** Builds a fragment: strings and fragments are put in as they are. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (string | Fragment)[]): Fragment {
  const out: (string | Bound)[] = [strings[0] as string];
  parts.forEach((part, i) => {
    if (typeof part === 'string') out.push(part);
    // Not spread: a call takes some 100,000 arguments at most.
    else for (const piece of part) out.push(piece);
    out.push(strings[i + 1] as string);
  });
  return out;
}

/** Fragments one after the other with a text between. */
export function joined(fragments: readonly Fragment[], between: string): Fragment {
  return fragments.flatMap((fragment, i) => (i === 0 ? [...fragment] : [between, ...fragment]));
}

/** The text and the parameters of a whole statement. */
export function rendered(fragment: Fragment): Compiled {
  const values = fragment.flatMap((part) => (typeof part === 'string' ? [] : [part.cell]));
  return { sql: fragment.map((part) => (typeof part === 'string' ? part : '?')).join(''), values };
}

/**
 * A cell as SQLite reads it from JSON: bytes as hex digits, for unhex(); a real beyond all others, which JSON does not
 * have, as digits that a cast makes the same of.
 */
export function jsonCell(cell: Cell): string | number | null {
  if (typeof cell === 'number' && !Number.isFinite(cell)) return cell < 0 ? '-9e999' : '9e999';
  return cell instanceof Uint8Array ? Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('hex') : cell;
}

/** The text of a fragment with its cells written out, for the places where SQLite takes no parameters. */
export function literal(fragment: Fragment): string {
  return fragment.map((part) => (typeof part === 'string' ? part : literalCell(part.cell))).join('');
}

function literalCell(cell: Cell): string {
  if (cell === null) return 'NULL';
  if (typeof cell === 'string') return `'${cell.replaceAll("'", "''")}'`;
  if (cell instanceof Uint8Array) return `x'${jsonCell(cell)}'`;
  if (!Number.isFinite(cell)) throw new CorollaryError('INVALID_VALUE', 'A check takes finite numbers only');
  // Written as an integer, a large real would be other digits than the double has.
  if (!Number.isSafeInteger(cell) && Number.isInteger(cell)) return cell.toExponential();
  return Object.is(cell, -0) ? '0' : String(cell);
}
