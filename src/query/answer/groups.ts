import { textCodec } from '../../schema/codecs/text.js';
import type { Cell } from '../../schema/value.js';
import type { AggregateNode, QuerySpec } from '../ast.js';
import { type ColumnShape, isOfStore } from '../column-shape.js';
import type { GroupPlan } from '../grouping.js';
import { comparedJson } from '../json-value.js';
import { partialWidth } from '../sql/compile.js';
import { jsonCell } from '../sql/fragment.js';
import { shapeOf } from '../value-shape.js';
import { finish, type PartialResult } from './partial-results.js';
import { compareCodePoints, foldedText, type RowKey } from './row-order.js';

/** Whose rows some groups were made of: in a tree, a reference means an item only together with its store. */
export interface Owner {
  /** The names that lead to the store, joined by NUL, so that they sort as the stores do. */
  readonly path: string;
}

/** One group of an answer. */
export interface Group<O extends Owner> {
  /** The cells of the plan's keys, of what it carries, and of its aggregates. */
  readonly cells: readonly Cell[];
  /** The store of its first rows: that of the items in it, if there are any. */
  readonly owner: O;
}

interface Growing<O extends Owner> {
  readonly owner: O;
  readonly keys: Cell[];
  readonly carried: readonly Cell[];
  readonly partials: readonly PartialResult[][];
}

/** By what paths of stores are compared. They hold NUL, which no text of an item does. */
export const PATH_KEY: RowKey = {
  codec: { ...textCodec, encode: (path) => path as string },
  collate: 'binary',
  nullable: true,
  direction: 'asc',
  nulls: 'first',
};

/** A value as groups are told apart by it: `isJson` says that it lies in JSON, and is read as such. */
export interface GroupKey {
  readonly shape: ColumnShape;
  readonly isJson: boolean;
}

/** What the cells of one value, of the stores with these paths, have in common just where they are the same value. */
export function keyText({ shape, isJson }: GroupKey, cell: Cell, path: string): unknown {
  if (cell === null) return null;
  if (isOfStore(shape)) return [path, cell];
  if (isJson) return comparedJson(cell as string);
  return typeof cell === 'string' ? foldedText(shape, cell) : jsonCell(cell);
}

/** Puts the groups of several stores together, which come in the order of their paths. */
export class Grouping<O extends Owner> {
  readonly #spec: QuerySpec;
  readonly #plan: GroupPlan;
  readonly #keys: readonly GroupKey[];
  readonly #found = new Map<string, Growing<O>>();

  constructor(spec: QuerySpec, plan: GroupPlan) {
    this.#spec = spec;
    this.#plan = plan;
    this.#keys = plan.keys.map((key) => ({ shape: shapeOf(spec.from, key), isJson: 'at' in key }));
  }

  /** Takes the rows that `compileGroups` gave for a store. */
  add(rows: readonly (readonly Cell[])[], owner: O): void {
    for (const row of rows) this.#addRow(row, owner);
  }

  #addRow(row: readonly Cell[], owner: O): void {
    const { keys, carried, aggregates } = this.#plan;
    const found = row.slice(0, keys.length);
    const text = JSON.stringify(found.map((cell, at) => keyText(this.#keys[at] as GroupKey, cell, owner.path)));
    const known = this.#found.get(text);
    const partials = this.#partialsOf(row);
    if (known === undefined) {
      const rest = row.slice(keys.length, keys.length + carried.length);
      this.#found.set(text, { owner, keys: found, carried: rest, partials: partials.map((partial) => [partial]) });
      return;
    }
    for (const at of aggregates.keys()) known.partials[at]?.push(partials[at] as PartialResult);
    // Of values that are the same though read as different ones the first in binary order stands for all, as in SQL.
    for (const [at, cell] of found.entries()) if (comesFirst(cell, known.keys[at])) known.keys[at] = cell;
  }

  #partialsOf(row: readonly Cell[]): PartialResult[] {
    let at = this.#plan.keys.length + this.#plan.carried.length;
    return this.#plan.aggregates.map(({ aggregate, of }) => {
      const width = partialWidth(aggregate, of, of && shapeOf(this.#spec.from, of));
      at += width;
      return row.slice(at - width, at);
    });
  }

  /** All groups. Without keys there is one, of all rows, even where there are none. */
  groups(nobody: O): Group<O>[] {
    const found = [...this.#found.values()];
    if (found.length === 0 && this.#plan.keys.length === 0) {
      found.push({ owner: nobody, keys: [], carried: [], partials: this.#plan.aggregates.map(() => []) });
    }
    return found.map((group) => this.#finished(group));
  }

  #finished({ owner, keys, carried, partials }: Growing<O>): Group<O> {
    const results = this.#plan.aggregates.map((node, at) => this.#resultOf(node, partials[at] ?? []));
    return { owner, cells: [...keys, ...carried, ...results] };
  }

  #resultOf(node: AggregateNode, partials: readonly PartialResult[]): Cell {
    const { from } = this.#spec;
    const value = finish(node.aggregate, node.of && shapeOf(from, node.of), partials);
    return value === null ? null : shapeOf(from, node).codec.encode(value);
  }
}

function comesFirst(one: Cell | undefined, other: Cell | undefined): boolean {
  return typeof one === 'string' && typeof other === 'string' && compareCodePoints(one, other) < 0;
}
