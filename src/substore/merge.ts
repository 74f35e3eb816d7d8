import type { OrderNode, QuerySpec, ValueNode } from '../query/ast.js';
import { afterPlace, narrowed } from '../query/cursor.js';
import { isOfStore, keyText, PATH_KEY } from '../query/groups.js';
import { type Layout, layoutOf } from '../query/layout.js';
import {
  askedOrders,
  compareCodePoints,
  compareRows,
  isDistinct,
  keyOrders,
  type RowKey,
  rowKeys,
} from '../query/row-order.js';
import { withoutFirstPer } from '../query/select.js';
import { shapeOf } from '../query/value-shape.js';
import type { Cell } from '../schema/value.js';
import type { StoreRow } from '../store/results.js';

/** A row of one store's answer. */
export interface Found extends StoreRow {
  /** The names that lead to the store, as one text that sorts as stores do. */
  readonly path: string;
}

/** A row with its place in the merged answer: the cells of {@link Merge.placeKeys}. */
interface Placed {
  readonly found: Found;
  readonly place: readonly Cell[];
}

/** With fewer rows than this, sorting out those beyond the limit is not worth its time. */
const MIN_TRIM = 1000;

/**
 * Puts the rows of several stores in the order that one store would give: the orders asked for, then the paths of the
 * stores, then the ids. Distinct values are put together, unless they are items of different stores.
 */
export class Merge {
  readonly #spec: QuerySpec;
  readonly #most: number;
  readonly #asked: readonly OrderNode[];
  /** What settles the order within one store, after what was asked for. */
  readonly #rest: readonly OrderNode[];
  /** True where rows of two stores that are equal by the orders asked for are two rows. */
  readonly #isByStore: boolean;
  readonly #compare: (a: readonly Cell[], b: readonly Cell[]) => number;
  /** What the place of a row is compared by. */
  readonly placeKeys: readonly RowKey[];
  readonly layout: Layout;
  #start: readonly Cell[] | undefined;
  #rows: Placed[] = [];

  /** `most`: how many rows are wanted, from the first. `more`: values to read beside those asked for. */
  constructor(spec: QuerySpec, most: number | undefined, more: readonly ValueNode[] = []) {
    this.#spec = spec;
    this.#most = most ?? Number.POSITIVE_INFINITY;
    this.#asked = askedOrders(spec);
    this.#rest = keyOrders(spec).slice(this.#asked.length);
    const orders = [...this.#asked, ...this.#rest].map(({ column }) => column);
    this.layout = layoutOf(spec, [...orders, ...more, ...(spec.firstPer ?? [])]);
    this.#isByStore = !isDistinct(spec) || this.layout.outputs.some((output) => isOfItems(output));
    const path = this.#isByStore ? [PATH_KEY] : [];
    this.placeKeys = [...rowKeys(spec.from, this.#asked), ...path, ...rowKeys(spec.from, this.#rest)];
    this.#compare = compareRows(this.placeKeys);
  }

  /** Where the cell of a value stands that was given as the `at`-th of `more`. */
  placeOfMore(at: number): number {
    return this.layout.keys[this.#asked.length + this.#rest.length + at] as number;
  }

  /** Only what comes after a place is wanted. */
  startAfter(place: readonly Cell[]): void {
    this.#start = place;
  }

  /** What a store is asked. */
  askedOf(path: string): QuerySpec {
    const spec = withoutFirstPer(this.#spec);
    const asked = this.#start === undefined ? spec : this.#after(spec, this.#start, path);
    // One more where the first may be what the answer starts after, of another store.
    const limit = this.#start === undefined ? this.#most : this.#most + 1;
    return Number.isFinite(limit) ? { ...asked, limit } : asked;
  }

  #after(spec: QuerySpec, start: readonly Cell[], path: string): QuerySpec {
    const count = this.#asked.length;
    const isBefore = this.#isByStore ? compareCodePoints(path, start[count] as string) : -1;
    if (isBefore < 0) return narrowed(spec, afterPlace(spec, this.#asked, start));
    if (isBefore > 0) return narrowed(spec, afterPlace(spec, this.#asked, start, 'included'));
    const cells = [...start.slice(0, count), ...start.slice(count + 1)];
    return narrowed(spec, afterPlace(spec, [...this.#asked, ...this.#rest], cells));
  }

  add(rows: readonly Found[]): void {
    for (const found of rows) this.#rows.push({ found, place: this.place(found) });
    if (this.#rows.length > Math.max(MIN_TRIM, 4 * this.#most)) this.#rows = this.#sorted();
  }

  /** The cells that tell a row's place among all. */
  place(found: Found): readonly Cell[] {
    const { row } = found;
    const cells = this.layout.keys.slice(0, this.#asked.length + this.#rest.length).map((at) => row[at] ?? null);
    if (this.#isByStore) cells.splice(this.#asked.length, 0, this.#pathOf(found));
    return cells;
  }

  // Distinct values that are no items of a store, such as null, are the same everywhere.
  #pathOf({ row, path }: Found): string {
    if (!isDistinct(this.#spec)) return path;
    return this.layout.outputs.some((output) => isOfItems(output) && row[output.at] !== null) ? path : '';
  }

  /** All rows, in order. */
  rows(): readonly Found[] {
    return this.#sorted().map(({ found }) => found);
  }

  #sorted(): Placed[] {
    const start = this.#start;
    const rows = start === undefined ? this.#rows : this.#rows.filter(({ place }) => this.#compare(place, start) > 0);
    const sorted = rows.sort((a, b) => this.#compare(a.place, b.place));
    const once = isDistinct(this.#spec) ? this.#once(sorted) : sorted;
    return this.#firsts(once).slice(0, this.#most);
  }

  #once(sorted: readonly Placed[]): Placed[] {
    const once: Placed[] = [];
    for (const one of sorted) {
      const last = once.at(-1);
      if (last === undefined || this.#compare(one.place, last.place) !== 0) once.push(one);
      else once[once.length - 1] = represented(last, one);
    }
    return once;
  }

  #firsts(sorted: readonly Placed[]): readonly Placed[] {
    const { firstPer, from } = this.#spec;
    if (firstPer === undefined) return sorted;
    // As they are compared, not as they are read: JSON is not to be read as such.
    const keys = firstPer.map((value) => ({ shape: shapeOf(from, value), isJson: false }));
    const seen = new Set<string>();
    return sorted.filter(({ found }) => {
      const places = this.layout.keys.slice(-keys.length);
      const cells = keys.map((key, i) => keyText(key, found.row[places[i] as number] ?? null, found.path));
      const text = JSON.stringify(cells);
      return !seen.has(text) && seen.add(text);
    });
  }
}

function isOfItems(output: Layout['outputs'][number]): boolean {
  return output.kind === 'item' || isOfStore(output.shape);
}

/** Of texts that differ in case only, the first in binary order stands for all, as within one store. */
function represented(one: Placed, other: Placed): Placed {
  const row = one.found.row.map((cell, at) => {
    const found = other.found.row[at];
    const isEarlier = typeof cell === 'string' && typeof found === 'string' && compareCodePoints(found, cell) < 0;
    return isEarlier ? found : cell;
  });
  return { ...one, found: { ...one.found, row } };
}
