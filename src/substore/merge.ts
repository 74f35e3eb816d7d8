import { afterPlace, upToCell } from '../query/answer/after-place.js';
import { keyText, PATH_KEY } from '../query/answer/groups.js';
import {
  askedOrders,
  compareCodePoints,
  compareKey,
  compareRows,
  isDistinct,
  keyOrders,
  type RowKey,
  rowKeys,
} from '../query/answer/row-order.js';
import type { OrderNode, QuerySpec, ValueNode } from '../query/ast.js';
import { type ColumnShape, isOfStore } from '../query/column-shape.js';
import { type Layout, layoutOf } from '../query/sql/layout.js';
import { withoutFirstPer } from '../query/sql/select.js';
import { isColumn } from '../query/traverse.js';
import { shapeOf } from '../query/value-shape.js';
import type { Cell } from '../schema/value.js';
import type { StoreRow } from '../store/results.js';

/** A row of one store's answer. */
export interface Found extends StoreRow {
  /** The names that lead to the store, as one text that sorts as stores do. */
  readonly path: string;
}

/**
 * How often the rows beyond the limit are sorted out while as many come again: the sooner, the less the stores that
 * follow are asked for; but each time all rows are gone through.
 */
const TRIMS_PER_LIMIT = 8;

/** A row with its place in the merged answer: the cells of {@link Merge.placeKeys}. */
interface Placed {
  readonly found: Found;
  readonly place: readonly Cell[];
}

/** Where a store's path stands, compared with that of the row to start after. */
type Side = 'before' | 'at' | 'after';

/** A question, and the last cell that was wanted when it was made. */
interface Asked {
  readonly cut: Cell | undefined;
  readonly spec: QuerySpec;
}

/**
 * Puts the rows of several stores in the order that one store would give: the orders asked for, then the paths of the
 * stores, then the ids. Distinct values are put together, unless they are items of different stores.
 */
export class Merge {
  /** The question of the whole tree, without its limit. */
  readonly spec: QuerySpec;
  /** How many rows are wanted. */
  readonly most: number;
  readonly #asked: readonly OrderNode[];
  /** What settles the order within one store, after what was asked for. */
  readonly #rest: readonly OrderNode[];
  /** Which of distinct values are items: they are different ones in different stores, and ordered by these first. */
  readonly #ofStore: ReadonlySet<number>;
  readonly #compare: (a: readonly Cell[], b: readonly Cell[]) => number;
  /** What the place of a row is compared by. */
  readonly placeKeys: readonly RowKey[];
  readonly layout: Layout;
  /** The first order, where it is by a plain column and not all rows are wanted: those beyond {@link Merge.isBeyond} are not. */
  readonly cutBy: OrderNode | undefined;
  #start: readonly Cell[] | undefined;
  #rows: Placed[] = [];
  /** The place of the last row that is wanted, once there are so many. */
  #last: readonly Cell[] | undefined;
  /** What was asked last of stores on each side of the start. */
  readonly #questions = new Map<Side, Asked>();

  /** `most`: how many rows are wanted, from the first. `more`: values to read beside those asked for. */
  constructor(spec: QuerySpec, most: number | undefined, more: readonly ValueNode[] = []) {
    this.spec = spec;
    this.most = most ?? Number.POSITIVE_INFINITY;
    this.#asked = askedOrders(spec);
    this.#rest = keyOrders(spec).slice(this.#asked.length);
    const orders = [...this.#asked, ...this.#rest].map(({ column }) => column);
    this.layout = layoutOf(spec, [...orders, ...more, ...(spec.firstPer ?? [])]);
    const shapes = this.#asked.map(({ column }) => shapeOf(spec.from, column));
    this.#ofStore = new Set(
      isDistinct(spec) ? [...shapes.keys()].filter((at) => isOfStore(shapes[at] as ColumnShape)) : [],
    );
    const [asked, rest] = [rowKeys(spec.from, this.#asked), rowKeys(spec.from, this.#rest)];
    this.placeKeys = isDistinct(spec)
      ? asked.flatMap((key, at) => (this.#ofStore.has(at) ? [{ ...PATH_KEY, nulls: key.nulls }, key] : [key]))
      : [...asked, { ...PATH_KEY, nullable: false }, ...rest];
    this.#compare = compareRows(this.placeKeys);
    const [first] = this.#asked;
    const isCut = Number.isFinite(this.most) && this.#ofStore.size === 0;
    if (first !== undefined && isCut && isOwnColumn(spec, first.column)) this.cutBy = first;
  }

  /** Where the cell of a value stands that was given as the `at`-th of `more`. */
  placeOfMore(at: number): number {
    return this.layout.keys[this.#asked.length + this.#rest.length + at] as number;
  }

  /** Only what comes after a place is wanted. */
  startAfter(place: readonly Cell[]): void {
    this.#start = place;
  }

  /** What a store is asked: the same object as long as it is the same question. */
  askedOf(store: Pick<Found, 'path'>): QuerySpec {
    const side = this.#sideOf(store);
    const known = this.#questions.get(side);
    if (known !== undefined && known.cut === this.#cut) return known.spec;
    const made = { cut: this.#cut, spec: this.#question(side) };
    this.#questions.set(side, made);
    return made.spec;
  }

  /** The last cell that is wanted in the first order; undefined as long as any is. */
  get #cut(): Cell | undefined {
    return this.cutBy && this.#last?.[0];
  }

  /** True when a row with this cell in the first order is not wanted, for there are enough that come before it. */
  isBeyond(cell: Cell): boolean {
    const cut = this.#cut;
    return cut !== undefined && this.compareFirst(cell, cut) > 0;
  }

  /** Compares cells of the first order. */
  compareFirst(a: Cell, b: Cell): number {
    return compareKey(this.placeKeys[0] as RowKey, a, b);
  }

  #sideOf(store: Pick<Found, 'path'>): Side {
    const start = this.#start;
    if (start === undefined || isDistinct(this.spec)) return 'before';
    const side = compareCodePoints(store.path, start[this.#asked.length] as string);
    if (side === 0) return 'at';
    return side < 0 ? 'before' : 'after';
  }

  #question(side: Side): QuerySpec {
    const spec = withoutFirstPer(this.spec);
    const start = this.#start;
    // Where distinct values are items, those before the start are left out here.
    if (start !== undefined && this.#ofStore.size > 0) return spec;
    const asked = this.#upToLast(start === undefined ? spec : this.#after(spec, start, side));
    return Number.isFinite(this.most) ? { ...asked, limit: this.most } : asked;
  }

  #after(spec: QuerySpec, start: readonly Cell[], side: Side): QuerySpec {
    if (side === 'before') return afterPlace(spec, this.#asked, start);
    if (side === 'after') return afterPlace(spec, this.#asked, start, 'included');
    const count = this.#asked.length;
    const cells = [...start.slice(0, count), ...start.slice(count + 1)];
    return afterPlace(spec, [...this.#asked, ...this.#rest], cells);
  }

  #upToLast(spec: QuerySpec): QuerySpec {
    const cut = this.#cut;
    return cut === undefined ? spec : upToCell(spec, this.cutBy as OrderNode, cut);
  }

  add(rows: readonly Found[]): void {
    for (const found of rows) this.#rows.push({ found, place: this.place(found) });
    const more = this.#last === undefined ? 0 : 1 + this.most / TRIMS_PER_LIMIT;
    if (rows.length > 0 && this.#rows.length >= this.most + more) this.#trim();
  }

  #trim(): void {
    this.#rows = this.#sorted();
    if (this.#rows.length === this.most) this.#last = this.#rows.at(-1)?.place;
  }

  /** The cells that tell a row's place among all. */
  place({ row, path }: Found): readonly Cell[] {
    const cells = this.layout.keys.slice(0, this.#asked.length + this.#rest.length).map((at) => row[at] ?? null);
    const asked = cells.slice(0, this.#asked.length);
    if (!isDistinct(this.spec)) return [...asked, path, ...cells.slice(asked.length)];
    // What is no item, such as null, is the same everywhere.
    return asked.flatMap((cell, at) => (this.#ofStore.has(at) ? [cell === null ? null : path, cell] : [cell]));
  }

  /** All rows, in order. */
  rows(): readonly Found[] {
    return this.#sorted().map(({ found }) => found);
  }

  #sorted(): Placed[] {
    const start = this.#start;
    const rows = start === undefined ? this.#rows : this.#rows.filter(({ place }) => this.#compare(place, start) > 0);
    const sorted = rows.sort((a, b) => this.#compare(a.place, b.place));
    const once = isDistinct(this.spec) ? this.#once(sorted) : sorted;
    return this.#firsts(once).slice(0, this.most);
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
    const { firstPer, from } = this.spec;
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

/** True for an attribute, or the id, of the one type that a question asks for. */
function isOwnColumn({ from }: QuerySpec, value: ValueNode): boolean {
  return from.length === 1 && isColumn(value) && value.path === undefined;
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
