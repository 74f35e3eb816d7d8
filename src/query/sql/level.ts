import { quoted } from '../../driver/sql-text.js';
import { CorollaryError } from '../../errors.js';
import type { ItemType } from '../../schema/item-type.js';
import type { ColumnRef, ConditionNode, FromNode, QuerySpec, RelevanceNode, Search, SnippetNode } from '../ast.js';
import { conjunctsOf, lastOptional } from '../join.js';
import { questionName } from '../provenance.js';
import { Searches, type TextTable } from '../search/searches.js';
import { columnsIn, FEATURES, featuresIn, type Node } from '../traverse.js';
import { placeOf } from '../value-shape.js';
import type { PlannedTable } from './advice.js';
import { type Fragment, joined, sql } from './fragment.js';

// SQLite's limit: it keeps sets of tables as 64 bits.
const MAX_TABLES = 64;

/** Where the items of a type are. */
export interface Tables {
  /** The quoted name of a type's table; undefined when no item of the type was ever stored. */
  tableOf(type: ItemType): string | undefined;
  /** Where its words are searched. */
  textTableOf(type: ItemType): TextTable | undefined;
}

/** A table under the name that a SELECT gives it. */
interface Named {
  readonly table: string | undefined;
  readonly alias: string;
}

/** A table that a path of references leads to, tied to the one before. */
interface Step extends Named {
  readonly source: number;
  readonly path: readonly string[];
  readonly type: ItemType;
  /** The reference, as SQL; undefined where nothing can refer. */
  readonly through: string | undefined;
}

/**
 * The tables of one SELECT and the names of their columns. A SELECT of one table, which is the usual one, calls columns
 * by their names alone; where there are several, a table is called like its type, and one that a path of references
 * leads to like that path.
 */
export class Level {
  readonly #spec: Pick<QuerySpec, 'from' | 'on'>;
  readonly #tableOf: Tables['tableOf'];
  readonly #taken: Set<string>;
  readonly #sources: readonly Named[];
  readonly #steps = new Map<string, Step>();
  readonly #searches: Searches;
  readonly #isQualified: boolean;

  /** `nodes`: all that the SELECT reads. `taken`: the names of the SELECT around it, if it looks at that one's rows. */
  constructor(
    spec: Pick<QuerySpec, 'from' | 'on'>,
    nodes: readonly Node[],
    tables: Tables,
    taken?: ReadonlySet<string>,
  ) {
    this.#spec = spec;
    this.#tableOf = (type) => tables.tableOf(type);
    this.#taken = new Set(taken);
    this.#sources = spec.from.map(({ type }) => ({ table: tables.tableOf(type), alias: this.#newAlias(type.name) }));
    const textTableOf = (type: ItemType) => tables.textTableOf(type);
    const features = featuresIn(nodes);
    const searching = (features & FEATURES.search) === 0 ? [] : nodes;
    this.#searches = new Searches(spec.from, searching, textTableOf, (name) => this.#newAlias(name));
    if ((features & FEATURES.path) !== 0) {
      for (const column of nodes.flatMap(columnsIn)) this.#follow(column.source, joinedPath(column));
    }
    const count = this.#sources.length + this.#steps.size + this.#searches.size;
    if (count > MAX_TABLES) {
      const said = `${questionName(spec.from)} reads ${count} tables, but SQLite joins ${MAX_TABLES} at most: follow fewer references, or read the relevance of fewer searches`;
      throw new CorollaryError('BAD_QUERY', said, { type: spec.from[0].type.name });
    }
    const hasOthers = this.#steps.size + this.#searches.size > 0 || (features & FEATURES.referrers) !== 0;
    this.#isQualified = spec.from.length > 1 || hasOthers || taken !== undefined;
  }

  /** The names that are in use here: a SELECT inside that looks at these rows needs others. */
  get taken(): ReadonlySet<string> {
    return this.#taken;
  }

  /** True when a table that every row needs is not there: the answer is empty. */
  get isEmpty(): boolean {
    return this.#required().some(({ table }) => table === undefined);
  }

  #required(): readonly Named[] {
    return this.#sources.filter((_, source) => this.#spec.from[source]?.isOptional === false);
  }

  #newAlias(name: string): string {
    let alias = name;
    for (let n = 2; this.#taken.has(alias.toLowerCase()); n++) alias = `${name} ${n}`;
    this.#taken.add(alias.toLowerCase());
    return quoted(alias);
  }

  /** The table at the end of a path, joined if it was not yet. */
  #follow(source: number, path: readonly string[]): Named {
    const start = this.#sources[source] as Named;
    if (path.length === 0) return start;
    const key = [source, ...path].join('.');
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const before = this.#follow(source, path.slice(0, -1));
    // A path that leads nowhere was refused.
    const { type } = placeOf(this.#spec.from[source] as FromNode, path) as FromNode;
    const hop = path[path.length - 1] as string;
    const step: Step = {
      source,
      path,
      type,
      table: before.table === undefined ? undefined : this.#tableOf(type),
      alias: this.#newAlias([this.#spec.from[source]?.type.name, ...path].join('/')),
      through: `${before.alias}.${quoted(hop)}`,
    };
    this.#steps.set(key, step);
    return step;
  }

  /** What a table is, given the name that SQLite's plan calls it by; undefined for others. */
  called(name: string): PlannedTable | undefined {
    const { from } = this.#spec;
    const isNamed = ({ alias, table }: Named) => name === bare(this.#isQualified ? alias : (table ?? ''));
    const source = this.#sources.findIndex(isNamed);
    const known = from[source];
    if (known !== undefined) return { type: known.type, source, path: [] };
    const [step] = [...this.#steps.values()].filter(isNamed);
    return step && { type: step.type, source: step.source, path: step.path };
  }

  /** The SQL of a column; NULL where its table is not there. */
  column(ref: ColumnRef): string {
    const path = joinedPath(ref);
    const { table, alias } = this.#follow(ref.source, path);
    if (table === undefined) return 'NULL';
    const name = quoted(columnName(ref, path));
    return this.#isQualified ? `${alias}.${name}` : name;
  }

  /** True where an item has what a search is for. */
  matches(search: Search): Fragment {
    return this.#searches.matches(search, this.column(search.of));
  }

  /** The same for a condition that ties optional types: what searches found is joined after these. */
  matchesInTie(search: Search): Fragment {
    return this.#searches.matchesAlone(search, this.column(search.of));
  }

  /** The SQL of what is read of a search beside that it matches. */
  found(node: RelevanceNode | SnippetNode): string {
    return this.#searches.value(node);
  }

  /** FROM with all joins; `conditionSQL` writes the conditions that tie the optional types. */
  from(conditionSQL: (node: ConditionNode) => Fragment): Fragment {
    if (!this.#isQualified) return [`FROM ${this.#sources[0]?.table}`];
    const required = this.#required().map((named): Fragment => [tableAs(named)]);
    const parts: Fragment[] = [sql`FROM ${joined(required, ' JOIN ')}`];
    const isRequired = (source: number) => this.#spec.from[source]?.isOptional === false;
    for (const step of this.#steps.values()) if (isRequired(step.source)) parts.push(...stepJoin(step));
    for (const [source, named] of this.#sources.entries()) {
      if (isRequired(source) || named.table === undefined) continue;
      parts.push(this.#optionalJoin(source, named, conditionSQL));
    }
    parts.push(...this.#searches.joins((column) => this.column(column)));
    return joined(parts, ' ');
  }

  #optionalJoin(source: number, named: Named, conditionSQL: (node: ConditionNode) => Fragment): Fragment {
    const steps = [...this.#steps.values()].filter((step) => step.source === source).flatMap(stepJoin);
    const tables = joined([[tableAs(named)], ...steps], ' ');
    const ties = conjunctsOf(this.#spec.on).filter((node) => lastOptional(this.#spec.from, node) === source);
    const on = ties.map((node) => sql`(${conditionSQL(node)})`);
    const right = steps.length === 0 ? tables : sql`(${tables})`;
    return sql`LEFT JOIN ${right} ON ${on.length === 0 ? ['TRUE'] : joined(on, ' AND ')}`;
  }
}

/** A name as it was before it was quoted. */
function bare(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"');
}

function tableAs({ table, alias }: Named): string {
  return `${table} AS ${alias}`;
}

function stepJoin(step: Step): readonly Fragment[] {
  if (step.table === undefined) return [];
  return [[`LEFT JOIN ${tableAs(step)} ON ${step.alias}."storeId" = ${step.through}`]];
}

/** The references that must be followed to read a column: the id at the end of a path is in the table before. */
export function joinedPath({ path = [], name }: ColumnRef): readonly string[] {
  return path.length > 0 && isId(name) ? path.slice(0, -1) : path;
}

function columnName({ path = [], name }: ColumnRef, joinedUpTo: readonly string[]): string {
  if (joinedUpTo.length < path.length) return path[path.length - 1] as string;
  return isId(name) ? 'storeId' : name;
}

function isId(name: string): boolean {
  return name === 'storeId' || name === 'self';
}
