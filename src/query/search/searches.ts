import { quoted } from '../../driver/sql-text.js';
import type { ItemType } from '../../schema/item-type.js';
import type { ColumnRef, RelevanceNode, Search, SnippetNode } from '../ast.js';
import { bound, type Fragment, joined, sql } from '../sql/fragment.js';
import { type Node, nodesIn } from '../traverse.js';
import { type From, itemTypeOf } from '../value-shape.js';
import { expressionOf } from './search.js';

/** A table in which the words of a type's items are searched. */
export interface TextTable {
  /** Its quoted name. */
  readonly table: string;
  /** Its columns, in order. */
  readonly columns: readonly string[];
}

/** The words of a type's items; undefined when no item of the type was ever stored. */
export type TextTableOf = (type: ItemType) => TextTable | undefined;

/** What is read of a search beside that it matches: its table is then joined. */
interface Joined {
  readonly search: Search;
  readonly text: TextTable | undefined;
  readonly alias: string;
  readonly snippets: SnippetNode[];
}

/**
 * The searches of one SELECT whose relevance or snippets are read. Each is asked once, and what it found is joined by
 * the id; without a LIMIT, SQLite would ask it again for every row.
 */
export class Searches {
  readonly #from: From;
  readonly #textTableOf: TextTableOf;
  readonly #joined = new Map<string, Joined>();

  constructor(from: From, nodes: readonly Node[], textTableOf: TextTableOf, newAlias: (name: string) => string) {
    this.#from = from;
    this.#textTableOf = textTableOf;
    for (const node of nodes.flatMap(nodesIn)) {
      if ('relevanceOf' in node) this.#join(node.relevanceOf, newAlias);
      else if ('snippetOf' in node) this.#addSnippet(this.#join(node.snippetOf, newAlias), node);
    }
  }

  /** How many are joined. */
  get size(): number {
    return this.#joined.size;
  }

  // An order or a condition may read the same snippet as the answer does.
  #addSnippet({ snippets }: Joined, node: SnippetNode): void {
    if (!snippets.some((known) => isSameSnippet(known, node))) snippets.push(node);
  }

  #join(search: Search, newAlias: (name: string) => string): Joined {
    const known = this.#joined.get(keyOf(search));
    if (known !== undefined) return known;
    const type = itemTypeOf(this.#from, search.of) as ItemType;
    const made = { search, text: this.#textTableOf(type), alias: newAlias(`${type.name} found`), snippets: [] };
    this.#joined.set(keyOf(search), made);
    return made;
  }

  /** True where an item, given its id as SQL, has what a search is for. */
  matches(search: Search, id: string): Fragment {
    const found = this.#joined.get(keyOf(search));
    return found?.text === undefined ? this.matchesAlone(search, id) : [`${found.alias}."id" IS NOT NULL`];
  }

  /** The same without the joins, for conditions that stand before them. */
  matchesAlone(search: Search, id: string): Fragment {
    const text = this.#textTableOf(itemTypeOf(this.#from, search.of) as ItemType);
    if (text === undefined) return ['FALSE'];
    return sql`${id} IN (SELECT rowid ${this.#found(search, text)})`;
  }

  #found(search: Search, { table }: TextTable): Fragment {
    return sql`FROM ${table} WHERE ${table} MATCH ${bound(expressionOf(this.#from, search))}`;
  }

  /** The SQL of what is read of a search. */
  value(node: RelevanceNode | SnippetNode): string {
    const found = this.#joined.get(keyOf('relevanceOf' in node ? node.relevanceOf : node.snippetOf));
    if (found?.text === undefined) return 'NULL';
    return `${found.alias}.${'relevanceOf' in node ? '"relevance"' : snippetName(found, node)}`;
  }

  /** The joins, given how the id of a column's item is written. */
  joins(idOf: (column: ColumnRef) => string): readonly Fragment[] {
    return [...this.#joined.values()].flatMap((one) =>
      one.text === undefined ? [] : [this.#joinOf(one, one.text, idOf)],
    );
  }

  #joinOf(one: Joined, text: TextTable, idOf: (column: ColumnRef) => string): Fragment {
    const snippets = one.snippets.map((node) => sql`${snippetSQL(node, text)} AS ${snippetName(one, node)}`);
    // FTS5's rank is smaller for better.
    const columns = joined([['rowid AS "id"'], ['-rank AS "relevance"'], ...snippets], ', ');
    const found = sql`SELECT ${columns} ${this.#found(one.search, text)} LIMIT -1`;
    return sql`LEFT JOIN (${found}) AS ${one.alias} ON ${one.alias}."id" = ${idOf(one.search.of)}`;
  }
}

function keyOf({ of, attribute, text, mode }: Search): string {
  return JSON.stringify([of.source, of.path ?? [], of.name, attribute ?? null, text, mode]);
}

function snippetName({ snippets }: Joined, node: SnippetNode): string {
  return quoted(`snippet ${snippets.findIndex((known) => isSameSnippet(known, node))}`);
}

function isSameSnippet(one: SnippetNode, other: SnippetNode): boolean {
  const look = ({ before, after, ellipsis, words }: SnippetNode) => JSON.stringify([before, after, ellipsis, words]);
  return look(one) === look(other);
}

function snippetSQL(
  { snippetOf, before, after, ellipsis, words }: SnippetNode,
  { table, columns }: TextTable,
): Fragment {
  // -1: the attribute that fits best.
  const column = snippetOf.attribute === undefined ? -1 : columns.indexOf(snippetOf.attribute);
  const texts = joined([before, after, ellipsis].map(bound), ', ');
  return sql`snippet(${table}, ${String(column)}, ${texts}, ${String(words)})`;
}
