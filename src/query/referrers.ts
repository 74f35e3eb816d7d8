import { CorollaryError, kindOf } from '../errors.js';
import type { ItemClass } from '../schema/item-class.js';
import type { Referrers } from './ast.js';
import { columnIn, RuntimeColumn } from './column.js';
import { countShape, mayBeSame } from './column-shape.js';
import type { ColumnOf, Columns, NumberColumn } from './columns.js';
import { type Condition, newCondition, nodeOf, provenanceOf } from './condition.js';
import { columnFrom, conditionFrom } from './filter.js';
import { columnError } from './operand.js';
import type { Asked, Provenance } from './provenance.js';
import { checkedSpec } from './spec.js';
import { isColumn } from './traverse.js';

/** The items of a type that refer to an item of the question: see {@link referrers}. */
export interface ReferringItems<R> {
  /** True where there is any; with a condition, any that fulfils it. */
  exists(where?: (columns: Columns<R>) => Condition): Condition;
  /** The complement of `exists`. */
  notExists(where?: (columns: Columns<R>) => Condition): Condition;
  /** How many there are; with a condition, how many fulfil it. */
  count(where?: (columns: Columns<R>) => Condition): NumberColumn<number>;
}

/**
 * The items of a type that refer to an item, through one of their references: for conditions, orders and projections.
 * Cost: one search in the index of that reference for each row looked at.
 *
 * @example
 * store.query(Book, b => referrers(b, Review, r => r.book).exists(r => r.stars.gte(4)));
 */
export function referrers<T, R>(
  of: ColumnOf<T>,
  type: ItemClass<R>,
  through: (columns: Columns<R>) => ColumnOf<NoInfer<T> | null> | ColumnOf<NoInfer<T>>,
): ReferringItems<R> {
  const column = columnIn(of);
  const [source] = column?.provenance.sources ?? [];
  if (column === undefined || source === undefined || !isColumn(column.node) || column.shape.reference === undefined) {
    const said = `referrers takes the columns of an item, such as c, or a reference, not ${kindOf(of)}`;
    throw new CorollaryError('BAD_QUERY', said);
  }
  const { scope, typeOf } = source.frame.asked;
  const asked: Asked = { from: [{ type: typeOf(type), isOptional: false }], scope, typeOf };
  return referringItems(asked, column, columnFrom(asked, 'referrers', through));
}

function referringItems<R>(asked: Asked, of: RuntimeColumn, through: RuntimeColumn): ReferringItems<R> {
  const by = (where: unknown): Made => {
    const found = where === undefined ? undefined : conditionFrom(asked, where);
    const spec = { from: asked.from, orderBy: [], distinct: false, ...(found && { where: nodeOf(found) }) };
    const node = { of: of.node, by: checkedSpec(spec), through: through.node } as Referrers;
    return { node, provenance: { ...of.provenance, scopes: found === undefined ? [] : provenanceOf(found).scopes } };
  };
  mustReferTo(of, through);
  const exists = (where: unknown): Condition => {
    const { node, provenance } = by(where);
    return newCondition({ op: 'exists', referrers: node }, provenance);
  };
  return {
    exists,
    notExists: (where) => exists(where).not(),
    count(where) {
      const { node, provenance } = by(where);
      return new RuntimeColumn({ countOf: node }, countShape, provenance) as never;
    },
  };
}

interface Made {
  readonly node: Referrers;
  readonly provenance: Provenance;
}

function mustReferTo(of: RuntimeColumn, { node, shape, place }: RuntimeColumn): void {
  if (!isColumn(node) || node.path !== undefined || node.name === 'self' || shape.reference === undefined) {
    throw columnError('BAD_QUERY', place, 'referrers takes a reference of the type, such as r => r.book');
  }
  const [wanted, found] = [of.shape.reference?.target?.(), shape.reference.target?.()];
  if (mayBeSame(wanted, found)) return;
  throw columnError('WRONG_TYPE', place, `refers to a ${found?.name}, never to a ${wanted?.name}`);
}
