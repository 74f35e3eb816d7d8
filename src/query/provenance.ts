import { CorollaryError } from '../errors.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import type { FromNode } from './ast.js';

/** Whom a question is asked, and about what. */
export interface Asked {
  readonly from: readonly [FromNode, ...FromNode[]];
  /** A store's uid, or what names a tree: see QueryRunner. */
  readonly scope: string;
  /** The type of an item class that a callback mentions. @throws CorollaryError BAD_TYPE, DUPLICATE_TYPE */
  readonly typeOf: (itemClass: ItemClass) => ItemType;
}

/** One run of a callback over columns. */
export interface Frame {
  readonly asked: Asked;
  /** True while the callback still runs. */
  isOpen: boolean;
}

/** One of the types that a callback's columns belong to. */
export interface Source extends FromNode {
  readonly index: number;
  readonly frame: Frame;
}

/** Where a condition, order or column came from, so that it is not taken for one of another question. */
export interface Provenance {
  readonly sources: readonly Source[];
  /** The scopes of the subqueries inside: see QueryRunner. */
  readonly scopes: readonly string[];
  /** True when it has a value only for a group of rows. */
  readonly isAggregate: boolean;
}

/** Of what was made from nothing. */
export const NOWHERE: Provenance = Object.freeze({ sources: [], scopes: [], isAggregate: false });

/** All together. */
export function mergedProvenance(all: readonly Provenance[]): Provenance {
  const [first] = all;
  if (all.length === 1 && first !== undefined) return first;
  return {
    sources: [...new Set(all.flatMap((p) => p.sources))],
    scopes: [...new Set(all.flatMap((p) => p.scopes))],
    isAggregate: all.some((p) => p.isAggregate),
  };
}

/** How messages call a question: by its type, or its types. */
export function questionName(from: readonly FromNode[]): string {
  return `A query of ${from.map(({ type }) => type.name).join(' and ')}`;
}

/**
 * Refuses what belongs to another question: columns of another type, of a callback further out that still runs (it
 * would silently be read as a column of the inner question), or a subquery of another store.
 * @throws CorollaryError BAD_QUERY, WRONG_STORE
 */
export function checkProvenance(found: Provenance, { from, scope }: Pick<Asked, 'from' | 'scope'>): void {
  for (const source of found.sources) {
    if (source.frame.isOpen) {
      const said = "inside another query's callback cannot use the outer query's columns";
      throw foreign(from, 'BAD_QUERY', `${said}: correlated subqueries are not supported`);
    }
    if (!isSameSource(source, from[source.index])) {
      throw foreign(from, 'BAD_QUERY', `cannot use columns of ${source.type.name}`);
    }
  }
  if (found.scopes.some((other) => other !== scope)) {
    throw foreign(from, 'WRONG_STORE', 'contains a query of another store: ask both of the same store or tree');
  }
}

function foreign(from: Asked['from'], code: 'BAD_QUERY' | 'WRONG_STORE', said: string): CorollaryError {
  return new CorollaryError(code, `${questionName(from)} ${said}`, { type: from[0].type.name });
}

function isSameSource(one: FromNode, other: FromNode | undefined): boolean {
  return one.type.itemClass === other?.type.itemClass && one.isOptional === other.isOptional;
}
