import { CorollaryError } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';

/** One of the types a callback's columns belong to. */
export interface Source {
  readonly type: ItemType;
  readonly index: number;
  /** True while the callback that was given the columns still runs. */
  isOpen: boolean;
}

/** Where a condition, order or column came from, so that it is not taken for one of another question. */
export interface Provenance {
  readonly sources: readonly Source[];
  /** The scopes of the subqueries inside: see QueryRunner. */
  readonly scopes: readonly string[];
}

/** Both together. */
export function mergedProvenance(all: readonly Provenance[]): Provenance {
  return {
    sources: [...new Set(all.flatMap((p) => p.sources))],
    scopes: [...new Set(all.flatMap((p) => p.scopes))],
  };
}

/**
 * Refuses what belongs to another question: columns of another type, of a callback further out that still runs (it
 * would silently be read as a column of the inner question), or a subquery of another store.
 * @throws CorollaryError BAD_QUERY, WRONG_STORE
 */
export function checkProvenance(found: Provenance, type: ItemType, scope: string): void {
  for (const source of found.sources) {
    if (source.type.itemClass !== type.itemClass) {
      throw new CorollaryError('BAD_QUERY', `A query of ${type.name} cannot use columns of ${source.type.name}`, {
        type: type.name,
      });
    }
    if (source.isOpen) {
      const said = `A query of ${type.name} inside another query's callback cannot use the outer query's columns`;
      throw new CorollaryError('BAD_QUERY', `${said}: correlated subqueries are not supported`, { type: type.name });
    }
  }
  if (found.scopes.some((other) => other !== scope)) {
    const said = `A query of ${type.name} contains a query of another store: ask both of the same store or tree`;
    throw new CorollaryError('WRONG_STORE', said, { type: type.name });
  }
}
