import type { LikeNode, TextSearchNode } from '../ast.js';
import { bound, type Fragment, hidden, sql } from './fragment.js';

/** The SQL of a literal text search: null where the value is null, which a CHECK lets pass. */
export function textSearch(node: TextSearchNode, column: Fragment, isNocase: boolean): Fragment {
  if (node.text === '') return sql`octet_length(${column}) >= 0`; // of the values only the lengths are read
  if (node.op === 'startsWith') return isNocase ? nocasePrefix(column, node.text) : prefixRange(column, node.text);
  if (node.op === 'contains') {
    // lower() folds ASCII only, as NOCASE does.
    if (isNocase) return sql`instr(lower(${column}), lower(${bound(node.text)})) > 0`;
    return sql`instr(${column}, ${bound(node.text)}) > 0`;
  }
  const tail = sql`substr(${column}, ${bound(-lengthOf(node.text))}) = ${bound(node.text)}`;
  return isNocase ? sql`${tail} COLLATE NOCASE` : tail;
}

/** The SQL of LIKE. Where case does not count, an index may serve a pattern that SQLite sees while it plans. */
export function like(node: LikeNode, column: Fragment, isNocase: boolean): Fragment {
  const pattern = bound(node.pattern);
  const match = sql`${column} LIKE ${isNocase ? pattern : hidden(pattern)}`;
  return node.escape === undefined ? match : sql`${match} ESCAPE ${bound(node.escape)}`;
}

/**
 * Under binary collation the texts with a prefix are exactly those from it up to its successor, and an index finds
 * them: SQLite compares UTF-8 bytes, whose order is that of code points.
 */
function prefixRange(column: Fragment, prefix: string): Fragment {
  const end = successor(prefix);
  const from = sql`${column} >= ${bound(prefix)}`;
  return end === undefined ? from : sql`${from} AND ${column} < ${bound(end)}`;
}

/** The range is for the index, and a little too wide where the successor is a capital; substr makes it exact. */
function nocasePrefix(column: Fragment, prefix: string): Fragment {
  const range = prefixRange(column, foldedASCII(prefix));
  const length = bound(lengthOf(prefix));
  return sql`${range} AND substr(${column}, 1, ${length}) = ${bound(prefix)} COLLATE NOCASE`;
}

/** The smallest text larger than all that begin with `prefix`, by code points; undefined when there is none. */
export function successor(prefix: string): string | undefined {
  const points = [...prefix].map((char) => char.codePointAt(0) as number);
  while (points.length > 0) {
    const last = points.pop() as number;
    if (last === 0x10ffff) continue;
    // No text holds U+D800 to U+DFFF alone.
    points.push(last === 0xd7ff ? 0xe000 : last + 1);
    return points.map((point) => String.fromCodePoint(point)).join('');
  }
  return undefined;
}

/** A text with A to Z made small and nothing else, as SQLite's NOCASE sees it. */
export function foldedASCII(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/** Length in code points, as substr counts. */
function lengthOf(text: string): number {
  return [...text].length;
}
