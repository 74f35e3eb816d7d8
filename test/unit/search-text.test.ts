import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { CorollaryError } from '../../src/errors.js';
import type { SearchMode } from '../../src/query/search/search-options.js';
import { isSearchMode, searchError, searchExpression } from '../../src/query/search/search-text.js';
import { codeOf } from '../support/a-refusal.js';
import { anyCharacter, fc } from '../support/chance.js';

const place = { type: 'note', attribute: 'title' };
const expression = (input: unknown, mode: SearchMode = 'words') => searchExpression(place, input, mode, ['title']);

const database = new Database(':memory:');
database.exec(`CREATE VIRTUAL TABLE note USING fts5(title, body, tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'");
  CREATE VIRTUAL TABLE token USING fts5vocab('note', 'instance')`);

/** Puts texts into an empty index, one row for each. */
function index(...titles: readonly string[]): void {
  database.exec('DELETE FROM note');
  const insert = database.prepare("INSERT INTO note (rowid, title, body) VALUES (?, ?, 'elsewhere')");
  for (const [at, title] of titles.entries()) insert.run(at, title);
}

function rowsOf(match: string): unknown[] {
  return database.prepare('SELECT rowid FROM note WHERE note MATCH ? ORDER BY rowid').pluck().all(match);
}

/** Which of the texts the input finds, by their places. */
function found(titles: readonly string[], input: string, mode: SearchMode = 'words'): unknown[] {
  index(...titles);
  return rowsOf(expression(input, mode));
}

const TITLES = ['the quick brown fox', 'a brown bear', 'quickly, brown', 'AND OR NOT NEAR', 'C++ and x-ray', 'École'];

test.each<[string, number[]]>([
  ['brown', [0, 1, 2]],
  ['  brown   quick ', [0]],
  ['BROWN bear', [1]],
  ['"quick brown"', [0]],
  ['"brown quick"', []],
  ['fox "quick brown"', [0]],
  ['say"quick brown"fox', []],
  ['the"quick brown"fox', [0]],
  ['“quick brown” fox', [0]],
  ['„quick brown“', [0]],
  ['"quick brown', [0]],
  ['5" quick', []],
  ['quick*', [0, 2]],
  ['quick* fox', [0]],
  ['*quick', [0]],
  ['qui', []],
  ['qui*', [0, 2]],
  ['qui**', [0, 2]],
  ['"a bro"*', [1]],
  ['not', [3]],
  ['NOT', [3]],
  ['bear OR fox', []],
  ['not AND or', [3]],
  ['NEAR(quick fox)', []],
  ['or near', [3]],
  ['-fox', [0]],
  ['^brown', [0, 1, 2]],
  ['title:brown', []],
  ['(brown)', [0, 1, 2]],
  ['brown + fox', [0]],
  ['{brown}', [0, 1, 2]],
  ["'fox'", [0]],
  ['c++', [4]],
  ['c++ & x-ray', [4]],
  ['ray x', [4]],
  ['xray', []],
  ['ecole', [5]],
  ['E\u0301cole', [5]],
  ['elsewhere', []],
])('%j finds %j', (input, places) => {
  expect(found(TITLES, input)).toEqual(places);
});

test.each([
  '',
  ' ',
  '\t\n',
  '"',
  '""',
  '"""',
  '*',
  '""*',
  '!',
  '& - +',
  '"..."',
  '( ) : ^',
  '\u{1F600}',
  '\u0301',
  '\ufeff',
])('what has no word finds nothing: %j', (input) => {
  expect(found(TITLES, input)).toEqual([]);
  expect(found(TITLES, input, 'prefix')).toEqual([]);
});

test.each<[string, number[]]>([
  ['bro', [0, 1, 2]],
  ['quick bro', [0]],
  ['qui bro', []],
  ['quick', [0, 2]],
  ['"quick"', [0]],
  ['"a br', [1]],
  ['brown b', [0, 1, 2]],
  ['x-r', [4]],
])('while it is typed, %j finds %j', (input, places) => {
  expect(found(TITLES, input, 'prefix')).toEqual(places);
});

test('the words may be in several columns, and only in those that are searched', () => {
  index('brown bear');
  const both = (columns: string[]) => rowsOf(searchExpression(place, 'bear elsewhere', 'words', columns));
  expect(both(['title', 'body'])).toEqual([0]);
  expect(both(['title'])).toEqual([]);
  expect(both(['body'])).toEqual([]);
});

// What people type, with many of the signs that mean something to FTS5.
const typed = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'"*()^:-+{},. \u201c', ' AND ', ' NOT ', 'NEAR(', 'foo', ' '),
      fc.string({ unit: anyCharacter }),
    ),
  )
  .map((parts) => parts.join(''))
  .filter((text) => !text.includes('\0'));

test.each<SearchMode>(['words', 'prefix'])('nothing that is typed is wrong (%s)', (mode) => {
  index('foo');
  fc.assert(
    fc.property(typed, (text) => {
      expect(rowsOf(expression(text, mode)).length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 400 },
  );
});

test.each<SearchMode>(['words', 'prefix'])(
  'a text that has a word is found by itself, and any other is not (%s)',
  (mode) => {
    fc.assert(
      fc.property(typed, (text) => {
        index(text);
        const words = database.prepare("SELECT count(*) FROM token WHERE col = 'title'").pluck().get() as number;
        expect(rowsOf(expression(text, mode))).toEqual(words > 0 ? [0] : []);
      }),
      { numRuns: 400 },
    );
  },
);

test.each([undefined, null, 1, ['fox'], 'a\0b', '\ud800', 'fox \udc00'])(
  'what no column can hold is INVALID_VALUE (%#)',
  (input) => {
    expect(codeOf(() => expression(input))).toBe('INVALID_VALUE');
    expect(codeOf(() => expression(input, 'fts5'))).toBe('INVALID_VALUE');
  },
);

test('more than 1,000 words are BAD_QUERY: SQLite would take minutes for 100,000', () => {
  expect(found(['fox'], 'fox '.repeat(1000))).toEqual([0]);
  expect(codeOf(() => expression('fox '.repeat(1001)))).toBe('BAD_QUERY');
});

test.each<[string, number[]]>([
  ['quick OR bear', [0, 1]],
  ['brown NOT fox', [1, 2]],
  ['NEAR(the fox, 2)', [0]],
  ['^brown OR ^a', [1]],
  ['"x ray"', [4]],
  ['") ("', []],
  ['body : elsewhere', []],
])('as FTS5 syntax, %j finds %j', (input, places) => {
  expect(found(TITLES, input, 'fts5')).toEqual(places);
});

/** Asks, and throws the error that is told. */
function named<R>(ask: () => R): R {
  try {
    return ask();
  } catch (error) {
    throw searchError(error);
  }
}

// 'fox) OR (body : elsewhere' would search another column than it may.
test.each([
  ...['', ' ', 'AND', 'fox AND', '(fox', 'fox)', 'fox) OR (body : elsewhere', 'fox" ) OR (', '"fox', 'nope : fox'],
  ...['-fox', '*', '*reads', '* rank', 'a.b', "'fox'", 'NEAR(fox x', 'NEAR(fox bear, x)', '{title fox', '+', 'fox;'],
  ...['('.repeat(300) + ')'.repeat(300), Array(300).fill('fox').join(' NOT '), 'fox -- x', 'x-ray', '1 , 2'],
])('as FTS5 syntax, %j is BAD_QUERY', (input) => {
  expect(codeOf(() => named(() => rowsOf(expression(input, 'fts5'))))).toBe('BAD_QUERY');
});

test('whatever FTS5 says of an expression is BAD_QUERY', () => {
  index('foo');
  fc.assert(
    fc.property(typed, (text) => {
      expect(['found', 'BAD_QUERY']).toContain(outcomeOf(text));
    }),
    { numRuns: 400 },
  );
});

function outcomeOf(text: string): string {
  try {
    named(() => rowsOf(expression(text, 'fts5')));
    return 'found';
  } catch (error) {
    return error instanceof CorollaryError ? error.code : String(error);
  }
}

test('errors that are not about the expression stay as they are', () => {
  const error = new RangeError('fts5: syntax error near "x"');
  expect(searchError(error)).toBe(error);
  expect(() => named(() => database.prepare('SELECT * FROM nowhere'))).toThrow('no such table');
});

test('there are three modes', () => {
  expect(['words', 'prefix', 'fts5'].map(isSearchMode)).toEqual([true, true, true]);
  expect(['WORDS', '', null, undefined, 0, {}].map(isSearchMode)).toEqual(Array(6).fill(false));
});
