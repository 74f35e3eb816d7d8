import type { ItemType } from '../../schema/item-type.js';
import type { ColumnRef, Search, ValueNode } from '../ast.js';
import { type ColumnPlace, columnError, isSearchText } from '../operand.js';
import { isColumn } from '../traverse.js';
import { type From, itemTypeOf, shapeOf } from '../value-shape.js';
import {
  MAX_SNIPPET_WORDS,
  type SearchMode,
  type SearchOptions,
  type SnippetOptions,
  USUAL_SNIPPET,
} from './search-options.js';
import { isSearchMode, searchExpression } from './search-text.js';

/**
 * A search for words in what a column stands for: a full-text attribute, or all those of an item.
 * @throws CorollaryError BAD_QUERY where there are no such attributes, or for a wrong mode; INVALID_VALUE for a text
 * that no column can hold
 */
export function newSearch(
  from: From,
  { node, place }: { readonly node: ValueNode; readonly place: ColumnPlace },
  text: unknown,
  mode: unknown,
): Search {
  if (!isColumn(node)) throw columnError('BAD_QUERY', place, 'a search takes an attribute or an item');
  if (!isSearchMode(mode)) throw columnError('BAD_QUERY', place, "the mode of a search is 'words', 'prefix' or 'fts5'");
  const search = { ...searched(from, node), text: text as string, mode };
  const fault = missingIndex(from, search);
  if (fault !== undefined) throw columnError('BAD_QUERY', place, fault);
  expressionOf(from, search, place);
  return search;
}

function searched(from: From, node: ColumnRef): Pick<Search, 'of' | 'attribute'> {
  const isOfItem = shapeOf(from, node).reference !== undefined;
  return isOfItem ? { of: node } : { of: { ...node, name: 'self' }, attribute: node.name };
}

/** Why a search has nothing to search in, as a phrase with the way out; undefined when it has. */
export function missingIndex(from: From, { of, attribute }: Pick<Search, 'of' | 'attribute'>): string | undefined {
  const type = itemTypeOf(from, of);
  if (type === undefined) return 'refers to items of any type: search those of one type';
  const found = attributesOf(type, attribute);
  if (found.length > 0 && found.every((name) => type.fullText.includes(name))) return undefined;
  return `there is no index of words: declare @text({ fullText: true }), or @item('${type.name}', { fullText: [...] })`;
}

function attributesOf(type: ItemType, attribute: string | undefined): readonly string[] {
  return attribute === undefined ? type.fullText : [attribute];
}

/** What FTS5 is asked. @throws CorollaryError BAD_QUERY, INVALID_VALUE */
export function expressionOf(from: From, search: Search, place?: ColumnPlace): string {
  const type = itemTypeOf(from, search.of) as ItemType; // a search without one was refused
  const named = place ?? { type: type.name, attribute: search.attribute ?? 'self' };
  return searchExpression(named, search.text, search.mode, attributesOf(type, search.attribute));
}

/** A search's options, with what is usual for those not given. @throws CorollaryError BAD_QUERY naming the option */
export function checkedOptions(
  place: ColumnPlace,
  given: unknown = {},
): SnippetOptions & { readonly mode: SearchMode } {
  if (typeof given !== 'object' || given === null) {
    throw columnError('BAD_QUERY', place, "the options of a search are an object, such as { mode: 'prefix' }");
  }
  const usual = USUAL_SNIPPET;
  const { mode = 'words', ...look } = given as SearchOptions & Partial<SnippetOptions>;
  const { before = usual.before, after = usual.after, ellipsis = usual.ellipsis, words = usual.words } = look;
  const fault = snippetFault({ before, after, ellipsis, words });
  if (fault !== undefined) throw columnError('BAD_QUERY', place, fault);
  return { before, after, ellipsis, words, mode };
}

/** Why these are no options of a snippet; undefined when they are. */
export function snippetFault({ before, after, ellipsis, words }: { readonly [K in keyof SnippetOptions]: unknown }) {
  if (![before, after, ellipsis].every(isSearchText)) {
    return 'before, after and ellipsis of a snippet are texts, without lone surrogates and NUL';
  }
  const isFine = Number.isSafeInteger(words) && (words as number) >= 1 && (words as number) <= MAX_SNIPPET_WORDS;
  return isFine ? undefined : `words of a snippet is a whole number, 1 to ${MAX_SNIPPET_WORDS}`;
}
