/**
 * How a search is written. 'words': what people type; every word and every "quoted phrase" must occur, and a word with
 * `*` at its end begins a word. 'prefix': the same while it is being typed; the last word begins a word. 'fts5': an
 * expression of SQLite's FTS5.
 */
export const SEARCH_MODES = ['words', 'prefix', 'fts5'] as const;
/** One of {@link SEARCH_MODES}. */
export type SearchMode = (typeof SEARCH_MODES)[number];

/** How a search is read. */
export interface SearchOptions {
  /** 'words' if not given. */
  readonly mode?: SearchMode;
}

/** What a snippet looks like. */
export interface SnippetOptions {
  /** What stands before and after each word found. Nothing is escaped. */
  readonly before: string;
  readonly after: string;
  /** What stands where text was left out. */
  readonly ellipsis: string;
  /** How many words it has at most, 1 to 64. */
  readonly words: number;
}

/** What a snippet looks like if nothing else is said. */
export const USUAL_SNIPPET: SnippetOptions = Object.freeze({ before: '<b>', after: '</b>', ellipsis: '…', words: 16 });
/** FTS5's limit. */
export const MAX_SNIPPET_WORDS = 64;
