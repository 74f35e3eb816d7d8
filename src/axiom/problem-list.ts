import type { Problem } from '../errors.js';

/** So many items with the same problem are named. */
const NAMED = 3;

interface Entry {
  readonly where: string;
  readonly problem: Problem;
  readonly named: number[];
  items: number;
}

/** The problems of an import: what is wrong with thousands of items in the same way is one. */
export class ProblemList {
  readonly #entries = new Map<string, Entry>();
  /** What a function of the user threw first. */
  cause: unknown = undefined;

  /** Notes a problem: of a place as a whole, or of an item there. */
  add(where: string, problem: Problem, storeId?: number): void {
    const key = JSON.stringify([where, problem.code, problem.message]);
    const entry = this.#entries.get(key) ?? { where, problem, named: [], items: 0 };
    this.#entries.set(key, entry);
    if (storeId === undefined) return;
    entry.items++;
    if (entry.named.length < NAMED) entry.named.push(storeId);
  }

  all(): Problem[] {
    return [...this.#entries.values()].map(({ where, problem, ...items }) => ({
      ...problem,
      message: `${where}: ${problem.message}${namesOf(items)}`,
    }));
  }
}

function namesOf({ named, items }: Pick<Entry, 'named' | 'items'>): string {
  if (items === 0) return '';
  const others = items > named.length ? ` and ${items - named.length} more` : '';
  return ` (${items === 1 ? 'item' : 'items'} ${named.join(', ')}${others})`;
}
