import {
  type AggregateNode,
  type ColumnRef,
  type ConditionNode,
  type QuerySpec,
  readValues,
  type ValueNode,
} from './ast.js';
import { FEATURES, featuresIn, isColumn, isSameValue, type Node, nodesBelow } from './traverse.js';

/** True when the answer is of groups of rows: one for all rows, where only aggregates are asked for. */
export function isGrouped(spec: QuerySpec): boolean {
  if (spec.groupBy !== undefined || spec.having !== undefined) return true;
  return (featuresIn(readOfGroups(spec)) & FEATURES.aggregate) !== 0;
}

/** What is read of each group: all values, orders and conditions that follow the grouping. */
function readOfGroups(spec: QuerySpec): readonly Node[] {
  const orders = spec.orderBy.map(({ column }) => column);
  return [...(readValues(spec) ?? []), ...orders, ...(spec.having === undefined ? [] : [spec.having])];
}

/** A value that is read of rows as it is: what follows the grouping is calculated from such. */
type Leaf = Exclude<ValueNode, AggregateNode>;

/** What each store is asked of its groups; all else is calculated from it. */
export interface GroupPlan {
  readonly keys: readonly ValueNode[];
  /** Values that are the same in all rows of a group, without being keys. */
  readonly carried: readonly Leaf[];
  readonly aggregates: readonly AggregateNode[];
}

/** The plan for a question's groups. */
export function groupPlan(spec: QuerySpec): GroupPlan {
  const keys = once(spec.groupBy ?? []);
  const leaves = once(readOfGroups(spec).flatMap((node) => leavesIn(keys, node)));
  const isAggregate = (node: ValueNode): node is AggregateNode => 'aggregate' in node;
  return {
    keys,
    carried: leaves.filter((leaf): leaf is Leaf => !isAggregate(leaf)),
    aggregates: leaves.filter(isAggregate),
  };
}

/** Where a value stands in the rows of a plan: keys, then what is carried, then aggregates. Undefined for others. */
export function placeIn({ keys, carried, aggregates }: GroupPlan, value: ValueNode): number | undefined {
  const place = [...keys, ...carried, ...aggregates].findIndex((known) => isSameValue(known, value));
  return place === -1 ? undefined : place;
}

/** Values that a question reads of its groups, though they may differ within one. */
export function looseValues(spec: QuerySpec): readonly ValueNode[] {
  const { keys, carried } = groupPlan(spec);
  return carried.filter((value) => !keys.some((key) => isColumn(key) && settles(key, columnOf(value))));
}

function once(values: readonly ValueNode[]): readonly ValueNode[] {
  return values.filter((value, at) => values.findIndex((other) => isSameValue(other, value)) === at);
}

/** The values that a node is calculated from and that are no keys. */
function leavesIn(keys: readonly ValueNode[], node: Node): readonly ValueNode[] {
  if ('op' in node) return nodesBelow(node).flatMap((part) => leavesIn(keys, part));
  if (keys.some((key) => isSameValue(key, node))) return [];
  return 'fn' in node ? nodesBelow(node).flatMap((part) => leavesIn(keys, part)) : [node];
}

function columnOf(leaf: Leaf): ColumnRef | undefined {
  if (isColumn(leaf)) return leaf;
  if ('at' in leaf) return leaf.of;
  if ('countOf' in leaf) return leaf.countOf.of;
  if ('relevanceOf' in leaf) return leaf.relevanceOf.of;
  return 'snippetOf' in leaf ? leaf.snippetOf.of : undefined;
}

/** True when rows with the same item, or the same reference, as a key have the same value of a column. */
function settles(key: ColumnRef, column: ColumnRef | undefined): boolean {
  if (column === undefined || column.source !== key.source) return false;
  if (isSameValue(key, column)) return true;
  const isOfItem = key.name === 'self' || key.name === 'storeId';
  const known = isOfItem ? (key.path ?? []) : [...(key.path ?? []), key.name];
  const path = column.path ?? [];
  const leads = known.every((hop, at) => path[at] === hop);
  // A reference settles what lies behind it; the item itself, also its own columns.
  return leads && (isOfItem || path.length >= known.length);
}

/**
 * A condition on groups in which what only rows can tell stands as values of them: how many items refer to one, say.
 */
export function overRows(node: ConditionNode): ConditionNode {
  switch (node.op) {
    case 'and':
    case 'or':
      return { ...node, of: node.of.map(overRows) };
    case 'not':
      return { ...node, of: overRows(node.of) };
    case 'exists':
      return { op: 'gt', column: { countOf: node.referrers }, to: { value: 0 } };
    case 'matches':
      return { op: 'isNotNull', column: { relevanceOf: node.search } };
    default:
      return node;
  }
}
