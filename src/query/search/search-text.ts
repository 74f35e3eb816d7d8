import { sqliteCode } from '../../driver/sqlite-error.js';
import { CorollaryError } from '../../errors.js';
import { type ColumnPlace, columnError, searchText } from '../operand.js';
import { SEARCH_MODES, type SearchMode } from './search-options.js';

/** True for a {@link SearchMode}. */
export function isSearchMode(value: unknown): value is SearchMode {
  return SEARCH_MODES.some((mode) => mode === value);
}

// SQLite's time grows with the square of their number: 10,000 take 65 ms to be parsed, 100,000 take 20 s.
const MAX_WORDS = 1000;

/**
 * What FTS5 is asked to search some columns for. In the modes for people nothing is an operator and no text is wrong; a
 * text without any letter or digit finds nothing. `place` names the column in messages.
 * @throws CorollaryError INVALID_VALUE for what no column can hold; BAD_QUERY for too many words, and for an 'fts5'
 * expression that is wrong on the face of it (SQLite finds the rest, see {@link searchError}).
 */
export function searchExpression(
  place: ColumnPlace,
  input: unknown,
  mode: SearchMode,
  columns: readonly string[],
): string {
  const text = searchText(place, input);
  const expression = mode === 'fts5' ? checkedExpression(place, text) : expressionOfWords(place, text, mode);
  // Also keeps FTS5 from taking '*' at the beginning for one of its special queries.
  return `{${columns.map((column) => `"${column}"`).join(' ')}} : (${expression})`;
}

/** A word or a phrase to be found. */
interface Term {
  /** Without quotation marks. FTS5 makes its tokens: 'x-ray' is the phrase of x and ray, and '&' is nothing. */
  readonly text: string;
  readonly isPrefix: boolean;
}

function expressionOfWords(place: ColumnPlace, text: string, mode: SearchMode): string {
  const terms = termsOf(text, mode === 'prefix');
  if (terms.length > MAX_WORDS) throw columnError('BAD_QUERY', place, `a search has at most ${MAX_WORDS} words`);
  if (terms.length === 0) return '""';
  // Side by side, not with AND: so a term without tokens is ignored. Alone, or with AND, it finds nothing.
  return terms.map((term) => `"${term.text}"${term.isPrefix ? ' *' : ''}`).join(' ');
}

// A mark without a letter is a token of no characters, with which every word would begin.
const LONE_MARKS = /(^|[^\p{L}\p{N}\p{Co}\p{M}])\p{M}+\*?$/u;

// A phrase, or what has neither space nor quotation mark. A mark that is not closed is nothing.
const TERMS = /"([^"]*)"(\*?)|[^\s"]+/g;

function termsOf(text: string, lastIsPrefix: boolean): readonly Term[] {
  const found = [...straightened(text).matchAll(TERMS)];
  return found.map(([word, phrase, star], at): Term => {
    if (phrase !== undefined) return { text: phrase, isPrefix: star === '*' && !LONE_MARKS.test(phrase) };
    const isBegun = word.endsWith('*') || (lastIsPrefix && at === found.length - 1);
    return { text: word, isPrefix: isBegun && !LONE_MARKS.test(word) };
  });
}

/** With plain quotation marks in place of those that telephones write. */
function straightened(text: string): string {
  return text.replace(/[“”„]/g, '"');
}

/** Refuses what would be another expression, or escape from its columns, once it stands in parentheses. */
function checkedExpression(place: ColumnPlace, expression: string): string {
  const bare = expression.replace(/"(?:[^"]|"")*"/g, '');
  if (bare.includes('"')) throw columnError('BAD_QUERY', place, 'the FTS5 expression has a text without an end');
  if (!isBalanced(bare)) throw columnError('BAD_QUERY', place, 'the parentheses of the FTS5 expression do not match');
  return expression;
}

function isBalanced(bare: string): boolean {
  let depth = 0;
  for (const [parenthesis] of bare.matchAll(/[()]/g)) {
    depth += parenthesis === '(' ? 1 : -1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** What SQLite 3.54 says of a wrong FTS5 expression, by the beginning. */
const FAULTS = [
  ...['fts5: syntax error near', 'fts5: parser stack overflow', 'fts5 expression tree is too large'],
  ...['no such column: ', 'unterminated string', 'unknown special query', 'expected integer, got '],
];

/** SQLite's complaint about the expression of a search; undefined for any other error. */
export function searchFault(error: unknown): string | undefined {
  const said = error instanceof CorollaryError ? error.cause : error;
  if (sqliteCode(said) !== 'SQLITE_ERROR') return undefined;
  const { message } = said as Error;
  return FAULTS.some((fault) => message.startsWith(fault)) ? message : undefined;
}

/** The error to tell for that of a question with a search: of a wrong FTS5 expression it is BAD_QUERY. */
export function searchError(error: unknown): unknown {
  const fault = searchFault(error);
  if (fault === undefined) return error;
  const message = `The search is no FTS5 expression: ${fault}. For what people type, use the mode 'words'`;
  return new CorollaryError('BAD_QUERY', message, { cause: error });
}
